//! An Observation of the laboratory as its results, each with its value as written, its unit, and the
//! laboratory's own flags.
//!
//! Criticality by our limits is the rules' business. What is no number stays text; a missing unit stays
//! missing.

use rules::alert::{Comparator, Quantity};
use rules::event::{Flag, ResultStatus};
use rules::vital::MessageKey;

use super::element::{Concept, Range};
use super::fault::{Fault, Issue};
use super::resource::{Life, Measurement, Observation, parse};
use crate::clock::Wall;
use crate::event::{LabItem, Provenance, key_of};
use crate::ingest::hl7::number::{self, Number};
use crate::ingest::profile::{known_analyte, laboratory_flag, laboratory_unit};

/// What a report, or an observation that stands alone, says of all its results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    /// Where the report stands in its life; an observation of its own life stands below it.
    pub(super) life: Life,
    /// When the specimen was taken, where the observation does not say.
    pub(super) sampled: Option<Wall>,
    /// Whether the specimen is surely not of blood.
    pub(super) of_another_fluid: bool,
    /// The stable key of the message.
    pub(super) key: MessageKey,
}

/// The results of one observation: its own value, and those of its components.
///
/// # Errors
/// It cannot be read; the fault names the element.
pub(super) fn read(
    observation: &Observation,
    own: &Measurement,
    shared: Shared,
    arrived: Wall,
) -> Result<Vec<LabItem>, Fault> {
    let life = match (shared.life, Life::of(&observation.status)?) {
        (Life::Withdrawn, _) => Life::Withdrawn,
        (Life::Absent, _) => Life::Absent,
        (_, life) => life,
    };
    let sampled = observation.taken(arrived)?.or(shared.sampled);
    let whole = Shared { life, sampled, ..shared };
    let mut items = Vec::new();
    for (number, part) in observation.component.iter().enumerate() {
        let place = format!("component[{number}]");
        let part: Measurement = parse(part.get()).map_err(|fault| fault.within(&place))?;
        items.extend(whole.item(&part, number + 1).map_err(|fault| fault.within(&place))?);
    }
    items.extend(whole.item(own, 0)?);
    Ok(items)
}

/// How grave a value is by its flags and its codes; where its codes alone say so, also why.
fn weight(part: &Measurement, code: &str) -> (Flag, Option<&'static str>) {
    let (codes, flags): (Vec<&str>, Vec<&str>) = (part.findings().collect(), part.flags().collect());
    laboratory_flag(code, &codes, &flags)
}

/// Whether a value calls by itself, whatever our limits say.
pub(super) fn calls(part: &Measurement) -> bool {
    weight(part, &coded(&part.code).0).0 != Flag::NotCritical
}

impl Shared {
    /// One result. `None` where there is nothing to say: a value that is not there yet, or not any more,
    /// takes nothing back that was sent before; a correction and a withdrawal do.
    fn item(&self, part: &Measurement, number: usize) -> Result<Option<LabItem>, Fault> {
        let (code, name) = coded(&part.code);
        if code.is_empty() {
            return Err(Fault::new(
                Issue::Required,
                "code",
                "a result needs a code, LOINC where there is one",
            ));
        }
        let text = if part.data_absent_reason.is_some() { String::new() } else { part.text() };
        let (flag, found) = weight(part, &code);
        let flags: Vec<&str> = part.flags().filter(|flag| !flag.is_empty()).chain(found).collect();
        let replaces = matches!(self.life, Life::Corrected | Life::Withdrawn);
        let is_silent = text.is_empty() && flag == Flag::NotCritical && !replaces;
        if self.life == Life::Absent || is_silent {
            return Ok(None);
        }
        let unit = part.unit().to_owned();
        Ok(Some(LabItem {
            quantity: quantity(part, &text),
            flag,
            flags: flags.join(" "),
            status: match self.life {
                Life::Withdrawn => ResultStatus::Withdrawn,
                Life::Corrected => ResultStatus::Corrected,
                Life::Counts | Life::Doubtful | Life::Absent => ResultStatus::Stands,
            },
            sampled: self.sampled,
            key: key_of(&[&self.key.0.to_be_bytes(), code.as_bytes(), &number.to_be_bytes()]),
            range: part.reference_range.first().map_or_else(String::new, Range::words),
            known: known_analyte(&code).filter(|_| !self.of_another_fluid),
            provenance: Provenance::default(),
            code,
            name,
            text,
            unit,
        }))
    }
}

/// The code, LOINC where one is, and the shortest name: LOINC's long names do not fit a phone.
fn coded(concept: &Concept) -> (String, String) {
    let codings = || concept.coding.iter().filter(|coding| !coding.code.is_empty());
    let chosen = codings().find(|coding| coding.is_loinc()).or_else(|| codings().next());
    let code = chosen.map_or(concept.text.as_str(), |coding| coding.code.as_str());
    let names = concept.coding.iter().map(|coding| coding.display.as_str()).chain([concept.text.as_str()]);
    let shortest = names.filter(|name| !name.is_empty()).min_by_key(|name| name.len());
    (code.to_owned(), shortest.unwrap_or(code).to_owned())
}

