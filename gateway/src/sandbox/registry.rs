//! The simulated hospital's register: fictitious patients, one for each bed, and the HL7 segments that name
//! them.
//!
//! No identity here belongs to anybody: the numbers begin with `DEMO`, and so do the family names.

use jiff::Zoned;

/// Given names; the family name says that nobody is meant.
const GIVEN: [&str; 12] = [
    "ASHA", "BIREN", "CHANDRA", "DEEPAK", "ESHA", "FARHAN", "GITA", "HARI", "INDRA", "JAYA", "KIRAN", "LEELA",
];

/// How long before the story its patients were admitted: results from before an admission are nobody's.
pub(super) const ADMITTED_AGO_S: i64 = 6 * 3_600;

/// A patient in a bed, as HIS and laboratory write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inpatient {
    /// The bed's place in the ward's list, from 0.
    pub(super) number: usize,
    /// PV1-3.
    pub(super) location: String,
    /// PV1-7: the attending doctor's identifier.
    pub(super) attending: String,
}

impl Inpatient {
    /// The fictitious hospital number.
    pub(super) fn uhid(&self) -> String {
        format!("DEMO-{:04}", self.number + 1)
    }

    fn name(&self) -> String {
        let given = GIVEN.get(self.number % GIVEN.len()).copied().unwrap_or_default();
        format!("DEMO^{given}")
    }

    /// PID.
    pub(super) fn pid(&self) -> String {
        let born = 1948 + self.number * 7 % 45;
        let sex = if self.number.is_multiple_of(2) { "F" } else { "M" };
        format!("PID|1||{}^^^DEMO^MR||{}||{born}0601|{sex}", self.uhid(), self.name())
    }

    /// PV1.
    pub(super) fn pv1(&self) -> String {
        format!("PV1|1|I|{}||||{}", self.location, self.attending)
    }
}

/// A time as HL7 writes it, with its zone.
pub(super) fn hl7_time(at: &Zoned) -> String {
    at.strftime("%Y%m%d%H%M%S%z").to_string()
}

/// MSH of a message from `application`. It asks for the original acknowledgement: one answer, once it is
/// stored.
pub(super) fn msh(application: &str, kind: &str, control_id: &str, sent: &Zoned) -> String {
    let sent = hl7_time(sent);
    format!("MSH|^~\\&|{application}|DEMO|WARDLIGHT|ICU|{sent}||{kind}|{control_id}|P|2.5.1")
}

/// Segments as a message: each ends with a carriage return.
pub(super) fn message(segments: &[String]) -> String {
    let mut text = segments.join("\r");
    text.push('\r');
    text
}

/// ADT^A01: the patient was admitted to the bed at `admitted`.
pub(super) fn admission(patient: &Inpatient, admitted: &Zoned, now: &Zoned) -> String {
    let control_id = format!("ADT{}{:02}", now.timestamp().as_second(), patient.number + 1);
    message(&[
        msh("HIS", "ADT^A01^ADT_A01", &control_id, now),
        format!("EVN|A01|{}", hl7_time(admitted)),
        patient.pid(),
        patient.pv1(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_admission_names_patient_bed_doctor_and_its_own_time() {
        let patient = Inpatient { number: 2, location: "ICU-1^^03".into(), attending: "dr.demo".into() };
        let now = date(2026, 11, 21).at(8, 0, 5, 0).in_tz("Asia/Kolkata").unwrap();
        let admitted = date(2026, 11, 21).at(2, 0, 5, 0).in_tz("Asia/Kolkata").unwrap();
        let expected = "\
            MSH|^~\\&|HIS|DEMO|WARDLIGHT|ICU|20261121080005+0530||ADT^A01^ADT_A01|ADT179522820503|P|2.5.1\r\
            EVN|A01|20261121020005+0530\r\
            PID|1||DEMO-0003^^^DEMO^MR||DEMO^CHANDRA||19620601|F\r\
            PV1|1|I|ICU-1^^03||||dr.demo\r";
        assert_eq!(admission(&patient, &admitted, &now), expected);
    }

    #[test]
    fn no_two_beds_share_a_patient() {
        let uhid = |number| Inpatient { number, location: String::new(), attending: String::new() }.uhid();
        let mut all: Vec<String> = (0..300).map(uhid).collect();
        all.dedup();
        assert_eq!((all.len(), all[0].as_str()), (300, "DEMO-0001"));
    }
}
