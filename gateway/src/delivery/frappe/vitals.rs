//! A set of vital signs as a `Vital Signs` document: which value goes into which field of the site, and what
//! has no field there and goes into the note in words.
//!
//! The doctype (to 2026-02) has pulse, breathing, temperature and a pair of pressures, all free text, and
//! nothing for SpO₂, oxygen, mean pressure, carbon dioxide or a score; sites add custom fields. Nothing is
//! left out: a value without a field is written out. Nothing is mixed: a systolic and a diastolic in the two
//! fields come from one source.

use jiff::tz::TimeZone;
use rules::Sign;
use rules::decimal::Decimal;
use rules::sign::Parameter;
use serde_json::{Map, Value, json};

use super::shape::{EVENT_ID, Shape};
use crate::clock::Wall;
use crate::delivery::Set;
use crate::owed::Charted;

/// The doctype.
pub(super) const DOCTYPE: &str = "Vital Signs";

/// Fields without which nothing can be charted.
const NEEDED: [&str; 3] = ["patient", "signs_date", "signs_time"];

/// What we can fill of what a site may require.
const FILLED: [&str; 4] = ["patient", "signs_date", "signs_time", "company"];

/// A value taken longer before the set's own time than this says when, in the note.
const OLD_MS: i64 = 5 * 60_000;

/// How the site wants it.
pub(super) struct Style<'a> {
    pub(super) shape: &'a Shape,
    pub(super) zone: &'a TimeZone,
    pub(super) company: &'a str,
}

/// Whether a set can be charted to a site of this shape; if not, what a person must change.
pub(super) fn fits(shape: &Shape, company: &str) -> Result<(), String> {
    if let Some(missing) = NEEDED.iter().find(|field| !shape.has(field)) {
        return Err(format!(
            "its Vital Signs have no field {missing}: this gateway cannot chart to that site"
        ));
    }
    if !shape.refuses_duplicates() && !shape.has("vital_signs_note") {
        let why = "its Vital Signs have neither a unique custom_gateway_event_id nor vital_signs_note: add \
                   the custom field, or nothing could be told from a duplicate";
        return Err(why.to_owned());
    }
    if !shape.is_submittable() {
        return Err("its Vital Signs cannot be submitted, so they would never reach the patient's timeline"
            .to_owned());
    }
    let unfilled = |field: &&str| !FILLED.contains(field) || (*field == "company" && company.is_empty());
    match shape.asked_for().find(unfilled) {
        None => Ok(()),
        Some("company") => Err("its Vital Signs ask for a company: set delivery.frappe.company".to_owned()),
        Some(field) => Err(format!(
            "its Vital Signs require {field}, which this gateway does not know: give it a default there"
        )),
    }
}

/// The document to send. `id` is where a duplicate is recognised.
pub(super) fn document(set: &Set, style: &Style, id: &str) -> Map<String, Value> {
    let zoned = set.at.timestamp().to_zoned(style.zone.clone());
    let mut body = Map::new();
    body.insert("patient".into(), json!(set.patient));
    body.insert("signs_date".into(), json!(zoned.strftime("%Y-%m-%d").to_string()));
    body.insert("signs_time".into(), json!(zoned.strftime("%H:%M:%S").to_string()));
    body.insert("docstatus".into(), json!(1));
    if style.shape.has("company") && !style.company.is_empty() {
        body.insert("company".into(), json!(style.company));
    }
    let mut words = Vec::new();
    if style.shape.refuses_duplicates() {
        body.insert(EVENT_ID.into(), json!(id));
    } else {
        words.push(super::tag(id));
    }
    words.push(format!("bed {}", set.bed));
    place_score(set, style.shape, &mut body, &mut words);
    place_values(set, style, &mut body, &mut words);
    words.extend((!set.note.is_empty()).then(|| set.note.to_owned()));
    if style.shape.has("vital_signs_note") {
        body.insert("vital_signs_note".into(), json!(words.join("; ")));
    }
    body
}

fn place_score(set: &Set, shape: &Shape, body: &mut Map<String, Value>, words: &mut Vec<String>) {
    let Some(news2) = set.news2 else { return };
    if shape.has("custom_news2") {
        body.insert("custom_news2".into(), json!(news2.to_string()));
    } else {
        words.push(format!("NEWS2 {news2}"));
    }
}

