//! What a person enters at a bed, read from its code, value and unit. It stores nothing.

use std::ops::RangeInclusive;

use rules::Decimal;
use rules::event::{Breathing, Consciousness, Entry, Spo2Scale};
use rules::score::news2::TOTAL_MOST;
use rules::score::npews::Amount;

use crate::board::problem::Problem;
use crate::words::entered::in_words;

/// What can be entered: its code, in which units, and which values it has.
const CODES: [(&str, &[&str], &str); 19] = [
    ("consciousness", &[], "A, C, V, P or U"),
    ("oxygen", &[], "air or oxygen"),
    ("spo2_scale", &[], "1 or 2"),
    ("ventilation", &[], "invasive or none"),
    ("sedation", &[], "yes or no"),
    ("pregnancy", &[], "yes or no"),
    ("baseline", &[], "the early warning total that is this patient's own, 0 to 20"),
    ("mind", &[], "clear, agitated, confused or unresponsive"),
    ("pre_eclampsia", &[], "none, neither (complaint), headache or dyspnoea"),
    ("urine", &["mL/h"], "the whole mL/h of at least two hours, 0 to 2000"),
    ("resp_distress", &[], "none, mild, moderate or severe"),
    (
        "oxygen_device",
        &[],
        "air, nasal prongs, face mask, head box, non-rebreather, high flow, BiPAP or CPAP",
    ),
    ("oxygen_level", &["L/min", "%"], "0 to 100 L/min, or 21 to 100 %"),
    ("no_pressure", &[], "NCO, U0 or U4"),
    ("capillary_refill", &["s"], "0 to 20 s"),
    ("sepsis", &[], "no, suspected or shock"),
    ("pupils", &[], "normal or abnormal"),
    ("intuition", &[], "none, low, medium, high or emergency"),
    ("carer", &[], "none, low, medium, high or emergency"),
];

/// More urine in an hour than this is a slip of the finger.
const URINE_MOST: u16 = 2_000;

/// A flow beyond this, in hundredths of a litre, is a slip of the finger.
const FLOW_MOST: i32 = 10_000;

/// A refill beyond this, in tenths of a second, is a slip of the finger.
const REFILL_MOST: i32 = 200;

/// Which shares of oxygen there are; 0.4 is a fraction and not a percentage.
const OXYGEN: RangeInclusive<i32> = 21..=100;

/// The entry that is meant.
///
/// # Errors
/// What is wrong with it, and what it should be.
pub(super) fn entry_of(code: &str, value: &str, unit: &str) -> Result<Entry, Problem> {
    let Some((_, units, values)) = CODES.iter().find(|(known, ..)| *known == code) else {
        let codes = CODES.map(|(known, ..)| known).join(", ");
        return Err(Problem::value("code", format!("code is one of {codes}")));
    };
    if units.is_empty() && !matches!(unit, "" | "1") {
        return Err(Problem::value("unit", format!("{code} has no unit: leave it out")));
    }
    if !units.is_empty() && !units.contains(&unit) {
        return Err(Problem::value("unit", format!("{code} is in {}: say so", units.join(" or "))));
    }
    let entry =
        letter_or_yes(code, value).or_else(|| counted(code, value, unit)).or_else(|| in_words(code, value));
    entry.ok_or_else(|| Problem::value("value", format!("{code} is {values}")))
}

/// What `rules` reads itself, and what is taken as `true` and `false` too.
fn letter_or_yes(code: &str, value: &str) -> Option<Entry> {
    match code {
        "consciousness" => Consciousness::of_letter(value).map(Entry::Consciousness),
        "oxygen" => Breathing::of_word(value).map(Entry::Breathing),
        "spo2_scale" => Spo2Scale::of_number(value).map(Entry::Scale),
        "ventilation" => yes(value, "invasive", "none").map(Entry::Ventilated),
        "sedation" => yes(value, "yes", "no").map(Entry::Sedated),
        "pregnancy" => yes(value, "yes", "no").map(Entry::Pregnant),
        _ => None,
    }
}

/// What is counted or measured by hand.
fn counted(code: &str, value: &str, unit: &str) -> Option<Entry> {
    let whole = |places| Some(Decimal::parse(value.as_bytes())?.rounded(places));
    match (code, unit) {
        ("baseline", _) => value.parse().ok().filter(|total| *total <= TOTAL_MOST).map(Entry::Baseline),
        ("urine", _) => value.parse().ok().filter(|rate| *rate <= URINE_MOST).map(Entry::Urine),
        ("oxygen_level", "%") => {
            let percent = whole(0).and_then(|percent| i32::try_from(percent).ok());
            percent.filter(|percent| OXYGEN.contains(percent)).map(|of| Entry::Amount(Amount::Fraction(of)))
        }
        ("oxygen_level", _) => {
            let flow = whole(2).and_then(|flow| i32::try_from(flow).ok());
            flow.filter(|flow| (0..=FLOW_MOST).contains(flow)).map(|of| Entry::Amount(Amount::Flow(of)))
        }
        ("capillary_refill", _) => {
            let tenths = whole(1).filter(|tenths| *tenths <= REFILL_MOST.into());
            tenths.and_then(|tenths| u8::try_from(tenths).ok()).map(Entry::Refill)
        }
        _ => None,
    }
}

