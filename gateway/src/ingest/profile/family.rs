//! A family of devices, as it habitually speaks: one file for each, ours and the hospital's own.
//!
//! What a family says is looked up here, by its code first and by its label last. Nothing here reads a
//! message, and a family that says nothing of a habit has the standard's.

use jiff::tz::TimeZone;
use rules::{Decimal, Sign};
use serde::Deserialize;

use super::publisher::Publisher;
use crate::ingest::hl7::ack::Mode;
use crate::ingest::hl7::charset::Charset;
use crate::ingest::hl7::header::Header;
use crate::ingest::terminology;

/// What a family's devices are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A monitor, or a gateway of several kinds of devices.
    #[default]
    Monitor,
    /// A ventilator: what comes off is a patient's breathing.
    Ventilator,
    /// An anaesthesia machine, which ventilates too.
    Anaesthesia,
    /// A pump.
    Pump,
}

/// What X in OBX-11 says beside a value. Beside none it says that there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BesideX {
    /// The value is on the screen all the same (Philips).
    #[default]
    Valid,
    /// It is no reading.
    Absent,
}

/// Whom to believe where a code's number and its reference id name two signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disagreement {
    /// The number.
    #[default]
    Code,
    /// The reference id.
    Name,
    /// Neither: the value is kept and not judged.
    Neither,
}

/// What a message's header must say for the family to be recognised; what is empty is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mark {
    /// MSH-3, first component.
    pub application: String,
    /// MSH-4, first component.
    pub facility: String,
    /// MSH-21, third component of any repetition.
    pub oid: String,
}

/// One code of the family's own, or one that it uses in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// OBX-3.3; empty for any.
    pub system: String,
    /// OBX-3.1, or the code of a foreign publisher.
    pub code: String,
    /// OBX-3.2, where one code serves for several signs and only the label tells them apart; empty for any.
    pub label: String,
    /// What it means; `None` for what must never be judged.
    pub means: Option<Sign>,
    /// The unit of what is sent without one; empty for none.
    pub unit: String,
}

/// Which of several values of one sign in one message is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twice {
    /// The sign.
    pub means: Sign,
    /// Marks in order: the head of OBX-4 (`1.13`), or a code of the value itself or of a row above it.
    pub prefer: Vec<String>,
}

/// A family of devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Its name, as `[[mllp.peer]]` and the message log have it; empty for a device of no known family.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// What of it nobody has yet checked against a device or a maker's own text.
    pub unchecked: Vec<String>,
    /// By any of these it is recognised.
    pub recognise: Vec<Mark>,
    /// How it wants to be answered.
    pub acknowledge: Mode,
    /// The character set that it means, whatever MSH-18 says.
    pub charset: Option<Charset>,
    /// The zone of its times, where they come without one.
    pub zone: Option<TimeZone>,
    /// Whether two messages with one MSH-10 are one message.
    pub control_id_is_unique: bool,
    /// How long a device may be silent, in seconds; none where its own rhythm says.
    pub silence_s: Option<u32>,
    /// Numbers that say that there is no value.
    pub sentinels: Vec<Decimal>,
    /// Texts that say so: `-`, `---`.
    pub dashes: Vec<String>,
    /// What X says beside a value.
    pub beside_x: BesideX,
    /// Whom to believe where number and reference id disagree.
    pub disagreement: Disagreement,
    /// Its codes.
    pub codes: Vec<CodeRow>,
    /// Its order among several values of one sign.
    pub twice: Vec<Twice>,
    /// The number of the first facet of an alarm, where it is not IHE's.
    pub first_facet: Option<u32>,
    /// Events of its own that are immediate: numbers or reference ids.
    pub immediate: Vec<String>,
    /// How it publishes over MQTT, if it does.
    pub publisher: Option<Publisher>,
}

impl Default for Family {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: Kind::default(),
            unchecked: Vec::new(),
            recognise: Vec::new(),
            acknowledge: Mode::default(),
            charset: None,
            zone: None,
            control_id_is_unique: true,
            silence_s: None,
            sentinels: Vec::new(),
            dashes: Vec::new(),
            beside_x: BesideX::default(),
            disagreement: Disagreement::default(),
            codes: Vec::new(),
            twice: Vec::new(),
            first_facet: None,
            immediate: Vec::new(),
            publisher: None,
        }
    }
}

/// A code as it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent<'a> {
    /// OBX-3.1.
    pub code: &'a str,
    /// OBX-3.2: a reference id or a label.
    pub name: &'a str,
    /// OBX-3.3.
    pub system: &'a str,
}

/// What a code means to a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning<'a> {
    /// The sign; `None` for what is kept and not judged.
    pub sign: Option<Sign>,
    /// The unit of what is sent without one.
    pub unit: &'a str,
    /// Whether number and reference id name two signs.
    pub disagrees: bool,
    /// Whether it is a setting, by its code.
    pub setting: bool,
}

impl Family {
    /// Whether a message with this header is the family's.
    #[must_use]
    pub fn recognises(&self, header: &Header<'_>) -> bool {
        self.recognise.iter().any(|mark| mark.fits(header))
    }

