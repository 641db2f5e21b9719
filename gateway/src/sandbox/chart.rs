//! NEWS2 and the yellow limits once more, written apart from `rules`, so that the tests of the simulated
//! patients do not lean on what those patients test. Only for tests.
//!
//! Sources: Royal College of Physicians, NEWS2, December 2017, Chart 1, SpO2 scale 1;
//! `rules/charts/limits.md`.

use super::physiology::Signs;

/// The points of each parameter of a patient who is alert; oxygen last.
pub(super) fn points(signs: &Signs, on_oxygen: bool) -> [u32; 6] {
    [
        match signs.resp_rate {
            12..=20 => 0,
            9..=11 => 1,
            21..=24 => 2,
            _ => 3,
        },
        match signs.spo2 {
            96.. => 0,
            94..=95 => 1,
            92..=93 => 2,
            _ => 3,
        },
        match signs.systolic {
            111..=219 => 0,
            101..=110 => 1,
            91..=100 => 2,
            _ => 3,
        },
        match signs.heart_rate {
            51..=90 => 0,
            41..=50 | 91..=110 => 1,
            111..=130 => 2,
            _ => 3,
        },
        match signs.temperature_tenths {
            361..=380 => 0,
            351..=360 | 381..=390 => 1,
            391.. => 2,
            _ => 3,
        },
        if on_oxygen { 2 } else { 0 },
    ]
}

/// The total of a patient who is alert and breathes air.
pub(super) fn news2(signs: &Signs) -> u32 {
    points(signs, false).iter().sum()
}

/// Whether every sign lies within its yellow limits.
pub(super) fn within_yellow(signs: &Signs) -> bool {
    let rates = (50..=120).contains(&signs.heart_rate)
        && (50..=120).contains(&signs.pulse)
        && (8..=30).contains(&signs.resp_rate);
    let pressures = (90..=180).contains(&signs.systolic) && (60..=120).contains(&signs.mean);
    rates
        && pressures
        && (88..=100).contains(&signs.spo2)
        && (350..=395).contains(&signs.temperature_tenths)
        && (25..=60).contains(&signs.etco2)
}
