//! `…/readings`: one frame of one device.
//!
//! Each reading is read for itself, so that one bad reading never takes the good ones with it. What a device
//! sends without a usable clock is placed by its arrival; what it sends without an identity is never taken
//! for a repetition.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reading::Reading;
use super::text::{shortened, string};
use super::{Fault, Message, READINGS_MOST, Understood};
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, Measured, Uhid, key_of};
use rules::vital::MessageKey;

/// A frame; its readings are read with it, or left as they stand to be read one by one.
#[derive(Deserialize)]
struct Frame<'a, R> {
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default)]
    seq: Option<&'a RawValue>,
    #[serde(borrow, default)]
    patient: Option<&'a RawValue>,
    readings: Vec<R>,
}

/// Reads a frame of the contract.
pub(super) fn read(message: &Message<'_>, payload: &[u8]) -> Result<Understood, Fault> {
    // Nearly every frame is good in all its parts and is read in one go.
    if let Ok(frame) = object::<Frame<'_, Reading<'_>>>(payload) {
        let total = frame.readings.len();
        let mut readings = Vec::with_capacity(total.min(READINGS_MOST));
        readings.extend(frame.readings.iter().filter_map(Reading::measured));
        return understood(message, payload, &frame, readings);
    }
    let frame: Frame<'_, &RawValue> = object(payload)?;
    let readings = frame.readings.iter().filter_map(|raw| {
        let reading: Reading<'_> = serde_json::from_str(raw.get()).ok()?;
        reading.measured()
    });
    understood(message, payload, &frame, readings.collect())
}

fn understood<R>(
    message: &Message<'_>,
    payload: &[u8],
    frame: &Frame<'_, R>,
    readings: Vec<Measured>,
) -> Result<Understood, Fault> {
    if frame.readings.len() > READINGS_MOST {
        return Err(Fault::TooMany(frame.readings.len()));
    }
    let bad = frame.readings.len() - readings.len();
    if readings.is_empty() && bad > 0 {
        return Err(Fault::Unreadable(format!("none of its {bad} readings has a code and a value")));
    }
    let sent = frame.time.and_then(wall);
    let seq = frame.seq.and_then(|seq| seq.get().parse().ok());
    let event = Event::Frame(DeviceFrame {
        place: message.place(),
        patient: frame
            .patient
            .and_then(|patient| string(patient.get()))
            .filter(|uhid| !uhid.is_empty())
            .map(|uhid| Uhid(shortened(&uhid, 64))),
        device: message.address.device.clone(),
        sent,
        seq,
        key: key(message, sent, seq, payload),
        readings,
        silence_s: None,
    });
    let total = frame.readings.len();
    let kept = (bad > 0).then(|| format!("{bad} of its {total} readings cannot be read; the others count"));
    Ok(Understood { event, kept })
}

/// Reads a JSON object; an array is not taken for one, though the decoder could.
pub(super) fn object<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Fault> {
    if payload.trim_ascii_start().first() != Some(&b'{') {
        return Err(Fault::Unreadable("it is not a JSON object".to_owned()));
    }
    let unreadable = |fault: &dyn std::fmt::Display| Fault::Unreadable(fault.to_string());
    let text = str::from_utf8(payload).map_err(|fault| unreadable(&fault))?;
    serde_json::from_str(text).map_err(|fault| unreadable(&fault))
}

/// A device time with its offset, unless it cannot be one.
pub(super) fn wall(raw: &RawValue) -> Option<Wall> {
    let time: jiff::Timestamp = string(raw.get())?.parse().ok()?;
    Some(Wall::from(time)).filter(|wall| *wall >= Wall::EARLIEST)
}

/// The key of a frame: client, topic, time and sequence number, so that the same frame sent again has the
/// same key.
///
/// Without a time the sequence number alone would repeat after the device's restart, so the arrival takes
/// part; without a sequence number two frames may share a time, so the content takes part. Rather twice than
/// never.
fn key(message: &Message<'_>, sent: Option<Wall>, seq: Option<u64>, payload: &[u8]) -> MessageKey {
    let time = sent.map_or_else(|| message.arrived(), |sent| sent.0.to_be_bytes());
    let number = seq.map(u64::to_be_bytes);
    let which = number.as_ref().map_or(payload, |number| &number[..]);
    key_of(&[message.sender.client.as_bytes(), message.topic.as_bytes(), &time, which])
}

#[cfg(test)]
mod tests {
    use super::super::{Received, Sender, receive};
    use super::*;
    use rules::{Absence, Quality, Sign};

