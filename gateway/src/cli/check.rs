//! `wardlight check`: every fault with its path, or the policy in force as a sheet that a medical director
//! can read and last month's can be compared with.

use std::io::Write;
use std::process::ExitCode;

use rules::critical::Known;
use rules::ladder::{Channel, Class, Ladder};
use rules::sign::Parameter;
use rules::{Decimal, Moment, Policy};

use super::settings::{Files, Settings};
use crate::clock::Clock;
use crate::config::ladder::class_key;
use crate::config::roster::recipient_word;
use crate::config::silence::Silence;
use crate::config::transport;
use crate::config::ward::WardPlan;
use crate::ingest::profile::Profiles;

/// Checks both files and prints the sheet, or every fault.
///
/// # Errors
/// A file that cannot be read at all.
pub(super) fn run(files: &Files, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (settings, mut faults) = Settings::read_with_faults(files)?;
    let now = Clock::starting_after(Moment(0)).wall();
    transport::check_ages(&settings.gateway, now, &mut faults);
    if faults.0.is_empty() {
        sheet(&settings.ward, out)?;
        families(&settings.profiles, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    write!(out, "{faults}")?;
    Ok(ExitCode::FAILURE)
}

fn sheet(ward: &WardPlan, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "ward {}: {} beds; rules {}; shipped default, not signed\n",
        ward.name,
        ward.beds.len(),
        rules::VERSION
    )?;
    limits(ward.policy, out)?;
    criticals(ward.policy, out)?;
    ladders(ward.policy, out)?;
    silence(&ward.silence, out)
}

fn silence(silence: &Silence, out: &mut impl Write) -> anyhow::Result<()> {
    let minutes = |span: rules::Span| span.whole_seconds() / 60;
    let (laboratory, adt) = (minutes(silence.laboratory), minutes(silence.adt));
    let day = format!("{} to {}", silence.from.strftime("%H:%M"), silence.until.strftime("%H:%M"));
    writeln!(out, "\nsilence that is told (minutes)\n  laboratory: {laboratory}, from {day}\n  HIS: {adt}")?;
    Ok(())
}

/// The families of devices that are known, and what of each nobody has yet checked against a device.
fn families(profiles: &Profiles, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\ndevice profiles, in the order in which they are tried")?;
    for family in profiles.families() {
        writeln!(out, "  {}", family.name)?;
        for unchecked in &family.unchecked {
            writeln!(out, "    not checked: {unchecked}")?;
        }
    }
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
