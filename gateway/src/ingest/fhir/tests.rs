//! Whole messages: what they mean, what is answered, and that nothing that is sent makes the reader fall
//! over.

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rules::event::ResultStatus;
use rules::{Moment, Sign};
use serde_json::{Value, json};
use std::sync::Arc;

use super::answer::{Answer, Preferred};
use super::intake::{FhirIntake, Posted};
use super::meaning::{self, Meaning};
use super::message::Message;
use super::taken::Taken;
use crate::clock::{Clock, Wall};
use crate::event::{Arrival, DeviceFrame, Door, Event, Knocks, LabReport, Outcome, Place, Uhid, Verdict};
use crate::ingest::profile::{Profiles, Site};

mod specimens;

const MRN: &str = "urn:hosp:mrn";

fn arrived() -> Wall {
    Wall::from("2026-09-12T12:00:00Z".parse::<Timestamp>().unwrap())
}

fn meaning(message: &Value, known: &Taken) -> Meaning {
    let body = message.to_string();
    let message = Message::read(body.as_bytes(), None, None).unwrap();
    meaning::of(&message, MRN, arrived(), known).unwrap()
}

fn events(message: &Value) -> Vec<Event> {
    let meaning = meaning(message, &Taken::default());
    let faults: Vec<_> = meaning.answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    meaning.events
}

fn faults(message: &Value) -> Vec<String> {
    let meaning = meaning(message, &Taken::default());
    meaning.answers.iter().filter_map(|answer| answer.as_ref().err()).map(ToString::to_string).collect()
}

fn report(message: &Value) -> LabReport {
    match events(message).as_slice() {
        [Event::Report(report)] => report.clone(),
        other => panic!("one report was expected: {other:?}"),
    }
}

fn frames(message: &Value) -> Vec<DeviceFrame> {
    let frames = events(message).into_iter().map(|event| match event {
        Event::Frame(frame) => frame,
        other => panic!("a frame was expected: {other:?}"),
    });
    frames.collect()
}

fn bundle(sort: &str, resources: &[Value]) -> Value {
    let entries = resources.iter().map(|resource| {
        let kind = &resource["resourceType"];
        let address = format!("urn:uuid:{}", resource["id"].as_str().unwrap_or("none"));
        json!({"fullUrl": address, "resource": resource, "request": {"method": "POST", "url": kind}})
    });
    json!({"resourceType": "Bundle", "type": sort, "entry": entries.collect::<Vec<_>>()})
}

fn patient(value: &str) -> Value {
    json!({"resourceType": "Patient", "id": "p", "identifier": [{"system": MRN, "value": value}],
           "name": [{"family": "Rao"}]})
}

fn loinc(code: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code}]})
}

fn category(code: &str) -> Value {
    json!([{"coding": [{"code": code}]}])
}

fn spo2(id: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "category": category("vital-signs"),
           "identifier": [{"system": "urn:patch", "value": id}], "code": loinc("59408-5"),
           "subject": {"reference": "urn:uuid:p"}, "effectiveDateTime": "2026-09-12T11:59:00Z",
           "valueQuantity": {"value": 91, "code": "%"}})
}

fn potassium(id: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "category": category("laboratory"),
           "code": loinc("2823-3"), "subject": {"reference": "urn:uuid:p"},
           "valueQuantity": {"value": 6.8, "code": "mmol/L"}})
}

fn culture(found: &str) -> Value {
    let found = json!({"coding": [{"system": "http://snomed.info/sct", "code": found, "display": "found"}]});
    json!({"resourceType": "Observation", "id": "c", "status": "final", "code": loinc("600-7"),
           "subject": {"reference": "urn:uuid:p"}, "valueCodeableConcept": found})
}

fn panel(results: &Value) -> Value {
    json!({"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": loinc("24323-8"),
           "identifier": [{"system": "urn:lis", "value": "ACC1"}], "subject": {"reference": "urn:uuid:p"},
           "effectiveDateTime": "2026-09-12T09:30:00+05:30", "result": results})
}

fn with(mut resource: Value, key: &str, value: Value) -> Value {
    resource[key] = value;
    resource
}

