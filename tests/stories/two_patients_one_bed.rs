//! The HIS puts a second patient on a bed that is not free. Nobody knows whose signs these are: nothing is
//! charted, the alarm still calls by bed, and a discharge settles it.

use std::time::Duration;

use harness::{Api, Mllp, Monitor, Plan, until};

const PATIENCE: Duration = Duration::from_secs(20);

const OFTEN: (&str, &str) =
    ("chart_every_s = { frappe = 900, mllp = 60 }", "chart_every_s = { frappe = 1, mllp = 1 }");

fn movement(trigger: &str, patient: &str, minute: u8) -> String {
    let at = format!("2026091208{minute:02}00+0530");
    format!(
        "MSH|^~\\&|HIS|HOSP|GW|ICU|{at}||ADT^{trigger}|{trigger}{patient}|P|2.5.1|||AL|NE\r\
         EVN|{trigger}|{at}\rPID|1||{patient}^^^HOSP^MR||TEST^PATIENT\rPV1|1|I|ICU-1^^08\r"
    )
}

/// How many sets of vital signs are owed or done, for the bed.
async fn charted(api: &Api) -> anyhow::Result<usize> {
    let rows = api.get("/api/v1/deliveries").await?;
    let rows = rows.as_array().cloned().unwrap_or_default();
    Ok(rows.iter().filter(|row| row["what"] == "vitals" && row["bed"] == "08").count())
}

#[tokio::test]
async fn in_doubt_nothing_is_charted_and_the_alarm_still_calls() -> anyhow::Result<()> {
    let shipped = std::fs::read_to_string(harness::top().join("deploy/ward.toml"))?;
    assert!(shipped.contains(OFTEN.0));
    let text = format!("{}\n[limits.spo2]\nred_delay_s = 0\n", shipped.replace(OFTEN.0, OFTEN.1));
    let ward = Plan { ward_file: Some(text), ..Plan::default() }.run().await?;
    let api = ward.api()?;
    let mut his = Mllp::connect(&ward).await?;
    let mut monitor = Monitor::connect(&ward, "08")?;
    let spo2 = |value| [("MDC_PULS_OXIM_SAT_O2", value, "%")];
    let binding = |state: &'static str| {
        let api = &api;
        until(state, PATIENCE, move || async move {
            let bed = api.get("/api/v1/beds/08").await?;
            Ok::<_, anyhow::Error>((bed["binding"]["state"] == state).then_some(bed))
        })
    };

    for (patient, minute) in [("P1", 1), ("P2", 2)] {
        let answer = his.exchange(movement("A01", patient, minute).as_bytes()).await?;
        assert!(answer.contains("MSA|CA") || answer.contains("MSA|AA"), "{answer}");
    }
    binding("in-doubt").await?;
    api.alert("08", "technical.binding-in-doubt", PATIENCE, |_| true).await?;

    let before = charted(&api).await?;
    monitor.say(&spo2(75.0)).await?;
    let alarm = api.alert("08", "limit.spo2.low", PATIENCE, |alert| alert["state"] == "active").await?;
    assert!(alarm["patient"].is_null() && alarm["charting_held"] == true, "{alarm:#}");
    // A bed that is settled is charted each second; when it has been twice, the doubtful one would have been,
    // too.
    let other = movement("A01", "P3", 3).replace("ICU-1^^08", "ICU-1^^09");
    his.exchange(other.as_bytes()).await?;
    let mut beside = Monitor::connect(&ward, "09")?;
    beside.say(&spo2(97.0)).await?;
    until("two sets of the bed beside it", PATIENCE, || async {
        let rows = api.get("/api/v1/deliveries").await?;
        let rows = rows.as_array().cloned().unwrap_or_default();
        let sets = rows.iter().filter(|row| row["what"] == "vitals" && row["bed"] == "09");
        Ok::<_, anyhow::Error>((sets.count() >= 4).then_some(()))
    })
    .await?;
    assert_eq!(charted(&api).await?, before, "nothing is charted while it is not known whose it is");

    his.exchange(movement("A03", "P1", 4).as_bytes()).await?;
    let bed = binding("bound").await?;
    assert_eq!(bed["binding"]["patient"]["uhid"], "P2");
    monitor.say(&spo2(97.0)).await?;
    until("charting to go on", PATIENCE, || async {
        Ok::<_, anyhow::Error>((charted(&api).await? > before).then_some(()))
    })
    .await?;
    let doubts = api.alerts("bed=08").await?;
    assert!(!doubts.iter().any(|alert| alert["code"] == "technical.binding-in-doubt"), "{doubts:#?}");
    Ok(())
}
