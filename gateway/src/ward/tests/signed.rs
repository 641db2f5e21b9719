//! The charts of children and of mothers call once the hospital has signed their pages, and never before.

use super::*;
use crate::config::charts::CHARTS;
use crate::config::signed::sha256;
use crate::event::{BedEntry, Born};
use crate::record::Reason;
use rules::event::{Consciousness, Entry};
use rules::score::maternal::PreEclampsia;
use rules::score::npews::{Device, Distress, Pupils};

/// A ward whose file ends with a signature of each of these pages.
fn ward_that_signed(pages: &[&str]) -> Ward {
    let signature = |what: &&str| {
        let hash = sha256(CHARTS.iter().find(|(key, _)| key == what).unwrap().1);
        format!(
            "[[signed]]\nwhat = \"{what}\"\nby = \"Dr A. Sample\"\nrole = \"medical director\"\n\
             date = 2026-11-20\nsha256 = \"{hash}\"\n"
        )
    };
    let signatures: String = pages.iter().map(signature).collect();
    let text = format!("{}\n{signatures}", include_str!("../../../../deploy/ward.toml"));
    let mut faults = Faults::default();
    let plan = crate::config::ward::read(text.parse().unwrap(), &mut faults);
    assert_eq!(faults.0, []);
    Ward::new(Arc::new(plan))
}

/// A child of seven at bed 03: the stories begin on the first day of 1970.
fn with_a_child(mut ward: Ward) -> Ward {
    let Event::Admission(admission) = admit("A", "ICU-1^^03") else { panic!("a movement") };
    let born: Born = jiff::civil::date(1963, 1, 1).into();
    let _ = ward.on(&Event::Admission(Admission { born: Some(born), ..admission }), at(0));
    ward
}

fn enters(ward: &mut Ward, seconds: u32, entry: Entry) {
    let by = Person { name: "asha".to_owned(), role: Role::Nurse, station: "desk".to_owned() };
    let _ = ward.on(&Event::Entry(BedEntry { bed: "03".to_owned(), by, entry }), at(seconds));
}

fn records(ward: &Ward, code: &str) -> Vec<Arc<AlertRecord>> {
    open(ward, at(100)).into_iter().filter(|record| record.code == code).collect()
}

fn said(record: &AlertRecord, code: &str) -> Reason {
    record.reasons.iter().find(|reason| reason.code == code).unwrap().clone()
}

#[test]
fn a_child_calls_where_the_page_is_signed_and_nowhere_else() {
    for (pages, calls) in [(&[][..], 0), (&["maternal", "news2"], 0), (&["npews"], 1)] {
        let mut ward = with_a_child(ward_that_signed(pages));
        enters(&mut ward, 1, Entry::Pupils(Pupils::Abnormal));
        assert_eq!(records(&ward, "npews").len(), calls, "{pages:?}");
        assert!(records(&ward, "news2").is_empty());
    }
}

#[test]
fn a_mother_calls_where_the_page_is_signed_and_nowhere_else() {
    for (pages, calls) in [(&[][..], 0), (&["npews"], 0), (&["maternal"], 1)] {
        let mut ward = ward_that_signed(pages);
        let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
        enters(&mut ward, 1, Entry::Pregnant(true));
        enters(&mut ward, 2, Entry::PreEclampsia(PreEclampsia::Headache));
        assert_eq!(records(&ward, "maternal").len(), calls, "{pages:?}");
    }
}

#[test]
fn a_childs_alert_says_each_part_and_what_calls_without_points() {
    let mut ward = with_a_child(ward_that_signed(&["npews"]));
    enters(&mut ward, 1, Entry::Distress(Distress::Moderate));
    enters(&mut ward, 1, Entry::Device(Device::Cpap));
    let _ = ward.on(&frame("03", 1, &[(Sign::RespRate, 45), (Sign::SpO2, 97)]), at(2));
    enters(&mut ward, 3, Entry::Consciousness(Consciousness::Voice));
    let record = records(&ward, "npews").pop().unwrap();
    assert_eq!((record.kind, record.priority), (Kind::Score, Priority::High));
    let title =
        "National PEWS at least 8 (high: consciousness), missing heart_rate, systolic, capillary_refill";
    assert_eq!(record.title, title);
    let sentence = |code: &str| said(&record, code).sentence;
    assert_eq!(sentence("resp_rate"), "respiratory rate 45 /min gives 2 points (monitor, 1 s old)");
    assert_eq!(
        sentence("resp_distress"),
        "respiratory distress moderate gives 2 points (entered 2 s before)"
    );
    assert_eq!(sentence("oxygen"), "oxygen CPAP gives 4 points (entered 2 s before)");
    assert_eq!(sentence("heart_rate"), "heart rate is missing (never heard): it can give 0 to 4 points");
    let trigger =
        "consciousness V (responds to voice): calls for level high without points (entered 0 s before)";
    assert_eq!(sentence("consciousness"), trigger);
    assert!(record.reasons.iter().all(|reason| reason.code != "pupils"), "nobody said anything of them");
    let chart = said(&record, "oxygen").chart;
    let expected = "NPEWS (NHS England 2023), signed by Dr A. Sample, medical director, 2026-11-20, rules ";
    assert!(chart.starts_with(expected), "{chart}");
}

#[test]
fn a_mothers_alert_says_which_criteria_are_met() {
    let mut ward = ward_that_signed(&["maternal"]);
    let _ = ward.on(&admit("A", "ICU-1^^03"), at(0));
    enters(&mut ward, 1, Entry::Pregnant(true));
    let signs = [(Sign::RespRate, 16), (Sign::HeartRate, 125), (Sign::CuffSystolic, 150)];
    let _ = ward.on(&frame("03", 1, &signs), at(2));
    let record = records(&ward, "maternal").pop().unwrap();
    assert_eq!((record.kind, record.priority), (Kind::Score, Priority::Medium));
    let missing = "missing diastolic, spo2, urine, mind, pre_eclampsia";
    assert_eq!(record.title, format!("maternal criteria met: pulse (verify), {missing}"));
    let sentence = |code: &str| said(&record, code).sentence;
    assert_eq!(sentence("pulse"), "pulse rate 125 /min meets its criterion (monitor, 0 s old)");
    assert_eq!(
        sentence("resp_rate"),
        "respiratory rate 16 /min does not meet its criterion (monitor, 0 s old)"
    );
    assert_eq!(sentence("urine"), "urine is not known (never heard)");
}

/// What is charted by the clock says the score of the child, once that is signed; the field of NEWS2 stays
/// empty.
#[test]
fn a_signed_score_stands_in_the_chart_and_never_as_news2() {
    for (pages, expected) in [
        (&[][..], "no NEWS2: under 16: NEWS2 is not for children"),
        (
            &["npews"],
            "no NEWS2: under 16: NEWS2 is not for children; National PEWS at least 0 (none), missing \
             resp_rate, resp_distress, oxygen, heart_rate, systolic, capillary_refill",
        ),
    ] {
        let mut ward = with_a_child(ward_that_signed(pages));
        let _ = ward.on(&frame("03", 1, &[(Sign::SpO2, 97)]), at(890));
        let turn = ward.tick(at(900));
        let parcels = owed(&turn).into_iter().filter_map(|owed| match &owed.parcel {
            Parcel::Vitals { news2, note, .. } => Some((*news2, note.clone())),
            _ => None,
        });
        let charted: Vec<_> = parcels.collect();
        assert!(
            !charted.is_empty() && charted.iter().all(|set| *set == (None, expected.to_owned())),
            "{charted:?}"
        );
    }
}