#[test]
fn what_one_device_measured_of_one_patient_is_one_frame() {
    let mut pulse = with(spo2("b"), "code", loinc("8867-4"));
    pulse["valueQuantity"] = json!({"value": 118, "code": "/min"});
    let frames = frames(&bundle("transaction", &[spo2("a"), pulse, patient("MRN1")]));
    let [frame] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(frame.patient, Some(Uhid("MRN1".to_owned())));
    assert_eq!(frame.place, Place::WithPatient(String::new()));
    let signs: Vec<Sign> = frame.readings.iter().filter_map(|reading| Some(reading.judged?.0)).collect();
    assert_eq!(signs, [Sign::SpO2, Sign::HeartRate]);
    assert_eq!(frame.sent, frame.readings[0].taken, "the newest value tells the device's clock");
}

#[test]
fn two_patients_are_two_frames() {
    let other = json!({"identifier": {"system": MRN, "value": "MRN2"}});
    let frames =
        frames(&bundle("transaction", &[patient("MRN1"), spo2("a"), with(spo2("b"), "subject", other)]));
    assert_eq!(frames.len(), 2);
    assert_ne!(frames[0].patient, frames[1].patient);
}

#[test]
fn the_time_of_the_bundle_is_when_it_was_sent() {
    let stamped = with(
        bundle("transaction", &[patient("MRN1"), spo2("a")]),
        "timestamp",
        json!("2026-09-12T11:59:30Z"),
    );
    let frame = frames(&stamped).remove(0);
    assert_eq!(frame.sent.unwrap().0 - frame.readings[0].taken.unwrap().0, 30_000);
}

#[test]
fn the_same_frame_sent_again_has_the_same_key_and_one_without_identity_never() {
    let message = bundle("transaction", &[patient("MRN1"), spo2("a")]);
    assert_eq!(frames(&message)[0].key, frames(&message)[0].key);
    let next = bundle("transaction", &[patient("MRN1"), spo2("b")]);
    assert_ne!(frames(&message)[0].key, frames(&next)[0].key);
    let mut bare = spo2("a");
    bare.as_object_mut().unwrap().retain(|key, _| key != "identifier" && key != "effectiveDateTime");
    let bare = bundle("transaction", &[patient("MRN1"), bare]).to_string();
    let key = |at: i64| {
        let message = Message::read(bare.as_bytes(), None, None).unwrap();
        match meaning::of(&message, MRN, Wall(at), &Taken::default()).unwrap().events.pop() {
            Some(Event::Frame(frame)) => frame.key,
            other => panic!("{other:?}"),
        }
    };
    assert_ne!(key(1), key(2));
}

#[test]
fn a_sign_of_nobody_is_refused_and_a_result_of_nobody_is_not() {
    for subject in [json!({"reference": "Patient/17"}), json!({"display": "Asha Rao"}), json!({})] {
        let faults = faults(&bundle("transaction", &[with(spo2("a"), "subject", subject.clone())]));
        assert!(faults[0].starts_with("Bundle.entry[0].resource.subject: whose"), "{faults:?}");
        let report = report(&bundle("transaction", &[with(potassium("k"), "subject", subject)]));
        assert_eq!((report.patient, report.place), (None, Place::Nowhere));
    }
}

#[test]
fn a_report_takes_its_results_in_and_they_are_judged_once() {
    let results = json!([{"reference": "urn:uuid:k"}]);
    let whole = [panel(&results), potassium("k"), patient("MRN1")];
    let report = report(&bundle("transaction", &whole));
    assert_eq!(report.patient, Some(Uhid("MRN1".to_owned())));
    assert_eq!(report.accession, "ACC1");
    let [item] = report.results.as_slice() else { panic!("{report:?}") };
    assert_eq!((item.text.as_str(), item.status), ("6.8", ResultStatus::Stands));
    assert_eq!(item.sampled.unwrap().timestamp().to_string(), "2026-09-12T04:00:00Z", "the report's time");
}

