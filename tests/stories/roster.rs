//! The HIS says who is on duty, in a shift that began yesterday; then it goes away, and the gateway is
//! started anew while it is: the doctor of the shift is called all the same, and everybody sees how old that
//! is.

use std::time::Duration;

use gateway::sandbox::door::Outage;
use gateway::sandbox::his::His;
use harness::ends::Ends;
use harness::{Api, Plan, figures, until};
use jiff::ToSpan;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

/// Which shifts are the ward's, and how they are called.
const OURS: &str = r#"
[roster.his]
every_s = 10
[[roster.his.shift]]
role = "duty_doctor"
department = "ICU"
"#;

/// A doctor whose shift began yesterday in the evening and ends in half an hour, in the site's own time.
fn on_duty(his: &His) -> anyhow::Result<()> {
    let now = figures::now().in_tz("Asia/Kolkata")?;
    // A kind of shift lasts less than a day: this one begins half an hour after the time at which it ends.
    let ends = now.checked_add(30.minutes())?;
    let begins = ends.checked_add(30.minutes())?;
    let day = ends.date().yesterday()?;
    let time = |at: &jiff::Zoned| at.strftime("%H:%M:%S").to_string();
    his.seed("Department", &json!({"name": "ICU", "department_name": "ICU"}))?;
    let kind = json!({"name": "Night", "start_time": time(&begins), "end_time": time(&ends)});
    his.seed("Shift Type", &kind)?;
    let company = "Sample Hospital";
    let employee = json!({"name": "E1", "first_name": "N", "company": company, "department": "ICU"});
    his.seed("Employee", &employee)?;
    let doctor = json!({"name": "DR-NIGHT", "first_name": "N", "employee": "E1",
        "user_id": "dr.sample@example.org", "mobile_phone": "+91 90000 00077"});
    his.seed("Healthcare Practitioner", &doctor)?;
    let assignment = json!({"employee": "E1", "company": company, "department": "ICU", "shift_type": "Night",
        "start_date": day.to_string(), "docstatus": 1});
    his.seed("Shift Assignment", &assignment)?;
    Ok(())
}

/// The duty doctor, once it is the HIS's.
async fn duty_doctor(api: &Api) -> anyhow::Result<Value> {
    until("the doctor of the shift", PATIENCE, || async {
        let roster = api.get("/api/v1/roster").await?;
        let mut roles = roster["on_duty"].as_array().into_iter().flatten();
        let doctor = roles.find(|on| on["role"] == "duty doctor" && !on["until"].is_null());
        anyhow::Ok(doctor.cloned())
    })
    .await
}

#[tokio::test]
async fn who_is_on_duty_is_known_while_the_his_is_away() -> anyhow::Result<()> {
    let ends = Ends::start(&[]).await?;
    on_duty(&ends.his)?;
    let mut ward = ends.serve(Plan::default().ward_with(OURS)?).run().await?;
    let known = duty_doctor(&ward.api()?).await?;
    assert_eq!(
        known["people"],
        json!([{"id": "DR-NIGHT", "his_user": "dr.sample@example.org", "phone": "…0077"}])
    );

    ends.his.door().down(Outage::Refused);
    ward.kill9().await?;
    ward.restart().await?;
    let api = ward.api()?;
    assert_eq!(duty_doctor(&api).await?, known, "the HIS is away");
    let roster = api.get("/api/v1/roster").await?;
    assert_eq!(roster["read"][0]["from"], "his");
    assert!(roster["read"][0]["age_s"].is_u64(), "{roster:#}");

    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    until("a call to the doctor of the shift", PATIENCE, || async {
        let rows = api.get("/api/v1/deliveries").await?;
        let called = |row: &Value| row["destination"] == "whatsapp" && row["to"] == "attending DR-NIGHT";
        anyhow::Ok(rows.as_array().into_iter().flatten().any(called).then_some(()))
    })
    .await
}
