//! After a critical result was called, a reviewer finds all of it: in the alert, in the register to print and
//! to read by a program, and in the audit of what people did about deliveries. Nowhere is a patient's name.

use std::time::Duration;

use harness::{Api, Mllp, Plan, Ward, until};
use reqwest::Method;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A result with all that a reviewer asks a laboratory for.
const POTASSIUM: &[u8] = b"MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|R1|P|2.5.1\r\
PID|1||MRN0042^^^HOSP^MR||NAMEABLE^PATIENT\rPV1|1|I|ICU^BED-07^1^HOSP\r\
OBR|1||ACC7^LIS|X|||20260912093000+0530|||||||||||||||20260912101400+0530\r\
OBX|1|NM|2823-3^Potassium^LN||7.1|mmol/L|3.5-5.1|HH|||F||||LAB1^Central|R12^RAO|ISE^direct||\
20260912101000+0530||||Sample Laboratory|1 Road\r";

async fn called() -> anyhow::Result<(Ward, Api, String)> {
    let ward = Plan::default().run().await?;
    for (name, role, pin) in
        [("asha", "nurse", "2468"), ("rao", "doctor", "135790"), ("bo", "biomed", "3333")]
    {
        ward.add_user(name, role, pin).await?;
    }
    Mllp::connect(&ward).await?.exchange(POTASSIUM).await?;
    let api = ward.api()?;
    let alert = api.alert("07", "lab.potassium", PATIENCE, |alert| alert["state"] == "active").await?;
    let id = alert["id"].as_str().unwrap_or_default().to_owned();
    Ok((ward, api, id))
}

/// A nurse reads it back, wrong and then right, and a doctor takes responsibility.
async fn answered(api: &Api, id: &str) -> anyhow::Result<()> {
    let nurse = |read_back: &str| {
        json!({"by": "asha", "pin": "2468", "station": "desk 1", "read_back": read_back,
               "note": "calcium given"})
    };
    let acknowledge = format!("/api/v1/alerts/{id}/acknowledge");
    assert_eq!(api.post(&acknowledge, &nurse("6.1")).await?.0, 422);
    assert_eq!(api.post(&acknowledge, &nurse("7.10")).await?.0, 200);
    let accept = format!("/api/v1/alerts/{id}/accept");
    assert_eq!(api.post(&accept, &json!({"by": "rao", "pin": "135790"})).await?.0, 200);
    Ok(())
}

async fn text(api: &Api, path: &str) -> anyhow::Result<String> {
    Ok(api.request(Method::GET, path).send().await?.error_for_status()?.text().await?)
}

#[tokio::test]
async fn the_record_of_a_call_holds_what_a_reviewer_asks_for() -> anyhow::Result<()> {
    let (_ward, api, id) = called().await?;
    answered(&api, &id).await?;
    let call = &api.get(&format!("/api/v1/alerts/{id}")).await?["call"];
    for (name, value) in [
        ("result", "Potassium"),
        ("value", "7.1"),
        ("unit", "mmol/L"),
        ("specimen", "ACC7"),
        ("taken_at", "2026-09-12T04:00:00Z"),
        ("reported_at", "2026-09-12T04:44:00Z"),
    ] {
        assert_eq!(call[name], value, "{call:#}");
    }
    for (name, value) in [
        ("range", "3.5-5.1"),
        ("flags", "HH"),
        ("producer", "LAB1^Central"),
        ("observer", "R12^RAO"),
        ("method", "ISE^direct"),
        ("analysed", "20260912101000+0530"),
        ("performer", "Sample Laboratory"),
        ("address", "1 Road"),
    ] {
        assert_eq!(call["laboratory"][name], value, "{call:#}");
    }
    let read = |at: usize| (&call["read_back"][at]["typed"], &call["read_back"][at]["right"]);
    assert_eq!(read(0), (&"6.1".into(), &false.into()), "as typed");
    assert_eq!(read(1), (&"7.10".into(), &true.into()), "as typed");
    let done: Vec<_> = call["actions"].as_array().unwrap().iter().map(|done| &done["by"]).collect();
    assert_eq!(done, ["asha", "rao"], "{call:#}");
    assert_eq!(call["actions"][0]["note"], "calcium given");
    Ok(())
}

#[tokio::test]
async fn the_register_is_a_table_and_a_page_and_names_nobody_it_may_not() -> anyhow::Result<()> {
    let (_ward, api, id) = called().await?;
    answered(&api, &id).await?;
    let register = "/api/v1/figures/register";
    let csv = until("the answers in the register", PATIENCE, || async {
        let csv = text(&api, register).await?;
        Ok::<_, anyhow::Error>(csv.contains("by rao").then_some(csv))
    })
    .await?;
    assert!(csv.contains("7.10") && csv.contains("WRONG") && csv.contains("ACC7"), "{csv}");
    assert!(!csv.contains("NAMEABLE") && !csv.contains("MRN0042"), "{csv}");
    let signed_in = api.clone().sign_in("asha", "2468").await?;
    assert!(text(&signed_in, register).await?.contains("MRN0042"), "who signed in sees whose it is");
    let page = text(&api, &format!("{register}?format=html")).await?;
    assert!(page.contains("Potassium") && !page.contains("<script") && !page.contains("NAMEABLE"), "{page}");
    assert_eq!(api.status(&format!("{register}?format=pdf")).await?, 422);
    Ok(())
}

#[tokio::test]
async fn what_people_did_about_deliveries_hangs_together_in_the_audit() -> anyhow::Result<()> {
    let (ward, api, _) = called().await?;
    let owed = until("a delivery", PATIENCE, || async {
        let owed = api.get("/api/v1/deliveries?state=done").await?;
        Ok::<_, anyhow::Error>(owed[0]["id"].as_i64())
    })
    .await?;
    let wish = json!({"by": "bo", "pin": "3333", "reason": "the phone was off"});
    let (status, said) = api.post(&format!("/api/v1/deliveries/{owed}/retry"), &wish).await?;
    assert_eq!((status, &said["state"]), (409, &json!("done")), "{said:#}");
    assert_eq!(api.post("/api/v1/deliveries/999999/cancel", &wish).await?.0, 404);
    let nurse = json!({"by": "asha", "pin": "2468", "reason": "please"});
    assert_eq!(api.post(&format!("/api/v1/deliveries/{owed}/cancel"), &nurse).await?.0, 403);

    let rows = api.get("/api/v1/audit").await?;
    let rows: Vec<Value> = rows.as_array().cloned().unwrap_or_default();
    assert!(rows.iter().any(|row| row["what"] == "account bo added as biomed"), "{rows:#?}");
    assert!(rows.iter().all(|row| row["sum"].as_str().is_some_and(|sum| sum.len() == 64)));
    let verified = ward.command(&["audit", "verify"], "").await?;
    assert!(verified.starts_with("the audit hangs together"), "{verified}");
    assert!(verified.contains(rows[0]["sum"].as_str().unwrap_or("no sum")), "the head is the newest row's");
    Ok(())
}