#[test]
fn a_contained_result_its_specimen_and_its_panel_are_read() {
    let contained = json!([
        {"resourceType": "Specimen", "id": "s", "accessionIdentifier": {"value": "ACC9"},
         "collection": {"collectedDateTime": "2026-09-12T09:00:00+05:30"}},
        {"resourceType": "Observation", "id": "panel", "status": "final", "code": loinc("24323-8"),
         "hasMember": [{"reference": "#k"}]},
        {"resourceType": "Observation", "id": "k", "status": "corrected", "code": loinc("2823-3"),
         "valueString": ">10"}
    ]);
    let mut alone = panel(&json!([{"reference": "#panel"}]));
    alone["subject"] = json!({"identifier": {"value": "MRN1", "assigner": {"display": MRN}}});
    alone["specimen"] = json!([{"reference": "#s"}]);
    alone["contained"] = contained;
    let members = alone.as_object_mut().unwrap();
    members.remove("identifier");
    members.remove("effectiveDateTime");
    let report = report(&alone);
    assert_eq!((report.accession.as_str(), report.results.len()), ("ACC9", 1));
    let item = &report.results[0];
    assert_eq!((item.text.as_str(), item.status), (">10", ResultStatus::Corrected));
    assert_eq!(item.sampled.unwrap().timestamp().to_string(), "2026-09-12T03:30:00Z");
}

#[test]
fn a_report_in_error_withdraws_its_results_and_a_test_means_nothing() {
    let results = json!([{"reference": "urn:uuid:k"}]);
    let whole = |report: Value| bundle("transaction", &[report, potassium("k"), patient("MRN1")]);
    let withdrawn = report(&whole(with(panel(&results), "status", json!("entered-in-error"))));
    assert_eq!(withdrawn.results[0].status, ResultStatus::Withdrawn);
    let test = json!({"security": [{"code": "HTEST"}]});
    assert!(events(&whole(with(panel(&results), "meta", test.clone()))).is_empty());
    assert!(events(&with(whole(panel(&results)), "meta", test)).is_empty());
}

#[test]
fn a_result_that_is_not_here_or_of_another_patient_is_refused() {
    let lost =
        faults(&bundle("transaction", &[panel(&json!([{"reference": "Observation/5"}])), patient("MRN1")]));
    assert!(lost[0].starts_with("Bundle.entry[0].resource.result[0].reference"), "{lost:?}");
    let judged = panel(&json!([{"reference": "Observation/wl-0123456789abcdef"}]));
    assert!(events(&bundle("transaction", &[judged, patient("MRN1")])).is_empty(), "judged when it came");
    let other = with(potassium("k"), "subject", json!({"identifier": {"system": MRN, "value": "MRN2"}}));
    let mixed = [panel(&json!([{"reference": "urn:uuid:k"}])), other, patient("MRN1")];
    let mixed = faults(&bundle("transaction", &mixed));
    assert!(mixed[0].starts_with("Bundle.entry[1].resource.subject"), "{mixed:?}");
}

#[test]
fn an_observation_is_the_laboratory_s_by_what_it_says_of_itself() {
    let mut uncategorised = potassium("k");
    uncategorised.as_object_mut().unwrap().remove("category");
    for (observation, is_laboratory) in [
        (potassium("k"), true),
        (uncategorised.clone(), true),
        (with(uncategorised, "code", loinc("8867-4")), false),
        (with(potassium("k"), "category", category("LAB")), true),
        (with(with(potassium("k"), "category", category("survey")), "code", loinc("72166-2")), false),
        (with(spo2("a"), "specimen", json!({"display": "blood"})), false),
        (with(culture("115329001"), "category", category("MB")), true),
        (with(culture("264868006"), "category", category("survey")), false),
    ] {
        let events = events(&bundle("transaction", &[observation.clone(), patient("MRN1")]));
        let is_report = matches!(events.as_slice(), [Event::Report(_)]);
        assert_eq!((events.len(), is_report), (1, is_laboratory), "{observation}");
    }
}

