//! The policy in force as a sheet: what a medical director reads, signs by its SHA-256, and compares with
//! last month's. It holds every figure that a ward may change, in an order that stays, and nothing of the
//! day.

use std::fmt::{self, Write};

use rules::Policy;
use rules::alert::Side;
use rules::critical::{self, Known};
use rules::ladder::{Channel, Class, Ladder};
use rules::limit::Band;
use rules::sign::Parameter;

use super::ladder::class_key;
use super::roster::recipient_word;
use crate::words;

/// The sheet.
#[must_use]
pub fn of(policy: &Policy) -> String {
    let mut sheet = String::new();
    // Writing to memory does not fail.
    let _ = write(policy, &mut sheet);
    sheet
}

fn write(policy: &Policy, out: &mut String) -> fmt::Result {
    limits(policy, out)?;
    criticals(policy, out)?;
    changes(policy, out)?;
    ladders(policy, out)?;
    let least = policy.device_silence_least.whole_seconds();
    writeln!(out, "\na device is silent after {least} s at the soonest")
}

fn limits(policy: &Policy, out: &mut String) -> fmt::Result {
    writeln!(out, "limits (red low, yellow low, yellow high, red high; delays red and yellow; margin)")?;
    Band::ALL.into_iter().rev().try_for_each(|band| limits_of(band, policy, out))
}

fn limits_of(band: Band, policy: &Policy, out: &mut String) -> fmt::Result {
    let said = if policy.has_limits(band) {
        ""
    } else {
        ": none set by the ward; a bed with such a patient says so"
    };
    writeln!(out, "  {}{said}", band.word())?;
    for parameter in Parameter::ALL {
        let limits = policy.limits(band, parameter);
        let value = |whole| words::parameter_value(parameter, whole);
        let show = |limit: Option<i32>| words::or_dash(limit.map(value));
        writeln!(
            out,
            "    {:<20} {:>6} {:>6} {:>6} {:>6}   {:>3} s {:>3} s   {}",
            parameter.word(),
            show(limits.low.red),
            show(limits.low.yellow),
            show(limits.high.yellow),
            show(limits.high.red),
            limits.red_delay.whole_seconds(),
            limits.yellow_delay.whole_seconds(),
            value(limits.margin),
        )?;
        for side in [Side::Low, Side::High] {
            if let Some(trend) = words::trend(parameter, side, policy.trend(band, parameter)) {
                writeln!(out, "    {:<20} {trend}", "")?;
            }
        }
    }
    Ok(())
}

fn criticals(policy: &Policy, out: &mut String) -> fmt::Result {
    writeln!(out, "\ncritical laboratory values (below, above: adult, child under 16 years, newborn)")?;
    for known in Known::ALL {
        write!(out, "  {:<20}", known.word())?;
        for band in critical::Band::ALL {
            let row = policy.critical(known, band);
            write!(out, " {:>6} {:>6}  ", words::or_dash(row.low), words::or_dash(row.high))?;
        }
        writeln!(out, " {}", policy.critical(known, critical::Band::Adult).unit.ucum())?;
    }
    Ok(())
}

fn changes(policy: &Policy, out: &mut String) -> fmt::Result {
    writeln!(out, "\nchanges between two samples that ask to check the specimen")?;
    for known in Known::ALL.into_iter().filter(|known| known.change().is_some()) {
        let state = if policy.change(known).is_some() { "on " } else { "off" };
        writeln!(out, "  {:<20} {state} {}", known.word(), words::change(known))?;
    }
    Ok(())
}

fn ladders(policy: &Policy, out: &mut String) -> fmt::Result {
    writeln!(out, "\nladders (seconds after the decision)")?;
    Class::ALL.into_iter().try_for_each(|class| ladder(class_key(class), policy.ladder(class), out))
}

fn ladder(key: &str, ladder: &Ladder, out: &mut String) -> fmt::Result {
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
mod tests;
