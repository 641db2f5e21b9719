//! What is signed is what is read: every override shows on the sheet.

use super::*;
use crate::config::{Faults, ward};

const SAMPLE: &str = include_str!("../../../../deploy/ward.toml");

fn sheet(overrides: &str) -> String {
    let mut faults = Faults::default();
    let plan = ward::read(format!("{SAMPLE}\n{overrides}").parse().unwrap(), &mut faults);
    assert_eq!(faults.0, []);
    of(plan.policy)
}

/// What is signed is what is read: no override leaves the sheet as it was, and no two are alike.
#[test]
fn whatever_a_ward_changes_changes_the_sheet() {
    let red =
        |more: &str| format!("[ladder.red]\nsteps = [{{ after_s = 0, tell = [\"station:sound\"] }}]\n{more}");
    let overrides = [
        String::new(),
        "[limits.spo2]\nred_low = 81".to_owned(),
        "[limits.spo2]\nyellow_low = 87".to_owned(),
        "[limits.pulse_rate]\nyellow_high = 121".to_owned(),
        "[limits.pulse_rate]\nred_high = 151".to_owned(),
        "[limits.spo2]\nred_delay_s = 9".to_owned(),
        "[limits.spo2]\nyellow_delay_s = 29".to_owned(),
        "[limits.pulse_rate]\nmargin = 25".to_owned(),
        "[limits.mean_pressure]\nfall = 30\nwithin_s = 300".to_owned(),
        "[limits.mean_pressure]\nfall = 31\nwithin_s = 300".to_owned(),
        "[limits.mean_pressure]\nrise = 30\nwithin_s = 300".to_owned(),
        "[limits.mean_pressure]\nfall = 30\nwithin_s = 301".to_owned(),
        "[limits.child.mean_pressure]\nfall = 30\nwithin_s = 300".to_owned(),
        "[critical.potassium]\nlow = 2.6".to_owned(),
        "[critical.potassium]\nhigh = 6.0".to_owned(),
        red(""),
        red("repeat_s = 90"),
        red("recall_s = 90"),
        red("").replace("station:sound", "station:board"),
        red("").replace("}]", "}, { after_s = 90, tell = [\"ward:whatsapp\"] }]"),
    ];
    let mut sheets: Vec<String> = overrides.iter().map(|text| sheet(text)).collect();
    sheets.sort();
    sheets.dedup();
    assert_eq!(sheets.len(), overrides.len());
}

#[test]
fn a_rate_of_change_stands_below_the_limits_of_its_parameter() {
    let sheet = sheet("[limits.mean_pressure]\nfall = 30\nrise = 40\nwithin_s = 300");
    let lines: Vec<&str> = sheet.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with("mean pressure")).unwrap();
    assert_eq!(lines[at + 1..at + 3], ["fall by 30 mm[Hg] within 5 min", "rise by 40 mm[Hg] within 5 min"]);
    assert_eq!(sheet.matches("within 5 min").count(), 2, "of an adult alone");
}

#[test]
fn the_same_policy_has_the_same_sheet() {
    assert_eq!(sheet(""), of(&Policy::shipped()));
}
