//! `[critical]` of `ward.toml`: the ward's own critical laboratory values, for adults and by age.
//!
//! Beside it `[change]`: which changes between two samples are looked for.
//!
//! `[critical.potassium]` is the adults' row, and that of every age band for which the chart has none;
//! `[critical.child.potassium]` and `[critical.newborn.potassium]` are those bands' own.

use rules::Policy;
use rules::critical::{Band, Known, Row};
use serde::Deserialize;
use toml::{Table, Value};

use super::{Faults, decimal};
use crate::words;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CriticalSection {
    low: Option<Value>,
    high: Option<Value>,
}

/// Takes the section out of the file and changes the policy's rows.
pub fn read(table: &mut Table, policy: &mut Policy, faults: &mut Faults) {
    let Some(mut adult) = faults.sections(table, "", "critical") else { return };
    let younger = [Band::Child, Band::Newborn]
        .map(|band| (band, faults.sections(&mut adult, "critical.", band.word())));
    rows(adult, Band::Adult, policy, faults);
    for (band, section) in younger {
        for known in Known::ALL.into_iter().filter(|known| !known.has_own_row(band)) {
            *policy.critical_mut(known, band) = *policy.critical(known, Band::Adult);
        }
        if let Some(section) = section {
            rows(section, band, policy, faults);
        }
    }
}

/// Takes `[change]` out of the file: `potassium = true` switches the chart's row on.
pub fn read_changes(table: &mut Table, policy: &mut Policy, faults: &mut Faults) {
    let Some(mut section) = faults.sections(table, "", "change") else { return };
    for known in Known::ALL.into_iter().filter(|known| known.change().is_some()) {
        let key = words::analyte_key(known);
        match section.remove(key) {
            Some(Value::Boolean(on)) => *policy.change_mut(known) = on,
            Some(_) => faults.add(format!("change.{key}"), "true or false"),
            None => {}
        }
    }
    faults.refuse_unknown("change.", &section);
}

fn rows(mut sections: Table, band: Band, policy: &mut Policy, faults: &mut Faults) {
    let prefix = match band {
        Band::Adult => "critical.".to_owned(),
        Band::Child | Band::Newborn => format!("critical.{}.", band.word()),
    };
    for known in Known::ALL {
        let key = words::analyte_key(known);
        let Some(value) = sections.remove(key) else { continue };
        let path = format!("{prefix}{key}");
        let Some(section) = faults.read::<CriticalSection>(&path, value) else { continue };
        override_row(policy.critical_mut(known, band), &section, &path, faults);
    }
    faults.refuse_unknown(&prefix, &sections);
}

fn override_row(row: &mut Row, section: &CriticalSection, path: &str, faults: &mut Faults) {
    for (key, given, limit) in [("low", &section.low, &mut row.low), ("high", &section.high, &mut row.high)] {
        let Some(given) = given else { continue };
        match decimal(given).filter(|number| (row.plausible.0..=row.plausible.1).contains(number)) {
            Some(number) => *limit = Some(number),
            None => {
                faults.add(format!("{path}.{key}"), format!("not a plausible value in {}", row.unit.ucum()));
            }
        }
    }
    if row.low.zip(row.high).is_some_and(|(low, high)| low >= high) {
        faults.add(path, "the lower limit must lie below the upper one");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::Decimal;

    fn after(text: &str) -> (Policy, Vec<String>) {
        let (mut policy, mut faults) = (Policy::shipped(), Faults::default());
        read(&mut text.parse().unwrap(), &mut policy, &mut faults);
        (policy, faults.0.into_iter().map(|fault| fault.path).collect())
    }

    #[test]
    fn a_row_is_changed_for_its_own_band_alone() {
        let (policy, faults) = after("[critical.child.potassium]\nhigh = 6.0\n");
        assert_eq!(faults, [""; 0]);
        let high = |band| policy.critical(Known::Potassium, band).high;
        assert_eq!(Band::ALL.map(high), [62, 60, 78].map(|tenths| Some(Decimal::new(tenths, 1))));
    }

    #[test]
    fn the_adults_row_reaches_every_band_that_has_none() {
        let (policy, _) = after("[critical.sodium]\nlow = 125\n[critical.newborn.lactate]\nhigh = 6\n");
        let low = |band| policy.critical(Known::Sodium, band).low;
        assert_eq!(Band::ALL.map(low), [125, 121, 125].map(|low| Some(Decimal::new(low, 0))));
        let high = |band| policy.critical(Known::Lactate, band).high;
        assert_eq!(Band::ALL.map(high), [4, 4, 6].map(|high| Some(Decimal::new(high, 0))));
    }

    #[test]
    fn a_change_is_switched_by_its_name() {
        let (mut policy, mut faults) = (Policy::shipped(), Faults::default());
        let mut table =
            "[change]\npotassium = true\nsodium = false\nlactate = 1\nph = true\n".parse().unwrap();
        read_changes(&mut table, &mut policy, &mut faults);
        assert_eq!(policy.change(Known::Potassium), Known::Potassium.change());
        assert_eq!(policy.change(Known::Sodium), None);
        let paths: Vec<&str> = faults.0.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["change.lactate", "change.ph"]);
    }

    #[test]
    fn a_fault_names_its_band() {
        let (_, faults) =
            after("[critical.child.sodium]\nlow = 160\nhigh = 999\n[critical.newborn.sodum]\nlow = 1\n");
        assert_eq!(faults, ["critical.child.sodium.high", "critical.child.sodium", "critical.newborn.sodum"]);
    }
}
