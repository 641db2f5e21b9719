//! A nurse holds her badge to the reader in the place of name and PIN: it answers a laboratory critical with
//! the value read back. What is nobody's badge, or no longer anybody's, answers nothing; no badge is kept.

use std::time::Duration;

use harness::{Api, Plan, Ward};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

const ASHA: &str = "04A2:19F3-4711";
const BEN: &str = "04A2:19F3-4712";
const LOST: &str = "04A2:19F3-4713";

/// A ward with four laboratory criticals at bed 07, and two nurses with badges.
async fn called() -> anyhow::Result<(Ward, Api)> {
    let ward = Plan::default().run().await?;
    let added = ["user", "add", "asha", "--role", "nurse", "--pin-stdin", "--badge-stdin"];
    ward.command(&added, &format!("2468\n{ASHA}\n")).await?;
    ward.add_user("ben", "nurse", "1357").await?;
    ward.command(&["user", "badge", "ben", "--badge-stdin"], &format!("{BEN}\n")).await?;
    ward.send_hl7("lab_critical_k_hh.hl7").await?;
    let api = ward.api()?;
    Ok((ward, api))
}

/// Where one of them is acknowledged, as long as nobody has.
async fn waits(api: &Api, code: &str) -> anyhow::Result<String> {
    let alert = api.alert("07", code, PATIENCE, |alert| alert["state"] == "active").await?;
    Ok(format!("/api/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap_or_default()))
}

fn reads(badge: &str, value: &str) -> Value {
    json!({"badge": badge, "station": "desk 1", "read_back": value})
}

/// That no file of the ward holds a badge: neither the store nor the log.
fn is_kept_nowhere(ward: &Ward) -> anyhow::Result<()> {
    for file in std::fs::read_dir(ward.folder())? {
        let path = file?.path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        for badge in [ASHA, BEN, LOST] {
            let holds = bytes.windows(badge.len()).any(|part| part == badge.as_bytes());
            assert!(!holds, "{} holds {badge}", path.display());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_badge_answers_and_the_value_is_read_back() -> anyhow::Result<()> {
    let (ward, api) = called().await?;
    let path = waits(&api, "lab.potassium").await?;
    assert_eq!(api.post(&path, &reads(ASHA, "6.1")).await?.0, 422, "a wrong read-back");
    let (status, said) = api.post(&path, &reads(ASHA, "7.10")).await?;
    assert_eq!((status, &said["acknowledged"]["by"]), (200, &json!("asha")), "{said:#}");
    let (status, said) = api.post(&path, &reads(ASHA, "7.1")).await?;
    assert_eq!((status, &said["by"]), (409, &json!("asha")), "once: {said:#}");
    let (status, said) = api.post("/api/v1/session", &json!({"badge": BEN})).await?;
    assert_eq!((status, &said["name"]), (200, &json!("ben")), "and it signs in");
    is_kept_nowhere(&ward)
}

#[tokio::test]
async fn a_badge_answers_from_the_command_line_and_is_not_echoed() -> anyhow::Result<()> {
    let (ward, api) = called().await?;
    let path = waits(&api, "lab.potassium").await?;
    let id = path.split('/').nth(4).unwrap_or_default();
    let gateway = format!("http://{}", ward.address("http")?);
    let ack = ["ack", id, "--badge-stdin", "--read-back", "7.1", "--gateway", &gateway];
    let refused = ward.command(&ack, &format!("{LOST}\n")).await.unwrap_err().to_string();
    assert!(refused.contains("badge") && !refused.contains(LOST), "{refused}");
    let said = ward.command(&ack, &format!("{ASHA}\n")).await?;
    assert!(said.contains("acknowledged") && !said.contains(ASHA), "{said}");
    let kept = api.get(&format!("/api/v1/alerts/{id}")).await?;
    assert_eq!(kept["acknowledged"]["by"], "asha");
    is_kept_nowhere(&ward)
}

#[tokio::test]
async fn what_is_nobody_s_badge_answers_nothing_and_is_kept_as_tried() -> anyhow::Result<()> {
    let (ward, api) = called().await?;
    let path = waits(&api, "lab.potassium").await?;
    let mut another_s = reads(ASHA, "7.1");
    another_s["by"] = json!("ben");
    for refused in [reads(LOST, "7.1"), another_s] {
        assert_eq!(api.post(&path, &refused).await?.0, 401, "{refused}");
    }
    let mut both = reads(ASHA, "7.1");
    both["pin"] = json!("2468");
    assert_eq!(api.post(&path, &both).await?.0, 422, "one or the other");
    waits(&api, "lab.potassium").await?;
    let kept = api.get("/api/v1/messages?state=refused&type=acknowledge").await?;
    let reasons: Vec<&str> =
        kept.as_array().into_iter().flatten().filter_map(|row| row["reason"].as_str()).collect();
    assert_eq!(reasons.len(), 2, "{kept:#}");
    assert!(reasons.iter().all(|reason| reason.contains("badge")), "{kept:#}");
    is_kept_nowhere(&ward)
}

#[tokio::test]
async fn a_badge_goes_with_its_account_or_when_it_is_taken_away() -> anyhow::Result<()> {
    let (ward, api) = called().await?;
    let [potassium, sodium] = ["lab.potassium", "lab.sodium"];
    let path = waits(&api, potassium).await?;
    ward.command(&["user", "remove", "ben"], "").await?;
    assert_eq!(api.post(&path, &reads(BEN, "7.1")).await?.0, 401, "nobody has it any more");

    let taken = ward.command(&["user", "badge", "asha", "--badge-stdin"], BEN).await;
    assert!(taken.is_ok(), "so another may have it: {taken:?}");
    assert_eq!(api.post(&path, &reads(ASHA, "7.1")).await?.0, 401, "in the place of her last one");
    assert_eq!(api.post(&path, &reads(BEN, "7.1")).await?.1["acknowledged"]["by"], "asha");

    ward.command(&["user", "badge", "asha", "--remove"], "").await?;
    let path = waits(&api, sodium).await?;
    assert_eq!(api.post(&path, &reads(BEN, "118")).await?.0, 401);
    let by_pin = json!({"by": "asha", "pin": "2468", "read_back": "118"});
    assert_eq!(api.post(&path, &by_pin).await?.0, 200, "the PIN stays");
    Ok(())
}

#[tokio::test]
async fn whoever_gives_badges_out_is_told_what_is_none_and_whose_it_is() -> anyhow::Result<()> {
    let (ward, _) = called().await?;
    let gives = |badge: &'static str| {
        let ward = &ward;
        async move { ward.command(&["user", "badge", "ben", "--badge-stdin"], badge).await }
    };
    for (badge, why) in [
        (ASHA, "this badge is asha's"),
        ("04A2", "8 to 64 printable"),
        ("0012345678", "could be a PIN"),
        ("", "8 to 64 printable"),
    ] {
        let refused = gives(badge).await.unwrap_err().to_string();
        assert!(refused.contains(why) && (badge.is_empty() || !refused.contains(badge)), "{refused}");
    }
    let listed = ward.command(&["user", "list"], "").await?;
    assert_eq!(listed, "asha\tnurse\tbadge\nben\tnurse\tbadge\n");
    let audit = ward.api()?.get("/api/v1/audit").await?.to_string();
    for what in ["account asha added as nurse with a badge", "account ben was given a badge"] {
        assert!(audit.contains(what), "{audit}");
    }
    Ok(())
}
