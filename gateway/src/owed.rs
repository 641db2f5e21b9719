//! What the ward owes to others: the parcels of the outbox.
//!
//! The ward decides what is owed and to whom; the journal keeps it in the same transaction as the decision;
//! delivery knows how each destination is spoken to. A parcel holds facts, never a wire format.

use rules::{AlertId, Moment};
use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::event::{Round, Uhid, key_of};
use crate::words;

/// Where something must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// The HIS by its REST interface (Frappe).
    Frappe,
    /// The HIS by HL7 over MLLP.
    Mllp,
    /// A phone, by WhatsApp.
    Whatsapp,
    /// An alarm manager, by HL7 (IHE PCD-04).
    Pcd04,
    /// The hospital's own webhook.
    Webhook,
    /// Back to ourselves: where the canary must arrive.
    Loopback,
}

impl Destination {
    /// Every destination.
    pub const ALL: [Self; 6] =
        [Self::Frappe, Self::Mllp, Self::Whatsapp, Self::Pcd04, Self::Webhook, Self::Loopback];

    /// Its name in configuration, journal and API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Frappe => "frappe",
            Self::Mllp => "mllp",
            Self::Whatsapp => "whatsapp",
            Self::Pcd04 => "pcd04",
            Self::Webhook => "webhook",
            Self::Loopback => "loopback",
        }
    }

    /// Its name among the endpoints: the receiver of HL7 is not the listener for it.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::Mllp => "mllp-out",
            Self::Frappe | Self::Whatsapp | Self::Pcd04 | Self::Webhook | Self::Loopback => self.word(),
        }
    }
}

/// One charted value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Charted {
    /// The sign.
    pub sign: rules::Sign,
    /// The value in the sign's whole units.
    pub value: i32,
    /// When it was taken.
    pub taken: Wall,
}

/// Where an alert stands, as others are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmPhase {
    /// It began.
    Start,
    /// It changed: graver, acknowledged, accepted, latched.
    Continue,
    /// It is over.
    End,
}

/// One start, change or end of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Whose, where that is settled.
    pub patient: Option<Uhid>,
    /// The bed's label; empty for the ward.
    pub bed: String,
    /// The alert's own name.
    pub alert: String,
    /// Where it stands.
    pub phase: AlarmPhase,
    /// What kind of condition.
    #[serde(with = "crate::record::kind")]
    pub kind: rules::Kind,
    /// The condition as a code.
    pub code: String,
    /// One line, as the board shows it.
    pub title: String,
    /// The value that calls, with its unit; empty where none does.
    pub value: String,
    /// How soon somebody must act.
    #[serde(with = "crate::record::priority")]
    pub priority: rules::Priority,
    /// What state it is in.
    #[serde(with = "crate::record::state")]
    pub state: rules::alert::AlertState,
    /// When this became so.
    pub at: Wall,
}

/// What must be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Parcel {
    /// A set of vital signs for the chart.
    Vitals {
        /// Whose.
        patient: Uhid,
        /// The bed's label.
        bed: String,
        /// At what time.
        at: Wall,
        /// The values.
        values: Vec<Charted>,
        /// NEWS2, where the set is complete; else its bounds as text in `note`.
        news2: Option<u8>,
        /// What a reader of the chart must know: incompleteness, mode.
        note: String,
    },
    /// A notification to a doctor in the HIS.
    Notice {
        /// Whose alert, where that is settled.
        patient: Option<Uhid>,
        /// The HIS account of the recipient.
        user: String,
        /// The recipient's role, for the receipt.
        to: String,
        /// One line. For a laboratory critical it names value and unit.
        subject: String,
        /// The alert's own name, for the link.
        alert: String,
    },
    /// A task of a doctor in the HIS, open until the alert is accepted or over.
    Task {
        /// Whose alert, where that is settled.
        patient: Option<Uhid>,
        /// The HIS account of the doctor.
        user: String,
        /// The recipient's role, for the receipt.
        to: String,
        /// One line.
        subject: String,
        /// How soon somebody must act.
        high: bool,
        /// The alert's own name.
        alert: String,
    },
    /// An alert is accepted or over: what is open of its tasks is closed.
    TaskDone {
        /// Whose alert, where that is settled.
        patient: Option<Uhid>,
        /// The alert's own name.
        alert: String,
    },
    /// What becomes of an alert, for a system that asked for it.
    Alarm(Alarm),
    /// The mark of the canary.
    Canary {
        /// Which round.
        round: Round,
    },
    /// A message to a phone: bed, priority, code and link, and the value where the ward lets it; no name, no
    /// diagnosis.
    Phone {
        /// E.164.
        number: String,
        /// The recipient's role, for the receipt.
        to: String,
        /// The bed's label, or the ward's name.
        bed: String,
        /// How soon somebody must act.
        high: bool,
        /// The condition as a code.
        code: String,
        /// The value with its unit, for a ward that lets it onto phones; empty where there is none.
        #[serde(default)]
        value: String,
        /// The alert's own name, for the link and the button.
        alert: String,
    },
}