/// Each value into its field, or into words.
fn place_values(set: &Set, style: &Style, body: &mut Map<String, Value>, words: &mut Vec<String>) {
    let fields = fields_of(set.values);
    for charted in set.values {
        let field = fields.iter().find(|(_, sign)| *sign == charted.sign).map(|(field, _)| *field);
        let when = taken_at(charted.taken, set.at, style.zone);
        match field.filter(|field| style.shape.has(field) && !body.contains_key(*field)) {
            Some(field) => {
                body.insert(field.to_owned(), json!(value_text(charted)));
                words.extend(when.map(|when| format!("{} taken {when}", charted.sign.word())));
            }
            None => words.push(format!(
                "{} {} {}{}",
                charted.sign.word(),
                value_text(charted),
                unit_text(charted.sign),
                when.map(|when| format!(" taken {when}")).unwrap_or_default()
            )),
        }
    }
}

/// Which sign of this set goes into which field: the most trusted one of each.
fn fields_of(values: &[Charted]) -> Vec<(&'static str, Sign)> {
    const PULSES: [Sign; 4] =
        [Sign::HeartRate, Sign::PulseRatePleth, Sign::PulseRateArterial, Sign::PulseRateCuff];
    const LINE: [Sign; 3] = [Sign::ArterialSystolic, Sign::ArterialDiastolic, Sign::ArterialMean];
    const CUFF: [Sign; 3] = [Sign::CuffSystolic, Sign::CuffDiastolic, Sign::CuffMean];
    let has = |sign: &Sign| values.iter().any(|charted| charted.sign == *sign);
    let first = |signs: &[Sign]| signs.iter().copied().find(&has);
    let pressures = if has(&Sign::ArterialSystolic) { LINE } else { CUFF };
    let single = [
        ("pulse", first(&PULSES)),
        ("respiratory_rate", first(Parameter::RespRate.signs())),
        ("temperature", Some(Sign::Temperature)),
        ("custom_spo2", Some(Sign::SpO2)),
        ("custom_etco2", Some(Sign::EtCo2)),
        ("custom_fio2", Some(Sign::InspiredOxygen)),
    ];
    let trio = ["bp_systolic", "bp_diastolic", "custom_map"].into_iter().zip(pressures);
    single.into_iter().filter_map(|(field, sign)| Some((field, sign?))).chain(trio).collect()
}

/// The value as decimal text, in the resolution of its sign.
fn value_text(charted: &Charted) -> String {
    Decimal::new(i64::from(charted.value), charted.sign.facts().places).to_string()
}

/// The unit as people write it.
fn unit_text(sign: Sign) -> &'static str {
    match sign.facts().unit.ucum() {
        "mm[Hg]" => "mmHg",
        "cm[H2O]" => "cmH2O",
        "Cel" => "°C",
        other => other,
    }
}

