//! Reads one family's file, ours and the hospital's alike: every fault with its key, and what to do about it.
//!
//! Nothing is guessed and nothing half read: a file with a fault is no family.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rules::{Decimal, Sign};
use serde::Deserialize;
use toml::{Table, Value};

use super::family::{BesideX, CodeRow, Disagreement, Family, Mark, Twice};
use super::publisher::{Payload, Publisher, Said, ValueAt};
use crate::config::Faults;
use crate::ingest::hl7::ack::Mode;
use crate::ingest::hl7::charset::Charset;
use crate::ingest::terminology;

/// The words of status that a publisher's own may be turned into.
const STATUS_WORDS: [&str; 8] =
    ["ok", "questionable", "invalid", "unavailable", "setting", "demo", "test", "calibrating"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Hl7Section {
    acknowledge: Mode,
    charset: String,
    time_zone: String,
    control_id_unique: bool,
}

impl Default for Hl7Section {
    fn default() -> Self {
        let (charset, time_zone) = (String::new(), String::new());
        Self { acknowledge: Mode::default(), charset, time_zone, control_id_unique: true }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReadingsSection {
    silence_s: Option<u32>,
    sentinels: Vec<String>,
    x_with_value: BesideX,
    code_and_name_disagree: Disagreement,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeSection {
    #[serde(default)]
    system: String,
    code: String,
    #[serde(default)]
    label: String,
    means: String,
    #[serde(default)]
    unit: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwiceSection {
    means: String,
    prefer: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AlarmSection {
    first_facet: Option<u32>,
    immediate: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MqttSection {
    topic: String,
    #[serde(default)]
    payload: Payload,
    #[serde(default)]
    items: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    time_format: String,
    #[serde(default)]
    device: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_words: BTreeMap<String, String>,
    #[serde(default)]
    value: Vec<ValueSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueSection {
    code: Option<String>,
    code_at: Option<String>,
    value_at: String,
    unit: Option<String>,
    unit_at: Option<String>,
}

/// Reads a file's text; `None` where it has faults, each noted.
pub(super) fn read(text: &str, faults: &mut Faults) -> Option<Family> {
    let before = faults.0.len();
    let mut table: Table = match text.parse() {
        Ok(table) => table,
        Err(fault) => {
            let fault: toml::de::Error = fault;
            faults.add("", format!("it is not TOML: {}", fault.message()));
            return None;
        }
    };
    let hl7: Hl7Section = faults.section(&mut table, "hl7");
    let readings: ReadingsSection = faults.section(&mut table, "readings");
    let alarm: AlarmSection = faults.section(&mut table, "alarm");
    let (numbers, dashes) = sentinels(&readings.sentinels, faults);
    let family = Family {
        name: name(&mut table, faults),
        kind: faults.section(&mut table, "kind"),
        unchecked: faults.section(&mut table, "unchecked"),
        recognise: marks(&mut table, faults),
        acknowledge: hl7.acknowledge,
        charset: charset("hl7.charset", &hl7.charset, faults),
        zone: zone(&hl7.time_zone, faults),
        control_id_is_unique: hl7.control_id_unique,
        silence_s: silence(readings.silence_s, faults),
        sentinels: numbers,
        dashes,
        beside_x: readings.x_with_value,
        disagreement: readings.code_and_name_disagree,
        codes: rows(&mut table, "code", faults, code),
        twice: rows(&mut table, "twice", faults, twice),
        first_facet: alarm.first_facet,
        immediate: alarm.immediate,
        publisher: publisher(&mut table, faults),
    };
    let _: String = faults.section(&mut table, "source");
    faults.refuse_unknown("", &table);
    (faults.0.len() == before).then_some(family)
}

fn name(table: &mut Table, faults: &mut Faults) -> String {
    let name: String = faults.section(table, "name");
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || !name.chars().all(plain) {
        faults.add("name", "every family needs one, of small letters, digits and hyphens");
    }
    name
}

/// Each table of an array of tables, read for itself.
fn rows<R: serde::de::DeserializeOwned, T>(
    table: &mut Table,
    key: &str,
    faults: &mut Faults,
    check: impl Fn(&str, R, &mut Faults) -> Option<T>,
) -> Vec<T> {
    let listed = match table.remove(key) {
        None => return Vec::new(),
        Some(Value::Array(listed)) => listed,
        Some(_) => {
            faults.add(key, format!("write it as [[{key}]], once for each"));
            return Vec::new();
        }
    };
    let mut read = Vec::with_capacity(listed.len());
    for (at, value) in listed.into_iter().enumerate() {
        let path = format!("{key}[{at}]");
        read.extend(faults.read::<R>(&path, value).and_then(|row| check(&path, row, faults)));
    }
    read
}

fn marks(table: &mut Table, faults: &mut Faults) -> Vec<Mark> {
    rows(table, "recognise", faults, |path, mark: Mark, faults| {
        let says_something = mark != Mark::default();
        if !says_something {
            faults.add(path, "it would fit every message: name application, facility or oid");
        }
        says_something.then_some(mark)
    })
}

/// A character set by its name; none for an empty one.
pub(super) fn charset(path: &str, name: &str, faults: &mut Faults) -> Option<Charset> {
    let charset = Charset::named(name);
    if charset.is_none() && !name.is_empty() {
        faults.add(path, format!("{name:?} is no character set; use a name of table 0211, such as 8859/1"));
    }
    charset
}

fn zone(name: &str, faults: &mut Faults) -> Option<TimeZone> {
    if name.is_empty() {
        return None;
    }
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let text = format!("{name:?} is no time zone; use an IANA name such as Asia/Kolkata");
        faults.add("hl7.time_zone", text);
    }
    zone
}

/// How long a device may be silent: the rules take no less than fifteen seconds and no more than
/// an hour.
fn silence(seconds: Option<u32>, faults: &mut Faults) -> Option<u32> {
    if seconds.is_some_and(|seconds| !(15..=3_600).contains(&seconds)) {
        faults.add("readings.silence_s", "a device may be silent for 15 to 3600 seconds");
    }
    seconds
}

/// Numbers and texts that say that there is no value.
fn sentinels(listed: &[String], faults: &mut Faults) -> (Vec<Decimal>, Vec<String>) {
    let (mut numbers, mut dashes) = (Vec::new(), Vec::new());
    for text in listed {
        match Decimal::parse(text.as_bytes()) {
            Some(value) if value.digits() == 0 => {
                faults.add("readings.sentinels", "zero is data: a heart rate of 0 is asystole; take it out");
            }
            Some(value) => numbers.push(value),
            None if text.is_empty() || text.contains(|mark: char| mark.is_ascii_digit()) => {
                faults.add("readings.sentinels", format!("{text:?} is neither a number nor a mark"));
            }
            None => dashes.push(text.clone()),
        }
    }
    (numbers, dashes)
}

/// A fault was noted.
struct Noted;

/// The sign that a reference id or LOINC code means; nothing for what is never judged.
fn sign(path: &str, means: &str, faults: &mut Faults) -> Result<Option<Sign>, Noted> {
    let sign = terminology::sign_of(means);
    if sign.is_none() && !means.is_empty() {
        let text = format!("{means:?} is no sign that is judged; leave it empty for what is only kept");
        faults.add(format!("{path}.means"), text);
        return Err(Noted);
    }
    Ok(sign)
}

fn code(path: &str, row: CodeSection, faults: &mut Faults) -> Option<CodeRow> {
    if row.code.is_empty() {
        faults.add(format!("{path}.code"), "a code is needed: a label alone is never the key");
        return None;
    }
    unit(path, &row.unit, faults)?;
    let means = sign(path, &row.means, faults).ok()?;
    Some(CodeRow { system: row.system, code: row.code, label: row.label, means, unit: row.unit })
}

fn unit(path: &str, unit: &str, faults: &mut Faults) -> Option<()> {
    let known = unit.is_empty() || terminology::is_unit(unit);
    if !known {
        faults
            .add(format!("{path}.unit"), format!("{unit:?} is no unit that is known here; write it in UCUM"));
    }
    known.then_some(())
}

fn twice(path: &str, row: TwiceSection, faults: &mut Faults) -> Option<Twice> {
    let Some(means) = sign(path, &row.means, faults).ok()? else {
        faults.add(format!("{path}.means"), "name the sign that comes twice");
        return None;
    };
    Some(Twice { means, prefer: row.prefer })
}

fn publisher(table: &mut Table, faults: &mut Faults) -> Option<Publisher> {
    let section: MqttSection = faults.read("mqtt", table.remove("mqtt")?)?;
    let topic = match section.topic.parse() {
        Ok(topic) => Some(topic),
        Err(fault) => {
            let fault: super::publisher::PatternFault = fault;
            faults.add("mqtt.topic", fault.to_string());
            None
        }
    };
    let pointers = [&section.items, &section.time, &section.device, &section.status];
    for pointer in pointers.into_iter().chain(section.value.iter().map(|value| &value.value_at)) {
        check_pointer("mqtt", pointer, faults);
    }
    for word in section.status_words.values().filter(|word| !STATUS_WORDS.contains(&word.as_str())) {
        faults.add("mqtt.status_words", format!("{word:?} is none of {}", STATUS_WORDS.join(", ")));
    }
    if section.payload == Payload::Json && section.value.is_empty() {
        faults.add("mqtt.value", "JSON needs at least one [[mqtt.value]] that says where a value is");
    }
    let values = section.value.into_iter().enumerate();
    let values =
        values.filter_map(|(at, value)| value_at(&format!("mqtt.value[{at}]"), value, faults)).collect();
    Some(Publisher {
        topic: topic?,
        payload: section.payload,
        items: section.items,
        time: section.time,
        time_format: section.time_format,
        device: section.device,
        status: section.status,
        words: section.status_words,
        values,
    })
}

fn check_pointer(path: &str, pointer: &str, faults: &mut Faults) {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        faults.add(path, format!("{pointer:?} is no JSON pointer: it begins with /"));
    }
}

fn value_at(path: &str, section: ValueSection, faults: &mut Faults) -> Option<ValueAt> {
    let Some(code) = said(section.code, section.code_at) else {
        faults.add(path, "say code or code_at, and not both");
        return None;
    };
    let has_none = section.unit.is_none() && section.unit_at.is_none();
    let unit = if has_none { Some(Said::Always(String::new())) } else { said(section.unit, section.unit_at) };
    let Some(unit) = unit else {
        faults.add(path, "say unit or unit_at, and not both");
        return None;
    };
    if let Said::Always(fixed) = &unit {
        self::unit(path, fixed, faults)?;
    }
    for said in [&code, &unit] {
        if let Said::At(pointer) = said {
            check_pointer(path, pointer, faults);
        }
    }
    Some(ValueAt { code, value: section.value_at, unit })
}

/// One of two ways to say a thing.
fn said(always: Option<String>, at: Option<String>) -> Option<Said> {
    match (always, at) {
        (Some(text), None) => Some(Said::Always(text)),
        (None, Some(pointer)) => Some(Said::At(pointer)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let read = read(text, &mut faults);
        assert_eq!(read.is_some(), faults.0.is_empty());
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn a_name_is_all_that_a_family_needs() {
        let mut faults = Faults::default();
        let family = read("name = \"mine\"", &mut faults);
        assert_eq!(family, Some(Family { name: "mine".to_owned(), ..Family::default() }), "{faults}");
    }

    #[test]
    fn every_fault_is_named_with_its_key() {
        let text = "kind = \"toaster\"\ncolour = 1\n[hl7]\ncharset = \"KLINGON\"\ntime_zone = \"Mars\"\n\
            [readings]\nsilence_s = 1\nsentinels = [\"0.0\", \"1 or so\", \"-1\", \"---\"]\n[[recognise]]\n\
            [[code]]\ncode = \"\"\nmeans = \"\"\n[[code]]\ncode = \"1\"\nmeans = \"MDC_ELSE\"\n\
            [[code]]\ncode = \"1\"\nmeans = \"\"\nunit = \"furlong\"\n[[code]]\nlabel = \"HR\"\n\
            [[twice]]\nmeans = \"\"\nprefer = []\n";
        let paths = faults_of(text);
        for path in [
            "name",
            "kind",
            "colour",
            "hl7.charset",
            "hl7.time_zone",
            "readings.sentinels",
            "readings.silence_s",
            "recognise[0]",
            "code[0].code",
            "code[1].means",
            "code[2].unit",
            "code[3]",
            "twice[0].means",
        ] {
            assert!(paths.iter().any(|found| found == path), "{path} is missing from {paths:?}");
        }
        assert_eq!(paths.iter().filter(|path| *path == "readings.sentinels").count(), 2);
        assert_eq!(faults_of("name = "), [""]);
    }

    #[test]
    fn a_publisher_s_faults_are_named_too() {
        let text = "name = \"mine\"\n[mqtt]\ntopic = \"a/b\"\ntime = \"when\"\n\
            status_words = { final = \"fine\" }\n[[mqtt.value]]\nvalue_at = \"/v\"\n\
            [[mqtt.value]]\ncode = \"x\"\nvalue_at = \"/v\"\nunit = \"%\"\nunit_at = \"/u\"\n";
        let paths = faults_of(text);
        for path in ["mqtt.topic", "mqtt", "mqtt.status_words", "mqtt.value[0]", "mqtt.value[1]"] {
            assert!(paths.iter().any(|found| found == path), "{path} is missing from {paths:?}");
        }
        assert_eq!(faults_of("name = \"mine\"\n[mqtt]\ntopic = \"a/{bed}\"\n"), ["mqtt.value"]);
        assert!(faults_of("name = \"mine\"\n[mqtt]\ntopic = \"a/{bed}\"\npayload = \"hl7\"\n").is_empty());
    }

    #[test]
    fn no_text_makes_it_panic() {
        use proptest::prelude::*;
        proptest!(|(text in "(name|hl7|code|mqtt|\\[|\\]|=|\"|\\.|\n|[a-z0-9]){0,60}")| {
            let _ = read(&text, &mut Faults::default());
        });
    }
}
