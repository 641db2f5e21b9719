//! The laboratory's results (`ORU^R01`): each OBX with its value as written, its unit, and the laboratory's
//! own flags.
//!
//! Criticality by our limits is the rules' business. What is no number stays text; a missing unit stays
//! missing.

use std::borrow::Cow;

use rules::alert::{Comparator, Quantity};
use rules::event::{Flag, ResultStatus};

use super::coded::{self, SpecimenCodes};
use super::{Envelope, Identity, analytes, location, order, said, text};
use crate::clock::Wall;
use crate::event::{Event, LabItem, LabReport, OrderNumber, Place, Provenance, Uhid};
use crate::ingest::hl7::number::{self, Number};
use crate::ingest::hl7::part::Part;
use crate::ingest::hl7::syntax::Segment;

/// One order's part of the message as it is read.
#[derive(Default)]
struct Group {
    identity: Vec<Uhid>,
    place: Option<Place>,
    attending: Option<String>,
    accession: String,
    numbers: Vec<OrderNumber>,
    status: Option<ResultStatus>,
    sampled: Option<Wall>,
    reported: Option<Wall>,
    /// Of each of its specimens, whether it is surely not of blood.
    other_fluids: Vec<bool>,
    results: Vec<LabItem>,
}

/// All reports of a message: a PID begins the next patient's, an OBR the next order's.
pub(super) fn reports(envelope: &Envelope<'_>) -> Vec<Event> {
    let mut groups = vec![Group::default()];
    // ORC stands before the OBR that it belongs to.
    let mut common: Vec<OrderNumber> = Vec::new();
    for (number, segment) in envelope.message.segments().enumerate() {
        match segment.name() {
            "PID" => {
                groups.push(Group { identity: envelope.identity(segment.field(3)).0, ..Group::default() });
            }
            "ORC" => common = order::numbers(segment),
            "OBR" => {
                let next =
                    groups.last().map(|group| group.next(envelope, segment, std::mem::take(&mut common)));
                groups.extend(next);
            }
            _ => {
                if let Some(group) = groups.last_mut() {
                    group.take(envelope, segment, number);
                }
            }
        }
    }
    groups
        .into_iter()
        .filter(|group| !group.results.is_empty())
        .map(|group| report(envelope, group))
        .collect()
}

impl Group {
    /// The part of the next order of the same patient.
    fn next(&self, envelope: &Envelope<'_>, obr: Segment<'_>, mut numbers: Vec<OrderNumber>) -> Self {
        order::add(&mut numbers, order::numbers(obr));
        Self {
            identity: self.identity.clone(),
            place: self.place.clone(),
            attending: self.attending.clone(),
            accession: accession(obr),
            numbers,
            status: taken_back(obr.field(25).raw().trim()),
            sampled: sampled(envelope, obr.field(7).raw()),
            reported: sampled(envelope, obr.field(22).raw()),
            other_fluids: of_the_order(obr).into_iter().collect(),
            results: Vec::new(),
        }
    }

    fn take(&mut self, envelope: &Envelope<'_>, segment: Segment<'_>, number: usize) {
        match segment.name() {
            "PV1" => {
                self.place = Some(location(segment, 3));
                self.attending = Some(text(segment, 7, 1)).filter(|id| !id.is_empty());
            }
            "OBX" => self.results.extend(item(envelope, segment, self, number)),
            "SPM" => {
                order::add(&mut self.numbers, order::numbers(segment));
                let kind = segment.field(4);
                self.other_fluids.extend(of_another_fluid(kind.component(1).sub(1), kind.component(3)));
            }
            _ => {}
        }
    }
}

/// The specimen of an order (OBR-15), whose type is wrapped once more than that of an SPM.
fn of_the_order(obr: Segment<'_>) -> Option<bool> {
    let kind = obr.field(15).component(1);
    of_another_fluid(kind.sub(1), kind.sub(3))
}

/// Whether the type of a specimen is surely not blood; `None` where none is given. Without a code system it
/// is of the tables of the field.
fn of_another_fluid(code: Part<'_>, system: Part<'_>) -> Option<bool> {
    let of = match system.unescaped().trim() {
        "" | "HL70070" | "HL70487" => SpecimenCodes::Hl7,
        "SCT" => SpecimenCodes::SnomedCt,
        _ => SpecimenCodes::Other,
    };
    let code = code.unescaped();
    (!code.trim().is_empty()).then(|| coded::is_another_fluid(&code, of))
}

