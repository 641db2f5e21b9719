//! What is signed is what is read: every figure of [`Policy`] that a ward may change shows on the sheet, by
//! itself and at its own place.

use std::collections::BTreeSet;
use std::fmt::Debug;

use rules::ladder::{Recipient, Tell};
use rules::limit::Limits;
use rules::trend::Trend;
use rules::{Decimal, Span};

use super::*;
use crate::config::{Faults, ward};

const SAMPLE: &str = include_str!("../../../../deploy/ward.toml");

fn sheet(overrides: &str) -> String {
    let mut faults = Faults::default();
    let plan = ward::read(format!("{SAMPLE}\n{overrides}").parse().unwrap(), &mut faults);
    assert_eq!(faults.0, []);
    of(plan.policy)
}

/// The sheets of policies that each differ from the shipped one in one thing.
struct Sheets(BTreeSet<String>);

impl Sheets {
    /// Takes one more for each of these changes; none of them is one of those before.
    fn add<T>(&mut self, what: impl Debug, changes: &[fn(&mut T)], part: impl Fn(&mut Policy) -> &mut T) {
        for (no, change) in changes.iter().enumerate() {
            let mut policy = Policy::shipped();
            change(part(&mut policy));
            assert!(self.0.insert(of(&policy)), "{what:?}: change {no} does not show");
        }
    }
}

const SEVEN: Span = Span::seconds(7);

const OF_LIMITS: [fn(&mut Limits); 7] = [
    |limits| limits.low.red = Some(7),
    |limits| limits.low.yellow = Some(7),
    |limits| limits.high.yellow = Some(7),
    |limits| limits.high.red = Some(7),
    |limits| limits.red_delay = SEVEN,
    |limits| limits.yellow_delay = SEVEN,
    |limits| limits.margin = 7,
];

const OF_A_TREND: [fn(&mut Trend); 3] = [
    |trend| trend.fall = Some(7),
    |trend| trend.rise = Some(7),
    |trend| (trend.fall, trend.within) = (Some(7), SEVEN),
];

const OF_A_ROW: [fn(&mut critical::Row); 2] =
    [|row| row.low = Some(Decimal::new(7_777, 1)), |row| row.high = Some(Decimal::new(7_777, 1))];

const OF_A_LADDER: [fn(&mut Ladder); 7] = [
    |ladder| ladder.repeat = SEVEN,
    |ladder| ladder.recall = SEVEN,
    |ladder| ladder.steps[0].after = SEVEN,
    |ladder| tell(ladder, Recipient::It, Channel::His),
    |ladder| tell(ladder, Recipient::It, Channel::Board),
    |ladder| tell(ladder, Recipient::Ward, Channel::Board),
    |ladder| ladder.steps.truncate(ladder.steps.len() - 1),
];

fn tell(ladder: &mut Ladder, whom: Recipient, by: Channel) {
    ladder.steps[0].tells.push(Tell { whom, by }).unwrap();
}

#[test]
fn whatever_a_ward_changes_changes_the_sheet() {
    let mut sheets = Sheets(BTreeSet::from([of(&Policy::shipped())]));
    for (band, parameter) in Band::ALL.into_iter().flat_map(|band| Parameter::ALL.map(|of| (band, of))) {
        sheets.add((band, parameter), &OF_LIMITS, |policy| policy.limits_mut(band, parameter));
        sheets.add((band, parameter), &OF_A_TREND, |policy| policy.trend_mut(band, parameter));
    }
    for (known, band) in Known::ALL.into_iter().flat_map(|known| critical::Band::ALL.map(|of| (known, of))) {
        sheets.add((known, band), &OF_A_ROW, |policy| policy.critical_mut(known, band));
    }
    for known in Known::ALL.into_iter().filter(|known| known.change().is_some()) {
        sheets.add(known, &[|is_on: &mut bool| *is_on = !*is_on], |policy| policy.change_mut(known));
    }
    for class in Class::ALL {
        sheets.add(class, &OF_A_LADDER, |policy| policy.ladder_mut(class));
    }
    sheets.add("silence", &[|least: &mut Span| *least = SEVEN], |policy| &mut policy.device_silence_least);
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
