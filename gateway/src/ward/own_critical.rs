//! A person's critical laboratory limits for one patient reach the bed, and the record says who, why and for
//! how long. They are refused where they could not hold.

use rules::critical::{Band, Known, OWN_CRITICAL_MOST, OwnCritical};
use rules::{Decimal, Refusal, Span};

use super::places::At;
use super::{Cause, Now, Turn, Ward, WardBed, refused};
use crate::event::{BedCritical, Said};
use crate::view::OwnCriticalView;
use crate::words;

impl Ward {
    /// A person moved a patient's own critical limits, or ended them.
    pub(super) fn own_critical(&mut self, set: &BedCritical, now: Now, turn: &mut Turn) {
        let Some(at) = self.places.bed(&set.bed) else { return turn.said.push(refused(Refusal::Unknown)) };
        if let Some(why) = self.why_not(at, set) {
            return turn.said.push(Said::Refused(Refusal::Unknown, Some(why)));
        }
        turn.audit(&set.by, told(set), set.reason.clone(), now);
        let own = OwnCritical {
            known: set.known,
            low: set.low,
            high: set.high,
            until: now.moment + Span::minutes(set.minutes),
            by: self.actor(&set.by.name),
        };
        let cause = Cause::person(&set.by, &set.reason, now);
        self.judge(at, &rules::Event::Critical(own), &cause, turn);
        turn.said.push(Said::Done);
    }

    /// Why these limits cannot hold at that bed.
    fn why_not(&self, at: At, set: &BedCritical) -> Option<String> {
        let bed = &self.beds.get(at)?.bed;
        let Some(patient) = bed.patient() else {
            return Some("nobody is settled on this bed: whose results would they be for?".to_owned());
        };
        if set.minutes == 0 {
            return None;
        }
        let others = Known::ALL.into_iter().filter(|known| *known != set.known);
        if others.filter(|known| bed.own_critical(*known, patient).is_some()).count() >= OWN_CRITICAL_MOST {
            return Some(format!("at most {OWN_CRITICAL_MOST} analytes of one patient"));
        }
        let wards = self.plan.policy.critical(set.known, Band::of(bed.age_of(patient)));
        let (low, high) = (set.low.or(wards.low), set.high.or(wards.high));
        low.zip(high).filter(|(low, high)| low >= high).map(|(low, high)| {
            format!("the lower limit must lie below the upper one: they would be {low} and {high}")
        })
    }

    /// The own critical limits of a bed's patient, with the names of who set them.
    pub(super) fn own_critical_of(&self, bed: &WardBed) -> Vec<OwnCriticalView> {
        let Some(patient) = bed.bed.patient() else { return Vec::new() };
        let own = Known::ALL.into_iter().filter_map(|known| bed.bed.own_critical(known, patient));
        own.map(|limits| OwnCriticalView { by: self.name_of(limits.by).to_owned(), limits }).collect()
    }
}

/// What was done, for the audit: `critical limits of bed 03: potassium - 7, 60 min`.
fn told(set: &BedCritical) -> String {
    let (bed, analyte) = (&set.bed, words::analyte_key(set.known));
    if set.minutes == 0 {
        return format!("critical limits of bed {bed}: {analyte} as the ward's again");
    }
    let show = |limit: Option<Decimal>| limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
    let [low, high] = [set.low, set.high].map(show);
    format!("critical limits of bed {bed}: {analyte} {low} {high}, {} min", set.minutes)
}
