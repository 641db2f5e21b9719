//! An Observation as what a device measured: each value with its sign, its status and its reason for being
//! absent, as the monitors' own messages give them.
//!
//! A code is only what its code system says: the digits of another system are never read as MDC. Nothing here
//! judges.

use super::element::{Coding, Concept};
use super::fault::Fault;
use super::resource::{Life, Measurement, Observation, parse};
use super::shelf::{Beside, Sight};
use crate::clock::Wall;
use crate::event::Measured;
use crate::ingest::terminology::{judge, sign_of};

/// The longest name that a device keeps.
const NAME_MOST: usize = 64;

/// By how much a withdrawal is dated after what it withdraws, in milliseconds. The ward corrects device times
/// by a measured offset that moves by milliseconds, and an older reading never replaces a newer one.
const WITHDRAWN_LATER_MS: i64 = 1_000;

/// What one observation measured.
#[derive(Debug)]
pub(super) struct Vitals {
    /// The device's name.
    pub(super) device: String,
    /// The values, each with its own time.
    pub(super) measured: Vec<Measured>,
}

/// What all values of one observation share.
struct Whole {
    status: &'static str,
    taken: Option<Wall>,
}

/// Reads an observation of signs.
///
/// # Errors
/// It cannot be read; the fault names the element.
pub(super) fn read(
    observation: &Observation,
    own: &Measurement,
    sight: Sight<'_>,
    arrived: Wall,
    is_test: bool,
) -> Result<Vitals, Fault> {
    let life = Life::of(&observation.status)?;
    let device = match &observation.device {
        Some(device) => sight.find("device.reference", device)?.map(|(_, found)| &found.beside),
        None => None,
    };
    let is_setting = matches!(device, Some(Beside::Device(device)) if device.is_setting())
        || observation.method.has("MSET")
        || observation.method.has("ASET");
    let taken = observation.taken(arrived)?;
    let taken = if life == Life::Withdrawn {
        taken.map(|taken| Wall(taken.0.saturating_add(WITHDRAWN_LATER_MS)))
    } else {
        taken
    };
    let is_test = is_test || observation.meta.has("HTEST");
    let whole = Whole { status: standing(life, is_test, is_setting, observation), taken };
    let mut measured = Vec::new();
    for (number, part) in observation.component.iter().enumerate() {
        let place = format!("component[{number}]");
        let part: Measurement = parse(part.get()).map_err(|fault| fault.within(&place))?;
        measured.extend(whole.measured(&part));
    }
    let is_panel = !measured.is_empty() || !observation.has_member.is_empty();
    if !(is_panel && own.text().is_empty()) {
        measured.extend(whole.measured(own));
    }
    Ok(Vitals { device: name(observation, device), measured })
}

/// What holds for every value of the observation, as a word of the contract; empty where nothing does.
fn standing(life: Life, is_test: bool, is_setting: bool, observation: &Observation) -> &'static str {
    match life {
        _ if is_test => "test",
        _ if is_setting => "setting",
        Life::Withdrawn => "invalid",
        Life::Absent => "unavailable",
        _ if observation.meta.has("UNRELIABLE") => "invalid",
        Life::Doubtful => "questionable",
        _ if observation.meta.has("UNCERTREL") => "questionable",
        Life::Counts | Life::Corrected => "",
    }
}

impl Whole {
    /// One value; `None` for a part that has neither a value nor a sign whose absence would mean something.
    fn measured(&self, part: &Measurement) -> Option<Measured> {
        let (code, is_sign) = code(&part.code);
        let (text, absent) = match &part.data_absent_reason {
            Some(reason) => absent(reason),
            None => (part.text(), ""),
        };
        if code.is_empty() || (text.is_empty() && !is_sign) {
            return None;
        }
        let status = match self.status {
            "" | "questionable" if !absent.is_empty() => absent,
            "" if text.is_empty() => "unavailable",
            "" if part.flags().any(|flag| flag == "QUES") => "questionable",
            status => status,
        };
        let unit = part.unit().to_owned();
        let judged = if is_sign { judge(&code, &text, &unit, status) } else { None };
        Some(Measured {
            code: code.into(),
            text: text.into(),
            unit: unit.into(),
            status: status.into(),
            taken: self.taken,
            judged,
        })
    }
}

/// The code that is kept, and whether it is a sign: an MDC or LOINC code that names one, else whatever stands
/// first.
fn code(concept: &Concept) -> (String, bool) {
    let codings = || concept.coding.iter().filter(|coding| !coding.code.is_empty());
    let names = |coding: &&Coding| sign_of(&coding.code).is_some();
    let mdc = codings().filter(|coding| coding.is_mdc()).find(names);
    let sign = mdc.or_else(|| codings().filter(|coding| coding.is_loinc()).find(names));
    let kept = sign.or_else(|| codings().next()).map_or(concept.text.as_str(), |coding| coding.code.as_str());
    (kept.to_owned(), sign.is_some())
}