fn report(envelope: &Envelope<'_>, mut group: Group) -> Event {
    if coded::are_other_fluids(&group.other_fluids) {
        for result in &mut group.results {
            result.known = None;
        }
    }
    let (patient, candidates) = match Identity(group.identity).split() {
        Ok(patient) => (Some(patient), Vec::new()),
        Err(candidates) => (None, candidates),
    };
    Event::Report(LabReport {
        patient,
        candidates,
        numbers: group.numbers,
        place: group.place.unwrap_or(Place::Nowhere),
        accession: group.accession,
        message: envelope.control_id.clone(),
        attending: group.attending,
        results: group.results,
    })
}

/// A time of the laboratory, unless that is a day alone or a clock that was never set.
fn sampled(envelope: &Envelope<'_>, raw: &str) -> Option<Wall> {
    envelope.time_of_day(raw).filter(|sampled| *sampled >= Wall::EARLIEST)
}

/// The accession number as people say it: OBR-3, else OBR-18 as some sites have it.
fn accession(obr: Segment<'_>) -> String {
    let filler = text(obr, 3, 1);
    if filler.is_empty() { text(obr, 18, 1) } else { filler }
}

fn item(envelope: &Envelope<'_>, obx: Segment<'_>, group: &Group, number: usize) -> Option<LabItem> {
    let names = Names::of(obx.field(3));
    let code = names.code(!obx.field(5).is_absent())?.to_owned();
    let quantity = quantity(obx);
    let mut flags: Vec<_> = obx.field(8).repeats().map(|flag| flag.component(1).unescaped()).collect();
    let codes: Vec<_> = obx.field(5).repeats().filter_map(snomed).collect();
    let (flag, found) = coded::flag(&code, &codes, &flags);
    flags.extend(found.map(Cow::Borrowed));
    let says_something = quantity.is_some() || flag != Flag::NotCritical;
    let status = status(obx.field(11).raw().trim(), says_something)?;
    let known = analytes::known(&code);
    let unit = text(obx, 6, 1);
    Some(LabItem {
        name: names.shortest().unwrap_or(&code).to_owned(),
        text: value_text(obx),
        quantity: quantity.map(|found| Quantity {
            comparator: found.comparator,
            value: found.value,
            unit: analytes::unit(&unit),
        }),
        flag,
        status: worse(status, group.status),
        sampled: sampled(envelope, obx.field(14).raw()).or(group.sampled),
        key: envelope.key_within(number),
        provenance: provenance(obx, group.reported),
        range: obx.field(7).unescaped().into_owned(),
        flags: flags.join(" "),
        known,
        unit,
        code,
    })
}

/// The most of one field that is kept of what no rule reads, in characters.
const PROVENANCE_MOST: usize = 250;

/// How a result came about, each field as it came.
fn provenance(obx: Segment<'_>, reported: Option<Wall>) -> Provenance {
    let field = |number| obx.field(number).raw().trim().chars().take(PROVENANCE_MOST).collect();
    Provenance {
        producer: field(15),
        observer: field(16),
        method: field(17),
        analysed: field(19),
        performer: field(23),
        address: field(24),
        reported,
    }
}

/// The SNOMED CT code of the two that a coded value carries.
fn snomed(value: Part<'_>) -> Option<String> {
    [(1, 3), (4, 6)].into_iter().find_map(|(code, system)| {
        let code = value.component(code).raw().trim();
        (value.component(system).raw().trim() == "SCT" && !code.is_empty()).then(|| code.to_owned())
    })
}

/// What stands for the code of a result that has none and no name either: it has no limits, but the
/// laboratory's own flag still calls.
const UNNAMED: &str = "unnamed";

