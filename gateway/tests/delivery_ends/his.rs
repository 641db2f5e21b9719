//! The HIS: charting once, under the right patient, at the right time, through outages and half-truths.

use gateway::delivery::Token;
use gateway::delivery::frappe::{Frappe, FrappeSite};
use gateway::event::{Event, Found, Received, Stage, Uhid};
use gateway::journal::DeliveryState;
use gateway::owed::{Destination, Owed, Parcel};
use gateway::sandbox::door::Outage;
use gateway::sandbox::his::{Account, CustomFields, Document, Exception, His, Refusal, Setup};
use jiff::civil::date;
use rules::{Moment, Technical};
use serde_json::json;

use crate::rig::{ALERT, Rig, free_port, vitals};

const TO: Destination = Destination::Frappe;

/// A site with two patients, and the courier that charts to it.
async fn charting(custom_fields: CustomFields, roles: &[&str]) -> (Rig, His) {
    let mut rig = Rig::new();
    let account = Account {
        api_key: "key".into(),
        api_secret: "secret".into(),
        user: "wardlight@example.org".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    let setup = Setup { accounts: vec![account], custom_fields, rate_limit_us: None };
    let his = His::new(setup, || date(2026, 11, 21).at(9, 0, 0, 0)).unwrap();
    his.seed("Company", &json!({"company_name": "Ward Hospital"})).unwrap();
    his.seed("User", &json!({"email": "dr.sample@example.org", "first_name": "Sample"})).unwrap();
    for uid in ["MRN0042", "MRN0043"] {
        his.seed("Patient", &json!({"first_name": "Sample", "sex": "Other", "uid": uid})).unwrap();
    }
    let (listener, at) = free_port().await;
    let (served, stop) = (his.clone(), rig.stop.clone());
    rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
    let site = FrappeSite {
        base_url: format!("http://{at}"),
        token: Token::of("key:secret"),
        company: "Ward Hospital".into(),
        zone: "Asia/Kolkata".into(),
        board_url: "https://ward.example.org".into(),
    };
    rig.deliver(Frappe::new(site).unwrap());
    (rig, his)
}

async fn nurse(custom_fields: CustomFields) -> (Rig, His) {
    charting(custom_fields, &["Nursing User"]).await
}

fn text(document: &Document, field: &str) -> String {
    document.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

/// The charted pulses, in the order of the site.
fn pulses(his: &His) -> Vec<String> {
    his.documents("Vital Signs").iter().map(|document| text(document, "pulse")).collect()
}

#[tokio::test]
async fn a_set_is_charted_submitted_and_in_the_sites_own_time() {
    let (rig, his) = nurse(CustomFields::Installed).await;
    rig.owe([vitals(TO, "MRN0042", 0)]);
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[0].tries, rows[0].why.as_str()), (DeliveryState::Done, 1, ""));
    let charted = &his.documents("Vital Signs")[0];
    assert_eq!(rows[0].proof, text(charted, "name"), "nothing of it was dropped");
    assert_eq!(charted["docstatus"], 1);
    assert_eq!(
        (text(charted, "signs_date"), text(charted, "signs_time")),
        ("2026-11-21".into(), "2:13:00".into())
    );
    assert_eq!((text(charted, "pulse"), text(charted, "temperature")), ("60".into(), "38.1".into()));
    assert_eq!(charted["custom_spo2"], 91.0);
    assert_eq!(text(charted, "vital_signs_note"), "bed 07; systolic missing");
}

#[tokio::test]
async fn a_stock_site_gets_every_value_in_words() {
    let (rig, his) = nurse(CustomFields::Absent).await;
    rig.owe([vitals(TO, "MRN0042", 0)]);
    let rows = rig.settled().await;
    let charted = &his.documents("Vital Signs")[0];
    assert_eq!(rows[0].proof, text(charted, "name"), "nothing of it was dropped");
    let note = text(charted, "vital_signs_note");
    assert!(note.starts_with("[wardlight:vitals-frappe-MRN0042-0]") && note.contains("SpO₂ 91 %"), "{note}");
}

#[tokio::test]
async fn a_lost_answer_never_charts_twice() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let (rig, his) = nurse(custom_fields).await;
        his.script().lose_next(2);
        rig.owe([vitals(TO, "MRN0042", 0), vitals(TO, "MRN0043", 1), vitals(TO, "MRN0042", 2)]);
        let rows = rig.settled().await;
        assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
        assert!(rows.iter().any(|row| row.uncertain), "an answer was lost");
        assert_eq!(his.documents("Vital Signs").len(), 3, "{custom_fields:?}");
    }
}

#[tokio::test]
async fn an_outage_delays_and_neither_loses_doubles_nor_disorders() {
    for outage in [Outage::Refused, Outage::Busy] {
        let (mut rig, his) = nurse(CustomFields::Installed).await;
        his.door().down(outage);
        let minutes = |patient| (0..8).map(move |minute| vitals(TO, patient, minute));
        rig.owe(minutes("MRN0042").chain(minutes("MRN0043")));
        let of_channel = |on| move |event: &Event| is_of_channel(event, on);
        rig.told(of_channel(true)).await;
        his.door().up();
        let rows = rig.settled().await;
        rig.told(of_channel(false)).await;
        assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
        let names: Vec<String> =
            his.documents("Patient").iter().map(|patient| text(patient, "name")).collect();
        for name in names {
            let charted = his.documents("Vital Signs");
            let of_patient = charted.iter().filter(|document| text(document, "patient") == name);
            let pulses: Vec<String> = of_patient.map(|document| text(document, "pulse")).collect();
            assert_eq!(pulses, ["60", "61", "62", "63", "64", "65", "66", "67"], "{outage:?}");
        }
    }
}

