//! What a reader of the API is told of a bed's scores.

use std::sync::Arc;

use rules::alert::{Analyte, Quantity};
use rules::bed::BedNo;
use rules::event::{Breathing, Entry, Flag, Frame, LabResult, Occupancy, ResultStatus};
use rules::score::npews::{Amount, Device, Distress, Level, Pupils};
use rules::vital::{MessageKey, Source};
use rules::{Age, Bed, Decimal, Event, Moment, Policy, Reading, Sign, Unit};
use serde_json::{Value, json};

use super::ScoreJson;
use crate::config::signed::Signed;
use crate::view::{BedView, BindingView};

const ARTERIAL_OXYGEN: Analyte = Analyte::Other(7);

const NOW: Moment = Moment(1_000_000_000);

/// The scores of a bed at which those things happened.
fn told(events: &[Event<'_>]) -> Vec<Value> {
    let policy = Policy::shipped();
    let mut bed = Bed::new(BedNo(1), &policy);
    for event in events {
        let _ = bed.on(event, NOW);
    }
    let binding = BindingView {
        patient: None,
        name: String::new(),
        in_doubt: false,
        candidates: Vec::new(),
        since: None,
    };
    let view = BedView {
        label: "01".into(),
        binding,
        vitals: Vec::new(),
        choice: bed.choice(NOW),
        early: bed.early_warning(NOW),
        baseline: bed.baseline(),
        beside: bed.beside(ARTERIAL_OXYGEN, NOW),
        signed: Arc::new(Signed::by_nobody(&policy)),
        priority: None,
        folded: 0,
        bindings: Arc::default(),
        standby_offered: false,
        own_limits: Vec::new(),
        own_critical: Vec::new(),
        standby: None,
        audio_pause: None,
        not_judged: Vec::new(),
    };
    ScoreJson::all(&view).iter().map(|score| serde_json::to_value(score).unwrap()).collect()
}

fn sent(readings: &[Reading]) -> Event<'_> {
    Event::Frame(Frame { source: Source(1), key: MessageKey(1), readings, silence: None })
}

fn child(readings: &[Reading], entries: &[Entry]) -> Value {
    let lies = [
        Event::Occupancy(Occupancy::Bound(rules::alert::PatientKey(7))),
        Event::Age(Some(Age::years(7))),
        sent(readings),
    ];
    let events: Vec<Event<'_>> = lies.into_iter().chain(entries.iter().copied().map(Event::Entry)).collect();
    let [score] = &told(&events)[..] else { panic!("what stands beside NEWS2 is for adults") };
    score.clone()
}

#[test]
fn a_childs_score_is_told_with_its_level_and_what_is_missing() {
    let readings = [
        Reading::fresh(Sign::HeartRate, 125),
        Reading::fresh(Sign::RespRate, 22),
        Reading::fresh(Sign::SpO2, 98),
        Reading::fresh(Sign::Temperature, 385),
    ];
    let entries = [
        Entry::Distress(Distress::Moderate),
        Entry::Breathing(Breathing::Air),
        Entry::Pupils(Pupils::Normal),
        Entry::Carer(Level::High),
    ];
    let score = child(&readings, &entries);
    let is = |key: &str, value: Value| assert_eq!(score[key], value, "{key}");
    is("chart", json!("NPEWS"));
    is("version", json!("NHS England 2023"));
    is("signed", json!("shipped default, not signed"));
    is("mode", json!("shown"));
    is("because", json!("under 16: NEWS2 is not for children"));
    is("total", Value::Null);
    is("lower", json!(3));
    is("upper", json!(9));
    is("missing", json!(["systolic", "capillary_refill"]));
    is("finding", json!("high"));
    is("risk", Value::Null);
    is("advice", json!("think sepsis: the temperature asks for it"));
    let distress = json!({"part": "resp_distress", "points": 2, "most": 2, "why": null, "stands": null});
    assert_eq!(score["parts"][1], distress);
    let triggers = ["sepsis", "consciousness", "intuition"]
        .map(|trigger| json!({"trigger": trigger, "level": null, "why": "never heard"}));
    let pupils = json!({"trigger": "pupils", "level": "none", "why": null});
    let carer = json!({"trigger": "carer", "level": "high", "why": null});
    let [sepsis, consciousness, intuition] = triggers;
    is("triggers", json!([sepsis, consciousness, pupils, intuition, carer]));
}

#[test]
fn of_a_child_of_whom_nothing_is_known_nothing_is_said_to_be_well() {
    let score = child(&[], &[]);
    assert_eq!((&score["lower"], &score["upper"], &score["total"]), (&json!(0), &json!(26), &Value::Null));
    assert_eq!(score["missing"].as_array().unwrap().len(), 7);
    assert_eq!(score["advice"], Value::Null);
}

#[test]
fn p_f_is_told_once_the_laboratory_has_sent_an_arterial_oxygen() {
    let patient = rules::alert::PatientKey(7);
    let readings = [Reading::fresh(Sign::InspiredOxygen, 40), Reading::fresh(Sign::SpO2, 92)];
    let gas = LabResult {
        analyte: ARTERIAL_OXYGEN,
        patient,
        quantity: Some(Quantity::exactly(Decimal::new(80, 0), Unit::MmHg)),
        flag: Flag::NotCritical,
        status: ResultStatus::Stands,
        sampled: NOW,
        is_timed: true,
        order: None,
        key: MessageKey(2),
    };
    let lies = Event::Occupancy(Occupancy::Bound(patient));
    assert_eq!(told(&[lies, sent(&readings)]).len(), 4);
    let scores = told(&[lies, sent(&readings), Event::Result(gas)]);
    let pressure = &scores[4];
    assert_eq!((&pressure["chart"], &pressure["total"]), (&json!("P/F"), &json!(200)));
    assert_eq!((&pressure["mode"], &pressure["missing"]), (&json!("shown"), &json!(["peep"])));
    assert_eq!(pressure["finding"], Value::Null, "without a PEEP the band is not sure");
    let readings = [readings[0], readings[1], Reading::fresh(Sign::Peep, 5)];
    let scores = told(&[lies, sent(&readings), Event::Result(gas)]);
    assert_eq!(scores[4]["finding"], json!("moderate"));
    let scores = told(&[lies, Event::Result(gas)]);
    assert_eq!(scores[4]["missing"], json!(["pao2", "fio2", "peep"]), "nobody knows what was breathed then");
}

#[test]
fn rox_stands_beside_news2_on_high_flow() {
    let readings = [Reading::fresh(Sign::SpO2, 92), Reading::fresh(Sign::RespRate, 30)];
    let on = |device| told(&[sent(&readings), Event::Entry(Entry::Device(device))]);
    assert_eq!(on(Device::FaceMask).len(), 4);
    let scores = on(Device::HighFlow);
    let rox = &scores[4];
    assert_eq!(
        (&rox["chart"], &rox["version"], &rox["mode"]),
        (&json!("ROX"), &json!("Roca 2019"), &json!("shown"))
    );
    assert_eq!((&rox["total"], &rox["missing"]), (&Value::Null, &json!(["fio2"])));
    assert_eq!(rox["finding"], json!("too early"));
    let level = Event::Entry(Entry::Amount(Amount::Fraction(60)));
    let scores = told(&[sent(&readings), Event::Entry(Entry::Device(Device::HighFlow)), level]);
    assert_eq!(scores[4]["total"], json!(5.11));
}
