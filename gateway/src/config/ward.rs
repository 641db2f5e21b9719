//! `ward.toml`: beds, limits, critical values, ladders, roster, charting. What the ward itself decides.
//!
//! Overrides are taken within bounds that are checked here; whatever is not named stays as shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::limit::{Band, Limits};
use rules::sign::Parameter;
use rules::{Policy, Span};
use serde::Deserialize;
use toml::{Table, Value};

use super::loudness::{AudioSection, Loudness};
use super::roster::Roster;
use super::signed::Signed;
use super::silence::{Silence, SilenceSection};
use super::{Faults, critical, decimal, ladder, trend};
use crate::owed::Destination;
use crate::words;

/// One bed of the ward.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BedPlan {
    /// Its label, as people say it.
    pub label: String,
    /// PV1-3 as the HIS, the laboratory and the monitors write it: point of care, room, bed.
    #[serde(default)]
    pub locations: Vec<String>,
}

/// The ward as `ward.toml` describes it.
#[derive(Clone, Debug)]
pub struct WardPlan {
    /// Its name, as in MQTT topics.
    pub name: String,
    /// Its beds, in the order of the file.
    pub beds: Vec<BedPlan>,
    /// What beds are judged by. It lives as long as the program, so that a bed may look at it without
    /// counting.
    pub policy: &'static Policy,
    /// Who is called.
    pub roster: Roster,
    /// How often the vital signs of a patient are charted, by destination.
    pub chart_every: Vec<(Destination, Span)>,
    /// What everybody at the board must know.
    pub strips: Vec<String>,
    /// How long peers may be silent.
    pub silence: Silence,
    /// How loud its alerts are.
    pub loudness: Loudness,
    /// Who answers for the policy and for the charts.
    pub signed: Arc<Signed>,
}

