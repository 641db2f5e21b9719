//! The laboratory corrects itself, sends a result without saying whose it is, and sends one under another
//! patient's order.

use std::time::Duration;

use harness::ends::Ends;
use harness::{Api, Mllp, Plan, Ward, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

async fn admitted() -> anyhow::Result<(Ward, Api)> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    Ok((ward, api))
}

async fn potassium(api: &Api, query: &str) -> anyhow::Result<Option<Value>> {
    let alerts = api.alerts(query).await?;
    Ok(alerts.into_iter().find(|alert| alert["code"] == "lab.potassium"))
}

#[tokio::test]
async fn a_correction_or_a_withdrawal_takes_the_alert_back_and_says_so() -> anyhow::Result<()> {
    for (sample, note) in [
        ("lab_correction_C.hl7", "corrected by the laboratory: 7.1 → 4.1"),
        ("lab_delete_D.hl7", "withdrawn by the laboratory: 7.1"),
        ("lab_wrong_patient_W.hl7", "withdrawn by the laboratory: 7.1"),
    ] {
        let (ward, api) = admitted().await?;
        ward.send_hl7("lab_critical_k_hh.hl7").await?;
        let open = potassium(&api, "bed=07").await?.unwrap_or_default();
        ward.send_hl7(sample).await?;
        assert_eq!(potassium(&api, "bed=07").await?, None, "{sample}");
        let path = format!("/api/v1/alerts/{}", open["id"].as_str().unwrap_or_default());
        let over = until("the record of it", PATIENCE, || async {
            let over = api.get(&path).await?;
            Ok::<_, anyhow::Error>((over["state"] == "resolved").then_some(over))
        })
        .await?;
        assert!(over["notes"].as_array().is_some_and(|notes| notes.contains(&json!(note))), "{over:#}");
        let others = api.alerts("bed=07").await?;
        assert_eq!(
            others.iter().filter(|alert| alert["kind"] == "laboratory").count(),
            3,
            "the others stand"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_preliminary_result_that_becomes_final_is_one_alert() -> anyhow::Result<()> {
    let (ward, api) = admitted().await?;
    ward.send_hl7("lab_prelim_P_then_same_final.hl7").await?;
    let first = potassium(&api, "bed=07").await?.unwrap_or_default();
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let all = api.alerts("bed=07&state=all").await?;
    let of_potassium: Vec<_> = all.iter().filter(|alert| alert["code"] == "lab.potassium").collect();
    assert_eq!(of_potassium.len(), 1);
    assert_eq!((&of_potassium[0]["id"], &of_potassium[0]["raised_at"]), (&first["id"], &first["raised_at"]));
    Ok(())
}

/// A blood gas under the order of the sample, without a patient id; `PID` as given.
fn blood_gas(pid: &str) -> String {
    format!(
        "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|G1|P|2.5.1\r{pid}\r\
         OBR|1|ORD900^HIS|ACC900^LIS|24338-6^Gas panel^LN|||20260912101000+0530\r\
         OBX|1|NM|2823-3^Potassium^LN||7.2|mmol/L|3.5-5.1|HH|||F\r"
    )
}

#[tokio::test]
async fn a_result_by_its_order_alone_goes_to_the_patient_of_the_order() -> anyhow::Result<()> {
    let (ward, api) = admitted().await?;
    ward.send_hl7("orm_o01.hl7").await?;
    Mllp::connect(&ward).await?.exchange(blood_gas("PID|1||").as_bytes()).await?;
    let alert = potassium(&api, "bed=07").await?.unwrap_or_default();
    assert_eq!((&alert["patient"]["uhid"], &alert["charting_held"]), (&json!("MRN0042"), &json!(false)));
    assert_eq!(alert["notes"][0], "no patient id: matched by its order");
    Ok(())
}

#[tokio::test]
async fn a_result_under_anothers_order_calls_also_in_the_his_and_stands_in_no_chart() -> anyhow::Result<()> {
    let ends = Ends::start(&["MRN0042".to_owned(), "MRN0050".to_owned()]).await?;
    let ward = ends.serve(Plan::default()).run().await?;
    let api = ward.api()?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    ward.send_hl7("orm_o01.hl7").await?;
    let mut peer = Mllp::connect(&ward).await?;
    let other = harness::sample("adt_a01_icu.hl7")?;
    let other = other.replace("MRN0042", "MRN0050").replace("ICU^BED-07^1", "ICU-1^^03");
    peer.exchange(other.as_bytes()).await?;
    peer.exchange(blood_gas("PID|1||MRN0050^^^HOSP^MR").as_bytes()).await?;
    let alert = potassium(&api, "bed=03").await?.unwrap_or_default();
    assert_eq!((&alert["patient"]["uhid"], &alert["charting_held"]), (&json!("MRN0050"), &json!(true)));
    assert!(alert["notes"].to_string().contains("the order is another patient's"), "{alert:#}");
    let told = until("the bell", PATIENCE, || async {
        let told = ends.his.documents("Notification Log");
        anyhow::Ok(told.first().map(|log| json!(log)))
    })
    .await?;
    assert!(told["document_name"].as_str().unwrap_or_default().is_empty(), "{told:#}");
    assert!(told["subject"].as_str().is_some_and(|said| said.contains("not settled")), "{told:#}");
    Ok(())
}
