//! The adapter against a small site that keeps what it is sent and can lose its answers. The strict site that
//! behaves as a live one does is the sandbox's; it is met in `tests/delivery_ends.rs`.

use std::sync::Mutex as StdMutex;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use rules::{AlertId, Moment, Sign};
use tokio::net::TcpListener;

use super::*;
use crate::clock::Wall;
use crate::delivery::LostAnswers;
use crate::owed::{Charted, Owed};

/// What the site does with the next insert.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Takes,
    /// Takes it, and a proxy answers 504.
    LosesAnswer,
    /// Takes it without the field `custom_spo2`, which its description names.
    DropsSpo2,
    /// Refuses as a unique field would.
    Clashes,
}

#[derive(Clone)]
struct Fake {
    fields: Value,
    moods: Arc<StdMutex<Vec<Mood>>>,
    kept: Arc<StdMutex<Vec<Map<String, Value>>>>,
    asked: Arc<StdMutex<Vec<String>>>,
}

impl Fake {
    fn new(unique: bool) -> Self {
        let mut fields: Vec<Value> =
            ["patient", "signs_date", "signs_time", "vital_signs_note", "custom_spo2"]
                .iter()
                .map(|name| json!({"fieldname": name}))
                .collect();
        if unique {
            fields.push(json!({"fieldname": EVENT_ID, "unique": 1}));
        }
        Self { fields: json!(fields), moods: Arc::default(), kept: Arc::default(), asked: Arc::default() }
    }

    fn moods(self, moods: &[Mood]) -> Self {
        self.moods.lock().unwrap().extend(moods.iter().rev());
        self
    }

    fn asked(&self, start: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(start)).count()
    }
}

async fn meta(State(fake): State<Fake>, Path(doctype): Path<String>) -> Json<Value> {
    fake.asked.lock().unwrap().push(format!("meta {doctype}"));
    Json(json!({"data": {"fields": fake.fields, "is_submittable": 1}}))
}

async fn list(
    State(fake): State<Fake>,
    Path(doctype): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let filters = query.get("filters").cloned().unwrap_or_default();
    fake.asked.lock().unwrap().push(format!("list {doctype} {filters}"));
    if doctype == "Patient" {
        let known = filters.contains("MRN0042");
        return Json(
            json!({"data": if known { json!([{"name": "HLC-PAT-1", "uid": "MRN0042"}]) } else { json!([]) }}),
        );
    }
    let kept = fake.kept.lock().unwrap().clone();
    Json(json!({"data": kept}))
}

async fn insert(
    State(fake): State<Fake>,
    Path(doctype): Path<String>,
    Json(mut body): Json<Map<String, Value>>,
) -> (StatusCode, Json<Value>) {
    fake.asked.lock().unwrap().push(format!("insert {doctype}"));
    let mood = fake.moods.lock().unwrap().pop().unwrap_or(Mood::Takes);
    if mood == Mood::Clashes {
        return (StatusCode::EXPECTATION_FAILED, Json(json!({"exc_type": "UniqueValidationError"})));
    }
    if mood == Mood::DropsSpo2 {
        body.remove("custom_spo2");
    }
    let mut kept = fake.kept.lock().unwrap();
    body.insert("name".into(), json!(format!("HLC-VTS-{}", kept.len() + 1)));
    kept.push(body.clone());
    if mood == Mood::LosesAnswer {
        return (StatusCode::GATEWAY_TIMEOUT, Json(Value::Null));
    }
    (StatusCode::OK, Json(json!({"data": body})))
}

/// Runs the site beside a story told to it.
async fn at_site<T>(fake: &Fake, story: impl AsyncFnOnce(Frappe) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = FrappeSite {
        base_url: format!("http://{}", listener.local_addr().unwrap()),
        token: Token::of("key:secret"),
        company: String::new(),
        zone: "Asia/Kolkata".into(),
        board_url: String::new(),
    };
    let routes = Router::new()
        .route("/api/v2/doctype/{doctype}/meta", get(meta))
        .route("/api/resource/{doctype}", get(list).post(insert))
        .with_state(fake.clone());
    let serve = async { axum::serve(listener, routes).await };
    tokio::select! {
        told = story(Frappe::new(site).unwrap()) => told,
        ended = serve => panic!("the site ended: {ended:?}"),
    }
}

