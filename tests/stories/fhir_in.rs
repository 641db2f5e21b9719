//! FHIR comes in as any client sends it: the vital signs of an admitted patient show at their bed and call, a
//! critical potassium calls until it is read back, a resistant organism calls as it does over HL7, a resend
//! is answered as before and calls nobody, and what cannot be taken is refused in FHIR's own words and kept.

use std::process::Stdio;
use std::time::Duration;

use harness::peers::{Peer, find, skipped};
use harness::{Api, Mllp, Plan, Ward, top, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(20);

/// A limit calls ten seconds after it was crossed.
const LIMIT_PATIENCE: Duration = Duration::from_secs(40);

const BUNDLES: &str = "/fhir/r4";
const FHIR_JSON: &str = "application/fhir+json";

/// The largest body of the contract.
const BODY_MOST: usize = 16 * 1024 * 1024;

fn loinc(code: &str, display: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code, "display": display}]})
}

fn category(code: &str) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!([{"coding": [{"system": system, "code": code}]}])
}

fn subject() -> Value {
    json!({"reference": "urn:uuid:patient"})
}

fn patient() -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": "urn:hosp:mrn", "value": "MRN0042"}]})
}

fn sign(number: u8, code: &str, value: &Value, unit: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "category": category("vital-signs"),
           "identifier": [{"system": "urn:monitor", "value": format!("o{number}")}], "subject": subject(),
           "effectiveDateTime": "2026-09-12T10:15:00+05:30", "device": {"display": "patch"},
           "code": loinc(code, ""), "valueQuantity": {"value": value, "unit": unit, "code": unit}})
}

fn pressure(systolic: u8, diastolic: u8) -> Value {
    let part = |code: &str, value: u8| {
        let quantity = json!({"value": value, "code": "mm[Hg]"});
        json!({"code": loinc(code, ""), "valueQuantity": quantity})
    };
    let mut panel = sign(9, "85354-9", &json!(0), "");
    panel["component"] = json!([part("8480-6", systolic), part("8462-4", diastolic)]);
    if let Some(members) = panel.as_object_mut() {
        members.remove("valueQuantity");
    }
    panel
}

fn bundle(sort: &str, resources: &[Value]) -> Value {
    let entries = resources.iter().enumerate().map(|(number, resource)| {
        let name =
            if resource["resourceType"] == "Patient" { "patient".to_owned() } else { number.to_string() };
        let request = json!({"method": "POST", "url": resource["resourceType"]});
        json!({"fullUrl": format!("urn:uuid:{name}"), "resource": resource, "request": request})
    });
    json!({"resourceType": "Bundle", "type": sort, "entry": entries.collect::<Vec<_>>()})
}

