//! A doctor's critical laboratory limits for one patient: seen, named in the reason, audited, refused where
//! they could not hold.

use super::*;
use crate::event::BedCritical;

fn sets(known: Known, low: Option<i64>, high: Option<i64>, minutes: u32) -> Event {
    let tenths = |digits| Decimal::new(digits, 1);
    Event::Critical(BedCritical {
        bed: "03".to_owned(),
        by: Person { name: "rao".to_owned(), role: Role::Doctor, station: "desk".to_owned() },
        known,
        low: low.map(tenths),
        high: high.map(tenths),
        minutes,
        reason: "dialysis".to_owned(),
    })
}

fn admitted() -> Ward {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    ward
}

/// A potassium that the laboratory does not flag.
fn unflagged(text: &str, key: u64) -> LabItem {
    LabItem { flags: String::new(), flag: Flag::NotCritical, key: MessageKey(key), ..potassium(text) }
}

#[test]
fn they_are_judged_by_named_seen_and_audited() {
    let mut ward = admitted();
    let turn = ward.on(&sets(Known::Potassium, None, Some(70), 60), at(0));
    assert_eq!(turn.said, [Said::Done]);
    let audited = turn.records.iter().find_map(|record| match record {
        Record::Audit { what, .. } => Some(what.as_str()),
        _ => None,
    });
    assert_eq!(audited, Some("critical limits of bed 03: potassium - 7.0, 60 min"));
    let view = ward.view(1, at(0));
    let bed = view.beds.iter().find(|bed| bed.label == "03").unwrap();
    assert_eq!((bed.own_critical.len(), bed.own_critical[0].by.as_str()), (1, "rao"));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![unflagged("6.8", 1)]), at(1));
    assert!(open(&ward, at(1)).is_empty(), "6.8 is inside theirs");
    let _ = ward.on(&report("A", "ICU-1^^03", vec![unflagged("7.2", 2)]), at(2));
    let reason = &open(&ward, at(2))[0].reasons[0];
    let said =
        "Potassium 7.2 mmol/L is above 7 mmol/L, this patient's own limit, set by rao until 01:16; new";
    assert!(reason.sentence.starts_with(said), "{reason:?}");
    let chart = "critical laboratory values, this patient's own limits, set by rao, rules ";
    assert!(reason.chart.starts_with(chart), "{reason:?}");
}

#[test]
fn at_their_end_what_they_kept_back_calls_by_the_wards() {
    let mut ward = admitted();
    let _ = ward.on(&sets(Known::Potassium, None, Some(70), 1), at(0));
    let _ = ward.on(&report("A", "ICU-1^^03", vec![unflagged("6.8", 1)]), at(1));
    let _ = ward.tick(at(60));
    let alerts = open(&ward, at(60));
    let notice = alerts.iter().find(|record| record.code == "technical.own-limits-ended").unwrap();
    let said = "potassium: the patient's own critical limits have ended, the ward's hold again";
    assert_eq!(notice.title, said);
    let called = alerts.iter().find(|record| record.code == "lab.potassium").unwrap();
    let reason = &called.reasons[0];
    assert_eq!((reason.value.as_deref(), reason.limit.as_deref()), (Some("6.8"), Some("> 6.2 mmol/L")));
    assert!(reason.chart.starts_with("critical laboratory values, adult row"), "{reason:?}");
    assert_eq!(reason.sentence, "Potassium 6.8 mmol/L > 6.2 mmol/L");
}

#[test]
fn what_could_not_hold_is_refused_with_the_reason() {
    let why = |ward: &mut Ward, event: &Event| match ward.on(event, at(0)).said.as_slice() {
        [Said::Refused(_, Some(why))] => why.clone(),
        said => panic!("not refused: {said:?}"),
    };
    let nobody = why(&mut ward(), &sets(Known::Potassium, None, Some(70), 60));
    assert_eq!(nobody, "nobody is settled on this bed: whose results would they be for?");
    let mut ward = admitted();
    let crossing = why(&mut ward, &sets(Known::Potassium, Some(65), None, 60));
    assert_eq!(crossing, "the lower limit must lie below the upper one: they would be 6.5 and 6.2");
    for known in [Known::Sodium, Known::Lactate, Known::Creatinine, Known::Inr] {
        assert_eq!(ward.on(&sets(known, None, Some(9_000), 60), at(0)).said, [Said::Done]);
    }
    assert_eq!(
        why(&mut ward, &sets(Known::Potassium, None, Some(70), 60)),
        "at most 4 analytes of one patient"
    );
    assert_eq!(ward.on(&sets(Known::Sodium, None, Some(1_700), 60), at(0)).said, [Said::Done], "set anew");
    assert_eq!(ward.on(&sets(Known::Sodium, None, None, 0), at(0)).said, [Said::Done], "ended");
    assert_eq!(ward.on(&sets(Known::Potassium, None, Some(70), 60), at(0)).said, [Said::Done]);
}