#[test]
fn a_transaction_is_all_or_nothing_and_a_batch_is_not() {
    let whole = [patient("MRN1"), spo2("a"), with(spo2("b"), "status", json!("bogus"))];
    let transaction = meaning(&bundle("transaction", &whole), &Taken::default());
    assert!(transaction.events.is_empty() && transaction.marks.is_empty());
    let batch = meaning(&bundle("batch", &whole), &Taken::default());
    assert_eq!((batch.events.len(), batch.answers.iter().filter(|answer| answer.is_err()).count()), (1, 1));
}

#[test]
fn a_resend_means_nothing_new_and_a_change_does() {
    let known = Taken::default();
    let results = json!([{"reference": "urn:uuid:k"}]);
    let whole = |k: Value| bundle("transaction", &[patient("MRN1"), spo2("a"), panel(&results), k]);
    let first = meaning(&whole(potassium("k")), &known);
    assert_eq!(first.events.len(), 2);
    first.marks.iter().for_each(|mark| known.remember(*mark));
    let again = meaning(&whole(potassium("k")), &known);
    assert!(again.events.is_empty(), "{:?}", again.events);
    assert!(again.answers.iter().all(Result::is_ok));
    let changed = meaning(&whole(with(potassium("k"), "status", json!("corrected"))), &known);
    assert_eq!(changed.events.len(), 1);
}

/// Answers every knock with `verdict`, and returns the arrivals.
async fn ward(mut behind: Knocks, verdict: Verdict) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    while let Some(knock) = behind.next().await {
        arrivals.push(knock.arrival);
        let _ = knock.verdict.send(verdict.clone());
    }
    arrivals
}

async fn exchange(bodies: &[&str], verdict: Verdict) -> (Vec<Answer>, Vec<Arrival>) {
    let (door, behind) = Door::new();
    let site = Site { zone: TimeZone::UTC, uhid_authority: MRN.to_owned(), profiles: Profiles::shipped() };
    let intake = FhirIntake::new(door, Arc::new(site), Clock::starting_after(Moment(0)));
    let asked = async move {
        let mut answers = Vec::new();
        for body in bodies {
            let preferred = Preferred::default();
            let condition = Some("identifier=urn:patch|a").filter(|_| body.contains("urn:patch"));
            let condition = condition.filter(|_| !body.contains("Bundle"));
            let body = body.as_bytes();
            let posted = Posted { from: "192.0.2.1", wanted: None, condition, preferred, body };
            answers.push(intake.take(posted).await);
        }
        drop(intake);
        answers
    };
    tokio::join!(asked, ward(behind, verdict))
}

#[tokio::test]
async fn what_is_stored_is_answered_with_its_id_and_known_again() {
    let identified = json!({"identifier": {"system": MRN, "value": "MRN1"}});
    let body = with(spo2("a"), "subject", identified)
        .to_string()
        .replace(":91,", ":91.0,")
        .replace(":91}", ":91.0}");
    let (answers, arrivals) = exchange(&[&body, &body], Verdict::Stored(vec![])).await;
    assert_eq!((answers[0].status, answers[1].status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(answers[0].location, answers[1].location);
    let location = answers[0].location.as_deref().unwrap();
    assert!(location.starts_with("/fhir/r4/Observation/wl-"), "{location}");
    assert!(answers[0].body.contains("91.0"), "a number keeps its text: {}", answers[0].body);
    let echoed: Value = serde_json::from_str(&answers[0].body).unwrap();
    assert!(location.ends_with(echoed["id"].as_str().unwrap()));
    assert_eq!((arrivals[0].events.len(), arrivals[1].events.len()), (1, 0));
    let raw = arrivals[0].raw.as_ref().unwrap();
    assert_eq!(
        (raw.outcome, raw.kind.as_str(), raw.control_id.as_str()),
        (Outcome::Accepted, "Observation", "a")
    );
    assert_eq!(raw.bytes, body.as_bytes());
    assert_eq!(arrivals[1].raw.as_ref().unwrap().outcome, Outcome::NotNeeded);
}

#[tokio::test]
async fn what_is_not_stored_is_never_answered_with_success_nor_remembered() {
    let body = bundle("transaction", &[patient("MRN1"), spo2("a")]).to_string();
    let (answers, arrivals) = exchange(&[&body, &body], Verdict::NotNow("disk full")).await;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.body.contains("disk full") && answer.body.contains("transient"), "{}", answer.body);
    }
    assert_eq!(arrivals[1].events.len(), 1, "what was not stored is judged again");
}