impl Parcel {
    /// What is delivered in the order in which it is owed, if any: what is about one patient. What calls a
    /// person waits for no chart: after three days without the HIS the doctor hears first. The tasks of an
    /// alert are a line of their own, or one could be closed before it is there: whose they are may be
    /// settled in between.
    #[must_use]
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::Notice { .. } => None,
            Self::Task { alert, .. } | Self::TaskDone { alert, .. } => Some(alert),
            _ => self.patient().map(|uhid| uhid.0.as_str()),
        }
    }

    /// The patient whom it is about, if any.
    #[must_use]
    pub const fn patient(&self) -> Option<&Uhid> {
        match self {
            Self::Vitals { patient, .. } => Some(patient),
            Self::Notice { patient, .. } | Self::Task { patient, .. } | Self::TaskDone { patient, .. } => {
                patient.as_ref()
            }
            Self::Alarm(alarm) => alarm.patient.as_ref(),
            Self::Phone { .. } | Self::Canary { .. } => None,
        }
    }
}

/// One thing that is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// Its stable key: the receiver can drop a duplicate by it, and the outbox holds it once.
    pub key: String,
    /// Where to.
    pub destination: Destination,
    /// For which alert, and which step of its ladder.
    pub alert: Option<(AlertId, u16)>,
    /// Not before.
    pub due: Moment,
    /// What.
    pub parcel: Parcel,
}

/// How the keys of tasks begin.
pub const TASK: &str = "task-";

/// A call of one step of an alert's ladder, as the key of its row names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which alert.
    pub alert: AlertId,
    /// Since when the ladder was climbed: an alert that calls anew climbs from another moment.
    pub climb: Moment,
    /// Which step.
    pub step: u16,
}

impl Call {
    /// The stable key of this call to `whom`: the same call to the same person for the same climb of the
    /// ladder is owed once.
    #[must_use]
    pub fn key(self, destination: Destination, whom: &str) -> String {
        let alert = words::alert_id(self.alert);
        let person = key_of(&[whom.as_bytes()]).0;
        format!("{alert}-{:x}-{}-{}-{person:08x}", self.climb.0, self.step, destination.word())
    }

    /// The stable key of the task of an account in the HIS: whoever is called by several steps of one climb
    /// has one task of it. The HIS writes its accounts in small letters, whatever the roster does.
    #[must_use]
    pub fn task_key(self, user: &str) -> String {
        format!("{TASK}{}", Self { step: 0, ..self }.key(Destination::Frappe, &user.to_lowercase()))
    }

    /// Reads the key of a task; `None` where it is another's.
    #[must_use]
    pub fn of_task(key: &str) -> Option<Self> {
        Self::of(key.strip_prefix(TASK)?)
    }

    /// Reads such a key; `None` where it is another's.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let mut parts = key.split('-');
        let alert = words::parse_alert_id(parts.next()?)?;
        let climb = Moment(u64::from_str_radix(parts.next()?, 16).ok()?);
        Some(Self { alert, climb, step: parts.next()?.parse().ok()? })
    }
}

/// A critical potassium of bed 07.
#[cfg(test)]
pub(crate) fn sample_alarm(phase: AlarmPhase) -> Alarm {
    Alarm {
        patient: Some(Uhid("MRN0042".into())),
        bed: "07".into(),
        alert: "00000000000000ab".into(),
        phase,
        kind: rules::Kind::Laboratory,
        code: "lab.2823-3".into(),
        title: "Potassium 6.8 mmol/L > 6.2".into(),
        value: "6.8 mmol/L".into(),
        priority: rules::Priority::High,
        state: rules::alert::AlertState::Active,
        at: Wall(1_763_671_380_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_call_tells_alert_climb_and_step_and_no_number() {
        let call = Call { alert: AlertId(0xAB), climb: Moment(0x1F), step: 3 };
        let key = call.key(Destination::Whatsapp, "+910000000001");
        assert!(key.starts_with("00000000000000ab-1f-3-whatsapp-") && !key.contains("0000000001"), "{key}");
        assert_eq!(Call::of(&key), Some(call));
        for other in
            ["", "vitals-frappe-03-1", "00000000000000ab", "00000000000000ab-x-3", "00000000000000ab-1"]
        {
            assert_eq!(Call::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_task_is_of_a_climb_and_an_account_and_of_no_step() {
        let call = Call { alert: AlertId(0xAB), climb: Moment(0x1F), step: 3 };
        let key = call.task_key("Dr.Sample@example.org");
        assert!(key.starts_with("task-00000000000000ab-1f-0-frappe-"), "{key}");
        assert_eq!(key, Call { step: 1, ..call }.task_key("dr.sample@example.org"));
        assert_ne!(key, call.task_key("dr.night@example.org"));
        assert_eq!(Call::of_task(&key), Some(Call { step: 0, ..call }));
        for other in ["00000000000000ab-1f-0-frappe-00000001", "task-done-00000000000000ab-1f", "task-"] {
            assert_eq!(Call::of_task(other), None, "{other}");
        }
    }
}
