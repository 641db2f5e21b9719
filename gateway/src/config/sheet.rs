//! The policy in force as a sheet: what a medical director reads, signs by its SHA-256, and compares with
//! last month's. It holds every figure that a ward may change, in an order that stays, and nothing of the
//! day.

use std::io::Write;

use rules::alert::Side;
use rules::critical::{self, Known};
use rules::ladder::{Channel, Class, Ladder};
use rules::limit::Band;
use rules::sign::Parameter;
use rules::{Decimal, Policy};

use super::ladder::class_key;
use super::roster::recipient_word;
use crate::words;

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
    changes(policy, out)?;
    ladders(policy, out)?;
    let least = policy.device_silence_least.whole_seconds();
    writeln!(out, "\na device is silent after {least} s at the soonest")?;
    Ok(())
}

fn limits(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "limits (red low, yellow low, yellow high, red high; delays red and yellow; margin)")?;
    for band in [Band::Adult, Band::Child, Band::Infant, Band::Neonate] {
        limits_of(band, policy, out)?;
    }
    Ok(())
}

fn limits_of(band: Band, policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    let said = if policy.has_limits(band) {
        ""
    } else {
        ": none set by the ward; a bed with such a patient says so"
    };
    writeln!(out, "  {}{said}", band.word())?;
    for parameter in Parameter::ALL {
        let limits = policy.limits(band, parameter);
        let places = parameter.facts().places;
        let show = |limit: Option<i32>| {
            limit.map_or("-".to_owned(), |limit| Decimal::new(limit.into(), places).to_string())
        };
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
            show(Some(limits.margin)),
        )?;
        for side in [Side::Low, Side::High] {
            if let Some(trend) = words::trend(parameter, side, policy.trend(band, parameter)) {
                writeln!(out, "    {:<20} {trend}", "")?;
            }
        }
    }
    Ok(())
}

fn criticals(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\ncritical laboratory values (below, above: adult, child under 16 years, newborn)")?;
    for known in Known::ALL {
        write!(out, "  {:<20}", known.word())?;
        for band in critical::Band::ALL {
            let row = policy.critical(known, band);
            let show = |limit: Option<Decimal>| limit.map_or("-".to_owned(), |limit| limit.to_string());
            write!(out, " {:>6} {:>6}  ", show(row.low), show(row.high))?;
        }
        writeln!(out, " {}", policy.critical(known, critical::Band::Adult).unit.ucum())?;
    }
    Ok(())
}

fn changes(policy: &Policy, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\nchanges between two samples that ask to check the specimen")?;
    for known in Known::ALL.into_iter().filter(|known| known.change().is_some()) {
        let state = if policy.change(known).is_some() { "on " } else { "off" };
        writeln!(out, "  {:<20} {state} {}", known.word(), words::change(known))?;
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
mod tests;
