//! A critical potassium for a patient whom nobody has admitted yet: it calls at the bed that the laboratory
//! names, says so, calls in the HIS without a word in anybody's chart until the admission arrives, and ends
//! only when a nurse has read it back and a doctor has taken responsibility.

use std::time::Duration;

use harness::ends::Ends;
use harness::{Api, Mllp, Plan, Ward, until};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);
const MARK: &str = "MRN0042 is not admitted here";

fn find<'a>(alerts: &'a [Value], value: &str) -> &'a Value {
    let found = alerts.iter().find(|alert| alert["reasons"][0]["value"] == value);
    found.unwrap_or_else(|| panic!("no alert of {value} in {alerts:#?}"))
}

async fn laboratory(api: &Api, many: usize, within: Duration) -> anyhow::Result<Vec<Value>> {
    until("the laboratory's alerts", within, || async {
        let mut open = api.alerts("bed=07").await?;
        open.retain(|alert| alert["kind"] == "laboratory");
        Ok::<_, anyhow::Error>((open.len() == many).then_some(open))
    })
    .await
}

/// Four criticals at bed 07, of a patient who is not admitted.
async fn four_criticals() -> anyhow::Result<(Ward, Api)> {
    four_criticals_of(Plan::default().run().await?).await
}

async fn four_criticals_of(ward: Ward) -> anyhow::Result<(Ward, Api)> {
    let api = ward.api()?;
    let answer = ward.send_hl7("lab_critical_k_hh.hl7").await?;
    assert!(answer.contains("MSA|AA|L0001"), "{answer}");
    laboratory(&api, 4, SECOND).await?;
    Ok((ward, api))
}

#[tokio::test]
async fn four_criticals_call_at_the_named_bed_before_the_admission() -> anyhow::Result<()> {
    let (_ward, api) = four_criticals().await?;
    let alerts = laboratory(&api, 4, SECOND).await?;
    for (value, unit, code) in [
        ("7.1", "mmol/L", "lab.potassium"),
        ("118", "mmol/L", "lab.sodium"),
        ("38", "mg/dL", "lab.glucose"),
        (">10000", "ng/L", "lab.67151-1"),
    ] {
        let alert = find(&alerts, value);
        assert_eq!((&alert["code"], &alert["reasons"][0]["unit"]), (&json!(code), &json!(unit)));
        assert_eq!((&alert["priority"], &alert["state"]), (&json!("high"), &json!("active")));
        assert_eq!(alert["patient"]["uhid"], "MRN0042");
        assert!(alert["notes"].as_array().is_some_and(|notes| notes.contains(&json!(MARK))), "{alert:#}");
        assert_eq!(alert["charting_held"], true);
        assert!(receipts(alert, "sound").is_some_and(|sound| {
            sound["stage"] == "sounded" || sound["error"] == "off by configuration"
        }));
    }
    let troponin = &find(&alerts, ">10000")["reasons"][0];
    assert!(troponin["limit"].as_str().is_some_and(|limit| limit.contains("HH")), "{troponin}");
    Ok(())
}

/// What the HIS holds of one doctype, once there are four of it.
async fn four(ends: &Ends, doctype: &str) -> anyhow::Result<Vec<Value>> {
    until("what the HIS is to hold", PATIENCE, || async {
        let held: Vec<Value> = ends.his.documents(doctype).iter().map(|held| json!(held)).collect();
        anyhow::Ok((held.len() >= 4).then_some(held))
    })
    .await
}

#[tokio::test]
async fn the_bell_calls_before_the_admission_touches_no_chart_and_calls_once() -> anyhow::Result<()> {
    let ends = Ends::start(&["MRN0042".to_owned()]).await?;
    let (ward, api) = four_criticals_of(ends.serve(Plan::default()).run().await?).await?;
    for (doctype, link) in [("Notification Log", "document_name"), ("ToDo", "reference_name")] {
        for held in four(&ends, doctype).await? {
            assert!(held[link].as_str().unwrap_or_default().is_empty(), "not yet anybody's: {held:#}");
            let said = held.to_string();
            assert!(said.contains("bed 07") || said.contains("Bed 07"), "{held:#}");
            assert!(said.contains("whose it is, is not settled") && !said.contains("MRN0042"), "{held:#}");
        }
    }
    ward.send_hl7("adt_a01_icu.hl7").await?;
    until("the admission", PATIENCE, || async {
        let alerts = laboratory(&api, 4, SECOND).await?;
        anyhow::Ok(alerts.iter().all(|alert| alert["charting_held"] == false).then_some(()))
    })
    .await?;
    until("an empty outbox", PATIENCE, || async {
        let waiting = api.get("/api/v1/deliveries?state=waiting").await?;
        anyhow::Ok(waiting.as_array().is_some_and(Vec::is_empty).then_some(()))
    })
    .await?;
    for doctype in ["Notification Log", "ToDo"] {
        assert_eq!(four(&ends, doctype).await?.len(), 4, "of each alert the doctor is told once");
    }
    Ok(())
}

fn receipts<'a>(alert: &'a Value, channel: &str) -> Option<&'a Value> {
    alert["receipts"].as_array()?.iter().find(|receipt| receipt["channel"] == channel)
}