fn yes(value: &str, yes: &str, no: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        word if word == yes => Some(true),
        word if word == no => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rules::score::maternal::{Mind, PreEclampsia};
    use rules::score::npews::{Device, Distress, Level, NoPressure, Pupils, Sepsis};

    use super::*;
    use crate::words::entered::Entered;

    #[test]
    fn entries_are_read_by_the_contract() {
        let rows = [
            ("consciousness", "C", "", Entry::Consciousness(Consciousness::Confusion)),
            ("oxygen", "air", "", Entry::Breathing(Breathing::Air)),
            ("spo2_scale", "2", "", Entry::Scale(Spo2Scale::Two)),
            ("ventilation", "invasive", "", Entry::Ventilated(true)),
            ("sedation", "false", "", Entry::Sedated(false)),
            ("pregnancy", "yes", "", Entry::Pregnant(true)),
            ("baseline", "20", "1", Entry::Baseline(20)),
            ("mind", "agitated", "", Entry::Mind(Mind::Agitated)),
            ("pre_eclampsia", "headache", "", Entry::PreEclampsia(PreEclampsia::Headache)),
            ("urine", "34", "mL/h", Entry::Urine(34)),
            ("resp_distress", "moderate", "", Entry::Distress(Distress::Moderate)),
            ("oxygen_device", "nasal prongs", "", Entry::Device(Device::NasalProngs)),
            ("oxygen_level", "1.5", "L/min", Entry::Amount(Amount::Flow(150))),
            ("no_pressure", "U4", "", Entry::NoPressure(NoPressure::UnsuccessfulWithConcern)),
            ("capillary_refill", "2.5", "s", Entry::Refill(25)),
            ("sepsis", "shock", "", Entry::Sepsis(Sepsis::Shock)),
            ("pupils", "abnormal", "", Entry::Pupils(Pupils::Abnormal)),
            ("intuition", "high", "", Entry::Intuition(Level::High)),
            ("carer", "emergency", "", Entry::Carer(Level::Emergency)),
        ];
        assert_eq!(rows.map(|row| row.0), CODES.map(|row| row.0), "every code is read once");
        for (code, value, unit, entry) in rows {
            assert_eq!(entry_of(code, value, unit), Ok(entry), "{code}");
            let said = Entered::of(entry);
            let value = said.value.split(' ').next().filter(|_| code == "consciousness");
            let value = value.unwrap_or(&said.value);
            assert_eq!(
                (said.code, entry_of(code, value, said.unit)),
                (code, Ok(entry)),
                "as it is said again"
            );
            assert!(entry_of(code, "perhaps", unit).is_err(), "{code}");
            assert!(entry_of(code, value, "kg").is_err(), "{code}");
        }
        assert!(entry_of("mood", "good", "").is_err());
    }

    #[test]
    fn every_word_that_is_asked_for_is_taken_and_said_again() {
        let by_letter_or_count = ["consciousness", "baseline"];
        let in_words =
            |(code, units, _): &(&str, &[&str], &str)| units.is_empty() && !by_letter_or_count.contains(code);
        for (code, _, values) in CODES.into_iter().filter(in_words) {
            for word in values.replace(" (complaint)", "").replace(" or ", ", ").split(", ") {
                let said = Entered::of(entry_of(code, word, "").unwrap());
                assert_eq!((said.code, said.value.as_str()), (code, word));
            }
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_no_entry() {
        let edges = [
            ("urine", "mL/h", ["0", "2000"], ["-1", "2001", "34.5"]),
            ("oxygen_level", "L/min", ["0", "100"], ["-0.01", "100.01", "two"]),
            ("oxygen_level", "%", ["21", "100"], ["20", "101", "0.4"]),
            ("capillary_refill", "s", ["0", "20"], ["-0.1", "20.1", "fast"]),
            ("baseline", "", ["0", "20"], ["-1", "21", "2.5"]),
        ];
        for (code, unit, good, bad) in edges {
            for value in good {
                assert!(entry_of(code, value, unit).is_ok(), "{code} {value} {unit}");
            }
            for value in bad {
                assert!(entry_of(code, value, unit).is_err(), "{code} {value} {unit}");
            }
        }
        assert!(entry_of("urine", "34", "").is_err(), "a number wants its unit");
        assert_eq!(entry_of("oxygen_level", "40", "%"), Ok(Entry::Amount(Amount::Fraction(40))));
    }

    /// The page of the words that age, and what can be entered, name the same.
    #[test]
    fn every_word_of_the_page_can_be_entered() {
        let page = include_str!("../../../../rules/charts/entries.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        let words: Vec<&str> = rows.skip(1).collect();
        let ages =
            |code: &&str| !["spo2_scale", "ventilation", "sedation", "pregnancy", "baseline"].contains(code);
        assert!(CODES.map(|row| row.0).iter().filter(|code| ages(code)).eq(&words), "{words:?}");
    }
}
