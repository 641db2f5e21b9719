//! A set of vital signs as `ORU^R01` of HL7 2.6, in the manner of IHE PCD-01. The text is made of the set and
//! its key alone: the same row gives the same bytes on any day.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use rules::Decimal;

use super::MllpPeer;
use super::codes::codes;
use crate::clock::Wall;
use crate::delivery::Set;
use crate::owed::Charted;

/// The profile that it follows.
const PROFILE: &str = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO";

/// What surrounds it.
pub(super) struct Envelope<'a> {
    pub(super) peer: &'a MllpPeer,
    pub(super) zone: &'a TimeZone,
    /// MSH-10: the row's own name.
    pub(super) id: &'a str,
}

/// The message, each segment ended by a carriage return.
pub(super) fn message(set: &Set, envelope: &Envelope) -> String {
    let at = hl7_time(set.at, envelope.zone);
    let mut segments = vec![
        header(envelope, &at, "ORU^R01^ORU_R01", PROFILE),
        format!("PID|||{}^^^{}^MR", escaped(set.patient), escaped(&envelope.peer.uhid_authority)),
        format!("PV1||I|{}^^{}", escaped(&envelope.peer.point_of_care), escaped(set.bed)),
        format!("OBR|1||{}^{}|182777000^monitoring of patient^SCT|||{at}", envelope.id, {
            escaped(&envelope.peer.sending_application)
        }),
    ];
    if !set.note.is_empty() {
        segments.push(format!("NTE|1||{}", escaped(set.note)));
    }
    for (index, charted) in set.values.iter().enumerate() {
        segments.push(observation(index + 1, charted, set.at, envelope.zone));
    }
    if let Some(news2) = set.news2 {
        let number = set.values.len() + 1;
        let code = "NEWS2^National Early Warning Score 2^L";
        segments.push(format!("OBX|{number}|NM|{code}|1.0.0.{number}|{news2}|1^^UCUM|||||F"));
    }
    segments.join("\r") + "\r"
}

/// MSH. PCD-01 and PCD-04 ask for the accept acknowledgement always and for no other.
pub(super) fn header(envelope: &Envelope, at: &str, kind: &str, profile: &str) -> String {
    let peer = envelope.peer;
    let parties = [
        &peer.sending_application,
        &peer.sending_facility,
        &peer.receiving_application,
        &peer.receiving_facility,
    ];
    let parties: Vec<String> = parties.into_iter().map(|party| escaped(party)).collect();
    let processing = if peer.training { "T" } else { "P" };
    format!(
        "MSH|^~\\&|{}|{at}||{kind}|{}|{processing}|2.6|||AL|NE||UNICODE UTF-8|||{profile}",
        parties.join("|"),
        envelope.id
    )
}

/// One OBX. The time of its own stands there only where it is not the set's.
fn observation(number: usize, charted: &Charted, at: Wall, zone: &TimeZone) -> String {
    let (facts, codes) = (charted.sign.facts(), codes(charted.sign));
    let value = Decimal::new(i64::from(charted.value), facts.places);
    let code = format!(
        "{}^{}^LN^{}^{}^MDC",
        codes.loinc,
        escaped(charted.sign.word()),
        codes.number,
        codes.reference
    );
    let line = format!("OBX|{number}|NM|{code}|1.0.0.{number}|{value}|{}^^UCUM|||||R", facts.unit.ucum());
    if charted.taken == at { line } else { format!("{line}|||{}", hl7_time(charted.taken, zone)) }
}

/// `20251121021300.250+0530`: a time without its zone is nobody's.
pub(super) fn hl7_time(at: Wall, zone: &TimeZone) -> String {
    at.timestamp().to_zoned(zone.clone()).strftime("%Y%m%d%H%M%S.%3f%z").to_string()
}

