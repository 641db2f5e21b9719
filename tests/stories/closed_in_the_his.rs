//! A doctor closes the `ToDo` that an alert gave them in the HIS, by their own account there. That is their
//! answer from afar: of a critical result it is responsibility, no further doctor is called, and the nurse's
//! read-back is still owed; of anything else it is an acknowledgement.

use std::time::Duration;

use harness::ends::Ends;
use harness::{Api, Mllp, Monitor, Plan, until};
use serde_json::{Value, json};

/// The gateway asks the HIS four times a minute; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

const ATTENDING: &str = "dr.sample@example.org";
const ON_DUTY: &str = "dr.night@example.org";

/// The next doctor is called after the HIS was asked, and everybody after that.
const LADDERS: &str = r#"
[[roster.doctor]]
id = "dr.sample"
his_user = "dr.sample@example.org"
phone = "+910000000001"

[ladder.laboratory]
steps = [
    { after_s = 0, tell = ["station:sound", "station:board", "attending:his"] },
    { after_s = 24, tell = ["duty_doctor:whatsapp", "duty_doctor:his"] },
    { after_s = 26, tell = ["ward:whatsapp"] },
]
repeat_s = 120

[limits.spo2]
red_delay_s = 0

[ladder.red]
steps = [
    { after_s = 0, tell = ["station:sound", "station:board", "attending:his"] },
    { after_s = 60, tell = ["ward:whatsapp"] },
]
"#;

/// A critical potassium of a patient whose attending doctor the laboratory names.
const POTASSIUM: &[u8] = b"MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|T1|P|2.5.1\r\
PID|1||MRN0042^^^HOSP^MR\rPV1|1|I|ICU^BED-07^1^HOSP||||dr.sample\rOBR|1||ACC7^LIS|X\r\
OBX|1|NM|2823-3^Potassium^LN||7.1|mmol/L|3.5-5.1|HH|||F\r";

/// The shipped ward with another doctor on duty.
fn ward_of_two_doctors(ends: &Ends) -> anyhow::Result<Plan> {
    ends.his.seed("User", &json!({"email": ON_DUTY, "first_name": "Night"}))?;
    let mut plan = Plan::default().ward_with(LADDERS)?;
    plan.ward_file = plan.ward_file.map(|shipped| {
        let (before, after) = shipped.split_once("[roster.duty_doctor]").unwrap_or_default();
        let night = after.replacen("dr.sample", "dr.night", 2).replacen("0000001", "0000077", 1);
        format!("{before}[roster.duty_doctor]{night}")
    });
    Ok(ends.serve(plan))
}

/// The doctor's task, once it is in the HIS and `status`.
async fn task(ends: &Ends, user: &str, status: &str) -> anyhow::Result<Value> {
    until(&format!("a task of {user} that is {status}"), PATIENCE, || async {
        let tasks = ends.his.documents("ToDo").into_iter().map(Value::Object);
        let mut theirs = tasks.filter(|task| task["allocated_to"] == user && task["status"] == status);
        anyhow::Ok(theirs.next())
    })
    .await
}

async fn closes(ends: &Ends, task: &Value) -> anyhow::Result<()> {
    let status = ends.doctor_closes(task["name"].as_str().unwrap_or_default()).await?;
    anyhow::ensure!(status == 200, "the HIS does not let the doctor close {task:#}: {status}");
    Ok(())
}

fn has_receipt(alert: &Value, stage: &str) -> bool {
    let receipts = alert["receipts"].as_array().into_iter().flatten();
    let mut theirs =
        receipts.filter(|receipt| receipt["to"] == "dr.sample" && receipt["channel"] == "frappe");
    theirs.any(|receipt| receipt["stage"] == stage)
}

/// To whom anything was owed for that alert, once that is so of the ward's own phone: what is shown of a step
/// is in the store a moment later.
async fn called_with_the_ward(api: &Api, id: &Value) -> anyhow::Result<Vec<String>> {
    until("a call to everybody", PATIENCE, || async {
        let rows = api.get("/api/v1/deliveries").await?;
        let of_alert = rows.as_array().into_iter().flatten().filter(|row| row["alert"] == *id);
        let called: Vec<String> = of_alert.filter_map(|row| Some(row["to"].as_str()?.to_owned())).collect();
        anyhow::Ok(called.iter().any(|to| to == "ward").then_some(called))
    })
    .await
}

#[tokio::test]
async fn of_a_critical_result_it_is_responsibility_and_the_read_back_is_still_owed() -> anyhow::Result<()> {
    let ends = Ends::start(&["MRN0042".to_owned()]).await?;
    let ward = ward_of_two_doctors(&ends)?.run().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    Mllp::connect(&ward).await?.exchange(POTASSIUM).await?;
    let api = ward.api()?;
    let open = task(&ends, ATTENDING, "Open").await?;
    assert_eq!(
        (&open["assigned_by"], &open["owner"]),
        (&"wardlight@example.org".into(), &open["assigned_by"])
    );
    closes(&ends, &open).await?;

    let code = "lab.potassium";
    let alert = api.alert("07", code, PATIENCE, |alert| has_receipt(alert, "accepted")).await?;
    assert!(has_receipt(&alert, "read"), "seen by the same way: {alert:#}");
    assert_eq!((&alert["state"], &alert["waits_for"]), (&json!("active"), &json!(["nurse"])), "{alert:#}");
    assert_eq!(alert["acknowledged"], Value::Null, "nobody has read it back: {alert:#}");

    let called = called_with_the_ward(&api, &alert["id"]).await?;
    assert!(!called.iter().any(|to| to.contains("duty")), "no further doctor is called: {called:?}");
    let on = api.alert("07", code, PATIENCE, |_| true).await?;
    assert_eq!(on["state"], "active", "it goes on calling for the nurse");
    assert!(ends.his.documents("ToDo").iter().all(|task| task["allocated_to"] == ATTENDING));

    let path = format!("/api/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap_or_default());
    let read_back = json!({"by": "asha", "pin": "2468", "station": "desk 1", "read_back": "7.1"});
    let (status, said) = api.post(&path, &read_back).await?;
    assert_eq!((status, &said["state"]), (200, &json!("resolved")), "{said:#}");
    Ok(())
}

#[tokio::test]
async fn of_anything_else_it_is_an_acknowledgement_and_the_other_doctor_s_task_is_closed()
-> anyhow::Result<()> {
    let ends = Ends::start(&[]).await?;
    let ward = ward_of_two_doctors(&ends)?.run().await?;
    let api = ward.api()?;
    let mut monitor = Monitor::connect(&ward, "05")?;
    monitor.say(&[("MDC_PULS_OXIM_SAT_O2", 74.0, "%")]).await?;
    let open = task(&ends, ATTENDING, "Open").await?;
    task(&ends, ON_DUTY, "Open").await?;
    closes(&ends, &open).await?;

    let is_acknowledged = |alert: &Value| alert["state"] == "acknowledged";
    let alert = api.alert("05", "limit.spo2.low", PATIENCE, is_acknowledged).await?;
    let by = &alert["acknowledged"];
    assert_eq!((&by["by"], &by["station"]), (&json!("dr.sample"), &json!("his")), "{alert:#}");
    assert!(has_receipt(&alert, "accepted"), "a doctor's answer from afar takes responsibility: {alert:#}");
    let other = task(&ends, ON_DUTY, "Closed").await?;
    assert_eq!(other["modified_by"], "wardlight@example.org");
    Ok(())
}
