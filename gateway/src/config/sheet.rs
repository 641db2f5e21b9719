//! The policy in force as a sheet: what a medical director reads, signs by its SHA-256, and compares with
//! last month's. It holds every figure that a ward may change, in an order that stays, and nothing of the
//! day.

use std::io::Write;

use rules::critical::Known;
use rules::ladder::{Channel, Class, Ladder};
use rules::sign::Parameter;
use rules::{Decimal, Policy};

use super::ladder::class_key;
use super::roster::recipient_word;

/// The sheet.
#[must_use]
pub fn of(policy: &Policy) -> String {
    let mut sheet = Vec::new();
    // Writing to memory does not fail, and the figures are text.
    let _ = write(policy, &mut sheet);
    String::from_utf8_lossy(&sheet).into_owned()
}

fn write(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    limits(policy, out)?;
    criticals(policy, out)?;
    ladders(policy, out)?;
    let least = policy.device_silence_least.whole_seconds();
    writeln!(out, "\na device is silent after {least} s at the soonest")?;
    Ok(())
}

fn limits(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "limits (red low, yellow low, yellow high, red high; delays red and yellow; margin)")?;
    for parameter in Parameter::ALL {
        let limits = policy.limits(parameter);
        let places = parameter.facts().places;
        let show = |limit: Option<i32>| {
            limit.map_or("-".to_owned(), |limit| Decimal::new(limit.into(), places).to_string())
        };
        writeln!(
            out,
            "  {:<20} {:>6} {:>6} {:>6} {:>6}   {:>3} s {:>3} s   {}",
            parameter.word(),
            show(limits.low.red),
            show(limits.low.yellow),
            show(limits.high.yellow),
            show(limits.high.red),
            limits.red_delay.whole_seconds(),
            limits.yellow_delay.whole_seconds(),
            show(Some(limits.margin)),
        )?;
    }
    Ok(())
}

fn criticals(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\ncritical laboratory values (below, above)")?;
    for known in Known::ALL {
        let row = policy.critical(known);
        let show = |limit: Option<Decimal>| limit.map_or("-".to_owned(), |limit| limit.to_string());
        writeln!(
            out,
            "  {:<20} {:>6} {:>6} {}",
            known.word(),
            show(row.low),
            show(row.high),
            row.unit.ucum()
        )?;
    }
    Ok(())
}

fn ladders(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\nladders (seconds after the decision)")?;
    for class in Class::ALL {
        ladder(class_key(class), policy.ladder(class), out)?;
    }
    Ok(())
}

fn ladder(key: &str, ladder: &Ladder, out: &mut impl Write) -> anyhow::Result<()> {
    let (repeat, recall) = (ladder.repeat.whole_seconds(), ladder.recall.whole_seconds());
    writeln!(out, "  {key}: last step again every {repeat} s; an acknowledgement holds for {recall} s")?;
    for step in &ladder.steps {
        let tells: Vec<String> = step
            .tells
            .iter()
            .map(|tell| format!("{} by {}", recipient_word(tell.whom), channel_word(tell.by)))
            .collect();
        writeln!(out, "    {:>4} {}", step.after.whole_seconds(), tells.join(", "))?;
    }
    Ok(())
}

const fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Sound => "sound",
        Channel::Board => "board",
        Channel::His => "HIS",
        Channel::WhatsApp => "WhatsApp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Faults, ward};

    const SAMPLE: &str = include_str!("../../../deploy/ward.toml");

    fn sheet(overrides: &str) -> String {
        let mut faults = Faults::default();
        let plan = ward::read(format!("{SAMPLE}\n{overrides}").parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        of(plan.policy)
    }

    /// What is signed is what is read: no override leaves the sheet as it was, and no two are alike.
    #[test]
    fn whatever_a_ward_changes_changes_the_sheet() {
        let red = |more: &str| {
            format!("[ladder.red]\nsteps = [{{ after_s = 0, tell = [\"station:sound\"] }}]\n{more}")
        };
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
}
