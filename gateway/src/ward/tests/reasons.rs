//! What an alert stands on: value, age, source, whose limit by which page, and all of it in one sentence.

use super::*;
use crate::event::{BedEntry, BedLimits};
use crate::record::Reason;
use rules::event::{Consciousness, Entry};
use rules::limit::Pair;
use rules::sign::Parameter;

/// What is measured at bed 03 for so many seconds, a frame each second.
fn lives(ward: &mut Ward, seconds: u32, signs: &[(Sign, i32)]) {
    for second in 0..=seconds {
        let _ = ward.on(&frame("03", second.into(), signs), at(second));
    }
}

fn admitted() -> Ward {
    let mut ward = ward();
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    ward
}

fn only(ward: &Ward, code: &str) -> Reason {
    let alerts = open(ward, at(100));
    alerts.iter().find(|record| record.code == code).unwrap().reasons[0].clone()
}

fn sets_spo2(red: i32, minutes: u32) -> Event {
    Event::Limits(BedLimits {
        bed: "03".to_owned(),
        by: Person { name: "rao".to_owned(), role: Role::Doctor, station: "desk".to_owned() },
        parameter: Parameter::SpO2,
        low: Pair { yellow: None, red: Some(red) },
        high: Pair::default(),
        minutes,
        reason: "known COPD".to_owned(),
    })
}

#[test]
fn a_red_limit_is_the_wards_and_says_how_long_and_by_which_device() {
    let mut ward = admitted();
    lives(&mut ward, 10, &[(Sign::SpO2, 76)]);
    let reason = only(&ward, "limit.spo2.low");
    assert_eq!(reason.sentence, "SpO₂ 76 % is below 80 %, the ward's red limit, for 10 s (monitor, 0 s old)");
    assert_eq!(
        (reason.value.as_deref(), reason.unit.as_str(), reason.source.as_str()),
        (Some("76"), "%", "monitor")
    );
    assert_eq!(reason.limit.as_deref(), Some("< 80 %"));
    assert_eq!(reason.taken_at, Some(at(10).wall()));
    let chart = format!("limits, adult row, shipped default, not signed, rules {}", rules::VERSION);
    assert_eq!(reason.chart, chart);
}

#[test]
fn a_patients_own_limit_names_who_set_it_until_when_and_no_page() {
    let mut ward = admitted();
    let _ = ward.on(&sets_spo2(78, 60), at(0));
    lives(&mut ward, 10, &[(Sign::SpO2, 76)]);
    let reason = only(&ward, "limit.spo2.low");
    let said = "SpO₂ 76 % is below 78 %, this patient's own red limit, set by rao until 01:16, for 10 s \
                (monitor, 0 s old)";
    assert_eq!(reason.sentence, said);
    assert_eq!(reason.chart, format!("this patient's own limits, set by rao, rules {}", rules::VERSION));
}

#[test]
fn the_limit_that_a_doctor_left_alone_is_the_wards() {
    let mut ward = admitted();
    let _ = ward.on(&sets_spo2(78, 60), at(0));
    lives(&mut ward, 30, &[(Sign::SpO2, 79)]);
    let reason = only(&ward, "limit.spo2.low");
    assert!(reason.sentence.starts_with("SpO₂ 79 % is below 88 %, the ward's yellow limit"), "{reason:?}");
}

#[test]
fn a_stopped_heart_and_an_unread_ecg_are_said() {
    let mut ward = admitted();
    lives(&mut ward, 0, &[(Sign::HeartRate, 0)]);
    let reason = only(&ward, "no-pulse");
    assert_eq!(reason.sentence, "heart rate 0 /min, and nothing else shows a pulse (monitor, 0 s old)");
    assert!(reason.chart.starts_with("cross-checks, shipped default, not signed, rules"), "{reason:?}");
    let mut ward = admitted();
    lives(&mut ward, 0, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 72)]);
    let said = "heart rate is not judged: another live sign contradicts it; pulse (SpO₂ probe) 72 /min is \
                used instead";
    assert_eq!(only(&ward, "technical.ecg-not-read").sentence, said);
    let view = ward.view(1, at(0));
    let bed = view.beds.iter().find(|bed| bed.label == "03").unwrap();
    assert_eq!(bed.not_judged.len(), 1, "the bed says so, too");
}

#[test]
fn a_score_says_each_part_also_what_a_nurse_entered() {
    let mut ward = admitted();
    let by = Person { name: "asha".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
    let entry = Entry::Consciousness(Consciousness::Confusion);
    let _ = ward.on(&Event::Entry(BedEntry { bed: "03".to_owned(), by, entry }), at(0));
    lives(&mut ward, 0, &[(Sign::RespRate, 26), (Sign::HeartRate, 115)]);
    let alerts = open(&ward, at(0));
    let parts = &alerts.iter().find(|record| record.code == "news2").unwrap().reasons;
    let said = |code: &str| parts.iter().find(|part| part.code == code).unwrap().clone();
    assert_eq!(said("resp_rate").sentence, "respiratory rate 26 /min gives 3 points (monitor, 0 s old)");
    let found = said("consciousness");
    assert_eq!(found.sentence, "consciousness C (new confusion) gives 3 points (entered 0 s before)");
    assert_eq!(found.value.as_deref(), Some("C (new confusion)"));
    assert_eq!(said("spo2").sentence, "SpO₂ is missing (never heard): it can give 0 to 3 points");
}

#[test]
fn a_result_says_whose_limit_which_specimen_and_that_it_is_new() {
    let mut ward = admitted();
    let sampled = Some(at(0).wall());
    let _ = ward.on(&report("A", "ICU-1^^03", vec![LabItem { sampled, ..potassium("7.1") }]), at(90));
    let reason = only(&ward, "lab.potassium");
    let said = "Potassium 7.1 mmol/L is above 6.2 mmol/L, our limit by the adult row (age not known); the \
                laboratory calls it critical, too (HH); new within 24 h; specimen ACC1, 1 min old";
    assert_eq!(reason.sentence, said);
    assert_eq!((reason.source.as_str(), reason.taken_at), ("ACC1", sampled));
}

#[test]
fn no_sentence_names_a_patient() {
    let mut ward = admitted();
    lives(&mut ward, 10, &[(Sign::SpO2, 76), (Sign::RespRate, 26)]);
    let _ = ward.on(&report("A", "ICU-1^^03", vec![potassium("7.1")]), at(11));
    for record in open(&ward, at(11)) {
        for reason in &record.reasons {
            assert!(!reason.sentence.is_empty() && !reason.sentence.contains("Test Patient"), "{reason:?}");
        }
    }
}