/// A potassium as a report with its result inside. The number is text, because it must keep its last place.
const POTASSIUM: &str = r##"{"resourceType":"DiagnosticReport","status":"final",
    "identifier":[{"system":"urn:lis","value":"ACC1"}],"code":{"text":"Electrolytes"},
    "subject":{"identifier":{"system":"urn:hosp:mrn","value":"MRN0042"}},
    "effectiveDateTime":"2026-09-12T09:30:00+05:30","result":[{"reference":"#k"}],"contained":[
      {"resourceType":"Observation","id":"k","status":"final","code":{"coding":[
         {"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},
       "valueQuantity":{"value":6.80,"unit":"mmol/L","code":"mmol/L"},
       "referenceRange":[{"low":{"value":3.5},"high":{"value":5.1}}]}]}"##;

/// A ward whose bed 07 has patient MRN0042.
async fn admitted() -> anyhow::Result<(Ward, Api)> {
    let ward = Plan::default().run().await?;
    ward.send_hl7("adt_a01_icu.hl7").await?;
    let api = ward.api()?;
    Ok((ward, api))
}

async fn post(api: &Api, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> anyhow::Result<Said> {
    let request = api.request(Method::POST, path).header("content-type", kind).body(body);
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let is_fhir = answer.headers().get("content-type").is_some_and(|kind| kind == FHIR_JSON);
    let text = answer.text().await?;
    assert!(is_fhir, "every answer is FHIR: {text}");
    Ok(Said { status, location, body: serde_json::from_str(&text).unwrap_or_default() })
}

struct Said {
    status: u16,
    location: Option<String>,
    body: Value,
}

async fn shows(api: &Api, code: &str, value: &Value) -> anyhow::Result<()> {
    until(&format!("{code} {value} at bed 07"), PATIENCE, || async {
        let bed = api.get("/api/v1/beds/07").await?;
        let vital = bed["vitals"].as_array().into_iter().flatten().find(|vital| vital["code"] == code);
        Ok::<_, anyhow::Error>(vital.filter(|vital| vital["value"] == *value).map(|_| ()))
    })
    .await
}

#[tokio::test]
async fn the_signs_of_an_admitted_patient_show_at_their_bed_and_call() -> anyhow::Result<()> {
    let (_ward, api) = admitted().await?;
    let message = bundle(
        "transaction",
        &[
            sign(1, "8867-4", &json!(118), "/min"),
            sign(2, "59408-5", &json!(78), "%"),
            sign(3, "9279-1", &json!(26), "/min"),
            pressure(107, 60),
            patient(),
        ],
    );
    let said = post(&api, BUNDLES, FHIR_JSON, message.to_string()).await?;
    assert_eq!((said.status, &said.body["type"]), (200, &json!("transaction-response")), "{:#}", said.body);
    let first = &said.body["entry"][0]["response"];
    assert_eq!(first["status"], "201 Created");
    for (code, value) in
        [("MDC_ECG_HEART_RATE", 118), ("MDC_PULS_OXIM_SAT_O2", 78), ("MDC_PRESS_BLD_NONINV_SYS", 107)]
    {
        shows(&api, code, &json!(value)).await?;
    }
    let score = api.alert("07", "news2", PATIENCE, |alert| alert["priority"] == "high").await?;
    assert_eq!(score["patient"]["uhid"], "MRN0042", "{score:#}");
    api.alert("07", "limit.spo2.low", LIMIT_PATIENCE, |alert| alert["priority"] == "high").await?;

    let again = post(&api, BUNDLES, FHIR_JSON, message.to_string()).await?;
    assert_eq!(again.body["entry"][0]["response"]["location"], first["location"], "the same id again");
    let mut withdrawal = sign(2, "59408-5", &json!(78), "%");
    withdrawal["status"] = json!("entered-in-error");
    post(&api, BUNDLES, FHIR_JSON, bundle("transaction", &[withdrawal, patient()]).to_string()).await?;
    shows(&api, "MDC_PULS_OXIM_SAT_O2", &Value::Null).await?;
    shows(&api, "MDC_ECG_HEART_RATE", &json!(118)).await
}

async fn criticals(api: &Api) -> anyhow::Result<Vec<Value>> {
    let mut alerts = api.alerts("state=all").await?;
    alerts.retain(|alert| alert["kind"] == "laboratory");
    Ok(alerts)
}

#[tokio::test]
async fn a_critical_potassium_calls_once_until_it_is_read_back() -> anyhow::Result<()> {
    let (ward, api) = admitted().await?;
    ward.add_user("asha", "nurse", "2468").await?;
    ward.add_user("rao", "doctor", "135790").await?;
    let path = "/fhir/r4/DiagnosticReport";
    let first = post(&api, path, FHIR_JSON, POTASSIUM).await?;
    assert_eq!(first.status, 201, "{:#}", first.body);
    let location = first.location.as_deref().unwrap_or_default();
    assert!(location.starts_with(path) && location.ends_with(first.body["id"].as_str().unwrap_or("-")));

    let alert = api.alert("07", "lab.potassium", PATIENCE, |_| true).await?;
    assert_eq!(alert["reasons"][0]["value"], "6.80", "{alert:#}");
    assert_eq!((&alert["priority"], &alert["patient"]["uhid"]), (&json!("high"), &json!("MRN0042")));
    let call = format!("/api/v1/alerts/{}", alert["id"].as_str().unwrap_or_default());
    let reads = |value: &str| json!({"by": "asha", "pin": "2468", "station": "desk", "read_back": value});
    assert_eq!(api.post(&format!("{call}/acknowledge"), &reads("8.6")).await?.0, 422);
    assert_eq!(api.post(&format!("{call}/acknowledge"), &reads("6.8")).await?.0, 200);

    let again = post(&api, path, FHIR_JSON, POTASSIUM).await?;
    assert_eq!((again.status, again.location.as_deref()), (201, Some(location)), "answered as the first");
    let doctor = json!({"by": "rao", "pin": "135790"});
    let (status, said) = api.post(&format!("{call}/accept"), &doctor).await?;
    assert_eq!((status, &said["state"]), (200, &json!("resolved")), "{said:#}");
    post(&api, path, FHIR_JSON, POTASSIUM).await?;
    let spaced = POTASSIUM.replace('\n', " ");
    post(&api, path, FHIR_JSON, spaced).await?;
    assert_eq!(criticals(&api).await?.len(), 1, "one result, one call, however often it is sent");

    let log = api.get("/api/v1/messages?peer=fhir").await?;
    let outcomes: Vec<&Value> = log.as_array().into_iter().flatten().map(|row| &row["state"]).collect();
    assert_eq!(outcomes.len(), 4, "each is kept as it came: {log:#}");
    Ok(())
}

/// A patient of bed 08, who speaks HL7 alone.
const ADMITTED_ON_08: &str = "MSH|^~\\&|HIS|HOSP|GW|ICU|20260912080000+0530||ADT^A01^ADT_A01|AD8|P|2.5.1\r\
    PID|1||MRN0043^^^HOSP^MR\rPV1|1|I|ICU-1^^08\r";

const MRSA_BY_HL7: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500+0530||ORU^R01^ORU_R01|L9|P|2.5.1\r\
    PID|1||MRN0043^^^HOSP^MR\rOBR|1||ACC9|600-7^Culture^LN|||20260912093000+0530\r\
    OBX|1|CWE|600-7^Blood culture^LN||115329001^MRSA^SCT||||||F\r";

fn mrsa() -> Value {
    let found = json!({"system": "http://snomed.info/sct", "code": "115329001", "display": "MRSA"});
    json!({"resourceType": "Observation", "status": "final", "code": loinc("600-7", "Blood culture"),
           "subject": subject(), "effectiveDateTime": "2026-09-12T09:30:00+05:30",
           "valueCodeableConcept": {"coding": [found]}})
}

/// A potassium that would call at once if it were of blood.
fn potassium_of_urine() -> Value {
    let specimen = json!({"resourceType": "Specimen", "id": "s", "type": {"coding": [
        {"system": "http://snomed.info/sct", "code": "122575003", "display": "Urine specimen"}]}});
    json!({"resourceType": "Observation", "status": "final", "category": category("laboratory"),
           "code": loinc("2823-3", "Potassium"), "subject": subject(), "contained": [specimen],
           "specimen": {"reference": "#s"}, "effectiveDateTime": "2026-09-12T09:30:00+05:30",
           "valueQuantity": {"value": 71, "unit": "mmol/L", "code": "mmol/L"}})
}

#[tokio::test]
async fn a_resistant_organism_calls_as_over_hl7_and_a_urine_does_not() -> anyhow::Result<()> {
    let (ward, api) = admitted().await?;
    let mut laboratory = Mllp::connect(&ward).await?;
    for message in [ADMITTED_ON_08, MRSA_BY_HL7] {
        let answer = laboratory.exchange(message.as_bytes()).await?;
        assert!(answer.contains("MSA|AA|"), "{answer}");
    }
    let message = bundle("transaction", &[potassium_of_urine(), mrsa(), patient()]).to_string();
    let said = post(&api, BUNDLES, FHIR_JSON, message).await?;
    assert_eq!(said.status, 200, "{:#}", said.body);

    let by_hl7 = api.alert("08", "lab.600-7", PATIENCE, |_| true).await?;
    let by_fhir = api.alert("07", "lab.600-7", PATIENCE, |_| true).await?;
    assert_eq!((&by_fhir["priority"], &by_fhir["patient"]["uhid"]), (&json!("high"), &json!("MRN0042")));
    assert_eq!(by_fhir["reasons"][0]["value"], "MRSA", "{by_fhir:#}");
    assert!(by_fhir["reasons"].to_string().contains("resistant organism"), "{by_fhir:#}");
    for told in ["title", "priority", "kind", "state"] {
        assert_eq!(by_fhir[told], by_hl7[told], "{told}");
    }
    let criticals = criticals(&api).await?;
    assert_eq!(criticals.len(), 2, "none of the urine, which came first: {criticals:#?}");
    Ok(())
}

#[tokio::test]
async fn a_critical_result_of_somebody_who_is_not_here_calls_the_whole_ward() -> anyhow::Result<()> {
    let (_ward, api) = admitted().await?;
    let stranger = POTASSIUM.replace("MRN0042", "MRN0077");
    assert_eq!(post(&api, BUNDLES, FHIR_JSON, stranger).await?.status, 201);
    let alerts = criticals(&api).await?;
    assert_eq!((alerts.len(), &alerts[0]["bed"]), (1, &Value::Null), "{alerts:#?}");
    assert!(alerts[0]["notes"].to_string().contains("not on a bed here"), "{alerts:#?}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_in_fhir_and_kept() -> anyhow::Result<()> {
    let (_ward, api) = admitted().await?;
    let deep = format!(r#"{{"resourceType":"Bundle","x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let mut bare = sign(1, "8867-4", &json!(118), "/min");
    bare["effectiveDateTime"] = json!("2026-09-12T10:15:00");
    let bare = bundle("transaction", &[patient(), sign(2, "59408-5", &json!(78), "%"), bare]).to_string();
    let mut nobody = sign(1, "8867-4", &json!(118), "/min");
    nobody["subject"] = json!({"reference": "Patient/17", "display": "Test Patient"});
    let nobody = nobody.to_string();
    let rows: [(&str, &str, String, u16, &str, &str); 7] = [
        (BUNDLES, "application/fhir+xml", "<Observation/>".to_owned(), 415, "not-supported", "XML"),
        (BUNDLES, "text/plain", nobody.clone(), 415, "not-supported", "application/fhir+json"),
        (BUNDLES, FHIR_JSON, "x".repeat(BODY_MOST + 1), 413, "too-costly", "limit"),
        (BUNDLES, FHIR_JSON, deep.clone(), 400, "structure", "deep"),
        (BUNDLES, FHIR_JSON, "NaN".to_owned(), 400, "structure", "JSON"),
        (BUNDLES, FHIR_JSON, bare.clone(), 400, "value", "zone"),
        ("/fhir/r4/Observation", FHIR_JSON, nobody.clone(), 422, "business-rule", "subject.identifier"),
    ];
    let count = rows.len();
    for (path, kind, body, status, code, said) in rows {
        let answer = post(&api, path, kind, body).await?;
        let issue = &answer.body["issue"][0];
        assert_eq!((answer.status, &issue["code"]), (status, &json!(code)), "{:#}", answer.body);
        assert!(issue["diagnostics"].as_str().is_some_and(|text| text.contains(said)), "{issue:#}");
        if said == "zone" {
            assert_eq!(issue["expression"][0], "Bundle.entry[2].resource.effectiveDateTime");
        }
    }
    let fhir = api.endpoint("fhir").await?;
    assert_eq!(fhir["refused"], count, "{fhir:#}");
    let log = api.get("/api/v1/messages?peer=fhir&state=refused").await?;
    let mut kept = Vec::new();
    for row in log.as_array().into_iter().flatten() {
        let message = api.get(&format!("/api/v1/messages/{}", row["id"])).await?;
        kept.push(message["raw"].as_str().unwrap_or_default().to_owned());
    }
    assert!(kept.len() == count && kept.contains(&deep) && kept.contains(&bare) && kept.contains(&nobody));

    let nothing = api.get("/api/v1/beds/07").await?;
    let measured =
        nothing["vitals"].as_array().into_iter().flatten().filter(|vital| !vital["value"].is_null());
    assert_eq!(measured.count(), 0, "nothing of a refused transaction counts: {nothing:#}");
    let good = sign(2, "59408-5", &json!(97), "%");
    post(&api, BUNDLES, FHIR_JSON, bundle("batch", &[good, patient()]).to_string()).await?;
    shows(&api, "MDC_PULS_OXIM_SAT_O2", &json!(97)).await
}

#[tokio::test]
async fn it_says_what_it_can_do_and_gives_nothing_out() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let api = ward.api()?;
    let can = api.get("/fhir/r4/metadata").await?;
    assert_eq!((&can["resourceType"], &can["fhirVersion"]), (&json!("CapabilityStatement"), &json!("4.0.1")));
    let taken: Vec<&Value> =
        can["rest"][0]["resource"].as_array().into_iter().flatten().map(|taken| &taken["type"]).collect();
    assert_eq!(taken, ["Observation", "DiagnosticReport"]);
    for (path, status) in [("/fhir/r4/Observation", 405), ("/fhir/r4/Patient/1", 404), (BUNDLES, 405)] {
        assert_eq!(api.status(path).await?, status, "{path}");
    }
    Ok(())
}

/// A client that is not ours builds and posts the resources.
#[tokio::test]
async fn fhirpy_is_understood() -> anyhow::Result<()> {
    let imports = |python| Command::new(python).args(["-c", "import fhirpy"]).stderr(Stdio::null()).status();
    let is_here = match find("python-peers") {
        Some(python) => imports(python).await?.success(),
        None => false,
    };
    if !is_here {
        skipped("no Python with fhirpy: deploy/test.sh installs the clients of tests/peers.txt")?;
        return Ok(());
    }
    let (ward, api) = admitted().await?;
    let script = top().join("tests/stories/fhirpy_peer.py").display().to_string();
    let url = format!("http://{}{BUNDLES}", ward.address("http")?);
    let peer = Peer::start("python-peers", &[script, url], tempfile::tempdir()?)?;
    shows(&api, "MDC_ECG_HEART_RATE", &json!(112)).await?;
    shows(&api, "MDC_TEMP", &json!(38.1)).await?;
    let alert = api.alert("07", "lab.potassium", PATIENCE, |_| true).await?;
    assert_eq!(alert["reasons"][0]["value"], "6.8", "{alert:#}");
    until("the client's own word", PATIENCE, || async {
        let log = peer.log()?;
        assert!(!log.contains("Traceback"), "{log}");
        Ok::<_, anyhow::Error>(log.contains("all is as it must be").then_some(()))
    })
    .await
}
