//! What foreign programs really publish, and what becomes of it.

use rules::{Absence, Sign};

use super::super::{Received, Sender, take};
use super::*;
use crate::config::Faults;
use crate::ingest::mqtt::identity::Rights;
use crate::ingest::profile::Profiles;

fn publish_with(site: &Site, topic: &str, payload: &[u8]) -> Received {
    let sender = Sender { endpoint: "broker", client: "", ward: "icu", arrived: Wall(1), rights: None };
    take(sender, site, topic, payload)
}

fn published(topic: &str, payload: &str) -> Received {
    publish_with(&Site::default(), topic, payload.as_bytes())
}

#[test]
fn a_known_device_stays_at_its_own_bed_on_a_foreign_topic_too() {
    let rights = Rights { bed: "04".to_owned(), device: "mon-a".to_owned() };
    let sender =
        Sender { endpoint: "mqtt", client: "c", ward: "icu", arrived: Wall(1), rights: Some(&rights) };
    let of = |bed: &str| {
        let topic = format!("vscapture/{bed}/mon-a");
        take(sender, &Site::default(), &topic, VSCAPTURE.as_bytes())
    };
    assert!(of("04").fault.is_none());
    assert!(matches!(of("05").fault, Some(Fault::NotAllowed { .. })));
    assert!(of("05").arrival.events.is_empty());
}

fn frame(received: Received) -> DeviceFrame {
    match received.arrival.events.into_iter().next() {
        Some(Event::Frame(frame)) => frame,
        other => panic!("{other:?}, {:?}", received.fault),
    }
}

fn judged(frame: &DeviceFrame) -> Vec<(Sign, Result<i32, Absence>)> {
    frame.readings.iter().filter_map(|one| one.judged).map(|(sign, value, _)| (sign, value)).collect()
}

const VSCAPTURE: &str = r#"[
    {"DeviceID":"mon-a","PhysioID":"NOM_ECG_CARD_BEAT_RATE","Relativetimestamp":"81920",
     "SystemLocalTime":"21-11-2026 02:13:04.120","Timestamp":"21-11-2026 02:13:00.250","Value":"118"},
    {"DeviceID":"mon-a","PhysioID":"NOM_PULS_OXIM_SAT_O2","Relativetimestamp":"81920",
     "SystemLocalTime":"21-11-2026 02:13:04.120","Timestamp":"21-11-2026 02:13:00.250","Value":"-"},
    {"DeviceID":"mon-a","PhysioID":"NOM_PRESS_BLD_NONINV_SYS","Relativetimestamp":"81920",
     "SystemLocalTime":"21-11-2026 02:13:04.120","Timestamp":"21-11-2026 02:13:00.250","Value":"117"},
    {"DeviceID":"mon-a","PhysioID":"NOM_ECG_V_P_C_CNT","Relativetimestamp":"81920",
     "SystemLocalTime":"21-11-2026 02:13:04.120","Timestamp":"21-11-2026 02:13:00.250","Value":"2"}]"#;

#[test]
fn vscapture_s_numbers_are_read_with_the_units_that_cannot_be_others() {
    let received = published("vscapture/07/monitor", VSCAPTURE);
    assert!(received.arrival.raw.is_none() && received.fault.is_none());
    let frame = frame(received);
    assert_eq!((&frame.place, frame.device.as_str()), (&Place::Bed("07".to_owned()), "monitor"));
    let sent = frame.sent.map(|sent| sent.timestamp().to_string());
    assert_eq!(sent.as_deref(), Some("2026-11-21T02:13:00.25Z"), "a time without a zone is in the site's");
    assert_eq!(
        judged(&frame),
        [
            (Sign::HeartRate, Ok(118)),
            (Sign::SpO2, Err(Absence::Unavailable)),
            (Sign::CuffSystolic, Err(Absence::UnitMissing)),
        ]
    );
    assert_eq!(frame.readings[3].code, "NOM_ECG_V_P_C_CNT", "what no rule asks for is kept");
}

const TELEICU: &str = r#"[[
    {"observation_id":"heart-rate","device_id":"192.0.2.9","date-time":"2026-11-21 02:13:00",
     "patient-id":"P1","patient-name":"TEST","status":"final","value":118,"unit":"bpm",
     "interpretation":"normal","low-limit":50.0,"high-limit":120.0},
    {"observation_id":"SpO2","device_id":"192.0.2.9","date-time":"2026-11-21 02:13:00","patient-id":"P1",
     "status":"Message-Probe Unplugged","value":null,"unit":"%","interpretation":"NA"},
    {"observation_id":"respiratory-rate","device_id":"192.0.2.9","date-time":"2026-11-21 02:13:00",
     "status":"Message-Tachy Cardia","value":22,"unit":"/min"}],
   [{"observation_id":"blood-pressure","device_id":"192.0.2.9","date-time":"2026-11-21 02:10:00",
     "status":"final","blood-pressure":{"systolic":{"value":117,"unit":"mmHg"},
     "diastolic":{"value":82,"unit":"mmHg"},"map":{"value":90,"unit":"mmHg"}}},
    {"observation_id":"body-temperature1","device_id":"192.0.2.9","date-time":"2026-11-21 02:13:00",
     "status":"final","value":98.6,"unit":"degF"},
    {"observation_id":"waveform","device_id":"192.0.2.9","date-time":"2026-11-21 02:13:00",
     "waveform":{"wave-name":"II","data":"1 2 3"}}]]"#;

