//! `wardlight check`: every fault with its path, or the policy in force as a sheet that a medical director
//! can read and last month's can be compared with, and the SHA-256 of everything that can be signed.

use std::io::Write;
use std::process::ExitCode;

use rules::Moment;
use rules::score::choice::Chart;

use super::settings::{Files, Settings};
use crate::clock::Clock;
use crate::config::Faults;
use crate::config::charts::CHARTS;
use crate::config::destinations::check_webhook_keys;
use crate::config::loudness::Loudness;
use crate::config::roster::table;
use crate::config::sheet;
use crate::config::signed::{POLICY, Signed, sha256};
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
    check_table(&settings.ward, &mut faults);
    check_webhook_keys(&settings.gateway.delivery, &mut faults);
    if faults.0.is_empty() {
        sheet_of(&settings.ward, out)?;
        families(&settings.profiles, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    write!(out, "{faults}")?;
    Ok(ExitCode::FAILURE)
}

/// Every row of the roster's table that cannot be used. It is no fault that keeps a gateway from starting:
/// the other rows hold.
fn check_table(ward: &WardPlan, faults: &mut Faults) {
    let Some(path) = &ward.roster.csv else { return };
    let wrong = match table::text(path) {
        Ok(text) => table::read(&text, &ward.silence.zone).1,
        Err(fault) => vec![fault],
    };
    for wrong in wrong {
        faults.add("roster.csv", wrong);
    }
}

fn sheet_of(ward: &WardPlan, out: &mut impl Write) -> anyhow::Result<()> {
    let mark = ward.signed.policy_mark();
    writeln!(out, "ward {}: {} beds; rules {}; {mark}\n", ward.name, ward.beds.len(), rules::VERSION)?;
    out.write_all(sheet::of(ward.policy).as_bytes())?;
    silence(&ward.silence, out)?;
    loudness(&ward.loudness, out)?;
    early_warnings(ward, out)?;
    signatures(&ward.signed, out)
}

/// Which early warning charts call. It is no part of the policy that is signed: it follows from the
/// signatures.
fn early_warnings(ward: &WardPlan, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\nearly warning charts")?;
    for chart in Chart::ALL {
        let state = if ward.policy.calling.may(chart) {
            "calls"
        } else {
            "shown, and calls nobody until its own page is signed"
        };
        writeln!(out, "  {:<20} {state}", chart.word())?;
    }
    Ok(())
}

/// What can be signed: the policy, which is the sheet from its limits to the silence of devices, and each
/// page of rules/charts as this program was built with it.
fn signatures(signed: &Signed, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "\nwhat can be signed, and by whom it is (SHA-256)")?;
    let policy = (POLICY, signed.policy_sha256().to_owned());
    let charts = CHARTS.iter().map(|(key, page)| (*key, sha256(page)));
    for (key, sha256) in std::iter::once(policy).chain(charts) {
        writeln!(out, "  {key:<16} {sha256}  {}", signed.mark(key))?;
    }
    Ok(())
}

fn silence(silence: &Silence, out: &mut impl Write) -> anyhow::Result<()> {
    let minutes = |span: rules::Span| span.whole_seconds() / 60;
    let (laboratory, adt) = (minutes(silence.laboratory), minutes(silence.adt));
    let day = format!("{} to {}", silence.from.strftime("%H:%M"), silence.until.strftime("%H:%M"));
    writeln!(out, "\nsilence that is told (minutes)\n  laboratory: {laboratory}, from {day}\n  HIS: {adt}")?;
    Ok(())
}

fn loudness(loudness: &Loudness, out: &mut impl Write) -> anyhow::Result<()> {
    let Loudness { day_percent, night_percent, from, until, .. } = loudness;
    let night = format!("from {} to {}", from.strftime("%H:%M"), until.strftime("%H:%M"));
    writeln!(
        out,
        "\nloudness (percent of full)\n  by day: {day_percent}\n  by night: {night_percent}, {night}"
    )?;
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

#[cfg(test)]
mod tests;