    const FRAME: &str = r#"{"time":"2026-11-21T02:13:00.250+05:30","seq":4711,"readings":[
        {"code":"MDC_ECG_HEART_RATE","value":118,"unit":"/min"},
        {"code":"59408-5","value":91,"unit":"%","status":"questionable"},
        {"code":"MDC_PRESS_BLD_NONINV_SYS","value":null,"status":"unavailable"}]}"#;

    fn arrived_at(arrived: i64, payload: &str) -> Received {
        let sender =
            Sender { endpoint: "mqtt", client: "m1", ward: "icu", arrived: Wall(arrived), rights: None };
        receive(sender, "wardlight/v1/icu/07/monitor/readings", payload.as_bytes())
    }

    fn frame(payload: &str) -> DeviceFrame {
        match arrived_at(1, payload).arrival.events.pop() {
            Some(Event::Frame(frame)) => frame,
            other => panic!("{other:?}"),
        }
    }

    fn one(reading: &str) -> Measured {
        frame(&format!(r#"{{"readings":[{reading}]}}"#)).readings.remove(0)
    }

    #[test]
    fn the_frame_of_the_contract_is_read() {
        let frame = frame(FRAME);
        assert_eq!(frame.seq, Some(4711));
        assert_eq!(
            frame.sent.map(|sent| sent.timestamp().to_string()).as_deref(),
            Some("2026-11-20T20:43:00.25Z")
        );
        let judged: Vec<_> = frame.readings.iter().filter_map(|reading| reading.judged).collect();
        assert_eq!(
            judged,
            [
                (Sign::HeartRate, Ok(118), Quality::Good),
                (Sign::SpO2, Ok(91), Quality::Questionable),
                (Sign::CuffSystolic, Err(Absence::Unavailable), Quality::Good),
            ]
        );
        assert!(arrived_at(1, FRAME).arrival.raw.is_none(), "a readable frame is kept as an event");
    }

    #[test]
    fn a_number_keeps_its_text() {
        let reading = one(r#"{"code":150344,"value":38.05,"unit":"Cel"}"#);
        assert_eq!((reading.text.as_str(), reading.code.as_str()), ("38.05", "150344"));
        assert_eq!(reading.judged, Some((Sign::Temperature, Ok(381), Quality::Good)));
    }

    #[test]
    fn a_value_that_cannot_be_judged_is_kept_and_says_why() {
        for (value, unit, why) in [
            ("1e999", r#""%""#, Absence::NotANumber),
            (r#""NaN""#, r#""%""#, Absence::NotANumber),
            ("true", r#""%""#, Absence::NotANumber),
            ("{}", r#""%""#, Absence::NotANumber),
            ("97", "null", Absence::UnitMissing),
            ("97", r#""parsec""#, Absence::UnitUnknown),
            ("970", r#""%""#, Absence::Implausible),
        ] {
            let reading = one(&format!(r#"{{"code":"59408-5","value":{value},"unit":{unit}}}"#));
            assert_eq!(reading.judged, Some((Sign::SpO2, Err(why), Quality::Good)), "{value} {unit}");
        }
    }

    #[test]
    fn an_unknown_code_is_kept_and_not_judged() {
        let reading = one(r#"{"code":"MDC_ECG_V_P_C_RATE","value":3,"unit":"/min"}"#);
        assert_eq!((reading.judged, reading.text.as_str()), (None, "3"));
    }

    #[test]
    fn one_bad_reading_does_not_take_the_good_ones_with_it() {
        let received = arrived_at(
            1,
            r#"{"readings":[7,{"value":1},{"code":"150456","value":97,"unit":"%"},
                            ["150456",1],{"code":true}]}"#,
        );
        let Some(Event::Frame(frame)) = received.arrival.events.first() else { panic!("no frame") };
        assert_eq!(frame.readings.len(), 1);
        let raw = received.arrival.raw.expect("kept for a person to look at");
        assert!(raw.reason.starts_with("4 of its 5"), "{}", raw.reason);
        assert_eq!(received.fault, None);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let many = format!(r#"{{"readings":[{}]}}"#, vec!["1"; READINGS_MOST + 1].join(","));
        for payload in
            ["", "[]", "{}", "NaN", r#"{"readings":[NaN]}"#, r#"{"readings":[1]}"#, "[null,1,[]]", &many]
        {
            assert!(arrived_at(1, payload).fault.is_some(), "{payload:.40}");
        }
        assert_eq!(arrived_at(1, &many).fault, Some(Fault::TooMany(READINGS_MOST + 1)));
        assert!(arrived_at(1, r#"{"readings":[]}"#).fault.is_none(), "an empty frame says the device lives");
    }

    #[test]
    fn deep_nesting_is_refused_without_depth() {
        let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
        for payload in [
            format!("{open}{close}"),
            format!(r#"{{"readings":{open}{close}}}"#),
            format!(r#"{{"readings":[{{"code":"150456","value":{open}{close}}}]}}"#),
            format!(r#"{{"other":{open}{close},"readings":{{}}}}"#),
        ] {
            assert!(arrived_at(1, &payload).fault.is_some());
        }
    }

    #[test]
    fn the_same_frame_sent_again_has_the_same_key() {
        assert_eq!(frame(FRAME).key, frame(FRAME).key);
        let next = FRAME.replace("4711", "4712");
        assert_ne!(frame(FRAME).key, frame(&next).key);
        let after_restart = FRAME.replace("02:13:00", "03:13:00");
        assert_ne!(frame(FRAME).key, frame(&after_restart).key);
    }

    #[test]
    fn a_frame_without_an_identity_is_never_a_repetition() {
        let key = |arrived, payload: &str| match arrived_at(arrived, payload).arrival.events.pop() {
            Some(Event::Frame(frame)) => frame.key,
            other => panic!("{other:?}"),
        };
        for payload in [
            r#"{"seq":1,"readings":[]}"#,
            r#"{"time":"1970-01-01T00:00:05Z","seq":1,"readings":[]}"#,
            r#"{"readings":[]}"#,
        ] {
            assert_ne!(key(1, payload), key(2, payload), "{payload}");
        }
        let timed = |value| {
            format!(r#"{{"time":"2026-11-21T02:13:00Z","readings":[{{"code":"150456","value":{value}}}]}}"#)
        };
        assert_ne!(key(1, &timed(97)), key(1, &timed(96)), "two frames of one second");
        assert_eq!(key(1, &timed(97)), key(2, &timed(97)), "one frame, sent again");
    }

    #[test]
    fn an_impossible_time_is_no_time() {
        for time in [r#""yesterday""#, "7", r#""1970-01-01T00:00:00Z""#, r#""2026-13-45T00:00:00Z""#, "null"]
        {
            assert_eq!(frame(&format!(r#"{{"time":{time},"readings":[]}}"#)).sent, None, "{time}");
        }
    }
}