#[tokio::test]
async fn what_is_refused_is_kept_with_its_reason() {
    let broken = bundle(
        "transaction",
        &[patient("MRN1"), with(spo2("a"), "effectiveDateTime", json!("2026-09-12T11:59:00"))],
    );
    let strange = bundle("transaction", &[patient("MRN1"), with(spo2("a"), "subject", json!({}))]);
    let (broken, strange) = (broken.to_string(), strange.to_string());
    let (answers, arrivals) = exchange(&["no JSON", &broken, &strange], Verdict::Stored(vec![])).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [400, 400, 422]);
    assert!(answers[1].body.contains("Bundle.entry[1].resource.effectiveDateTime"), "{}", answers[1].body);
    for arrival in &arrivals {
        let raw = arrival.raw.as_ref().unwrap();
        assert!(raw.outcome == Outcome::Refused && !raw.reason.is_empty() && arrival.events.is_empty());
    }
    assert_eq!(arrivals[1].raw.as_ref().unwrap().bytes, broken.as_bytes());
}

#[tokio::test]
async fn a_bundle_is_answered_entry_by_entry() {
    let whole = [patient("MRN1"), spo2("a"), with(spo2("b"), "status", json!("bogus"))];
    let batch = bundle("batch", &whole).to_string();
    let (answers, arrivals) = exchange(&[&batch], Verdict::Stored(vec![])).await;
    let said: Value = serde_json::from_str(&answers[0].body).unwrap();
    assert_eq!((answers[0].status, &said["type"]), (StatusCode::OK, &json!("batch-response")));
    let statuses: Vec<&str> =
        (0..3).filter_map(|at| said["entry"][at]["response"]["status"].as_str()).collect();
    assert_eq!(statuses, ["200 OK", "201 Created", "400 Bad Request"]);
    let issue = &said["entry"][2]["response"]["outcome"]["issue"][0];
    assert_eq!(issue["expression"][0], "Bundle.entry[2].resource.status");
    let raw = arrivals[0].raw.as_ref().unwrap();
    assert!(raw.outcome == Outcome::Accepted && raw.reason.starts_with("1 of 3"), "{}", raw.reason);
}

/// JSON of any shape, made of the words that the reader knows.
fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 24] = [
        "resourceType",
        "Bundle",
        "Observation",
        "DiagnosticReport",
        "Patient",
        "entry",
        "resource",
        "request",
        "method",
        "POST",
        "url",
        "type",
        "transaction",
        "batch",
        "status",
        "final",
        "code",
        "coding",
        "subject",
        "identifier",
        "value",
        "valueQuantity",
        "contained",
        "result",
    ];
    let word = || prop::sample::select(&WORDS[..]).prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let named = prop_oneof![4 => word(), 1 => ".{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(named, inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

fn read_whatever(body: &[u8]) {
    for wanted in [None, Some("Observation")] {
        if let Ok(message) = Message::read(body, wanted, Some("identifier=1")) {
            let _ = meaning::of(&message, MRN, arrived(), &Taken::default());
        }
    }
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(json in any_json(), member in any_json()) {
        read_whatever(json.to_string().as_bytes());
        // The same within a resource, where more of it is read.
        let rows = [(spo2("a"), "component"), (potassium("k"), "subject"), (panel(&json), "contained")];
        for (resource, key) in rows {
            let entry = with(resource, key, member.clone());
            read_whatever(entry.to_string().as_bytes());
            read_whatever(bundle("batch", &[entry, patient("MRN1")]).to_string().as_bytes());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..400) {
        read_whatever(&bytes);
        let mut cut = bundle("batch", &[spo2("a"), patient("MRN1")]).to_string().into_bytes();
        let end = at.min(cut.len());
        cut.splice(end..(end + bytes.len()).min(cut.len()), bytes.iter().copied());
        read_whatever(&cut);
    }
}