fn is_of_channel(event: &Event, wrong: bool) -> bool {
    matches!(event, Event::Found(Found { what: Technical::Channel(_), on, .. }) if *on == wrong)
}

#[tokio::test]
async fn deadlocks_are_tried_again_and_a_fault_for_good_is_parked() {
    let (rig, his) = nurse(CustomFields::Installed).await;
    his.script().fail_next(3, &Refusal::new(Exception::QueryDeadlock, "(1213, 'Deadlock found')"));
    his.script().fail_next(1, &Refusal::new(Exception::Mandatory, "[Vital Signs, new]: custom_ward"));
    rig.owe((0..2).map(|minute| vitals(TO, "MRN0042", minute)));
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[1].state), (DeliveryState::Parked, DeliveryState::Done));
    assert_eq!(rows[0].tries, 4, "three deadlocks, then the fault");
    assert!(rows[0].why.contains("MandatoryError"), "{}", rows[0].why);
    assert_eq!(pulses(&his), ["61"]);
}

#[tokio::test]
async fn a_half_done_migration_is_parked_and_not_tried_for_ever() {
    let (rig, his) = nurse(CustomFields::HalfMigrated).await;
    rig.owe([vitals(TO, "MRN0042", 0)]);
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[0].tries), (DeliveryState::Parked, 1));
    assert!(rows[0].why.contains("1054"), "{}", rows[0].why);
    assert!(his.documents("Vital Signs").is_empty());
}

#[tokio::test]
async fn a_patient_the_his_does_not_know_is_parked_and_holds_up_nobody() {
    let (rig, his) = nurse(CustomFields::Installed).await;
    rig.owe([vitals(TO, "MRN9999", 0), vitals(TO, "MRN0042", 1)]);
    let rows = rig.settled().await;
    assert_eq!((rows[0].state, rows[1].state), (DeliveryState::Parked, DeliveryState::Done));
    assert!(!rows[0].why.contains("MRN9999"), "{}", rows[0].why);
    assert_eq!(pulses(&his), ["61"]);
}

#[tokio::test]
async fn an_account_without_the_role_is_reported_and_parks_nothing() {
    let (mut rig, his) = charting(CustomFields::Installed, &["Desk User"]).await;
    rig.owe([vitals(TO, "MRN0042", 0)]);
    let Event::Found(found) = rig.told(|event| is_of_channel(event, true)).await else { panic!("no report") };
    assert!(found.text.contains("give it the role"), "{}", found.text);
    assert_eq!(rig.rows(Some(DeliveryState::Waiting)).await.len(), 1);
    assert!(his.documents("Vital Signs").is_empty());
}

#[tokio::test]
async fn an_alert_reaches_its_doctor_once_and_the_alert_hears_of_it() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let (mut rig, his) = nurse(custom_fields).await;
        his.script().lose_next(1);
        let parcel = Parcel::Notice {
            patient: Some(Uhid("MRN0042".into())),
            user: "dr.sample@example.org".into(),
            to: "attending".into(),
            subject: "high: bed 07: potassium 6.8 mmol/L".into(),
            alert: "00000000000000ab".into(),
        };
        let key = "00000000000000ab-1-0-frappe-00000001".into();
        rig.owe([Owed { key, destination: TO, alert: Some((ALERT, 0)), due: Moment(0), parcel }]);
        let receipt = rig.told(|event| matches!(event, Event::Received(_))).await;
        let expected = Received {
            alert: ALERT,
            stage: Stage::Filed,
            channel: "frappe".into(),
            to: "attending".into(),
            error: None,
        };
        assert_eq!(receipt, Event::Received(expected));
        let logs = his.documents("Notification Log");
        assert_eq!(logs.len(), 1, "{custom_fields:?}");
        assert_eq!(text(&logs[0], "for_user"), "dr.sample@example.org");
        assert_eq!(text(&logs[0], "subject"), "high: bed 07: potassium 6.8 mmol/L");
        assert_eq!(text(&logs[0], "document_type"), "Patient");
        assert_eq!(text(&logs[0], "link"), "https://ward.example.org/?alert=00000000000000ab");
    }
}

#[tokio::test]
async fn a_task_of_the_doctor_is_open_until_the_alert_is_accepted_or_over() {
    for custom_fields in [CustomFields::Installed, CustomFields::Absent] {
        let (rig, his) = nurse(custom_fields).await;
        let patient = Some(Uhid("MRN0042".into()));
        let alert = "00000000000000ab".to_owned();
        let task = Parcel::Task {
            patient: patient.clone(),
            user: "dr.sample@example.org".into(),
            to: "attending".into(),
            subject: "Bed 07: potassium 6.8 mmol/L > 6.2 mmol/L".into(),
            high: true,
            alert: alert.clone(),
        };
        let owed = |key: &str, parcel: Parcel| Owed {
            key: key.to_owned(),
            destination: TO,
            alert: None,
            due: Moment(0),
            parcel,
        };
        his.script().lose_next(1);
        rig.owe([owed("task-00000000000000ab-1-0-frappe-00000001", task)]);
        rig.settled().await;
        let status = || his.documents("ToDo").iter().map(|task| text(task, "status")).collect::<Vec<_>>();
        assert_eq!(status(), ["Open"], "once, though the answer was lost");
        assert_eq!(text(&his.documents("ToDo")[0], "allocated_to"), "dr.sample@example.org");
        for key in ["done-1", "done-2"] {
            rig.owe([owed(key, Parcel::TaskDone { patient: patient.clone(), alert: alert.clone() })]);
            rig.settled().await;
            assert_eq!(status(), ["Closed"]);
        }
    }
}
