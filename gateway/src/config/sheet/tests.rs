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
fn the_same_policy_has_the_same_sheet() {
    assert_eq!(sheet(""), of(&Policy::shipped()));
}
