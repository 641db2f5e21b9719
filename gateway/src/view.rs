//! The ward as it may be seen: what the ward's loop publishes and the board reads.
//!
//! A view is a value behind an `Arc`: publishing it never waits for a reader. It holds moments, not ages:
//! whoever shows it computes ages from the clock at that time.

use std::sync::Arc;

use rules::bed::{Beside, EarlyWarning};
use rules::critical::OwnCritical;
use rules::ladder::Recipient;
use rules::limit::OwnLimits;
use rules::score::choice::Choice;
use rules::{Absence, Moment, Priority, Quality, Sign};
use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::config::roster::Contact;
use crate::config::signed::Signed;
use crate::event::{Round, Uhid};
use crate::record::AlertRecord;

/// The whole ward.
#[derive(Clone, Debug, Default)]
pub struct WardView {
    /// The ward's name.
    pub ward: String,
    /// Its beds, in the order of `ward.toml`.
    pub beds: Vec<Arc<BedView>>,
    /// Its open alerts, the most urgent first: unanswered, then by priority, then the oldest.
    pub alerts: Vec<Arc<AlertRecord>>,
    /// What everybody must know and what is no alert: `DEMO — not for patient care`, `SOUND OFF BY
    /// CONFIGURATION`.
    pub strips: Vec<String>,
    /// What must be heard now.
    pub signal: Option<Signal>,
    /// The laboratory and the HIS, where they have been silent for too long.
    pub silent: Vec<SilentPeer>,
    /// Who is on duty.
    pub duty: DutyView,
    /// Grows with every publication.
    pub revision: u64,
}

/// A peer that should have been heard again by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentPeer {
    /// The endpoint at which it was heard.
    pub endpoint: String,
    /// Who, since when, and what to do: the alert's own sentence.
    pub text: String,
}

/// Who is on duty, and how far that can be relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyView {
    /// Which rosters were read, and when last: `his`, `csv`. Without any, the contacts of `ward.toml` hold.
    pub read: Vec<(String, Wall)>,
    /// Each role.
    pub roles: Vec<OnDuty>,
}

/// Who is on duty in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    /// Which.
    pub role: Recipient,
    /// Who: all of them are called.
    pub people: Vec<Contact>,
    /// Until when; `None` where no roster names anybody and the contact of `ward.toml` stands in.
    pub until: Option<Wall>,
}

/// What must be heard now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The alert, as text.
    pub alert: String,
    /// Its priority: which burst.
    pub priority: Priority,
}

/// What is asked of the annunciator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// What must be heard.
    pub signal: Option<Signal>,
    /// The last round of the canary that the ward judged: the device must pull its mark, which nobody hears.
    pub canary: Option<Round>,
}

impl Desired {
    /// A signal alone.
    #[must_use]
    pub const fn signal(signal: Option<Signal>) -> Self {
        Self { signal, canary: None }
    }
}

/// One bed.
#[derive(Clone, Debug, PartialEq)]
pub struct BedView {
    /// Its label.
    pub label: String,
    /// Who lies on it.
    pub binding: BindingView,
    /// Its signs: those that were ever heard.
    pub vitals: Vec<VitalView>,
    /// Which early warning chart speaks here, and whether its total may call.
    pub choice: Choice,
    /// What that chart says, as far as it is known.
    pub early: EarlyWarning,
    /// The total that a doctor accepted as this patient's own.
    pub baseline: Option<u8>,
    /// The scores that are shown beside it; `None` where they are not for this patient.
    pub beside: Option<Beside>,
    /// By whom the charts are signed, or that they are not.
    pub signed: Arc<Signed>,
    /// The highest priority of its unanswered alerts.
    pub priority: Option<Priority>,
    /// How many alerts found no room: "and n more".
    pub folded: u16,
    /// Who lay here and who lies here, the latest first, as far back as is remembered.
    pub bindings: Arc<[BindingInterval]>,
    /// Whether its patient was discharged and nobody came since: standby may be begun.
    pub standby_offered: bool,
    /// Its patient's own limits, while they hold.
    pub own_limits: Vec<OwnLimitsView>,
    /// Its patient's own critical laboratory limits, while they hold.
    pub own_critical: Vec<OwnCriticalView>,
    /// Until when nobody is here to be watched, where a person has said so.
    pub standby: Option<QuietView>,
    /// Until when its sound is paused.
    pub audio_pause: Option<QuietView>,
    /// Its signs that are sent and not judged now.
    pub not_judged: Vec<NotJudgedView>,
}

/// What a person keeps quiet for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietView {
    /// Until when.
    pub until: Moment,
    /// The name of who said so.
    pub by: String,
}

/// A sign that is not judged now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJudgedView {
    /// Which.
    pub sign: Sign,
    /// Why.
    pub why: Absence,
    /// The sign that is judged in its place, with its value in whole units.
    pub instead: Option<(Sign, i32)>,
}

/// A patient's own limits of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLimitsView {
    /// The limits, and until when they hold.
    pub limits: OwnLimits,
    /// The name of who set them.
    pub by: String,
}

/// A patient's own critical limits of one analyte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCriticalView {
    /// The limits, and until when they hold.
    pub limits: OwnCritical,
    /// The name of who set them.
    pub by: String,
}

/// Who lies on a bed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingView {
    /// The patient, where that is settled.
    pub patient: Option<Uhid>,
    /// The name, for the privacy setting.
    pub name: String,
    /// Whether more than one patient could be meant.
    pub in_doubt: bool,
    /// In doubt, who could be meant: one of them settles it.
    pub candidates: Vec<Uhid>,
    /// Since when.
    pub since: Option<Wall>,
}

/// One patient on one bed, from when to when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingInterval {
    /// Who.
    pub patient: Uhid,
    /// From when on.
    pub since: Wall,
    /// Until when; `None` while it lasts.
    pub until: Option<Wall>,
    /// Who says that it began.
    pub began: Origin,
    /// Who says that it ended.
    pub ended: Option<Origin>,
    /// Whether it still counts: not where it was cancelled, or is contradicted by what was said later. Of
    /// those that count no two of one patient overlap.
    pub stands: bool,
}

/// Whose word something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// An account's name, or `his`.
    pub by: String,
    /// Where a person said so; empty for the HIS.
    pub station: String,
    /// Why: `admitted`, `transferred`, `settled` …
    pub reason: String,
}

impl Origin {
    /// The HIS said so.
    #[must_use]
    pub fn his(reason: &str) -> Self {
        Self { by: "his".to_owned(), station: String::new(), reason: reason.to_owned() }
    }
}

/// One sign of one bed.
#[derive(Clone, Debug, PartialEq)]
pub struct VitalView {
    /// Which.
    pub sign: Sign,
    /// The value in whole units as it may be judged now, or why there is none.
    pub believed: Result<i32, Absence>,
    /// The value as it came, however old, to be shown grey where it may not be judged.
    pub last: Result<i32, Absence>,
    /// How far the device trusts it.
    pub quality: Quality,
    /// When it was taken.
    pub taken: Moment,
    /// When it arrived.
    pub heard: Moment,
    /// Which device said it.
    pub source: String,
}
