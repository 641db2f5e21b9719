//! A doctor's limits for one patient: they reach the bed, are seen and audited, and end by themselves.

use super::*;
use crate::event::BedLimits;
use rules::limit::Pair;
use rules::sign::Parameter;

fn sets(bed: &str, minutes: u32) -> Event {
    Event::Limits(BedLimits {
        bed: bed.to_owned(),
        by: Person { name: "rao".to_owned(), role: Role::Doctor, station: "desk".to_owned() },
        parameter: Parameter::SpO2,
        low: Pair { yellow: Some(84), red: Some(78) },
        high: Pair::default(),
        minutes,
        reason: "known COPD".to_owned(),
    })
}

fn codes(ward: &Ward, now: Now) -> Vec<String> {
    open(ward, now).iter().map(|record| record.code.clone()).collect()
}

#[test]
fn they_are_judged_by_seen_and_audited() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let turn = ward.on(&sets("03", 60), at(0));
    assert_eq!(turn.said, [Said::Done]);
    let audited = turn.records.iter().find_map(|record| match record {
        Record::Audit { actor, what, reason, .. } => Some((actor.as_str(), what.as_str(), reason.as_str())),
        _ => None,
    });
    assert_eq!(audited, Some(("rao", "limits of bed 03: spo2 78 84 - -, 60 min", "known COPD")));
    let view = ward.view(1, at(0));
    let bed = view.beds.iter().find(|bed| bed.label == "03").unwrap();
    assert_eq!((bed.own_limits.len(), bed.own_limits[0].by.as_str()), (1, "rao"));
    let _ = ward.on(&frame("03", 1, &[(Sign::SpO2, 85)]), at(1));
    let _ = ward.tick(at(60));
    assert!(!codes(&ward, at(60)).contains(&"limit.spo2.low".to_owned()), "85 is inside theirs");
}

#[test]
fn at_their_end_the_wards_hold_again_and_it_is_said() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let _ = ward.on(&sets("03", 1), at(0));
    let _ = ward.tick(at(60));
    let alerts = open(&ward, at(60));
    let notice = alerts.iter().find(|record| record.code == "technical.own-limits-ended").unwrap();
    assert_eq!(notice.title, "SpO₂: the patient's own limits have ended, the ward's hold again");
    for second in 61..=91 {
        let _ = ward.on(&frame("03", second.into(), &[(Sign::SpO2, 85)]), at(second));
    }
    let alerts = open(&ward, at(91));
    let low = alerts.iter().find(|record| record.code == "limit.spo2.low").unwrap();
    let said = "SpO₂ 85 % is below 88 %, the ward's yellow limit";
    assert!(low.reasons[0].sentence.starts_with(said), "{:?}", low.reasons);
    assert!(ward.view(1, at(91)).beds.iter().all(|bed| bed.own_limits.is_empty()));
}

#[test]
fn a_bed_that_is_not_here_is_refused() {
    assert!(matches!(ward().on(&sets("99", 60), at(0)).said[..], [Said::Refused(..)]));
}

#[test]
fn what_crosses_the_wards_that_stay_is_refused_and_changes_nothing() {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    let Event::Limits(sent) = sets("03", 60) else { panic!("limits") };
    // The ward's red limit of 80 stays.
    let low = Pair { yellow: Some(78), red: None };
    let turn = ward.on(&Event::Limits(BedLimits { low, ..sent.clone() }), at(0));
    let [Said::Refused(_, Some(why))] = &turn.said[..] else { panic!("{:?}", turn.said) };
    assert!(why.starts_with("the limits must rise"), "{why}");
    assert!(turn.records.is_empty() && ward.view(1, at(0)).beds.iter().all(|bed| bed.own_limits.is_empty()));
    let ends = BedLimits { low, minutes: 0, ..sent };
    assert_eq!(ward.on(&Event::Limits(ends), at(0)).said, [Said::Done], "to end them is always possible");
}