fn due(patient: &str, lost: LostAnswers) -> Due {
    let parcel = Parcel::Vitals {
        patient: Uhid(patient.into()),
        bed: "07".into(),
        at: Wall(1_763_671_380_000),
        values: vec![Charted { sign: Sign::SpO2, value: 91, taken: Wall(1_763_671_380_000) }],
        news2: None,
        note: String::new(),
    };
    let owed = Owed {
        key: "vitals:07:1".into(),
        destination: Destination::Frappe,
        alert: Some((AlertId(1), 0)),
        due: Moment(0),
        parcel,
    };
    Due { id: 1, owed, tries: 0, lost }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_before_it_is_sent_again() {
    let fake = Fake::new(false).moods(&[Mood::LosesAnswer]);
    at_site(&fake, async |frappe| {
        let first = frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await;
        assert!(matches!(first, Outcome::NotNow { uncertain: true, .. }), "{first:?}");
        let second = frappe.send(&due("MRN0042", LostAnswers::One), &[], &mut Exchange::default()).await;
        assert_eq!(second, Outcome::Done { proof: "HLC-VTS-1".into() });
    })
    .await;
    assert_eq!(fake.kept.lock().unwrap().len(), 1, "charted once");
    assert_eq!(fake.asked("list Patient"), 1, "the name is remembered");
}

#[tokio::test]
async fn an_uncertain_try_that_did_not_arrive_is_sent_again() {
    let fake = Fake::new(false);
    let outcome = at_site(&fake, async |frappe| {
        frappe.send(&due("MRN0042", LostAnswers::One), &[], &mut Exchange::default()).await
    })
    .await;
    assert_eq!(outcome, Outcome::Done { proof: "HLC-VTS-1".into() });
    let asked = fake.asked.lock().unwrap().clone();
    let search = asked.iter().find(|asked| asked.starts_with("list Vital Signs")).unwrap();
    assert!(search.contains("%[wardlight:vitals:07:1]%") && search.contains("HLC-PAT-1"), "{search}");
}

#[tokio::test]
async fn a_unique_field_makes_the_search_needless_and_a_clash_done() {
    let fake = Fake::new(true).moods(&[Mood::LosesAnswer, Mood::Clashes]);
    at_site(&fake, async |frappe| {
        frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await;
        let second = frappe.send(&due("MRN0042", LostAnswers::One), &[], &mut Exchange::default()).await;
        assert_eq!(second, Outcome::Done { proof: "HLC-VTS-1".into() });
    })
    .await;
    assert_eq!(fake.asked("insert"), 2);
    assert_eq!(fake.kept.lock().unwrap()[0][EVENT_ID], "vitals:07:1");
}

#[tokio::test]
async fn a_clash_with_somebody_elses_value_is_not_taken_for_ours() {
    let fake = Fake::new(true).moods(&[Mood::Clashes]);
    let outcome = at_site(&fake, async |frappe| {
        frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await
    })
    .await;
    assert!(matches!(outcome, Outcome::Doubtful { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_dropped_value_is_noticed_and_the_shape_is_read_again() {
    let fake = Fake::new(true).moods(&[Mood::DropsSpo2]);
    at_site(&fake, async |frappe| {
        let first = frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await;
        assert_eq!(first, Outcome::Done { proof: "HLC-VTS-1, not kept: custom_spo2".into() });
        assert_eq!(frappe.dropped(), 1);
        frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await;
        assert_eq!(frappe.dropped(), 1);
    })
    .await;
    assert_eq!(fake.asked("meta Vital Signs"), 2);
}

#[tokio::test]
async fn a_patient_the_site_does_not_know_is_never_charted_under_another() {
    let fake = Fake::new(true);
    let outcome = at_site(&fake, async |frappe| {
        frappe.send(&due("mrn0042", LostAnswers::None), &[], &mut Exchange::default()).await
    })
    .await;
    assert!(matches!(&outcome, Outcome::Doubtful { why, .. } if !why.contains("mrn")), "{outcome:?}");
    assert_eq!(fake.asked("insert"), 0);
}

#[tokio::test]
async fn a_site_that_does_not_fit_is_charted_nothing() {
    let mut fake = Fake::new(true);
    fake.fields = json!([{"fieldname": "patient"}]);
    at_site(&fake, async |frappe| {
        for _ in 0..2 {
            let outcome =
                frappe.send(&due("MRN0042", LostAnswers::None), &[], &mut Exchange::default()).await;
            assert!(matches!(&outcome, Outcome::Closed { why } if why.contains("signs_date")), "{outcome:?}");
        }
    })
    .await;
    assert_eq!(fake.asked("meta"), 2, "each try looks whether it fits now");
    assert_eq!(fake.asked("insert"), 0);
}

#[test]
fn a_time_reads_back_without_its_leading_zero_and_is_not_lost() {
    let sent = json!({"signs_time": "02:13:00", "pulse": "118", "docstatus": 1, "custom_spo2": "91"});
    let kept = json!({"signs_time": "2:13:00", "pulse": "118", "docstatus": 1, "custom_spo2": 91.0});
    let object = |value: &Value| value.as_object().unwrap().clone();
    assert_eq!(lost_fields(&object(&sent), &object(&kept)), Vec::<String>::new());
    let draft = json!({"signs_time": "2:14:00", "pulse": "118", "docstatus": 0});
    assert_eq!(lost_fields(&object(&sent), &object(&draft)), ["custom_spo2", "docstatus", "signs_time"]);
}