#[test]
fn teleicu_s_observations_are_read_whatever_their_depth() {
    let received = published("teleicu/07/monitor/update_observations", TELEICU);
    let remark = received.arrival.raw.as_ref().map(|raw| raw.reason.clone());
    assert_eq!(remark.as_deref(), Some("1 of its 6 items have no value that is known"));
    let frame = frame(received);
    assert_eq!(
        judged(&frame),
        [
            (Sign::HeartRate, Ok(118)),
            (Sign::SpO2, Err(Absence::Unavailable)),
            (Sign::RespRate, Ok(22)),
            (Sign::CuffSystolic, Ok(117)),
            (Sign::CuffDiastolic, Ok(82)),
            (Sign::CuffMean, Ok(90)),
            (Sign::Temperature, Ok(370)),
        ]
    );
    let cuff = frame.readings.iter().find(|reading| reading.text == "117").and_then(|cuff| cuff.taken);
    assert_eq!(cuff.map(|taken| taken.timestamp().to_string()).as_deref(), Some("2026-11-20T20:40:00Z"));
    assert_eq!(frame.sent.map(|sent| sent.timestamp().to_string()).as_deref(), Some("2026-11-20T20:43:00Z"));
}

#[test]
fn two_devices_on_one_topic_are_refused() {
    let two = TELEICU.replacen("192.0.2.9", "192.0.2.8", 1);
    let received = published("teleicu/07/monitor/update_observations", &two);
    assert!(received.fault.is_some_and(|fault| fault.to_string().contains("two devices")));
    assert!(received.arrival.events.is_empty() && received.arrival.raw.is_some());
}

fn site(profile: &str) -> Site {
    let mut faults = Faults::default();
    let own = [("own.toml".to_owned(), profile.to_owned())];
    let profiles = Profiles::read(&own, &[], &mut faults);
    assert_eq!(faults.0, []);
    Site { profiles, ..Site::default() }
}

#[test]
fn a_flat_object_is_one_item() {
    let site = site(
        "name = \"wearable\"\n[mqtt]\ntopic = \"w/{bed}\"\nitems = \"/vital/0\"\ntime = \"/ts\"\n\
         [[mqtt.value]]\ncode = \"8867-4\"\nvalue_at = \"/hr\"\nunit = \"/min\"\n\
         [[mqtt.value]]\ncode = \"59408-5\"\nvalue_at = \"/ox/sat~1o2\"\nunit = \"%\"\n",
    );
    let payload = br#"{"vital":[{"ts":"2026-11-21T02:13:00Z","hr":71.0,"ox":{"sat/o2":97}}]}"#;
    let frame = frame(publish_with(&site, "w/07", payload));
    assert_eq!(judged(&frame), [(Sign::HeartRate, Ok(71)), (Sign::SpO2, Ok(97))]);
    assert_eq!((frame.device.as_str(), frame.readings[0].text.as_str()), ("wearable", "71.0"));
    assert!(publish_with(&site, "w/07/else", payload).fault.is_some(), "not a topic of anybody's");
}

#[test]
fn hl7_comes_over_mqtt_too_and_the_topic_names_the_bed() {
    let site = site("name = \"node\"\n[mqtt]\ntopic = \"hl7/{bed}\"\npayload = \"hl7\"\n");
    let payload = b"MSH|^~\\&|MON||||20261121021300||ORU^R01|1|P|2.6\r\
        OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||F\r";
    let received = publish_with(&site, "hl7/07", payload);
    assert_eq!(received.arrival.raw.as_ref().map(|raw| raw.kind.as_str()), Some("ORU^R01"));
    let frame = frame(received);
    assert_eq!((judged(&frame), frame.place), (vec![(Sign::SpO2, Ok(97))], Place::Bed("07".to_owned())));
    assert!(publish_with(&site, "hl7/07", b"{}").fault.is_some());
}

#[test]
fn what_cannot_be_read_is_refused_and_kept() {
    let many = format!("[{}]", vec!["{}"; READINGS_MOST + 1].join(","));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for payload in ["", "{", "7", "[]7", "[1]", "[{}]", "{\"PhysioID\":\"x\"}", "[[[[]]]]", &many, &deep] {
        let received = published("vscapture/07/monitor", payload);
        assert!(received.fault.is_some(), "{payload:.40}");
        assert_eq!(received.arrival.raw.map(|raw| raw.outcome), Some(Outcome::Refused));
    }
    assert!(published("vscapture/07/monitor", "[]").fault.is_none(), "nothing to say is no fault");
}

#[test]
fn the_same_frame_sent_again_has_the_same_key() {
    let key = |payload: &str| frame(published("vscapture/07/monitor", payload)).key;
    assert_eq!(key(VSCAPTURE), key(VSCAPTURE));
    assert_ne!(key(VSCAPTURE), key(&VSCAPTURE.replace("118", "119")));
}

#[test]
fn the_topics_of_the_contract_are_as_they_were() {
    let received = published("wardlight/v1/icu/07/m/readings", r#"{"readings":[]}"#);
    assert_eq!(frame(received).place, Place::Bed("07".to_owned()));
    assert!(published("home/kitchen", "x").fault.is_some());
}

#[test]
fn no_payload_makes_a_foreign_reader_stumble() {
    use proptest::prelude::*;
    let site = Site::default();
    let pieces = concat!(
        r#"(\[|\]|\{|\}|,|:|"PhysioID"|"Value"|"value"|"date-time"|"Timestamp"|"-"|null|1e999|97|"#,
        r#""[a-z]{0,4}")"#
    );
    let text = proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat());
    proptest!(|(text in text)| {
        for topic in ["vscapture/07/m", "teleicu/07/m/update_observations"] {
            let received = publish_with(&site, topic, text.as_bytes());
            prop_assert!(received.fault.is_none() || received.arrival.raw.is_some(), "nothing is lost");
        }
    });
}
