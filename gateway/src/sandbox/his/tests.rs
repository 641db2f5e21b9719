//! Every line of what was seen on a live Frappe 15.44.2 site (2026-11-21), asked of the sandbox over real
//! HTTP, and what the site may be told to do.

use jiff::civil::{DateTime, date};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Account, CustomFields, Exception, His, Refusal, Setup};
use crate::sandbox::door::Outage;
use crate::sandbox::rig::{Rig, web};

const NURSE: &str = "token key:secret";
const VITALS: &str = "/api/resource/Vital Signs";

struct Site {
    his: His,
    rig: Rig,
    web: reqwest::Client,
}

fn now() -> DateTime {
    date(2026, 11, 21).at(11, 2, 0, 250_000_000)
}

fn account(key: &str, roles: &[&str]) -> Account {
    Account {
        api_key: key.to_owned(),
        api_secret: "secret".to_owned(),
        user: format!("{key}@example.org"),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

async fn site_with(custom_fields: CustomFields, rate_limit_us: Option<u64>) -> Site {
    let manager = account("manager", &["System Manager"]);
    let accounts = vec![account("key", &["Nursing User"]), account("porter", &["Desk User"]), manager];
    let his = His::new(Setup { accounts, custom_fields, rate_limit_us }, now).unwrap();
    let anybody = json!({"name": "HLC-PAT-2026-00042", "first_name": "Test", "patient_name": "Test Person",
        "sex": "Female", "uid": "MRN0042"});
    his.seed("Patient", &anybody).unwrap();
    let rig = Rig::start({
        let his = his.clone();
        |listener, shutdown| his.run(listener, shutdown)
    })
    .await;
    Site { his, rig, web: web() }
}

async fn site() -> Site {
    site_with(CustomFields::Installed, None).await
}

impl Site {
    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.web.request(method, format!("http://{}{path}", self.rig.at)).header("Authorization", NURSE)
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        sent(self.ask(Method::POST, path).json(body)).await
    }

    async fn put(&self, name: &str, body: &Value) -> (u16, Value) {
        sent(self.ask(Method::PUT, &format!("{VITALS}/{name}")).json(body)).await
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        sent(self.ask(Method::GET, path).query(query)).await
    }

    async fn chart(&self, more: &Value) -> (u16, Value) {
        self.post(VITALS, &vitals(more)).await
    }
}

async fn sent(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A body the site takes, with some fields more or other ones.
fn vitals(more: &Value) -> Value {
    let mut body = json!({"patient": "HLC-PAT-2026-00042", "docstatus": 1, "signs_date": "2026-11-21",
        "signs_time": "11:00:00", "pulse": "88"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn assert_refused(answer: &(u16, Value), status: u16, exc_type: &str) {
    assert_eq!((answer.0, answer.1["exc_type"].as_str()), (status, Some(exc_type)), "{}", answer.1);
}

#[tokio::test]
async fn an_unknown_field_is_dropped_and_the_answer_is_200() {
    let site = site_with(CustomFields::Absent, None).await;
    let (status, answer) = site.chart(&json!({"custom_spo2": 91, "bp_systolic": "120"})).await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"]["bp_systolic"], "120");
    assert_eq!(answer["data"].get("custom_spo2"), None);
    assert_eq!(site.his.documents("Vital Signs")[0].get("custom_spo2"), None);
    let (_, meta) = site.get("/api/v2/doctype/Vital Signs/meta", &[]).await;
    assert!(!meta.to_string().contains("custom_spo2"), "the meta warns of it at start");
}

#[tokio::test]
async fn a_missing_date_and_time_become_the_servers_now() {
    let site = site().await;
    let (status, answer) = site.post(VITALS, &json!({"patient": "HLC-PAT-2026-00042", "docstatus": 1})).await;
    assert_eq!((status, &answer["data"]["signs_date"]), (200, &json!("2026-11-21")));
    assert_eq!(answer["data"]["signs_time"], "11:02:00.250000");
}

#[tokio::test]
async fn docstatus_left_out_is_a_draft() {
    let site = site().await;
    let (status, answer) = site.post(VITALS, &json!({"patient": "HLC-PAT-2026-00042"})).await;
    assert_eq!((status, &answer["data"]["docstatus"]), (200, &json!(0)));
    let (_, answer) = site.chart(&json!({})).await;
    assert_eq!(answer["data"]["docstatus"], 1);
}

#[tokio::test]
async fn a_client_name_is_ignored_and_the_series_counts() {
    let site = site().await;
    for expected in ["HLC-VTS-2026-00001", "HLC-VTS-2026-00002"] {
        let (status, answer) = site.chart(&json!({"name": "mine"})).await;
        assert_eq!((status, &answer["data"]["name"]), (200, &json!(expected)));
    }
}

#[tokio::test]
async fn a_duplicate_of_a_unique_custom_field_is_417_and_the_first_is_found() {
    let site = site().await;
    let id = json!({"custom_gateway_event_id": "ev-1"});
    let (_, first) = site.chart(&id).await;
    let again = site.chart(&id).await;
    assert_refused(&again, 417, "UniqueValidationError");
    assert!(again.1["_server_messages"].as_str().unwrap().contains("custom_gateway_event_id must be unique"));
    let (status, answer) = site.post("/api/v2/document/Vital Signs", &vitals(&id)).await;
    assert_eq!((status, &answer["errors"][0]["type"]), (417, &json!("UniqueValidationError")));
    for filter in [
        r#"[["custom_gateway_event_id","=","ev-1"]]"#,
        r#"[["Vital Signs","custom_gateway_event_id","=","ev-1"]]"#,
        r#"{"custom_gateway_event_id":"ev-1"}"#,
    ] {
        let (_, found) = site.get(VITALS, &[("filters", filter), ("fields", r#"["name"]"#)]).await;
        assert_eq!(found["data"], json!([{"name": first["data"]["name"]}]));
    }
    assert_eq!(site.his.documents("Vital Signs").len(), 1);
}

#[tokio::test]
async fn a_patient_with_a_uid_that_exists_is_417() {
    let body = json!({"first_name": "Other", "sex": "Male", "uid": "mrn0042"});
    let answer = site().await.post("/api/resource/Patient", &body).await;
    assert_refused(&answer, 417, "UniqueValidationError");
}

#[tokio::test]
async fn an_unknown_link_target_is_417() {
    let site = site().await;
    assert_refused(&site.chart(&json!({"patient": "HLC-PAT-2026-99999"})).await, 417, "LinkValidationError");
    assert_refused(&site.chart(&json!({"encounter": "ENC-1"})).await, 417, "LinkValidationError");
    let bell = json!({"for_user": "nobody@example.org", "type": "Alert", "subject": "K 6.8 mmol/L"});
    assert_refused(&site.post("/api/resource/Notification Log", &bell).await, 417, "LinkValidationError");
}

#[tokio::test]
async fn more_than_140_characters_in_a_data_field_are_417() {
    let site = site().await;
    assert_refused(
        &site.chart(&json!({"pulse": "8".repeat(141)})).await,
        417,
        "CharacterLengthExceededError",
    );
    let (status, _) =
        site.chart(&json!({"pulse": "é".repeat(140), "vital_signs_note": "n".repeat(1000)})).await;
    assert_eq!(status, 200, "characters count, and a note is no Data field");
}

#[tokio::test]
async fn docstatus_2_on_insert_is_417() {
    assert_refused(&site().await.chart(&json!({"docstatus": 2})).await, 417, "DocstatusTransitionError");
}

#[tokio::test]
async fn a_submitted_document_does_not_change_but_is_cancelled() {
    let site = site().await;
    let (_, answer) = site.chart(&json!({})).await;
    let name = answer["data"]["name"].as_str().unwrap();
    assert_refused(&site.put(name, &json!({"pulse": "90"})).await, 417, "UpdateAfterSubmitError");
    assert_refused(&site.put(name, &json!({"docstatus": 0})).await, 417, "DocstatusTransitionError");
    let (status, answer) = site.put(name, &json!({"docstatus": 2})).await;
    assert_eq!((status, &answer["data"]["docstatus"]), (200, &json!(2)));
}

#[tokio::test]
async fn a_put_with_an_old_modified_is_417() {
    let site = site().await;
    let (_, answer) = site.chart(&json!({"docstatus": 0})).await;
    let name = answer["data"]["name"].as_str().unwrap();
    let old = json!({"pulse": "90", "modified": "2026-11-21 10:00:00.000000"});
    assert_refused(&site.put(name, &old).await, 417, "TimestampMismatchError");
    let fresh = json!({"pulse": "90", "modified": answer["data"]["modified"]});
    assert_eq!(site.put(name, &fresh).await.0, 200);
    assert_eq!(site.his.documents("Vital Signs")[0]["pulse"], "90");
}

#[tokio::test]
async fn a_date_or_time_with_a_zone_is_a_permanent_500() {
    let site = site().await;
    for zoned in [json!({"signs_date": "2026-11-21T11:00:00Z"}), json!({"signs_time": "11:00:00+05:30"})] {
        let answer = site.chart(&zoned).await;
        assert_refused(&answer, 500, "OperationalError");
        assert!(answer.1["exception"].as_str().unwrap().contains("1292"));
    }
    let (status, answer) = site.chart(&json!({"signs_time": "09:02:00.250"})).await;
    assert_eq!((status, &answer["data"]["signs_time"]), (200, &json!("09:02:00.250")), "echoed as sent");
    let path = format!("{VITALS}/{}", answer["data"]["name"].as_str().unwrap());
    let (_, read) = site.get(&path, &[]).await;
    assert_eq!(read["data"]["signs_time"], "9:02:00.250000", "and read back as the database keeps it");
}

#[tokio::test]
async fn an_unknown_doctype_is_500_and_an_unknown_document_404() {
    let site = site().await;
    assert_refused(&site.post("/api/resource/ICU Alert", &json!({})).await, 500, "ImportError");
    let (status, answer) = site.post("/api/v2/document/ICU Alert", &json!({})).await;
    assert_eq!((status, &answer["errors"][0]["type"]), (500, &json!("ImportError")));
    assert_eq!(answer["errors"][0].get("message"), None);
    assert_refused(&site.get(&format!("{VITALS}/none"), &[]).await, 404, "DoesNotExistError");
}

#[tokio::test]
async fn a_half_done_migration_fails_every_write() {
    let site = site_with(CustomFields::HalfMigrated, None).await;
    let (_, meta) = site.get("/api/v2/doctype/Vital Signs/meta", &[]).await;
    assert!(meta.to_string().contains("custom_gateway_event_id"), "the meta knows the field");
    let answer = site.chart(&json!({})).await;
    assert_refused(&answer, 500, "OperationalError");
    assert!(answer.1["exception"].as_str().unwrap().contains("1054"));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_500() {
    let site = site().await;
    let request = site.ask(Method::POST, VITALS).header("Content-Type", "application/json").body("MSH|");
    assert_refused(&sent(request).await, 500, "JSONDecodeError");
}

#[tokio::test]
async fn credentials_and_roles_are_checked_first() {
    let site = site().await;
    let url = format!("http://{}{VITALS}", site.rig.at);
    let bare = site.web.post(&url).json(&vitals(&json!({})));
    let signed = |line: &str| bare.try_clone().unwrap().header("Authorization", line);
    assert_refused(&sent(bare.try_clone().unwrap()).await, 403, "PermissionError");
    assert_refused(&sent(signed("token porter:secret")).await, 403, "PermissionError");
    for wrong in ["token key:wrong", "Bearer key:secret", "token key"] {
        assert_refused(&sent(signed(wrong)).await, 401, "AuthenticationError");
    }
    assert_eq!(sent(signed(NURSE)).await.0, 200);
    assert_eq!(site.get("/api/v2/method/ping", &[]).await, (200, json!({"data": "pong"})));
    assert_eq!(site.get("/api/method/ping", &[]).await, (200, json!({"message": "pong"})));
}

#[tokio::test]
async fn a_todo_is_open_to_whom_it_names_and_to_a_role_that_not_everybody_has() {
    let site = site().await;
    let tasks = "/api/resource/ToDo";
    let by = |who: &str, method, path: &str| {
        let request = site.web.request(method, format!("http://{}{path}", site.rig.at));
        request.header("Authorization", format!("token {who}:secret"))
    };
    let task = json!({"description": "K 6.8 mmol/L", "allocated_to": "porter@example.org"});
    assert_refused(&site.post(tasks, &task).await, 403, "PermissionError");
    let assigned = json!({"description": "K", "allocated_to": "porter@example.org",
        "assigned_by": "key@example.org"});
    let (status, answer) = site.post(tasks, &assigned).await;
    assert_eq!((status, &answer["data"]["status"]), (200, &json!("Open")));
    let one = format!("{tasks}/{}", answer["data"]["name"].as_str().unwrap());
    site.his.seed("ToDo", &json!({"description": "of nobody"})).unwrap();
    for (who, seen) in [("key", 1), ("porter", 1), ("manager", 2)] {
        let (_, listed) = sent(by(who, Method::GET, tasks)).await;
        assert_eq!(listed["data"].as_array().unwrap().len(), seen, "{who}");
        let (_, named) = sent(by(who, Method::GET, "/api/method/frappe.auth.get_logged_user")).await;
        assert_eq!(named["message"], format!("{who}@example.org"));
    }
    let (_, closed) = sent(by("porter", Method::PUT, &one).json(&json!({"status": "Closed"}))).await;
    assert_eq!(
        (&closed["data"]["modified_by"], &closed["data"]["owner"]),
        (&json!("porter@example.org"), &json!("key@example.org"))
    );
    site.his.seed("ToDo", &json!({"name": "other", "description": "of nobody"})).unwrap();
    for method in [Method::GET, Method::PUT] {
        let other = by("porter", method, &format!("{tasks}/other")).json(&json!({"status": "Closed"}));
        assert_refused(&sent(other).await, 403, "PermissionError");
    }
}

#[tokio::test]
async fn the_rate_limit_counts_server_time_and_says_when_to_come_back() {
    let site = site_with(CustomFields::Absent, Some(20_000)).await;
    for remaining in ["10000", "0"] {
        let answer = site.ask(Method::GET, VITALS).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-ratelimit-limit"]),
            (200, &"20000".parse().unwrap())
        );
        assert_eq!(answer.headers()["x-ratelimit-remaining"], remaining);
        assert_eq!(answer.headers()["x-ratelimit-used"], "10000");
        assert_eq!(answer.headers()["x-ratelimit-reset"], "46680");
    }
    let answer = site.ask(Method::GET, VITALS).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "46680");
    let status = answer.status().as_u16();
    assert_refused(&(status, answer.json().await.unwrap()), 429, "TooManyRequestsError");
}

#[tokio::test]
async fn a_required_field_and_a_choice_are_checked() {
    let site = site().await;
    assert_refused(&site.post(VITALS, &json!({"pulse": "88"})).await, 417, "MandatoryError");
    assert_refused(&site.chart(&json!({"tongue": "Blue"})).await, 417, "ValidationError");
    assert_refused(&site.chart(&json!({"pulse": [88]})).await, 417, "ValidationError");
    assert_refused(&site.chart(&json!({"signs_date": ""})).await, 417, "MandatoryError");
    assert_eq!(site.his.documents("Vital Signs").len(), 0);
}

#[tokio::test]
async fn only_a_submittable_doctype_is_submitted() {
    let bell =
        json!({"for_user": "key@example.org", "type": "Alert", "subject": "K 6.8 mmol/L", "docstatus": 1});
    let answer = site().await.post("/api/resource/Notification Log", &bell).await;
    assert_refused(&answer, 403, "PermissionError");
}

#[tokio::test]
async fn what_is_fetched_through_a_link_replaces_what_was_sent() {
    let site = site().await;
    let (_, answer) = site.chart(&json!({"patient_name": "Somebody Else"})).await;
    assert_eq!(answer["data"]["patient_name"], "Test Person");
}

#[tokio::test]
async fn a_list_is_filtered_ordered_and_limited() {
    let site = site().await;
    for (pulse, note) in [(88, "wardlight:a; bed 07"), (70, "wardlight:b; bed 07"), (120, "typed by hand")] {
        site.chart(&json!({"pulse": pulse, "vital_signs_note": note})).await;
    }
    let asked = |filters, order| {
        [
            ("filters", filters),
            ("fields", r#"["pulse","no_such"]"#),
            ("order_by", order),
            ("limit_page_length", "2"),
        ]
    };
    let (_, found) =
        site.get(VITALS, &asked(r#"[["vital_signs_note","like","%WARDLIGHT:%"]]"#, "pulse asc")).await;
    assert_eq!(
        found["data"],
        json!([{"pulse": "70"}, {"pulse": "88"}]),
        "kept as text; unknown fields left out"
    );
    let (_, found) =
        site.get(VITALS, &asked(r#"[["docstatus","=",1]]"#, "`tabVital Signs`.`creation` desc")).await;
    assert_eq!(found["data"], json!([{"pulse": "120"}, {"pulse": "70"}]), "the newest first, two of three");
    let unknown = site.get(VITALS, &asked(r#"[["no_such","=",1]]"#, "name")).await;
    assert_refused(&unknown, 500, "OperationalError");
    assert_refused(&site.get(VITALS, &asked("no json", "name")).await, 500, "JSONDecodeError");
}

#[tokio::test]
async fn a_lost_answer_has_been_written_and_can_be_found() {
    let site = site().await;
    site.his.script().lose_next(1);
    let note = json!({"vital_signs_note": "wardlight:ev-7"});
    let lost = site.ask(Method::POST, VITALS).json(&vitals(&note)).send().await;
    assert!(lost.is_err(), "no answer came");
    let filter = r#"[["vital_signs_note","like","%wardlight:ev-7%"]]"#;
    let (_, found) = site.get(VITALS, &[("filters", filter)]).await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn planned_answers_come_to_writes_in_turn_and_write_nothing() {
    let site = site().await;
    site.his.script().fail_next(1, &Refusal::new(Exception::QueryDeadlock, "Deadlock found"));
    site.his.script().fail_next(1, &Refusal::too_many_requests(7));
    assert_eq!(site.get(VITALS, &[]).await.0, 200, "a reader does not use the plan up");
    assert_refused(&site.chart(&json!({})).await, 500, "QueryDeadlockError");
    let limited = site.ask(Method::POST, VITALS).json(&vitals(&json!({}))).send().await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(site.his.documents("Vital Signs").len(), 0);
    assert_eq!(site.chart(&json!({})).await.0, 200);
}

#[tokio::test]
async fn a_refused_port_refuses_new_and_old_connections_and_comes_back() {
    let mut site = site().await;
    assert_eq!(site.chart(&json!({})).await.0, 200);
    site.his.door().down(Outage::Refused);
    let on_the_old_line = site.ask(Method::POST, VITALS).json(&vitals(&json!({}))).send().await;
    assert!(on_the_old_line.is_err());
    site.rig.until_port(false).await;
    site.his.door().up();
    site.rig.until_port(true).await;
    assert_eq!(site.chart(&json!({})).await.0, 200);
    assert_eq!(site.his.documents("Vital Signs").len(), 2);
    site.rig.shutdown.cancel();
    site.rig.running.join_next().await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_silent_end_answers_nothing_and_a_busy_one_503() {
    let site = site().await;
    site.his.door().down(Outage::Busy);
    assert_eq!(site.ask(Method::POST, VITALS).send().await.unwrap().status(), 503);
    site.his.door().down(Outage::Silent);
    let request = site.ask(Method::POST, VITALS).json(&vitals(&json!({}))).send();
    let waited = tokio::time::timeout(std::time::Duration::from_millis(50), request).await;
    assert!(waited.is_err(), "nothing came");
    site.his.door().up();
    assert_eq!(site.his.documents("Vital Signs").len(), 0, "nothing was done");
}