/// Text as a field can carry it: separators, line ends and the bytes of the framing are escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            '\\' => out.push_str("\\E\\"),
            control if control.is_ascii_control() => {
                let _ = write!(out, "\\X{:02X}\\", u32::from(control));
            }
            plain => out.push(plain),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rules::Sign;

    use super::*;

    const AT: Wall = Wall(1_763_671_380_250);

    fn peer() -> MllpPeer {
        MllpPeer {
            address: "127.0.0.1:2575".into(),
            sending_application: "WARDLIGHT".into(),
            sending_facility: "ICU-1".into(),
            receiving_application: "HIS".into(),
            receiving_facility: "A&B".into(),
            point_of_care: "ICU-1".into(),
            uhid_authority: "HOSP".into(),
            zone: "Asia/Kolkata".into(),
            training: false,
        }
    }

    fn text(values: &[Charted], news2: Option<u8>, note: &str) -> String {
        let set = Set { patient: "MRN0042", bed: "07", at: AT, values, news2, note };
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        message(&set, &Envelope { peer: &peer(), zone: &zone, id: "vitals:07:1" })
    }

    #[test]
    fn a_set_becomes_a_message_with_codes_units_and_zoned_times() {
        let values = [
            Charted { sign: Sign::HeartRate, value: 118, taken: AT },
            Charted { sign: Sign::Temperature, value: 381, taken: Wall(AT.0 - 3_600_000) },
        ];
        let expected = [
            "MSH|^~\\&|WARDLIGHT|ICU-1|HIS|A\\T\\B|20251121021300.250+0530||\
             ORU^R01^ORU_R01|vitals:07:1|P|2.6|||\
             AL|NE||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
            "PID|||MRN0042^^^HOSP^MR",
            "PV1||I|ICU-1^^07",
            "OBR|1||vitals:07:1^WARDLIGHT|182777000^monitoring of patient^SCT|||20251121021300.250+0530",
            "NTE|1||systolic missing",
            "OBX|1|NM|8867-4^heart rate^LN^147842^MDC_ECG_HEART_RATE^MDC|1.0.0.1|118|/min^^UCUM|||||R",
            "OBX|2|NM|8310-5^temperature^LN^150344^MDC_TEMP^MDC|1.0.0.2|38.1|Cel^^UCUM|||||R|||\
             20251121011300.250+0530",
            "OBX|3|NM|NEWS2^National Early Warning Score 2^L|1.0.0.3|7|1^^UCUM|||||F",
            "",
        ];
        let text = text(&values, Some(7), "systolic missing");
        assert_eq!(text.split('\r').collect::<Vec<_>>(), expected);
    }

    #[test]
    fn fields_stand_where_hl7_counts_them() {
        let values = [Charted { sign: Sign::SpO2, value: 0, taken: Wall(AT.0 - 1) }];
        let text = text(&values, None, "");
        let segments: Vec<Vec<&str>> = text.split('\r').map(|segment| segment.split('|').collect()).collect();
        // MSH-1 is the separator itself, so MSH-n is the part n - 1.
        let msh = |number: usize| segments[0][number - 1];
        assert_eq!((msh(9), msh(10), msh(12)), ("ORU^R01^ORU_R01", "vitals:07:1", "2.6"));
        assert_eq!((msh(15), msh(16), msh(18)), ("AL", "NE", "UNICODE UTF-8"));
        assert!(msh(21).starts_with("IHE_PCD_001"));
        let obx = &segments[4];
        assert_eq!((obx[5], obx[11]), ("0", "R"));
        assert!(obx[14].ends_with("+0530"), "OBX-14 is the value's own time");
        assert_eq!(segments[3][7], "20251121021300.250+0530", "OBR-7");
    }

    #[test]
    fn no_text_can_break_a_field_or_a_frame() {
        assert_eq!(escaped("a|b^c&d~e\\f\r\u{1c}é"), "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\\\X1C\\é");
        let broken = text(&[], None, "one\rPID|||MRN0001\u{1c}\r");
        assert_eq!(broken.matches('\r').count(), 5);
        assert!(!broken.contains('\u{1c}'));
    }
}
