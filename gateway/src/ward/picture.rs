//! The ward as others may see it, taken from the beds. It changes nothing.

use std::sync::Arc;

use rules::alert::{AlertState, Analyte};
use rules::{Alert, Priority, Sign};

use super::places::At;
use super::{Now, Ward, WardBed, not_judged, number_of};
use crate::record::AlertRecord;
use crate::view::{BedView, BindingView, Signal, VitalView, WardView};
use crate::words;

/// Oxygen pressure in arterial blood, in LOINC.
const ARTERIAL_OXYGEN: &str = "2703-7";

impl Ward {
    /// The whole ward, now.
    #[must_use]
    pub fn view(&self, revision: u64, now: Now) -> WardView {
        let beds =
            self.beds.iter().enumerate().skip(1).map(|(at, bed)| Arc::new(self.bed_view(at, bed, now)));
        let mut alerts: Vec<Arc<AlertRecord>> = self.ledger.open().map(Arc::clone).collect();
        alerts.sort_by_key(|record| urgency(&record.alert));
        WardView {
            ward: self.plan.name.clone(),
            beds: beds.collect(),
            alerts,
            strips: self.strips(),
            signal: self.signal(now),
            silent: self.silent_peers(now),
            duty: self.duty_view(now),
            revision,
        }
    }

    /// What must be heard now: over all beds the highest priority, and of those the oldest; a reminder where
    /// nothing else is.
    #[must_use]
    pub fn signal(&self, now: Now) -> Option<Signal> {
        let sounding = self.beds.iter().filter_map(|bed| bed.bed.sounding(now.moment));
        let first = sounding.min_by_key(|alert| (std::cmp::Reverse(alert.priority), alert.raised_at));
        let Some(first) = first else { return self.reminding() };
        Some(Signal { alert: words::alert_id(first.id), priority: first.priority })
    }

    /// The alerts that one burst of `priority` announces: every one that sounds and is no graver than it.
    pub(super) fn announced_by(&self, priority: Priority, now: Now) -> Vec<rules::AlertId> {
        let all = self.beds.iter().flat_map(|bed| bed.bed.alerts().map(move |alert| (bed, alert)));
        let heard = all.filter(|(bed, alert)| bed.bed.is_heard(alert, now.moment));
        heard.filter(|(_, alert)| alert.priority <= priority).map(|(_, alert)| alert.id).collect()
    }

    fn strips(&self) -> Vec<String> {
        let mut strips = self.plan.strips.clone();
        if self.sound_is_off {
            strips.push("SOUND OFF BY CONFIGURATION".to_owned());
        }
        strips.extend(self.pause_strip());
        strips
    }

    fn bed_view(&self, at: At, bed: &WardBed, now: Now) -> BedView {
        let vital = |sign: &Sign| {
            let vital = bed.bed.vital(*sign);
            vital.was_heard().then(|| VitalView {
                sign: *sign,
                believed: bed.bed.believed(*sign, now.moment),
                last: vital.value,
                quality: vital.quality,
                taken: vital.taken,
                heard: vital.heard,
                source: self.devices.name(vital.source).to_owned(),
            })
        };
        let binding = self.bindings.settled(at);
        BedView {
            label: bed.label.clone().unwrap_or_default(),
            binding: BindingView {
                patient: binding.map(|binding| binding.patient.clone()),
                name: binding.map(|binding| binding.name.clone()).unwrap_or_default(),
                in_doubt: self.bindings.doubt(at).is_some(),
                candidates: self.bindings.candidates(at),
                since: binding.map(|binding| binding.since),
            },
            vitals: Sign::ALL.iter().filter_map(vital).collect(),
            choice: bed.bed.choice(now.moment),
            early: bed.bed.early_warning(now.moment),
            baseline: bed.bed.baseline(),
            beside: bed.bed.beside(Analyte::Other(number_of(ARTERIAL_OXYGEN)), now.moment),
            signed: Arc::clone(&self.plan.signed),
            priority: bed.bed.alerts().filter(|alert| is_unanswered(alert)).map(|alert| alert.priority).max(),
            folded: bed.bed.folded(),
            bindings: self.bindings.history(at),
            standby_offered: self.bindings.standby_offered(at),
            own_limits: self.own_limits_of(bed),
            own_critical: self.own_critical_of(bed),
            standby: self.quiet_of(bed.bed.standby()),
            audio_pause: self.quiet_of(bed.bed.audio_pause()),
            not_judged: not_judged::all(&bed.bed, now.moment),
        }
    }
}

const fn is_unanswered(alert: &Alert) -> bool {
    matches!(alert.state, AlertState::Active | AlertState::Latched)
}

/// The order of the list: unanswered first, then by priority, then the oldest.
fn urgency(alert: &Alert) -> (bool, std::cmp::Reverse<Priority>, rules::Moment) {
    (!is_unanswered(alert), std::cmp::Reverse(alert.priority), alert.raised_at)
}
