//! A critical potassium is answered from the command line: with the right value read back it counts, once;
//! what is forged, wrong, replayed or too late changes nothing, and is kept where people look.

use std::time::Duration;

use harness::{Api, Plan, Ward, until};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// A ward with four laboratory criticals at bed 07, and its people.
async fn called() -> anyhow::Result<(Ward, Api, String)> {
    let ward = Plan::default().run().await?;
    for (name, role, pin) in
        [("asha", "nurse", "2468"), ("rao", "doctor", "135790"), ("desk", "viewer", "1111")]
    {
        ward.add_user(name, role, pin).await?;
    }
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let api = ward.api()?;
    let alert = api.alert("07", "lab.potassium", PATIENCE, |alert| alert["state"] == "active").await?;
    let id = alert["id"].as_str().unwrap_or_default().to_owned();
    Ok((ward, api, id))
}

/// What the command line says to the gateway of this ward.
async fn says(ward: &Ward, arguments: &[&str], pin: &str) -> anyhow::Result<String> {
    let gateway = format!("http://{}", ward.address("http")?);
    ward.command(&[arguments, &["--gateway", &gateway]].concat(), pin).await
}

/// `wardlight ack` as that person.
async fn ack(ward: &Ward, id: &str, by: &str, pin: &str, read_back: &[&str]) -> anyhow::Result<String> {
    says(ward, &[&["ack", id, "--by", by, "--pin-stdin"], read_back].concat(), pin).await
}

#[tokio::test]
async fn a_nurse_answers_from_the_command_line_and_only_once() -> anyhow::Result<()> {
    let (ward, api, id) = called().await?;
    let listed = says(&ward, &["alerts", "--bed", "07"], "").await?;
    assert!(listed.contains(&id) && listed.starts_with("ID"), "{listed}");

    let answered = ack(&ward, &id, "asha", "2468\n", &["--read-back", "7.10"]).await?;
    assert!(answered.contains("acknowledged"), "{answered}");
    let kept = api.get(&format!("/api/v1/alerts/{id}")).await?;
    assert_eq!((&kept["state"], &kept["acknowledged"]["by"]), (&"acknowledged".into(), &"asha".into()));
    assert_eq!(kept["acknowledged"]["station"], "cli");

    let again = ack(&ward, &id, "asha", "2468", &["--read-back", "7.1"]).await.unwrap_err().to_string();
    assert!(again.contains("asha"), "twice is refused, and says by whom: {again}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_answer_changes_nothing_and_is_kept() -> anyhow::Result<()> {
    let (ward, api, id) = called().await?;
    let right = ["--read-back", "7.1"];
    for (alert, by, pin, read_back, why) in [
        (id.as_str(), "asha", "8642", right, "PIN"),
        (id.as_str(), "desk", "1111", right, "looks only"),
        ("0123456789abcdef", "asha", "2468", right, "no such thing"),
        (id.as_str(), "asha", "2468", ["--read-back", "6.1"], "not the result"),
    ] {
        let refused = ack(&ward, alert, by, pin, &read_back).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let still = api.get(&format!("/api/v1/alerts/{id}")).await?;
    assert_eq!((&still["state"], &still["acknowledged"]), (&"active".into(), &Value::Null));

    let kept = api.get("/api/v1/messages?state=refused&type=acknowledge").await?;
    let reasons: Vec<&str> =
        kept.as_array().unwrap().iter().filter_map(|row| row["reason"].as_str()).collect();
    assert_eq!(reasons.len(), 4, "each of them is in the log: {kept:#}");
    assert!(!kept.to_string().contains("8642"), "and no PIN is: {kept:#}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_answer_for_a_whole_bed_changes_nothing_and_is_kept() -> anyhow::Result<()> {
    let (_ward, api, id) = called().await?;
    let path = "/api/v1/beds/07/acknowledge";
    for (by, pin, status) in [("asha", "8642", 401), ("desk", "1111", 403)] {
        assert_eq!(api.post(path, &json!({ "by": by, "pin": pin })).await?.0, status, "{by}");
    }
    assert_eq!(api.get(&format!("/api/v1/alerts/{id}")).await?["state"], "active");
    let kept = api.get("/api/v1/messages?state=refused&type=acknowledge").await?;
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "each of them is in the log: {kept:#}");
    for row in kept.as_array().into_iter().flatten() {
        let one = api.get(&format!("/api/v1/messages/{}", row["id"])).await?;
        assert!(one["raw"].as_str().is_some_and(|raw| raw.contains("bed 07")), "{one:#}");
        assert!(!one.to_string().contains("8642"), "and no PIN is: {one:#}");
    }
    Ok(())
}

#[tokio::test]
async fn the_command_line_tells_how_the_gateway_is_and_what_it_owes() -> anyhow::Result<()> {
    let (ward, _, _) = called().await?;
    let status = says(&ward, &["status"], "").await?;
    assert!(status.starts_with("ready\n") && status.contains("unanswered"), "{status}");
    let owed = until("the attending's phone", PATIENCE, || async {
        let owed = says(&ward, &["deliveries", "--output", "json"], "").await?;
        Ok::<_, anyhow::Error>(owed.contains("whatsapp").then_some(owed))
    })
    .await?;
    for line in owed.lines() {
        let row: Value = serde_json::from_str(line)?;
        assert!(row["id"].is_number(), "{line}");
    }
    Ok(())
}