/// The number, from a quantity or from text that holds one. `<0` says nothing that a limit could be held
/// against.
fn quantity(part: &Measurement, text: &str) -> Option<Quantity> {
    let numeric =
        part.value_quantity.is_some() || part.value_string.is_some() || part.value_integer.is_some();
    let is_open_zero = |number: &Number| number.comparator == Comparator::Below && number.value.digits() <= 0;
    let number = number::plain(text).ok().filter(|number| numeric && !is_open_zero(number))?;
    let unit = part.value_quantity.as_ref().map_or(rules::Unit::Missing, unit_of);
    Some(Quantity { comparator: number.comparator, value: number.value, unit })
}

/// The unit by its code, else by its words.
fn unit_of(quantity: &super::element::Quantity) -> rules::Unit {
    match laboratory_unit(&quantity.code) {
        rules::Unit::Missing | rules::Unit::Unknown if !quantity.unit.is_empty() => {
            laboratory_unit(&quantity.unit)
        }
        unit => unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use rules::Unit;
    use rules::critical::Known;

    fn arrived() -> Wall {
        Wall::from("2026-09-12T12:00:00Z".parse::<Timestamp>().unwrap())
    }

    fn items(report: Life, json: &str) -> Result<Vec<LabItem>, Fault> {
        let shared = Shared { life: report, sampled: None, of_another_fluid: false, key: MessageKey(1) };
        read(&parse(json)?, &parse(json)?, shared, arrived())
    }

    fn potassium(status: &str, value: &str) -> String {
        format!(
            r#"{{"status":"{status}","effectiveDateTime":"2026-09-12T09:30:00+05:30","code":{{"coding":[
                {{"system":"urn:lis","code":"K","display":"Potassium"}},
                {{"system":"http://loinc.org","code":"2823-3","display":"Potassium in Serum or Plasma"}}]}}
                {value}}}"#
        )
    }

    fn one(status: &str, value: &str) -> Option<LabItem> {
        items(Life::Counts, &potassium(status, value)).unwrap().pop()
    }

    #[test]
    fn a_result_keeps_value_unit_flags_and_range_as_written() {
        let item = one(
            "final",
            r#","valueQuantity":{"value":6.80,"unit":"mmol/L","code":"mmol/L"},
               "interpretation":[{"coding":[{"code":"HH"}]}],
               "referenceRange":[{"low":{"value":3.5},"high":{"value":5.10}}]"#,
        )
        .unwrap();
        assert_eq!(
            (item.code.as_str(), item.name.as_str(), item.known),
            ("2823-3", "Potassium", Some(Known::Potassium))
        );
        assert_eq!(
            (item.text.as_str(), item.unit.as_str(), item.range.as_str()),
            ("6.80", "mmol/L", "3.5-5.10")
        );
        assert_eq!((item.flags.as_str(), item.flag), ("HH", Flag::CriticalHigh));
        assert_eq!(item.quantity.map(|quantity| quantity.unit), Some(Unit::MmolPerL));
        assert_eq!(item.sampled.unwrap().timestamp().to_string(), "2026-09-12T04:00:00Z");
    }

    #[test]
    fn values_in_every_form() {
        let rows = [
            (
                r#","valueQuantity":{"value":10,"comparator":">","code":"mmol/L"}"#,
                ">10",
                Some(Comparator::Above),
            ),
            (r#","valueQuantity":{"value":0,"comparator":"<","code":"mmol/L"}"#, "<0", None),
            (r#","valueString":"7.1""#, "7.1", Some(Comparator::Exactly)),
            (r#","valueInteger":7"#, "7", Some(Comparator::Exactly)),
            (r#","valueString":"HEMOLYZED""#, "HEMOLYZED", None),
            (
                r#","valueCodeableConcept":{"coding":[{"code":"260373001","display":"Detected"}]}"#,
                "Detected",
                None,
            ),
            (r#","valueCodeableConcept":{"text":"4"}"#, "4", None),
            (r#","valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}"#, "1:128", None),
            (r#","valueRange":{"low":{"value":60},"high":{"value":120}}"#, "60-120", None),
            (r#","valueBoolean":true"#, "true", None),
        ];
        for (value, text, comparator) in rows {
            let item = one("final", value).unwrap();
            assert_eq!(item.text, text, "{value}");
            assert_eq!(item.quantity.map(|quantity| quantity.comparator), comparator, "{value}");
        }
    }

    #[test]
    fn a_unit_is_its_code_or_its_words_and_never_guessed() {
        for (quantity, unit) in [
            (r#"{"value":7,"code":"mmol/L"}"#, Unit::MmolPerL),
            (r#"{"value":7,"code":"strange","unit":"mmol/l"}"#, Unit::MmolPerL),
            (r#"{"value":7,"unit":"parsec"}"#, Unit::Unknown),
            (r#"{"value":7}"#, Unit::Missing),
        ] {
            let item = one("final", &format!(r#","valueQuantity":{quantity}"#)).unwrap();
            assert_eq!(item.quantity.map(|quantity| quantity.unit), Some(unit), "{quantity}");
        }
    }

    #[test]
    fn a_status_becomes_where_the_result_stands() {
        let value = r#","valueString":"7.1""#;
        for (report, status, stands) in [
            (Life::Counts, "final", Some(ResultStatus::Stands)),
            (Life::Counts, "unknown", Some(ResultStatus::Stands)),
            (Life::Counts, "corrected", Some(ResultStatus::Corrected)),
            (Life::Counts, "amended", Some(ResultStatus::Corrected)),
            (Life::Counts, "entered-in-error", Some(ResultStatus::Withdrawn)),
            (Life::Withdrawn, "final", Some(ResultStatus::Withdrawn)),
            (Life::Counts, "cancelled", None),
            (Life::Absent, "final", None),
        ] {
            let item = items(report, &potassium(status, value)).unwrap().pop();
            assert_eq!(item.map(|item| item.status), stands, "{report:?} {status}");
        }
    }

    #[test]
    fn nothing_takes_nothing_back_unless_it_says_so() {
        let absent = r#","dataAbsentReason":{"coding":[{"code":"error"}]}"#;
        assert!(one("final", absent).is_none() && one("final", "").is_none());
        assert_eq!(one("corrected", absent).map(|item| item.status), Some(ResultStatus::Corrected));
        let flagged = r#","interpretation":[{"coding":[{"code":"AA"}]}]"#;
        assert_eq!(one("final", flagged).map(|item| item.flag), Some(Flag::Critical), "the flag still calls");
    }

    /// The rows of `a_culture_calls_by_its_code` in the reader of HL7: one page of codes for both.
    #[test]
    fn a_culture_calls_by_its_code() {
        let flag_of = |test: &str, value: &str, more: &str| {
            let json = format!(
                r#"{{"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{test}"}}]}},
                     {value}{more}}}"#
            );
            let item = items(Life::Counts, &json).unwrap().pop();
            item.map(|item| (item.flag, item.flags))
        };
        let concept = |codings: &[(&str, &str)]| {
            let coding =
                |(system, code): &(&str, &str)| format!(r#"{{"system":"{system}","code":"{code}"}}"#);
            let codings: Vec<String> = codings.iter().map(coding).collect();
            format!(r#""valueCodeableConcept":{{"coding":[{}],"text":"words"}}"#, codings.join(","))
        };
        let sct = |code| concept(&[("http://snomed.info/sct", code)]);
        let called = |word: &str| Some((Flag::Critical, word.to_owned()));
        let quiet = Some((Flag::NotCritical, String::new()));
        assert_eq!(flag_of("600-7", &sct("3092008"), ""), called("positive blood culture"));
        let second = [("urn:lis", "SA"), ("urn:oid:2.16.840.1.113883.6.96", "3092008")];
        assert_eq!(flag_of("600-7", &concept(&second), ""), called("positive blood culture"));
        assert_eq!(flag_of("600-7", &sct("264868006"), ""), quiet);
        assert_eq!(flag_of("600-7", &concept(&[("urn:lis", "NG")]), ""), quiet, "a local code says nothing");
        assert_eq!(flag_of("6463-4", &sct("3092008"), ""), quiet, "a swab");
        assert_eq!(flag_of("6463-4", &sct("115329001"), ""), called("resistant organism"));
        let own = r#","interpretation":[{"coding":[{"code":"AA"}]}]"#;
        assert_eq!(flag_of("600-7", &sct("264868006"), own), called("AA"), "its own flag counts");
        let words = r#""valueString":"Methicillin resistant Staphylococcus aureus""#;
        assert_eq!(flag_of("600-7", words, ""), quiet, "words are never read");
        assert_eq!(flag_of("600-7", words, own), called("AA"));
        let absent = r#","dataAbsentReason":{"coding":[{"code":"error"}]}"#;
        assert_eq!(flag_of("600-7", &sct("115329001"), absent), None, "there is no value");
    }

    #[test]
    fn a_component_is_a_result_of_its_own() {
        let json = r#"{"status":"final","code":{"coding":[{"code":"90001"}]},"component":[
            {"code":{"coding":[{"system":"http://loinc.org","code":"6463-4"}]},"valueCodeableConcept":
                {"coding":[{"system":"http://snomed.info/sct","code":"115329001","display":"MRSA"}]}},
            {"code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}]},
                "valueQuantity":{"value":6.8,"code":"mmol/L"}}]}"#;
        let items = items(Life::Counts, json).unwrap();
        let told: Vec<_> = items.iter().map(|item| (item.text.as_str(), item.flag, item.known)).collect();
        let expected = [("MRSA", Flag::Critical, None), ("6.8", Flag::NotCritical, Some(Known::Potassium))];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_result_without_a_code_is_refused() {
        let fault = items(Life::Counts, r#"{"status":"final","valueString":"7.1"}"#).unwrap_err().to_string();
        assert!(fault.starts_with("code"), "{fault}");
    }
}
