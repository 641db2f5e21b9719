//! `…/alarm`: an alarm that a device raised itself.
//!
//! An alarm is never lost for the sake of its form: an unknown phase is a start, an unknown priority is high,
//! and the remark in the message log says so. Every alarm is kept in the message log.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::readings::{object, wall};
use super::text::{scalar, shortened, whole};
use super::{Fault, Message, Understood};
use crate::event::{DeviceRaised, Event, key_of};
use crate::ingest::terminology::events;
use rules::Priority;

/// The longest text of an alarm, in characters; what is longer is shortened.
const TEXT_MOST: usize = 200;

/// The longest name of an event, in characters; what is longer is shortened.
const EVENT_MOST: usize = 64;

#[derive(Deserialize)]
struct Alarm<'a> {
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default)]
    phase: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
    #[serde(borrow, default)]
    priority: Option<&'a RawValue>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
}

/// Reads an alarm of the contract.
pub(super) fn read(message: &Message<'_>, payload: &[u8]) -> Result<Understood, Fault> {
    let alarm: Alarm<'_> = object(payload)?;
    let text = shortened(&whole(alarm.text), TEXT_MOST);
    let event = shortened(&whole(alarm.event), EVENT_MOST);
    let event = if event.is_empty() { text.clone() } else { event };
    if event.is_empty() {
        return Err(Fault::Unreadable("it names neither an event nor a text".to_owned()));
    }
    let phase = scalar(alarm.phase).unwrap_or_default();
    let (on, odd_phase) = match &*phase {
        "start" | "continue" => (true, false),
        "end" => (false, false),
        _ => (true, true),
    };
    let known = priority(&scalar(alarm.priority).unwrap_or_default());
    let time = alarm.time.and_then(wall).map_or_else(|| message.arrived(), |sent| sent.0.to_be_bytes());
    let source = scalar(alarm.source).unwrap_or_default().into_owned();
    let identity = [message.sender.client, message.topic, &event, &phase].map(str::as_bytes);
    let [client, topic, what, when] = identity;
    let raised = DeviceRaised {
        place: message.place(),
        patient: None,
        device: message.address.device.clone(),
        key: key_of(&[client, topic, what, when, &time]),
        about: events::about(&event, &source),
        priority: known.unwrap_or(Priority::High),
        source,
        event,
        text,
        on,
        passing: false,
        episode: None,
        inactivation: String::new(),
    };
    Ok(Understood { event: Event::Alarm(raised), kept: Some(remark(odd_phase, known.is_none())) })
}

fn priority(word: &str) -> Option<Priority> {
    match word {
        "high" => Some(Priority::High),
        "medium" => Some(Priority::Medium),
        "low" => Some(Priority::Low),
        _ => None,
    }
}

fn remark(odd_phase: bool, odd_priority: bool) -> String {
    let remarks = [
        (odd_phase, "its phase is none of start, continue, end: taken as a start"),
        (odd_priority, "its priority is none of high, medium, low: taken as high"),
    ];
    remarks.iter().filter(|(odd, _)| *odd).map(|(_, remark)| *remark).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::{Received, Sender, receive};
    use super::*;
    use crate::clock::Wall;
    use crate::event::Outcome;
    use rules::event::About;

    fn received(payload: &str) -> Received {
        let sender = Sender { endpoint: "mqtt", client: "v1", ward: "icu", arrived: Wall(1), rights: None };
        receive(sender, "wardlight/v1/icu/07/vent/alarm", payload.as_bytes())
    }

    fn raised(payload: &str) -> DeviceRaised {
        match received(payload).arrival.events.pop() {
            Some(Event::Alarm(raised)) => raised,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_alarm_of_the_contract_is_read_and_kept() {
        let payload = r#"{"time":"2026-11-21T02:13:00+05:30","phase":"start","event":"MDC_EVT_APNEA",
            "priority":"high","text":"Apnoea","source":"MDC_VENT_RESP_RATE"}"#;
        let alarm = raised(payload);
        assert_eq!((alarm.event.as_str(), alarm.text.as_str(), alarm.on), ("MDC_EVT_APNEA", "Apnoea", true));
        assert_eq!((alarm.priority, alarm.about), (Priority::High, About::Immediate));
        assert_eq!(alarm.source, "MDC_VENT_RESP_RATE");
        let raw = received(payload).arrival.raw.expect("kept");
        assert_eq!((raw.outcome, raw.reason.as_str(), raw.kind.as_str()), (Outcome::Accepted, "", "alarm"));
    }

    #[test]
    fn a_disconnection_is_immediate_at_a_ventilator_or_where_nobody_says_at_what() {
        let alarm = |source: &str| {
            raised(&format!(r#"{{"phase":"start","event":"MDC_EVT_DISCONN","priority":"low"{source}}}"#))
                .about
        };
        assert_eq!(alarm(""), About::Immediate);
        assert_eq!(alarm(r#","source":"MDC_DEV_VENT_VMD""#), About::Immediate);
        assert_eq!(alarm(r#","source":"MDC_PULS_OXIM_SAT_O2""#), About::Patient);
    }

    #[test]
    fn its_end_is_another_message_than_its_start() {
        let payload = |phase| {
            format!(r#"{{"time":"2026-11-21T02:13:00Z","phase":"{phase}","event":"E","priority":"low"}}"#)
        };
        assert!(!raised(&payload("end")).on);
        assert_ne!(raised(&payload("end")).key, raised(&payload("start")).key);
        assert_eq!(raised(&payload("start")).key, raised(&payload("start")).key);
    }

    #[test]
    fn an_odd_alarm_is_rather_heard_than_lost() {
        let payload = r#"{"phase":"escalate","priority":"urgent","text":"Circuit disconnected"}"#;
        let alarm = raised(payload);
        assert!(alarm.on);
        assert_eq!((alarm.priority, alarm.event.as_str()), (Priority::High, "Circuit disconnected"));
        let remark = received(payload).arrival.raw.expect("kept").reason;
        assert!(remark.contains("phase") && remark.contains("priority"), "{remark}");
    }

    #[test]
    fn an_alarm_about_nothing_is_refused() {
        assert!(received(r#"{"phase":"start","priority":"high"}"#).fault.is_some());
        assert!(received("garbage").fault.is_some());
    }
}