    /// What a code means: by the family's own table, then by its number, then by its reference id.
    #[must_use]
    pub fn meaning(&self, sent: Sent<'_>) -> Meaning<'_> {
        if let Some(row) = self.codes.iter().find(|row| row.fits(sent)) {
            let (sign, unit) = (row.means, row.unit.as_str());
            return Meaning { sign, unit, disagrees: false, setting: false };
        }
        // A maker's private number may look like one of ISO/IEEE 11073.
        let is_public = matches!(sent.system, "" | "MDC" | "MDIL" | "LN");
        let number = terminology::sign_of(sent.code).filter(|_| is_public);
        let setting = (is_public && terminology::is_setting(sent.code)) || terminology::is_setting(sent.name);
        let name = terminology::sign_of(sent.name);
        let disagrees = number.is_some() && name.is_some() && number != name;
        let sign = match (disagrees, self.disagreement) {
            (true, Disagreement::Neither) => None,
            (true, Disagreement::Name) => name,
            _ => number.or(name),
        };
        Meaning { sign, unit: "", disagrees, setting }
    }

    /// Whether a value says that there is none.
    #[must_use]
    pub fn is_sentinel(&self, value: &str) -> bool {
        let value = value.trim();
        let number = Decimal::parse(value.as_bytes());
        number.is_some_and(|number| self.sentinels.contains(&number))
            || self.dashes.iter().any(|dash| dash == value)
    }

    /// The marks by which one of several values of a sign is preferred; none where the first counts.
    #[must_use]
    pub fn preference(&self, sign: Sign) -> &[String] {
        self.twice.iter().find(|twice| twice.means == sign).map_or(&[], |twice| &twice.prefer)
    }

    /// Whether what comes off is a patient's breathing.
    #[must_use]
    pub const fn ventilates(&self) -> bool {
        matches!(self.kind, Kind::Ventilator | Kind::Anaesthesia)
    }
}

impl Mark {
    fn fits(&self, header: &Header<'_>) -> bool {
        let is = |wanted: &str, found: &[u8]| {
            wanted.is_empty() || wanted.as_bytes().eq_ignore_ascii_case(found.trim_ascii())
        };
        is(&self.application, header.component(3, 1))
            && is(&self.facility, header.component(4, 1))
            && (self.oid.is_empty() || header.names_profile(self.oid.as_bytes()))
    }
}

impl CodeRow {
    fn fits(&self, sent: Sent<'_>) -> bool {
        let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        self.code == sent.code && is(&self.system, sent.system) && is(&self.label, sent.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent<'a>(code: &'a str, name: &'a str, system: &'a str) -> Sent<'a> {
        Sent { code, name, system }
    }

    #[test]
    fn the_family_s_own_table_comes_first_then_the_number_then_the_name() {
        let row = |label: &str, means| CodeRow {
            system: "99X".to_owned(),
            code: "0002".to_owned(),
            label: label.to_owned(),
            means,
            unit: "/min".to_owned(),
        };
        let codes = vec![row("HR", Some(Sign::HeartRate)), row("RR", Some(Sign::RespRate)), row("", None)];
        let family = Family { codes, ..Family::default() };
        let sign = |code, name, system| family.meaning(sent(code, name, system)).sign;
        assert_eq!(sign("0002", "HR", "99X"), Some(Sign::HeartRate));
        assert_eq!(sign("0002", "RR", "99X"), Some(Sign::RespRate));
        assert_eq!(sign("0002", "SpO2", "99X"), None, "a label that nobody named is not guessed");
        assert_eq!(sign("150456", "SpO2", "MDC"), Some(Sign::SpO2));
        assert_eq!(sign("150456", "SpO2", "99X"), None, "a private number is not one of the standard's");
        assert_eq!(sign("1", "MDC_PULS_OXIM_SAT_O2", "99X"), Some(Sign::SpO2));
    }

    #[test]
    fn where_number_and_name_disagree_the_profile_decides() {
        let arterial = sent("150033", "MDC_PRESS_BLD_NONINV_SYS", "MDC");
        for (disagreement, sign) in [
            (Disagreement::Code, Some(Sign::ArterialSystolic)),
            (Disagreement::Name, Some(Sign::CuffSystolic)),
            (Disagreement::Neither, None),
        ] {
            let family = Family { disagreement, ..Family::default() };
            let meaning = family.meaning(arterial);
            assert_eq!((meaning.sign, meaning.disagrees), (sign, true), "{disagreement:?}");
        }
        let family = Family::default();
        let generic = family.meaning(sent("150017", "MDC_PRESS_BLD_NONINV_SYS", "MDC"));
        assert_eq!((generic.sign, generic.disagrees), (Some(Sign::CuffSystolic), false));
    }

    #[test]
    fn a_setting_is_known_by_its_code_whatever_its_name_says() {
        for (code, name) in [("16929196", "MDC_VENT_VOL_TIDAL"), ("151980", "MDC_VENT_VOL_TIDAL_SETTING")] {
            assert!(Family::default().meaning(sent(code, name, "MDC")).setting, "{code} {name}");
        }
    }

    #[test]
    fn a_sentinel_is_a_number_and_not_a_spelling() {
        let sentinels = vec![Decimal::new(-100, 0), Decimal::new(-999, 1)];
        let family = Family { sentinels, dashes: vec!["---".to_owned()], ..Family::default() };
        assert!(["-100", "-100.00", " -99.9 ", "---"].iter().all(|value| family.is_sentinel(value)));
        assert!(!["100", "0", "", "NaN", "-100.1"].iter().any(|value| family.is_sentinel(value)));
    }
}
