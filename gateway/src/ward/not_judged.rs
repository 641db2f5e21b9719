//! Which signs of a bed are not judged now, and why: what is inhibited is itself shown.

use rules::sign::Parameter;
use rules::{Bed, Moment, Sign};

use crate::view::NotJudgedView;

/// Every sign that was heard and would be judged, were there nothing against it. One that is not needed,
/// because a more trusted one has a value, is none of them.
pub(super) fn all(bed: &Bed<'_>, now: Moment) -> Vec<NotJudgedView> {
    let signs = Parameter::ALL.into_iter().flat_map(Parameter::signs);
    let heard = signs.filter(|sign| bed.vital(**sign).was_heard());
    heard.filter_map(|sign| of(bed, *sign, now)).filter(is_needed).collect()
}

/// Why one sign is not judged, and what is in its place; none where it is.
pub(super) fn of(bed: &Bed<'_>, sign: Sign, now: Moment) -> Option<NotJudgedView> {
    let why = bed.believed(sign, now).err()?;
    let instead = parameter_of(sign).and_then(|parameter| bed.measured(parameter, now).ok());
    Some(NotJudgedView { sign, why, instead })
}

fn is_needed(view: &NotJudgedView) -> bool {
    let Some((instead, _)) = view.instead else { return true };
    let signs = parameter_of(view.sign).map_or(&[][..], Parameter::signs);
    let rank = |sign| signs.iter().position(|one| *one == sign);
    rank(view.sign) < rank(instead)
}

fn parameter_of(sign: Sign) -> Option<Parameter> {
    Parameter::ALL.into_iter().find(|parameter| parameter.signs().contains(&sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::event::{Event, Frame};
    use rules::vital::{MessageKey, Source};
    use rules::{Absence, Policy, Reading};

    fn not_judged(readings: &[Reading]) -> Vec<NotJudgedView> {
        let policy = Policy::shipped();
        let mut bed = Bed::new(rules::bed::BedNo(7), &policy);
        let event = Event::Frame(Frame { source: Source(1), key: MessageKey(9), readings, silence: None });
        let _ = bed.on(&event, Moment(1_000));
        all(&bed, Moment(1_000))
    }

    #[test]
    fn a_probe_that_is_off_is_told_and_what_was_never_heard_is_not() {
        let told = not_judged(&[Reading::absent(Sign::SpO2, Absence::ProbeOff)]);
        assert_eq!(told, [NotJudgedView { sign: Sign::SpO2, why: Absence::ProbeOff, instead: None }]);
    }

    #[test]
    fn what_takes_the_place_of_an_unread_ecg_is_named() {
        let told =
            not_judged(&[Reading::fresh(Sign::HeartRate, 0), Reading::fresh(Sign::PulseRatePleth, 72)]);
        let instead = Some((Sign::PulseRatePleth, 72));
        assert_eq!(told, [NotJudgedView { sign: Sign::HeartRate, why: Absence::Contradicted, instead }]);
    }

    #[test]
    fn a_cuff_that_nobody_needs_is_not_told() {
        let line = Reading::fresh(Sign::ArterialSystolic, 120);
        let cuff = Reading::absent(Sign::CuffSystolic, Absence::Unavailable);
        assert_eq!(not_judged(&[line, cuff]), []);
        assert_eq!(not_judged(&[cuff]).len(), 1);
    }
}