#[tokio::test]
async fn after_the_admission_the_mark_goes_and_charting_is_held_no_more() -> anyhow::Result<()> {
    let (ward, api) = four_criticals().await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    until("four settled alerts", PATIENCE, || async {
        let alerts = laboratory(&api, 4, SECOND).await?;
        let settled = alerts.iter().filter(|alert| {
            let filed = alert["receipts"].as_array().is_some_and(|receipts| {
                receipts.iter().any(|receipt| receipt["stage"] == "filed" && receipt["channel"] == "frappe")
            });
            filed && alert["charting_held"] == false && !alert["notes"].to_string().contains(MARK)
        });
        Ok::<_, anyhow::Error>((settled.count() == 4).then_some(()))
    })
    .await?;
    let done = api.get("/api/v1/deliveries?state=done").await?;
    let notices = done.as_array().unwrap().iter().filter(|row| row["what"] == "notice").count();
    assert_eq!(notices, 4, "each alert is told once: {done:#}");
    Ok(())
}

#[tokio::test]
async fn it_takes_a_nurse_who_reads_back_and_a_doctor() -> anyhow::Result<()> {
    let (mut ward, api) = four_criticals().await?;
    for (name, role, pin) in
        [("asha", "nurse", "2468"), ("rao", "doctor", "135790"), ("desk", "viewer", "1111")]
    {
        ward.add_user(name, role, pin).await?;
    }
    let alerts = laboratory(&api, 4, SECOND).await?;
    let id = find(&alerts, "7.1")["id"].as_str().unwrap();
    let acknowledge = format!("/api/v1/alerts/{id}/acknowledge");
    let nurse = |more: Value| {
        let mut body = json!({"by": "asha", "pin": "2468", "station": "desk 1"});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    let read = |value: &str| nurse(json!({"read_back": value}));

    assert_eq!(api.post(&acknowledge, &read("6.1")).await?.0, 422, "a wrong read-back");
    assert_eq!(api.post(&acknowledge, &nurse(json!({}))).await?.0, 422, "none");
    assert_eq!(api.post(&acknowledge, &nurse(json!({"pin": "8642", "read_back": "7.1"}))).await?.0, 401);
    let viewer = json!({"by": "desk", "pin": "1111", "read_back": "7.1"});
    assert_eq!(api.post(&acknowledge, &viewer).await?.0, 403, "a viewer looks only");
    let unknown = "/api/v1/alerts/0123456789abcdef/acknowledge";
    assert_eq!(api.post(unknown, &read("7.1")).await?.0, 404);
    let still = api.get(&format!("/api/v1/alerts/{id}")).await?;
    assert_eq!(still["state"], "active", "none of this was an answer");

    let (status, said) = api.post(&acknowledge, &read("7.10")).await?;
    assert_eq!((status, &said["state"]), (200, &json!("acknowledged")), "{said:#}");
    let (status, said) = api.post(&acknowledge, &read("7.1")).await?;
    assert_eq!((status, &said["by"]), (409, &json!("asha")), "the same person again: {said:#}");

    let doctor = json!({"by": "rao", "pin": "135790"});
    let accept = format!("/api/v1/alerts/{id}/accept");
    let (status, said) = api.post(&accept, &nurse(json!({}))).await?;
    assert_eq!(status, 403, "a nurse cannot take a doctor's part: {said:#}");
    let (status, said) = api.post(&accept, &doctor).await?;
    assert_eq!((status, &said["state"]), (200, &json!("resolved")), "{said:#}");
    laboratory(&api, 3, SECOND).await?;

    let ended = api.get(&format!("/api/v1/alerts/{id}")).await?;
    for restarted in [false, true] {
        if restarted {
            ward.kill9().await?;
            ward.restart().await?;
        }
        let api = ward.api()?;
        let (status, said) = api.post(&acknowledge, &read("7.1")).await?;
        assert_eq!((status, &said["by"]), (409, &json!("asha")), "who, though it is over: {said:#}");
        assert_eq!(said["at"], ended["acknowledged"]["at"], "and when");
        let (status, said) = api.post(&accept, &doctor).await?;
        assert_eq!((status, &said["by"]), (409, &json!("rao")), "{said:#}");
    }
    Ok(())
}

/// A result that is a word and flagged by the laboratory: it is read back by its text.
const BLAST_CELLS: &[u8] = b"MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|W1|P|2.5.1\r\
PID|1||MRN0042^^^HOSP^MR\rPV1|1|I|ICU^BED-07^1^HOSP\rOBR|1||ACC9^LIS|X\r\
OBX|1|ST|5778-6^Smear^LN||BLASTS PRESENT|||AA|||F\r";

#[tokio::test]
async fn a_word_is_read_back_as_a_word() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    ward.add_user("nina", "nurse", "1234").await?;
    Mllp::connect(&ward).await?.exchange(BLAST_CELLS).await?;
    let api = ward.api()?;
    let alerts = laboratory(&api, 1, SECOND).await?;
    let alert = find(&alerts, "BLASTS PRESENT");
    let path = format!("/api/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap_or_default());
    let says =
        |read_back: &str| json!({"by": "nina", "pin": "1234", "station": "desk", "read_back": read_back});
    assert_eq!(api.post(&path, &says("no blasts")).await?.0, 422);
    assert_eq!(api.post(&path, &says("blasts  present")).await?.0, 200);
    Ok(())
}