/// By what OBX-3 calls a result: an identifier and a text, and both once more in another system.
struct Names<'a> {
    identifiers: [Cow<'a, str>; 2],
    texts: [Cow<'a, str>; 2],
    /// Which of the two identifiers is a LOINC code.
    loinc: Option<usize>,
}

impl<'a> Names<'a> {
    fn of(field: Part<'a>) -> Self {
        let said = |component| said(field.component(component));
        let loinc = [3, 6].iter().position(|system| field.component(*system).raw() == "LN");
        Self { identifiers: [said(1), said(4)], texts: [said(2), said(5)], loinc }
    }

    /// The code: the LOINC one of the two that CWE carries, else the first, else the alternate, else a name.
    /// `None` where there is neither any of them nor a value.
    fn code(&self, has_value: bool) -> Option<&str> {
        let loinc = self.loinc.and_then(|at| self.identifiers.get(at));
        let mut all = loinc.into_iter().chain(&self.identifiers).chain(&self.texts);
        let code = all.find(|code| !code.is_empty()).map(AsRef::as_ref);
        code.or_else(|| has_value.then_some(UNNAMED))
    }

    /// The name for people: the shortest of what the laboratory sends, for LOINC's long names do not fit a
    /// phone.
    fn shortest(&self) -> Option<&str> {
        let texts = self.texts.iter().filter(|text| !text.is_empty());
        texts.min_by_key(|text| text.len()).map(AsRef::as_ref)
    }
}

/// The value as a person says it: of a coded one the words, each repetition's.
fn value_text(obx: Segment<'_>) -> String {
    let value = obx.field(5);
    match obx.field(2).raw().trim() {
        "SN" => (1..=4).map(|part| value.component(part).unescaped().into_owned()).collect(),
        "CE" | "CWE" | "CNE" | "CF" => value.repeats().map(words).collect::<Vec<_>>().join(", "),
        _ => value.unescaped().trim().to_owned(),
    }
}

/// The words of a coded value: its text, its original text, its text in the other system; else its code.
fn words(value: Part<'_>) -> Cow<'_, str> {
    let parts = [2, 9, 5, 1, 4].into_iter().map(|part| said(value.component(part)));
    parts.into_iter().find(|words| !words.is_empty()).unwrap_or_default()
}

/// The number, in whatever form: NM, SN, or a type that was left out or is plain text and still holds one.
fn quantity(obx: Segment<'_>) -> Option<Number> {
    let value = obx.field(5);
    match obx.field(2).raw().trim() {
        "SN" => number::structured(value).ok(),
        "NM" | "ST" | "TX" | "FT" | "" => number::numeric(value).ok(),
        _ => None,
    }
    .filter(|number| !is_open_zero(number))
}

/// `<0` and the like say nothing that a limit could be held against.
fn is_open_zero(number: &Number) -> bool {
    number.comparator == Comparator::Below && number.value.digits() <= 0
}

/// OBX-11 (HL7 table 0085). `None` where a line without number and critical flag tells of no result: ordered,
/// pending, not asked for, or final without sending the value again. `X` says there that none will come, so a
/// preliminary one no longer stands; beside a value it is not believed. What is not in the table counts.
fn status(word: &str, says_something: bool) -> Option<ResultStatus> {
    match word {
        "I" | "O" | "N" | "U" if !says_something => None,
        "X" if !says_something => Some(ResultStatus::Withdrawn),
        // Amended, in this table alone.
        "A" => Some(ResultStatus::Corrected),
        _ => Some(taken_back(word).unwrap_or_default()),
    }
}

/// The letters by which a sender takes back what it said, for a line (OBX-11, table 0085) or for a whole
/// order (OBR-25, table 0123): corrected, deleted, another patient's.
fn taken_back(word: &str) -> Option<ResultStatus> {
    match word {
        "C" => Some(ResultStatus::Corrected),
        "D" | "W" => Some(ResultStatus::Withdrawn),
        _ => None,
    }
}

/// What holds of a line whose whole order was taken back: the graver of the two.
const fn worse(own: ResultStatus, order: Option<ResultStatus>) -> ResultStatus {
    match (own, order) {
        (ResultStatus::Withdrawn, _) | (_, Some(ResultStatus::Withdrawn)) => ResultStatus::Withdrawn,
        (ResultStatus::Corrected, _) | (_, Some(ResultStatus::Corrected)) => ResultStatus::Corrected,
        (ResultStatus::Stands, _) => ResultStatus::Stands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::profile::tests::read_by;

    fn reports_of(text: &str, authority: &str) -> Vec<LabReport> {
        let report = |event| match event {
            Event::Report(report) => report,
            other => panic!("a report was expected: {other:?}"),
        };
        read_by(text, authority).events.into_iter().map(report).collect()
    }

    const HEAD: &str = "MSH|^~\\&|LIS|LAB|GW|ICU|20260912101500||ORU^R01|1|P|2.5.1\n";

    #[test]
    fn the_letters_of_a_line_and_of_its_order_say_what_holds() {
        use ResultStatus::{Corrected, Stands, Withdrawn};
        let value = "7.1";
        for (own, order, value, expected) in [
            ("F", "F", value, Some(Stands)),
            ("P", "", value, Some(Stands)),
            ("S", "", value, Some(Stands)),
            ("R", "A", value, Some(Stands)),
            ("C", "F", value, Some(Corrected)),
            ("A", "F", value, Some(Corrected)),
            ("F", "C", value, Some(Corrected)),
            ("D", "C", value, Some(Withdrawn)),
            ("W", "F", value, Some(Withdrawn)),
            ("F", "W", value, Some(Withdrawn)),
            ("X", "F", "HEMOLYZED", Some(Withdrawn)),
            ("X", "F", value, Some(Stands)),
            ("U", "F", "", None),
            ("U", "F", value, Some(Stands)),
            ("I", "I", "", None),
            ("N", "", "", None),
        ] {
            let obr = format!("OBR|1||ACC1|X{}{order}", "|".repeat(21));
            let text = format!("{HEAD}PID|1||MRN1\n{obr}\nOBX|1|NM|2823-3^K^LN||{value}|mmol/L|||||{own}");
            let found = reports_of(&text, "").first().map(|report| report.results[0].status);
            assert_eq!(found, expected, "OBX-11 {own}, OBR-25 {order}, {value:?}");
        }
    }

    #[test]
    fn a_culture_calls_by_its_code() {
        let flag_of = |test: &str, value: &str, flags: &str| {
            let text =
                format!("{HEAD}PID|1||MRN1\nOBR|1||ACC1\nOBX|1|CWE|{test}^Culture^LN||{value}|||{flags}|||F");
            let result = reports_of(&text, "").remove(0).results.remove(0);
            (result.flag, result.flags)
        };
        let called = |word: &str| (Flag::Critical, word.to_owned());
        let quiet = (Flag::NotCritical, String::new());
        assert_eq!(flag_of("600-7", "3092008^Staph^SCT", ""), called("positive blood culture"));
        assert_eq!(flag_of("600-7", "SA^Staph^L^3092008^Staph^SCT", ""), called("positive blood culture"));
        assert_eq!(flag_of("600-7", "264868006^No growth^SCT", ""), quiet);
        assert_eq!(flag_of("600-7", "NG^No growth^L", ""), quiet, "a local code says nothing by itself");
        assert_eq!(flag_of("6463-4", "3092008^Staph^SCT", ""), quiet, "a swab");
        assert_eq!(flag_of("6463-4", "3092008^S^SCT~115329001^MRSA^SCT", ""), called("resistant organism"));
        assert_eq!(flag_of("600-7", "264868006^No growth^SCT", "AA"), called("AA"), "its own flag counts");
    }

    #[test]
    fn a_coded_value_is_said_in_words() {
        for (kind, value, words) in [
            ("CWE", "3092008^Staph^SCT~115329001^MRSA^SCT", "Staph, MRSA"),
            ("CE", "^^^SA^S. aureus^L", "S. aureus"),
            ("CWE", "3092008^^SCT^^^^^^gram\\T\\positive", "gram&positive"),
            ("CE", "POS", "POS"),
            ("ST", "3092008^Staph", "3092008^Staph"),
        ] {
            let text = format!("{HEAD}PID|1||MRN1\nOBR|1||ACC1\nOBX|1|{kind}|600-7^Culture^LN||{value}|||AA");
            assert_eq!(reports_of(&text, "")[0].results[0].text, words, "{kind} {value}");
        }
    }

    #[test]
    fn another_fluid_meets_no_row_whatever_the_code_says() {
        let known = |obr: &str, spm: &str| {
            let text = format!(
                "{HEAD}PID|1||MRN1\nOBR|1||ACC1||||||||||||{obr}\n\
                 OBX|1|NM|2823-3^K^LN||71|mmol/L|||||F{spm}"
            );
            reports_of(&text, "")[0].results[0].known.is_some()
        };
        assert!(known("", "") && known("BLD", "\nSPM|1|S1||SER^Serum^HL70487"));
        assert!(known("", "\nSPM|1|S1||DRN^Drawn at night^L"), "a local word is no other fluid");
        assert!(known("DRN&Drawn at night&99LAB", "") && known("", "\nSPM|1|S1||UR^^99LAB"));
        let both = "\nSPM|1|S1||UR^Urine^HL70487\nSPM|2|S2||BLD^Blood^HL70487";
        assert!(known("", both), "nobody knows of which of its specimens a result is");
        assert!(!known("UR&Urine&HL70070", "") && !known("CSF", ""));
        assert!(!known("", "\nSPM|1|S1||UR^Urine^HL70487") && !known("", "\nSPM|1|S1||122575003^Urine^SCT"));
        assert!(known("", "\nSPM|1|S1||119364003^Serum specimen^SCT"));
    }

    #[test]
    fn each_order_of_a_message_is_a_report_with_its_own_numbers() {
        let reports = reports_of(
            &format!(
                "{HEAD}PID|1||MRN1\nPV1|1|I|ICU^BED-07^1\nORC|RE|P1|F1\nOBR|1|P1|F1|X|||20260912090000\n\
                 OBX|1|NM|2823-3^K^LN||4.1|mmol/L|||||F\nSPM|1|S1\nORC|RE|P2\nOBR|2||F2|Y\n\
                 OBX|1|NM|2951-2^Na^LN||140|mmol/L|||||F"
            ),
            "",
        );
        let [first, second] = reports.as_slice() else { panic!("two reports: {reports:?}") };
        assert_eq!((first.accession.as_str(), second.accession.as_str()), ("F1", "F2"));
        assert_eq!((&first.patient, &first.place), (&second.patient, &second.place));
        let numbers = |report: &LabReport| report.numbers.len();
        assert_eq!((numbers(first), numbers(second)), (3, 2), "{reports:?}");
        assert!(first.results[0].sampled.is_some() && second.results[0].sampled.is_none());
    }

    #[test]
    fn a_reviewer_reads_how_a_result_came_about_in_the_laboratory_s_own_words() {
        let text = format!(
            "{HEAD}PID|1||MRN1\nOBR|1||F1|X|||20260912093000+0530|||||||||||||||20260912101400+0530\n\
             OBX|1|NM|2823-3^K^LN||7.1|mmol/L|3.5-5.1|HH|||F||||LAB1^Central|R12^RAO^S~R13|ISE^direct^L||\
             20260912101000+0530||||Sample Laboratory^L|1 Road^^Town\nOBX|2|NM|2951-2^Na^LN||118|mmol/L"
        );
        let reports = reports_of(&text, "");
        let told = &reports[0].results[0].provenance;
        let words =
            [&told.producer, &told.observer, &told.method, &told.analysed, &told.performer, &told.address];
        assert_eq!(
            words,
            [
                "LAB1^Central",
                "R12^RAO^S~R13",
                "ISE^direct^L",
                "20260912101000+0530",
                "Sample Laboratory^L",
                "1 Road^^Town"
            ]
        );
        let reported = told.reported.map(|at| at.timestamp().to_string());
        assert_eq!(reported.as_deref(), Some("2026-09-12T04:44:00Z"));
        let silent = &reports[0].results[1].provenance;
        assert_eq!(*silent, Provenance { reported: told.reported, ..Provenance::default() });
    }

    #[test]
    fn two_ids_of_the_hospital_leave_the_result_nobodys() {
        let text = format!("{HEAD}PID|1||A^^^HOSP~B^^^HOSP\nOBR|1||F1|X\nOBX|1|NM|2823-3^K^LN||7.1|mmol/L");
        let reports = reports_of(&text, "HOSP");
        assert_eq!((reports[0].patient.clone(), reports[0].candidates.len()), (None, 2));
        assert_eq!(reports_of(&text, "")[0].patient, Some(Uhid("A".to_owned())), "without one, the first");
    }
}
