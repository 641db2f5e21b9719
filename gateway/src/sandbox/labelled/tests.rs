//! The labelled ward by itself: the same seeds give the same bytes, and noise changes no label.

use std::collections::BTreeSet;

use super::*;

const DAY_S: u64 = 86_400;

fn sent(seed: u64, noise: u64) -> Vec<Second> {
    let bed = Bedside::new(seed, noise, 3, DAY_S);
    (0..7_200).map(|second| bed.sends(second)).collect()
}

#[test]
fn the_same_seeds_send_the_same_and_others_do_not() {
    assert_eq!(sent(1, 2), sent(1, 2));
    assert_ne!(sent(1, 2), sent(1, 3));
    assert_ne!(sent(1, 2), sent(2, 2));
}

#[test]
fn noise_changes_no_label_and_no_truth() {
    for number in 0..20 {
        let [one, other] = [1, 2].map(|noise| Bedside::new(9, noise, number, DAY_S));
        assert_eq!(one.labels(), other.labels());
        assert!((0..DAY_S).step_by(61).all(|second| one.truth(second) == other.truth(second)));
        assert_ne!(one.artefacts, other.artefacts);
    }
}

#[test]
fn every_kind_and_every_cause_comes() {
    let beds: Vec<Bedside> = (0..60).map(|number| Bedside::new(5, 5, number, DAY_S)).collect();
    let kinds: BTreeSet<Kind> = beds.iter().flat_map(Bedside::labels).map(|label| label.kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL);
    let causes: BTreeSet<String> =
        beds.iter().flat_map(|bed| &bed.artefacts).map(|artefact| format!("{:?}", artefact.cause)).collect();
    assert_eq!(causes.len(), 15, "{causes:?}");
}

#[test]
fn every_critical_course_has_its_label_and_its_own_duration() {
    for number in 0..60 {
        let bed = Bedside::new(6, 6, number, DAY_S);
        assert_eq!(bed.labels().len(), bed.courses.len(), "bed {number}");
        for label in bed.labels() {
            assert!(label.begins_s <= label.meets_s && label.begins_s < label.ends_s, "{label:?}");
            let counts = label.begins_s + label.kind.own_duration_s();
            assert!(label.kind == Kind::VentilatorDisconnect || label.meets_s == counts, "{label:?}");
            assert!(label.ends_s >= label.meets_s, "{label:?}");
        }
    }
}

#[test]
fn what_a_label_says_stands_on_the_screen() {
    for number in 0..60 {
        let bed = Bedside::new(8, 8, number, DAY_S);
        let value = |second, code: &str| {
            bed.sends(second).shown.iter().find(|shown| shown.code == code).map(|shown| shown.value)
        };
        for label in bed.labels() {
            let at = label.meets_s;
            match label.kind {
                Kind::Asystole => assert_eq!(value(at, "MDC_ECG_HEART_RATE"), Some(Some(0))),
                Kind::Apnoea => assert_eq!(value(at, "MDC_TTHOR_RESP_RATE"), Some(Some(0))),
                Kind::Desaturation => assert!(value(at, "MDC_PULS_OXIM_SAT_O2").flatten().unwrap() <= 80),
                Kind::Hypotension => assert!(value(at, "MDC_PRESS_BLD_ART_MEAN").flatten().unwrap() <= 50),
                Kind::VentilatorDisconnect => assert!(bed.sends(at).raised.iter().any(|raised| raised.on)),
                Kind::CriticalResult => assert!(bed.sends(at).found.iter().any(|found| found.is_critical)),
                _ => {}
            }
        }
    }
}

#[test]
fn a_label_is_a_line() {
    let label = Label { kind: Kind::Apnoea, begins_s: 60, meets_s: 80, ends_s: 100 };
    assert_eq!(
        label.line("03", jiff::Timestamp::UNIX_EPOCH).unwrap(),
        concat!(
            r#"{"bed":"03","kind":"apnoea","critical":true,"begin":"1970-01-01T00:01:00Z","#,
            r#""counts_from":"1970-01-01T00:01:20Z","end":"1970-01-01T00:01:40Z"}"#
        )
    );
}

#[test]
fn the_score_is_the_chart_s() {
    let well = Signs {
        heart_rate: 70,
        spo2: 97,
        resp_rate: 16,
        systolic: 120,
        mean: 90,
        diastolic: 75,
        temperature: 370,
        etco2: 38,
    };
    assert_eq!(score(&well, true), 0);
    let ill = Signs { heart_rate: 131, spo2: 91, resp_rate: 25, temperature: 391, systolic: 90, ..well };
    assert_eq!((score(&ill, false), score(&ill, true)), (11, 14));
}