impl WardPlan {
    /// A ward without beds or people, for those who only judge by its policy.
    #[must_use]
    pub fn of_no_beds(policy: &'static Policy) -> Self {
        Self {
            name: "replay".to_owned(),
            beds: Vec::new(),
            policy,
            roster: Roster::default(),
            chart_every: Vec::new(),
            strips: Vec::new(),
            silence: Silence::default(),
            loudness: Loudness::default(),
            signed: Arc::new(Signed::by_nobody(policy)),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsSection {
    red_low: Option<Value>,
    yellow_low: Option<Value>,
    yellow_high: Option<Value>,
    red_high: Option<Value>,
    red_delay_s: Option<u32>,
    yellow_delay_s: Option<u32>,
    margin: Option<Value>,
    fall: Option<Value>,
    rise: Option<Value>,
    within_s: Option<u32>,
}

/// The longest delay that a yellow limit may have: beyond it a delay hides what it should hold back.
const YELLOW_DELAY_MOST_S: u32 = 120;

/// The longest delay of a red limit: a high alarm may be 15 s late, and no more, or as late as it ships
/// (`rules/charts/limits.md` says why a rate of breath is).
const RED_DELAY_MOST_S: u32 = 15;

/// The bounds of a charting interval: a minute to a day.
const CHART_EVERY_S: std::ops::RangeInclusive<u32> = 1..=86_400;

/// The most beds one ward may have; bed numbers are 16 bits wide and 0 is the ward.
const BEDS_MOST: usize = 2_000;

/// Reads the whole file.
#[must_use]
pub fn read(mut table: Table, faults: &mut Faults) -> WardPlan {
    let name: String = faults.section(&mut table, "name");
    if name.is_empty() || name.contains(['/', '+', '#']) {
        faults.add("name", "the ward needs a name without /, + and #: it is a part of MQTT topics");
    }
    let beds = beds(&mut table, faults);
    let mut policy = Policy::shipped();
    limits(&mut table, &mut policy, faults);
    critical::read(&mut table, &mut policy, faults);
    critical::read_changes(&mut table, &mut policy, faults);
    ladder::read(&mut table, &mut policy, faults);
    let roster: Roster = faults.section(&mut table, "roster");
    roster.check(faults);
    ladder::check_reach(&policy, &roster, faults);
    let chart_every = charting(&mut table, faults);
    let strips: Vec<String> = faults.section(&mut table, "strips");
    let silence = faults.section::<SilenceSection>(&mut table, "silence").read(faults);
    let loudness = faults.section::<AudioSection>(&mut table, "audio").read(faults);
    let signed = Arc::new(Signed::read(&mut table, &policy, faults));
    policy.calling = signed.calling();
    faults.refuse_unknown("", &table);
    let policy = Box::leak(Box::new(policy));
    WardPlan { name, beds, policy, roster, chart_every, strips, silence, loudness, signed }
}

fn beds(table: &mut Table, faults: &mut Faults) -> Vec<BedPlan> {
    let list = match table.remove("bed") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let beds: Vec<BedPlan> = (1..)
        .zip(list)
        .filter_map(|(no, bed): (u32, Value)| faults.read(&format!("bed {no}"), bed))
        .collect();
    if beds.is_empty() || beds.len() > BEDS_MOST {
        faults.add("bed", format!("a ward has between 1 and {BEDS_MOST} beds; write a [[bed]] for each"));
    }
    let (mut labels, mut locations) = (BTreeSet::new(), BTreeMap::new());
    for bed in &beds {
        if bed.label.is_empty() || bed.label.contains(['/', '+', '#']) {
            faults.add(
                format!("bed {}", bed.label),
                "a label is a part of MQTT topics: not empty, no /, + or #",
            );
        }
        if !labels.insert(&bed.label) {
            faults.add(format!("bed {}", bed.label), "two beds have this label");
        }
        for location in &bed.locations {
            if let Some(other) = locations.insert(location.as_str(), bed.label.as_str()) {
                let text = format!(
                    "the location {location} is also that of bed {other}: a sample would find two beds"
                );
                faults.add(format!("bed {}", bed.label), text);
            }
        }
    }
    beds
}

fn limits(table: &mut Table, policy: &mut Policy, faults: &mut Faults) {
    let Some(mut sections) = faults.sections(table, "", "limits") else { return };
    for band in [Band::Neonate, Band::Infant, Band::Child] {
        if let Some(mut of_band) = faults.sections(&mut sections, "limits.", band.word()) {
            limits_of(band, &mut of_band, policy, &format!("limits.{}.", band.word()), faults);
        }
    }
    limits_of(Band::Adult, &mut sections, policy, "limits.", faults);
}

/// The limits of one age, each under the key of its parameter.
fn limits_of(band: Band, sections: &mut Table, policy: &mut Policy, prefix: &str, faults: &mut Faults) {
    for parameter in Parameter::ALL {
        let key = words::parameter_key(parameter);
        let Some(value) = sections.remove(key) else { continue };
        let path = format!("{prefix}{key}");
        let Some(section) = faults.read::<LimitsSection>(&path, value) else { continue };
        override_limits(policy.limits_mut(band, parameter), &section, parameter, &path, faults);
        let given = trend::Given {
            fall: section.fall.as_ref(),
            rise: section.rise.as_ref(),
            within_s: section.within_s,
        };
        *policy.trend_mut(band, parameter) =
            trend::read(given, parameter, policy.limits(band, parameter), &path, faults);
    }
    faults.refuse_unknown(prefix, sections);
}

fn override_limits(
    limits: &mut Limits,
    section: &LimitsSection,
    parameter: Parameter,
    path: &str,
    faults: &mut Faults,
) {
    let facts = parameter.facts();
    let whole_units = |value: &Value, range| words::whole_units(parameter, decimal(value)?, range);
    let mut whole = |key: &str, value: &Option<Value>, into: &mut Option<i32>| {
        let Some(value) = value else { return };
        match whole_units(value, facts.least..=facts.most) {
            Some(number) => *into = Some(number),
            None => faults.add(
                format!("{path}.{key}"),
                format!("not a plausible {} in {}", parameter.word(), facts.unit.ucum()),
            ),
        }
    };
    whole("red_low", &section.red_low, &mut limits.low.red);
    whole("yellow_low", &section.yellow_low, &mut limits.low.yellow);
    whole("yellow_high", &section.yellow_high, &mut limits.high.yellow);
    whole("red_high", &section.red_high, &mut limits.high.red);
    match section.margin.as_ref().map(|value| whole_units(value, 0..=facts.most - facts.least)) {
        Some(Some(margin)) => limits.margin = margin,
        Some(None) => faults.add(format!("{path}.margin"), format!("no distance in {}", facts.unit.ucum())),
        None => {}
    }
    let red_most = RED_DELAY_MOST_S.max(Limits::shipped(parameter).red_delay.whole_seconds());
    for (key, given, delay, most) in [
        ("red_delay_s", section.red_delay_s, &mut limits.red_delay, red_most),
        ("yellow_delay_s", section.yellow_delay_s, &mut limits.yellow_delay, YELLOW_DELAY_MOST_S),
    ] {
        match given {
            Some(seconds) if seconds <= most => *delay = Span::seconds(seconds),
            Some(_) => faults.add(format!("{path}.{key}"), format!("at most {most} s")),
            None => {}
        }
    }
    if limits.red_delay > limits.yellow_delay {
        faults.add(path, "what is deeper must not wait longer: red_delay_s <= yellow_delay_s");
    }
    if !limits.rise() {
        faults.add(path, words::LIMITS_RISE);
    }
}

fn charting(table: &mut Table, faults: &mut Faults) -> Vec<(Destination, Span)> {
    let given: BTreeMap<String, u32> = faults.section(table, "chart_every_s");
    let mut every = vec![(Destination::Frappe, Span::minutes(15)), (Destination::Mllp, Span::minutes(1))];
    for (word, seconds) in given {
        let known = every.iter_mut().find(|(destination, _)| destination.word() == word);
        match known {
            Some((_, span)) if CHART_EVERY_S.contains(&seconds) => *span = Span::seconds(seconds),
            Some(_) => faults.add(format!("chart_every_s.{word}"), "between 1 s and a day"),
            None => faults.add(format!("chart_every_s.{word}"), "vital signs are charted to frappe and mllp"),
        }
    }
    every
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../deploy/ward.toml");

    fn faults_of(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let _ = read(text.parse().unwrap(), &mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn the_shipped_sample_has_no_fault_and_changes_no_default() {
        let mut faults = Faults::default();
        let plan = read(SAMPLE.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        assert_eq!(*plan.policy, Policy::shipped());
        assert_eq!((plan.name.as_str(), plan.beds.len()), ("icu-1", 12));
        assert_eq!(plan.roster.duty_doctor.his_user, "dr.sample@example.org");
    }

    #[test]
    fn every_fault_is_found_at_once_with_its_path() {
        let text = format!(
            "{SAMPLE}\n[limits.spo2]\nred_low = 95\n[limits.pulse_rate]\nred_dealy_s = 3\n\
             [critical.potassium]\nlow = 7\n\
             [ladder.red]\nsteps = [{{ after_s = 0, tell = [\"nobody:smoke\"] }}]\n[surprise]\nyes = 1\n"
        );
        let paths = faults_of(&text);
        for path in
            ["limits.spo2", "limits.pulse_rate", "critical.potassium", "ladder.red.steps[0]", "surprise"]
        {
            assert!(paths.iter().any(|found| found == path), "{path} is missing from {paths:?}");
        }
    }

    #[test]
    fn two_beds_with_one_location_are_a_fault() {
        let text = SAMPLE.replace("ICU-1^^02", "ICU-1^^01");
        assert_eq!(faults_of(&text), ["bed 02"]);
    }

    #[test]
    fn overrides_reach_the_policy() {
        let text =
            format!("{SAMPLE}\n[limits.temperature]\nyellow_high = 38.5\n[critical.potassium]\nhigh = 6.0\n");
        let mut faults = Faults::default();
        let plan = read(text.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        assert_eq!(plan.policy.limits(Band::Adult, Parameter::Temperature).high.yellow, Some(385));
        assert_eq!(
            plan.policy.critical(rules::critical::Known::Potassium, rules::critical::Band::Adult).high,
            Some(rules::Decimal::new(6, 0))
        );
    }

    #[test]
    fn a_delay_is_bounded_and_the_deeper_never_waits_longer() {
        let of = |row: &str, delays: &str| faults_of(&format!("{SAMPLE}\n[limits.{row}]\n{delays}\n"));
        let with = |delays: &str| of("spo2", delays);
        assert!(with("red_delay_s = 15\nyellow_delay_s = 15").is_empty());
        assert_eq!(with("red_delay_s = 16"), ["limits.spo2.red_delay_s"]);
        assert_eq!(with("yellow_delay_s = 121"), ["limits.spo2.yellow_delay_s"]);
        assert_eq!(with("yellow_delay_s = 9"), ["limits.spo2"], "red waits 10 s");
        let breath = |delays: &str| of("resp_rate", delays);
        assert!(breath("red_delay_s = 30").is_empty() && breath("red_delay_s = 10").is_empty());
        assert_eq!(breath("red_delay_s = 31\nyellow_delay_s = 40"), ["limits.resp_rate.red_delay_s"]);
    }

    #[test]
    fn what_should_be_a_section_and_is_none_is_a_fault() {
        for key in ["limits", "limits.child", "critical", "critical.newborn", "change", "ladder"] {
            let mut text = format!("{key} = 3\n");
            text.push_str(SAMPLE);
            assert!(faults_of(&text).contains(&key.to_owned()), "{key}");
        }
    }

    #[test]
    fn a_margin_is_a_distance_and_no_value() {
        let with = |margin: &str| faults_of(&format!("{SAMPLE}\n[limits.temperature]\nmargin = {margin}\n"));
        assert!(with("0.3").is_empty() && with("0").is_empty());
        assert_eq!(with("-0.1"), ["limits.temperature.margin"]);
        assert_eq!(with("37"), ["limits.temperature.margin"]);
    }

    #[test]
    fn each_age_has_its_own_section() {
        let text = format!("{SAMPLE}\n[limits.child.spo2]\nred_low = 85\n");
        let mut faults = Faults::default();
        let plan = read(text.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        assert_eq!(plan.policy.limits(Band::Child, Parameter::SpO2).low.red, Some(85));
        let shipped = Policy::shipped();
        for band in [Band::Neonate, Band::Infant, Band::Adult] {
            assert_eq!(
                plan.policy.limits(band, Parameter::SpO2),
                shipped.limits(band, Parameter::SpO2),
                "{band:?}"
            );
        }
        assert_eq!(
            faults_of(&format!("{SAMPLE}\n[limits.child.spo3]\nred_low = 85\n")),
            ["limits.child.spo3"]
        );
    }
}
