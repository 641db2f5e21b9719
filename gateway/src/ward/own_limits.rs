//! A person's limits for one patient reach the bed, and the record says who, why and for how long. They are
//! refused where they cross the ward's that stay.

use rules::event::Actor;
use rules::limit::OwnLimits;
use rules::sign::Parameter;
use rules::{Refusal, Span};

use super::places::At;
use super::{Cause, Now, Turn, Ward, WardBed, refused};
use crate::event::{BedLimits, Said};
use crate::view::OwnLimitsView;
use crate::words;

impl Ward {
    /// A person set a patient's own limits, or ended them.
    pub(super) fn own_limits(&mut self, set: &BedLimits, now: Now, turn: &mut Turn) {
        let Some(at) = self.places.bed(&set.bed) else { return turn.said.push(refused(Refusal::Unknown)) };
        let own = OwnLimits {
            parameter: set.parameter,
            low: set.low,
            high: set.high,
            until: now.moment + Span::minutes(set.minutes),
            by: self.actor(&set.by.name),
        };
        if set.minutes > 0 && !self.rise_with_the_wards(at, &own) {
            let why = format!("{}, together with the ward's that stay", words::LIMITS_RISE);
            return turn.said.push(Said::Refused(Refusal::Unknown, Some(why)));
        }
        turn.audit(&set.by, told(set), set.reason.clone(), now);
        let cause = Cause::person(&set.by, &set.reason, now);
        self.judge(at, &rules::Event::Limits(own), &cause, turn);
        turn.said.push(Said::Done);
    }

    fn rise_with_the_wards(&self, at: At, own: &OwnLimits) -> bool {
        let over = |bed: &WardBed| own.over(self.plan.policy.limits(bed.bed.band(), own.parameter));
        self.beds.get(at).is_none_or(|bed| over(bed).rise())
    }

    /// The own limits of a bed's patient, with the names of who set them.
    pub(super) fn own_limits_of(&self, bed: &WardBed) -> Vec<OwnLimitsView> {
        let own = Parameter::ALL.into_iter().filter_map(|parameter| bed.bed.own_limits(parameter));
        own.map(|limits| OwnLimitsView { by: self.name_of(limits.by).to_owned(), limits }).collect()
    }

    /// The name of a person.
    pub(super) fn name_of(&self, actor: Actor) -> &str {
        usize::try_from(actor.0).ok().and_then(|at| self.people.get(at)).map_or("", String::as_str)
    }
}

/// What was done, for the audit: `limits of bed 03: spo2 78 84 - -, 60 min`.
fn told(set: &BedLimits) -> String {
    let (bed, parameter) = (&set.bed, words::parameter_key(set.parameter));
    if set.minutes == 0 {
        return format!("limits of bed {bed}: {parameter} as the ward's again");
    }
    let show = |limit: Option<i32>| {
        limit.map_or_else(|| "-".to_owned(), |limit| words::parameter_value(set.parameter, limit))
    };
    let [red_low, low, high, red_high] =
        [set.low.red, set.low.yellow, set.high.yellow, set.high.red].map(show);
    format!("limits of bed {bed}: {parameter} {red_low} {low} {high} {red_high}, {} min", set.minutes)
}
