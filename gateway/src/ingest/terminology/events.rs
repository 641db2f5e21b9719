//! Which events of devices are immediate: somebody may be dying, whatever priority the device gives them.
//!
//! VF and VT come only from here: a device's own word by its event code. They are never inferred from rates.
//!
//! Sources: APNEA, ECG_ASYSTOLE and DISCONN stand in IHE PCD TF-3, table 3.2-1 (partition 3, so 196,608 is
//! added). ECG_V_TACHY is 3224 in the alert codes of the Philips IntelliVue data export interface, as the
//! open programs VSCaptureMP and JVSCapture carry them; that list agrees with IHE's on the terms that both
//! name. What only one maker uses (Philips 61444, VF) stands in that maker's profile.

use rules::event::About;

/// Partition 3, where event terms live.
const PARTITION: u32 = 3 << 16;

/// Events that are immediate whichever device says so.
const IMMEDIATE: [(u32, &str); 3] = [
    (3_072 + PARTITION, "MDC_EVT_APNEA"),
    (3_076 + PARTITION, "MDC_EVT_ECG_ASYSTOLE"),
    (3_224 + PARTITION, "MDC_EVT_ECG_V_TACHY"),
];

/// Something came off. Immediate where it is a ventilator that says so of its patient.
const DISCONNECTED: (u32, &str) = (22 + PARTITION, "MDC_EVT_DISCONN");

/// Whether the event that any of `codes` names (an MDC number or a reference id) is immediate.
/// `by_a_ventilator` says whether what came off was a patient's breathing.
#[must_use]
pub fn is_immediate(codes: &[&str], by_a_ventilator: bool) -> bool {
    let is = |(number, name): (u32, &str)| {
        codes.iter().any(|code| *code == name || code.parse::<u32>().is_ok_and(|code| code == number))
    };
    IMMEDIATE.into_iter().any(is) || (by_a_ventilator && is(DISCONNECTED))
}

/// Whether a code names a ventilator or something that it measures: `MDC_DEV_VENT…`, `MDC_VENT_…`.
#[must_use]
pub fn is_of_a_ventilator(code: &str) -> bool {
    ["MDC_VENT_", "MDC_DEV_VENT", "MDC_DEV_SYS_VENT"].iter().any(|head| code.starts_with(head))
}

/// What an event of a device is about. A device that does not say what came off (`source` is empty) is taken
/// to be a ventilator: rather called than missed.
#[must_use]
pub fn about(event: &str, source: &str) -> About {
    let by_a_ventilator = source.is_empty() || is_of_a_ventilator(source);
    if is_immediate(&[event], by_a_ventilator) { About::Immediate } else { About::Patient }
}

/// Whether a code, an MDC number or a reference id, is that of an event and of no measurement.
#[must_use]
pub fn names_an_event(code: &str) -> bool {
    code.starts_with("MDC_EVT_") || code.parse().is_ok_and(is_event)
}

/// Whether an MDC number is that of an event.
#[must_use]
pub fn is_event(number: u32) -> bool {
    number >> 16 == PARTITION >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kills_in_minutes_is_known_by_number_and_by_name() {
        for code in ["199680", "MDC_EVT_APNEA", "199684", "MDC_EVT_ECG_ASYSTOLE", "199832"] {
            assert!(is_immediate(&["", code], false), "{code}");
        }
        for code in ["", "196670", "MDC_EVT_LO", "3076", "MDC_EVT_ECG_TACHY", "199728"] {
            assert!(!is_immediate(&[code], true), "{code}");
        }
    }

    #[test]
    fn an_event_is_told_from_what_is_measured() {
        assert!(names_an_event("MDC_EVT_LO") && names_an_event("199680"));
        for code in ["", "MDC_ECG_HEART_RATE", "147842", "2823-3", "MDC_EV"] {
            assert!(!names_an_event(code), "{code}");
        }
    }

    #[test]
    fn a_disconnection_is_immediate_at_a_ventilator_alone() {
        assert!(is_immediate(&["MDC_EVT_DISCONN"], true) && is_immediate(&["196630"], true));
        assert!(!is_immediate(&["MDC_EVT_DISCONN"], false), "a probe that comes off is no emergency");
        assert_eq!(about("MDC_EVT_DISCONN", ""), About::Immediate, "it may be the patient's breathing");
        assert_eq!(about("MDC_EVT_DISCONN", "MDC_PULS_OXIM_SAT_O2"), About::Patient);
        assert!(is_of_a_ventilator("MDC_VENT_RESP_RATE") && !is_of_a_ventilator("MDC_PULS_OXIM_SAT_O2"));
    }
}
