//! An alert as `ORU^R40` of HL7 2.6, in the manner of IHE PCD-04: one message for its start, for each change
//! and for its end. The text is made of the alert and its key alone: the same row gives the same bytes on any
//! day.
//!
//! Each message has an OBR-3 of its own; those after the start name the start's in OBR-29, second component.
//! Codes of the ward's own conditions are local: no term of IHE's is claimed for them.

use rules::Kind;
use rules::Priority;
use rules::alert::AlertState;

use super::oru::{Envelope, escaped, header, hl7_time};
use crate::owed::{Alarm, AlarmPhase};

/// What kind of message, and which profile it follows.
pub(super) const KIND: &str = "ORU^R40";
const PROFILE: &str = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO";

/// The event that says only that there is an alarm; which one stands beside it.
const SOME_ALARM: &str = "196616^MDC_EVT_ALARM^MDC";

/// The message, each segment ended by a carriage return.
pub(super) fn message(alarm: &Alarm, envelope: &Envelope) -> String {
    let at = hl7_time(alarm.at, envelope.zone);
    let mut segments = vec![header(envelope, &at, "ORU^R40^ORU_R40", PROFILE)];
    if let Some(patient) = &alarm.patient {
        let authority = escaped(&envelope.peer.uhid_authority);
        segments.push(format!("PID|||{}^^^{authority}^MR", escaped(&patient.0)));
    }
    segments.push(format!("PV1||I|{}^^{}", escaped(&envelope.peer.point_of_care), escaped(&alarm.bed)));
    segments.push(order(alarm, envelope, &at));
    segments.extend(facets(alarm).into_iter().zip(1..).map(|(facet, number)| {
        let (kind, code, value) = facet;
        format!("OBX|{number}|{kind}|{code}|1.0.0.0.{number}|{value}||||||F")
    }));
    segments.join("\r") + "\r"
}

/// OBR: the start is known by the alert's own name, and what follows names it.
fn order(alarm: &Alarm, envelope: &Envelope, at: &str) -> String {
    let by = escaped(&envelope.peer.sending_application);
    let start = format!("{}^{by}", alarm.alert);
    if alarm.phase == AlarmPhase::Start {
        return format!("OBR|1||{start}|{SOME_ALARM}|||{at}");
    }
    let parent = format!("^{}&{by}", alarm.alert);
    format!("OBR|1||{}^{by}|{SOME_ALARM}|||{at}{}{parent}", envelope.id, "|".repeat(22))
}

/// The seven facets, each with its type, its code and its value.
fn facets(alarm: &Alarm) -> [(&'static str, &'static str, String); 7] {
    let (code, title) = (escaped(&alarm.code), escaped(&alarm.title));
    let phase = match alarm.phase {
        AlarmPhase::Start => "start",
        AlarmPhase::Continue => "continue",
        AlarmPhase::End => "end",
    };
    let state = match alarm.state {
        _ if alarm.phase == AlarmPhase::End => "inactive",
        AlertState::Latched => "latched",
        AlertState::Active | AlertState::Acknowledged | AlertState::Resolved => "active",
    };
    let acknowledged = alarm.state == AlertState::Acknowledged;
    let priority = match alarm.priority {
        Priority::High => "PH",
        Priority::Medium => "PM",
        Priority::Low => "PL",
    };
    let kind = if alarm.kind == Kind::Technical { "ST" } else { "SP" };
    [
        ("CWE", SOME_ALARM, format!("{code}^{title}^L^^^^^^{title}")),
        ("ST", "68480^MDC_ATTR_ALERT_SOURCE^MDC", escaped(&alarm.value)),
        ("ST", "68481^MDC_ATTR_EVENT_PHASE^MDC", phase.to_owned()),
        ("ST", "68482^MDC_ATTR_ALARM_STATE^MDC", state.to_owned()),
        (
            "ST",
            "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC",
            if acknowledged { "alert-acknowledged" } else { "enabled" }.to_owned(),
        ),
        ("ST", "68484^MDC_ATTR_ALARM_PRIORITY^MDC", priority.to_owned()),
        ("ST", "68485^MDC_ATTR_ALERT_TYPE^MDC", kind.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::delivery::mllp::MllpPeer;
    use crate::owed::sample_alarm;

    fn text(phase: AlarmPhase) -> String {
        let peer = MllpPeer {
            address: String::new(),
            sending_application: "WARDLIGHT".into(),
            sending_facility: "icu-1".into(),
            receiving_application: "AM".into(),
            receiving_facility: "HOSP".into(),
            point_of_care: "ICU-1".into(),
            uhid_authority: "HOSP".into(),
            zone: "UTC".into(),
            training: false,
        };
        let alarm = sample_alarm(phase);
        message(&alarm, &Envelope { peer: &peer, zone: &TimeZone::UTC, id: "alarm-1" })
    }

    fn field(text: &str, segment: &str, number: usize) -> String {
        let row = text.split('\r').find(|row| row.starts_with(segment)).unwrap();
        row.split('|').nth(number).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_start_is_known_by_its_alert_and_what_follows_names_it() {
        let (start, end) = (text(AlarmPhase::Start), text(AlarmPhase::End));
        assert_eq!(
            (field(&start, "OBR", 3), field(&start, "OBR", 29)),
            ("00000000000000ab^WARDLIGHT".into(), String::new())
        );
        assert_eq!(field(&end, "OBR", 3), "alarm-1^WARDLIGHT");
        assert_eq!(field(&end, "OBR", 29), "^00000000000000ab&WARDLIGHT");
    }

    #[test]
    fn facets_say_phase_state_priority_and_type() {
        let of = |text: &str, code: &str| {
            let row = text.split('\r').find(|row| row.contains(code)).unwrap().to_owned();
            row.split('|').nth(5).unwrap().to_owned()
        };
        let (start, end) = (text(AlarmPhase::Start), text(AlarmPhase::End));
        for (code, at_start, at_end) in [
            ("MDC_ATTR_EVENT_PHASE", "start", "end"),
            ("MDC_ATTR_ALARM_STATE", "active", "inactive"),
            ("MDC_ATTR_ALARM_PRIORITY", "PH", "PH"),
            ("MDC_ATTR_ALERT_TYPE", "SP", "SP"),
            ("MDC_ATTR_ALERT_SOURCE", "6.8 mmol/L", "6.8 mmol/L"),
        ] {
            assert_eq!((of(&start, code).as_str(), of(&end, code).as_str()), (at_start, at_end), "{code}");
        }
        assert_eq!(field(&start, "MSH", 8), "ORU^R40^ORU_R40");
        assert_eq!(field(&start, "PID", 3), "MRN0042^^^HOSP^MR");
        assert!(of(&start, "|1.0.0.0.1|").starts_with("lab.2823-3^Potassium 6.8 mmol/L > 6.2^L^"));
    }
}
