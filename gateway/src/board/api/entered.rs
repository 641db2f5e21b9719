//! What a person enters at a bed, read from its code, value and unit. It stores nothing.

use rules::event::{Breathing, Consciousness, Entry, Spo2Scale};
use rules::score::maternal::{Mind, PreEclampsia};
use rules::score::news2::TOTAL_MOST;

use crate::board::problem::Problem;

/// What can be entered: its code, in which unit, and which values it has.
const CODES: [(&str, &str, &str); 10] = [
    ("consciousness", "", "A, C, V, P or U"),
    ("oxygen", "", "air or oxygen"),
    ("spo2_scale", "", "1 or 2"),
    ("ventilation", "", "invasive or none"),
    ("sedation", "", "yes or no"),
    ("pregnancy", "", "yes or no"),
    ("baseline", "", "the NEWS2 total that is this patient's own, 0 to 20"),
    ("mind", "", "clear, agitated, confused or unresponsive"),
    ("pre_eclampsia", "", "none, neither (complaint), headache or dyspnoea"),
    ("urine", "mL/h", "the whole mL/h of at least two hours, 0 to 2000"),
];

/// More urine in an hour than this is a slip of the finger.
const URINE_MOST: u16 = 2_000;

/// The entry that is meant.
///
/// # Errors
/// What is wrong with it, and what it should be.
pub(super) fn entry_of(code: &str, value: &str, unit: &str) -> Result<Entry, Problem> {
    let Some((_, right, values)) = CODES.iter().find(|(known, ..)| *known == code) else {
        let codes = CODES.map(|(known, ..)| known).join(", ");
        return Err(Problem::value("code", format!("code is one of {codes}")));
    };
    match (*right, unit) {
        ("", "" | "1") => {}
        ("", _) => return Err(Problem::value("unit", format!("{code} has no unit: leave it out"))),
        (right, unit) if right == unit => {}
        (right, _) => return Err(Problem::value("unit", format!("{code} is in {right}: say so"))),
    }
    read(code, value).ok_or_else(|| Problem::value("value", format!("{code} is {values}")))
}

fn read(code: &str, value: &str) -> Option<Entry> {
    match code {
        "consciousness" => Consciousness::of_letter(value).map(Entry::Consciousness),
        "oxygen" => Breathing::of_word(value).map(Entry::Breathing),
        "spo2_scale" => Spo2Scale::of_number(value).map(Entry::Scale),
        "ventilation" => yes(value, "invasive", "none").map(Entry::Ventilated),
        "sedation" => yes(value, "yes", "no").map(Entry::Sedated),
        "pregnancy" => yes(value, "yes", "no").map(Entry::Pregnant),
        "baseline" => value.parse().ok().filter(|total| *total <= TOTAL_MOST).map(Entry::Baseline),
        "mind" => mind(value).map(Entry::Mind),
        "pre_eclampsia" => pre_eclampsia(value).map(Entry::PreEclampsia),
        "urine" => value.parse().ok().filter(|rate| *rate <= URINE_MOST).map(Entry::Urine),
        _ => None,
    }
}

fn mind(word: &str) -> Option<Mind> {
    match word {
        "clear" => Some(Mind::Clear),
        "agitated" => Some(Mind::Agitated),
        "confused" => Some(Mind::Confused),
        "unresponsive" => Some(Mind::Unresponsive),
        _ => None,
    }
}

fn pre_eclampsia(word: &str) -> Option<PreEclampsia> {
    match word {
        "none" => Some(PreEclampsia::NoneKnown),
        "neither" => Some(PreEclampsia::NeitherComplaint),
        "headache" => Some(PreEclampsia::Headache),
        "dyspnoea" => Some(PreEclampsia::Dyspnoea),
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
    use super::*;

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
        ];
        assert_eq!(rows.map(|row| row.0), CODES.map(|row| row.0), "every code is read once");
        for (code, value, unit, entry) in rows {
            assert_eq!(entry_of(code, value, unit), Ok(entry), "{code}");
            assert!(entry_of(code, "perhaps", unit).is_err(), "{code}");
            assert!(entry_of(code, value, "kg").is_err(), "{code}");
        }
        assert!(entry_of("mood", "good", "").is_err());
    }

    #[test]
    fn a_slip_of_the_finger_is_no_entry() {
        assert!(entry_of("baseline", "21", "").is_err(), "no total is that high");
        assert!(entry_of("urine", "2000", "mL/h").is_ok());
        for (value, unit) in [("2001", "mL/h"), ("-1", "mL/h"), ("34.5", "mL/h"), ("34", "")] {
            assert!(entry_of("urine", value, unit).is_err(), "{value} {unit}");
        }
    }
}
