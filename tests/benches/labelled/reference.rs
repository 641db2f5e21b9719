//! The answer book: which alarm of the ward tells of something that is true, and which alarm a true event
//! must raise. It knows the labels and the noiseless patient, and nothing of the rules.

use std::collections::BTreeSet;

use gateway::sandbox::labelled::{Bedside, Kind, Label, Signs, score};

use super::naive::LIMITS;

/// A value beyond a limit for less than this asks nothing of anybody (Görges, Anesth Analg 2009;108:1546:
/// 14 s of delay remove half of such alarms).
const SUSTAINED_S: u64 = 15;

/// An alarm tells of what was true at most this long ago: cuffs and averages speak late.
const LATE_MOST_S: u64 = 75;

/// Two stretches with no more than this between them are one.
const ONE_STRETCH_S: u64 = 60;

/// For so long a stretch is followed back to its beginning.
const BACK_MOST_S: u64 = 6 * 3_600;

/// Which codes tell of an event of this kind, by the beginning of the code.
pub(crate) const fn codes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Asystole => &["no-pulse", "pulseless", "device.MDC_EVT_ECG_ASYSTOLE"],
        Kind::VentricularTachycardia => &["device.MDC_EVT_ECG_V_TACHY"],
        Kind::Desaturation => &["limit.spo2.low"],
        Kind::Hypotension => &["limit.mean_pressure.low", "limit.systolic.low"],
        Kind::Bradycardia => &["limit.pulse_rate.low"],
        Kind::Tachycardia => &["limit.pulse_rate.high"],
        Kind::Apnoea => &["apnoea"],
        Kind::VentilatorDisconnect => &["device.MDC_EVT_DISCONN"],
        Kind::Sepsis => &["news2"],
        Kind::CriticalResult => &["lab."],
        Kind::Excursion => &[],
    }
}

/// Whether nobody may wait for it at all.
pub(crate) const fn is_immediate(kind: Kind) -> bool {
    use Kind::{Apnoea, Asystole, VentilatorDisconnect, VentricularTachycardia};
    matches!(kind, Asystole | VentricularTachycardia | Apnoea | VentilatorDisconnect)
}

/// What an alarm is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worth {
    /// Its condition is true.
    True,
    /// Its condition is true, and was already called.
    Again,
    /// Nothing of it is true.
    Nothing,
}

/// The reference of one bed.
pub(crate) struct Reference<'a> {
    bed: &'a Bedside,
    /// The stretches that were called, by code and beginning.
    called: BTreeSet<(String, u64)>,
}

impl<'a> Reference<'a> {
    pub(crate) const fn of(bed: &'a Bedside) -> Self {
        Self { bed, called: BTreeSet::new() }
    }

    /// What an audible alarm of this code, raised in this second, is worth.
    pub(crate) fn worth(&mut self, code: &str, second: u64) -> Worth {
        match self.stretch(code, second) {
            None => Worth::Nothing,
            Some(begins) if self.called.insert((code.to_owned(), begins)) => Worth::True,
            Some(_) => Worth::Again,
        }
    }

    /// When the true stretch began of which the alarm tells.
    fn stretch(&self, code: &str, second: u64) -> Option<u64> {
        if let Some(limit) = LIMITS.iter().find(|limit| limit.code == code) {
            return self.sustained(second, SUSTAINED_S, |signs| limit.is_crossed(limit.true_value(signs)));
        }
        match code {
            "no-pulse" | "pulseless" | "device.MDC_EVT_ECG_ASYSTOLE" => {
                self.sustained(second, 1, |signs| signs.heart_rate == 0)
            }
            "apnoea" => self.sustained(second, 1, |signs| signs.resp_rate == 0),
            "news2" => self.sustained(second, SUSTAINED_S, |signs| score(signs, true) >= 5),
            _ => self.labelled(code, second).map(|label| label.begins_s),
        }
    }

    /// The label of what only a device or the laboratory can say.
    fn labelled(&self, code: &str, second: u64) -> Option<&Label> {
        self.bed.labels().iter().find(|label| {
            let tells = codes(label.kind).iter().any(|known| code.starts_with(known));
            tells && (label.begins_s..=label.ends_s.max(label.meets_s) + 1).contains(&second)
        })
    }

    /// The beginning of the latest stretch around `second` in which something was true for so long.
    fn sustained(&self, second: u64, for_s: u64, is_true: impl Fn(&Signs) -> bool) -> Option<u64> {
        let holds = |second: u64| is_true(&self.bed.truth(second));
        let mut run = 0;
        let mut found = None;
        for at in second.saturating_sub(LATE_MOST_S)..=second + for_s {
            run = if holds(at) { run + 1 } else { 0 };
            if run >= for_s {
                found = Some(at);
            }
        }
        let (mut begins, mut inside) = (found?, 0);
        for at in (begins.saturating_sub(BACK_MOST_S)..begins).rev() {
            if holds(at) {
                (begins, inside) = (at, 0);
            } else {
                inside += 1;
            }
            if inside > ONE_STRETCH_S {
                break;
            }
        }
        Some(begins)
    }
}