/// Whether a concept speaks of what devices measure.
pub(super) fn is_sign(concept: &Concept) -> bool {
    code(concept).1 || concept.coding.iter().any(Coding::is_mdc)
}

/// What a reason for an absence (FHIR's `data-absent-reason`) says: the text in the place of the value, and
/// the status.
fn absent(reason: &Concept) -> (String, &'static str) {
    let has = |words: &[&str]| words.iter().any(|word| reason.has(word));
    if has(&["not-a-number", "negative-infinity", "positive-infinity"]) {
        ("NaN".to_owned(), "")
    } else if has(&["error"]) {
        (String::new(), "invalid")
    } else {
        (String::new(), "unavailable")
    }
}

/// What the device is called: by its own identifier or name, else as the reference has it.
fn name(observation: &Observation, device: Option<&Beside>) -> String {
    let named = match device {
        Some(Beside::Device(device)) => {
            let model = device.names.first().map_or("", |name| name.name.as_str());
            let number = device.identifier.first().map_or("", |own| own.value.as_str());
            // Two of one model at one bed are told apart by their number.
            [model, number].join(" ").trim().to_owned()
        }
        _ => String::new(),
    };
    let reference = observation.device.as_ref();
    let told = reference.and_then(|reference| {
        let identifier = reference.identifier.as_deref().map_or("", |own| own.value.as_str());
        let words = [identifier, reference.display.as_str(), reference.address.as_str()];
        words.into_iter().find(|words| !words.is_empty())
    });
    let name = if named.is_empty() { told.unwrap_or("fhir") } else { &named };
    name.chars().take(NAME_MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::super::shelf::Shelf;
    use super::*;
    use jiff::Timestamp;
    use rules::{Absence, Quality, Sign};

    fn arrived() -> Wall {
        Wall::from("2026-09-12T12:00:00Z".parse::<Timestamp>().unwrap())
    }

    fn vitals(json: &str) -> Result<Vitals, Fault> {
        let observation: Observation = parse(json)?;
        let own: Measurement = parse(json)?;
        let inside = Shelf::inside(&observation.contained, "Observation")?;
        let sight = Sight { inside: &inside, outside: &Shelf::default() };
        read(&observation, &own, sight, arrived(), false)
    }

    fn judged(json: &str) -> Vec<(Sign, Result<i32, Absence>, Quality)> {
        vitals(json).unwrap().measured.into_iter().filter_map(|measured| measured.judged).collect()
    }

    /// An observation of SpO2 with `more` elements, the value among them.
    fn spo2(status: &str, more: &str) -> String {
        format!(
            r#"{{"status":"{status}","code":{{"coding":[{{"system":"http://loinc.org","code":"59408-5"}}]}}
                 {more}}}"#
        )
    }

    const VALUE: &str = r#","valueQuantity":{"value":91,"code":"%"}"#;

    #[test]
    fn status_reason_and_labels_say_what_a_value_is_worth() {
        let with = |more: &str| format!("{VALUE}{more}");
        let label = |code: &str| with(&format!(r#","meta":{{"security":[{{"code":"{code}"}}]}}"#));
        let reason = |code: &str| format!(r#","dataAbsentReason":{{"coding":[{{"code":"{code}"}}]}}"#);
        let rows = [
            ("final", with(""), Ok(91), Quality::Good),
            ("preliminary", with(""), Ok(91), Quality::Good),
            ("amended", with(""), Ok(91), Quality::Good),
            ("unknown", with(""), Ok(91), Quality::Questionable),
            ("entered-in-error", with(""), Err(Absence::Invalid), Quality::Good),
            ("cancelled", with(""), Err(Absence::Unavailable), Quality::Good),
            ("final", String::new(), Err(Absence::Unavailable), Quality::Good),
            ("final", reason("temp-unknown"), Err(Absence::Unavailable), Quality::Good),
            ("final", reason("error"), Err(Absence::Invalid), Quality::Good),
            ("final", reason("not-a-number"), Err(Absence::NotANumber), Quality::Good),
            ("final", label("HTEST"), Err(Absence::Test), Quality::Good),
            ("final", label("UNRELIABLE"), Err(Absence::Invalid), Quality::Good),
            ("final", label("UNCERTREL"), Ok(91), Quality::Questionable),
            ("final", label("HRELIABLE"), Ok(91), Quality::Good),
            (
                "final",
                with(r#","method":{"coding":[{"code":"MSET"}]}"#),
                Err(Absence::Setting),
                Quality::Good,
            ),
            (
                "final",
                with(r#","interpretation":[{"coding":[{"code":"QUES"}]}]"#),
                Ok(91),
                Quality::Questionable,
            ),
        ];
        for (status, more, value, quality) in rows {
            assert_eq!(judged(&spo2(status, &more)), [(Sign::SpO2, value, quality)], "{status} {more}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_judged_says_why() {
        for (quantity, why) in [
            (r#"{"value":91}"#, Absence::UnitMissing),
            (r#"{"value":91,"code":"{parsec}"}"#, Absence::UnitUnknown),
            (r#"{"value":910,"code":"%"}"#, Absence::Implausible),
            (r#"{"value":1e999,"code":"%"}"#, Absence::NotANumber),
            (r#"{"value":"NaN","code":"%"}"#, Absence::NotANumber),
            (r#"{"value":91,"comparator":"<","code":"%"}"#, Absence::NotANumber),
        ] {
            let json = spo2("final", &format!(r#","valueQuantity":{quantity}"#));
            assert_eq!(judged(&json), [(Sign::SpO2, Err(why), Quality::Good)], "{quantity}");
        }
        let words = r#","valueQuantity":{"value":91,"unit":"%"}"#;
        assert_eq!(judged(&spo2("final", words))[0].1, Ok(91), "the words count where there is no code");
    }

    #[test]
    fn a_code_is_what_its_system_says() {
        let coded = |codings: &str| {
            judged(&format!(
                r#"{{"status":"final","code":{{"coding":[{codings}]}},
                     "valueQuantity":{{"value":80,"code":"/min"}}}}"#
            ))
        };
        let mdc = r#"{"system":"urn:iso:std:iso:11073:10101","code":"149530"}"#;
        let loinc = r#"{"system":"http://loinc.org","code":"8867-4"}"#;
        assert_eq!(coded(&format!("{loinc},{mdc}"))[0].0, Sign::PulseRatePleth, "MDC tells the source");
        assert_eq!(coded(loinc)[0].0, Sign::HeartRate);
        assert!(coded(r#"{"system":"http://snomed.info/sct","code":"147842"}"#).is_empty());
        assert!(coded(r#"{"code":"147842"}"#).is_empty(), "a code without a system is no code");
    }

    #[test]
    fn a_pressure_is_its_components() {
        let part = |code: &str, value: u16| {
            format!(
                r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},
                     "valueQuantity":{{"value":{value},"unit":"mmHg","code":"mm[Hg]"}}}}"#
            )
        };
        let panel = format!(
            r#"{{"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"85354-9"}}]}},
                 "effectiveDateTime":"2026-09-12T11:59:00Z","component":[{},{}]}}"#,
            part("8480-6", 107),
            part("8462-4", 60)
        );
        assert_eq!(
            judged(&panel),
            [(Sign::CuffSystolic, Ok(107), Quality::Good), (Sign::CuffDiastolic, Ok(60), Quality::Good)]
        );
        let measured = vitals(&panel).unwrap().measured;
        assert!(
            measured.iter().all(|part| part.taken.is_some()),
            "the time of the whole is that of its parts"
        );
        let broken = panel.replace(r#""valueQuantity":{"value":60"#, r#""valueQuantity":{"value":{}"#);
        let fault = vitals(&broken).unwrap_err().to_string();
        assert!(fault.starts_with("component[1]"), "{fault}");
    }

    #[test]
    fn a_device_is_called_by_its_own_name() {
        let name = |more: &str| vitals(&spo2("final", &format!("{VALUE}{more}"))).unwrap().device;
        assert_eq!(name(""), "fhir");
        assert_eq!(name(r#","device":{"reference":"Device/7","display":"Patch 7"}"#), "Patch 7");
        assert_eq!(name(r#","device":{"identifier":{"value":"SN-1"},"display":"Patch 7"}"#), "SN-1");
        let contained = r##","device":{"reference":"#d"},"contained":[
            {"resourceType":"Device","id":"d","deviceName":[{"name":"Radius","type":"model-name"}],
             "identifier":[{"value":"SN-2"}]}]"##;
        assert_eq!(name(contained), "Radius SN-2");
    }

    #[test]
    fn the_channel_of_a_setting_is_no_measurement() {
        let more = format!(
            r##"{VALUE},"device":{{"reference":"#m"}},"contained":[
                {{"resourceType":"DeviceMetric","id":"m","category":"setting"}}]"##
        );
        assert_eq!(judged(&spo2("final", &more)), [(Sign::SpO2, Err(Absence::Setting), Quality::Good)]);
    }

    #[test]
    fn a_status_that_is_none_is_refused() {
        for (status, at) in [("", "status"), ("bogus", "status")] {
            let fault = vitals(&spo2(status, VALUE)).unwrap_err().to_string();
            assert!(fault.starts_with(at), "{fault}");
        }
    }
}