/// The site's time of a value that is older than the set, with the date where it is another day.
fn taken_at(taken: Wall, at: Wall, zone: &TimeZone) -> Option<String> {
    let (old, set) = (taken.timestamp().to_zoned(zone.clone()), at.timestamp().to_zoned(zone.clone()));
    let format = if old.date() == set.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    (at.0.saturating_sub(taken.0) >= OLD_MS).then(|| old.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Wall = Wall(1_763_671_380_000); // 2025-11-20T20:43:00Z

    fn shape(custom: &[&str]) -> Shape {
        let plain = ["company", "temperature", "pulse", "respiratory_rate", "bp_systolic", "bp_diastolic"];
        let mut fields: Vec<Value> = plain
            .iter()
            .chain(custom)
            .map(|name| json!({"fieldname": name, "unique": *name == EVENT_ID}))
            .collect();
        fields.extend(NEEDED.iter().map(|name| json!({"fieldname": name, "reqd": 1})));
        fields.push(json!({"fieldname": "vital_signs_note"}));
        Shape::read(&json!({"fields": fields, "is_submittable": 1})).unwrap()
    }

    fn charted(sign: Sign, value: i32) -> Charted {
        Charted { sign, value, taken: AT }
    }

    fn sent(values: &[Charted], shape: &Shape) -> Map<String, Value> {
        let set = Set { patient: "HLC-PAT-1", bed: "07", at: AT, values, news2: Some(7), note: "on oxygen" };
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        document(&set, &Style { shape, zone: &zone, company: "Ward Hospital" }, "vitals:07:1")
    }

    #[test]
    fn a_plain_site_gets_its_fields_and_the_rest_in_words() {
        let values = [
            charted(Sign::HeartRate, 118),
            charted(Sign::PulseRatePleth, 117),
            charted(Sign::SpO2, 91),
            charted(Sign::Temperature, 381),
            charted(Sign::CuffSystolic, 96),
            charted(Sign::CuffDiastolic, 58),
        ];
        let body = sent(&values, &shape(&[]));
        let expected = json!({
            "patient": "HLC-PAT-1", "company": "Ward Hospital", "docstatus": 1,
            "signs_date": "2025-11-21", "signs_time": "02:13:00",
            "pulse": "118", "temperature": "38.1", "bp_systolic": "96", "bp_diastolic": "58",
            "vital_signs_note": "[wardlight:vitals:07:1]; bed 07; NEWS2 7; pulse (SpO₂ probe) 117 /min; \
                                 SpO₂ 91 %; on oxygen",
        });
        assert_eq!(Value::Object(body), expected);
    }

    #[test]
    fn a_site_with_our_fields_gets_them_and_a_note_without_the_id() {
        let values =
            [charted(Sign::SpO2, 91), charted(Sign::ArterialMean, 0), charted(Sign::ArterialSystolic, 0)];
        let body = sent(&values, &shape(&[EVENT_ID, "custom_spo2", "custom_map", "custom_news2"]));
        assert_eq!(body[EVENT_ID], "vitals:07:1");
        assert_eq!(body["custom_spo2"], "91");
        assert_eq!(body["custom_news2"], "7");
        assert_eq!(body["custom_map"], "0", "zero is data");
        assert_eq!(body["bp_systolic"], "0");
        assert_eq!(body["vital_signs_note"], "bed 07; on oxygen");
    }

    #[test]
    fn two_sources_of_pressure_never_share_a_row() {
        let values = [
            charted(Sign::CuffSystolic, 120),
            charted(Sign::CuffDiastolic, 80),
            charted(Sign::ArterialSystolic, 95),
        ];
        let body = sent(&values, &shape(&[]));
        assert_eq!(body["bp_systolic"], "95");
        assert!(!body.contains_key("bp_diastolic"));
        let note = body["vital_signs_note"].as_str().unwrap();
        assert!(note.contains("cuff systolic 120 mmHg") && note.contains("cuff diastolic 80 mmHg"), "{note}");
    }

    #[test]
    fn a_value_older_than_its_set_says_when_it_was_taken() {
        let hour = 3_600_000;
        let old = [
            Charted { sign: Sign::Temperature, value: 370, taken: Wall(AT.0 - hour) },
            Charted { sign: Sign::EtCo2, value: 38, taken: Wall(AT.0 - 3 * hour) },
        ];
        let body = sent(&old, &shape(&[]));
        let note = body["vital_signs_note"].as_str().unwrap();
        assert!(note.contains("temperature taken 01:13"), "{note}");
        assert!(note.contains("end-tidal CO₂ 38 mmHg taken 2025-11-20 23:13"), "{note}");
    }

    #[test]
    fn a_site_that_does_not_fit_is_refused_with_what_to_change() {
        assert_eq!(fits(&shape(&[]), ""), Ok(()));
        let reads = |description: Value| fits(&Shape::read(&description).unwrap(), "").unwrap_err();
        let needed = |more: &[Value]| {
            let mut fields: Vec<Value> = NEEDED.iter().map(|name| json!({"fieldname": name})).collect();
            fields.extend_from_slice(more);
            fields
        };
        let note = json!({"fieldname": "vital_signs_note"});
        assert!(reads(json!({"fields": []})).contains("no field patient"));
        assert!(
            reads(json!({"fields": needed(&[]), "is_submittable": 1})).contains("custom_gateway_event_id")
        );
        assert!(reads(json!({"fields": needed(std::slice::from_ref(&note))})).contains("submitted"));
        let more = [note.clone(), json!({"fieldname": "custom_ward", "reqd": 1})];
        assert!(reads(json!({"fields": needed(&more), "is_submittable": 1})).contains("custom_ward"));
        let more = [note, json!({"fieldname": "company", "reqd": 1})];
        assert!(
            reads(json!({"fields": needed(&more), "is_submittable": 1})).contains("delivery.frappe.company")
        );
    }
}
