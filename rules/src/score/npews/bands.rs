//! The bands of the four charts: which value has how many points at which age.

use super::{Age, Amount};

pub(super) const fn resp_rate(age: Age, per_minute: i32) -> u8 {
    match age {
        Age::Infant => match per_minute {
            ..=9 | 70.. => 4,
            10..=19 | 60..=69 => 2,
            20..=29 | 50..=59 => 1,
            30..=49 => 0,
        },
        Age::Small => match per_minute {
            ..=9 | 60.. => 4,
            10..=19 | 50..=59 => 2,
            20..=39 => 0,
            40..=49 => 1,
        },
        Age::School => match per_minute {
            ..=9 | 50.. => 4,
            10..=14 | 40..=49 => 2,
            15..=19 | 25..=39 => 1,
            20..=24 => 0,
        },
        Age::Teen => match per_minute {
            ..=9 | 40.. => 4,
            10..=14 | 25..=29 => 1,
            15..=24 => 0,
            30..=39 => 2,
        },
    }
}

pub(super) const fn heart_rate(age: Age, per_minute: i32) -> u8 {
    match age {
        Age::Infant => match per_minute {
            ..=79 | 180.. => 4,
            80..=89 | 170..=179 => 2,
            90..=109 | 150..=169 => 1,
            110..=149 => 0,
        },
        Age::Small => match per_minute {
            ..=59 | 170.. => 4,
            60..=69 | 150..=169 => 2,
            70..=89 | 140..=149 => 1,
            90..=139 => 0,
        },
        Age::School => match per_minute {
            ..=59 | 160.. => 4,
            60..=69 | 140..=159 => 2,
            70..=79 | 120..=139 => 1,
            80..=119 => 0,
        },
        Age::Teen => match per_minute {
            ..=49 | 130.. => 4,
            50..=59 | 120..=129 => 2,
            60..=69 | 100..=119 => 1,
            70..=99 => 0,
        },
    }
}

pub(super) const fn systolic(age: Age, mmhg: i32) -> u8 {
    match age {
        Age::Infant => match mmhg {
            ..=49 | 110.. => 4,
            50..=59 | 100..=109 => 2,
            60..=69 | 90..=99 => 1,
            70..=89 => 0,
        },
        Age::Small => match mmhg {
            ..=49 | 130.. => 4,
            50..=59 | 120..=129 => 2,
            60..=79 | 100..=119 => 1,
            80..=99 => 0,
        },
        Age::School => match mmhg {
            ..=69 | 130.. => 4,
            70..=79 | 120..=129 => 2,
            80..=89 | 110..=119 => 1,
            90..=109 => 0,
        },
        Age::Teen => match mmhg {
            ..=79 | 140.. => 4,
            80..=89 | 130..=139 => 2,
            90..=99 | 120..=129 => 1,
            100..=119 => 0,
        },
    }
}

pub(super) const fn spo2(percent: i32) -> u8 {
    match percent {
        ..=91 => 4,
        92..=94 => 1,
        95.. => 0,
    }
}

/// What the chart leaves open between 2 and 3 s scores as 3 s.
pub(super) const fn refill(tenths: i32) -> u8 {
    match tenths {
        ..=20 => 0,
        21.. => 2,
    }
}

pub(super) const fn amount(amount: Amount) -> u8 {
    match amount {
        Amount::Flow(hundredths) => match hundredths {
            ..=0 => 0,
            1..=199 => 1,
            200..=599 => 2,
            600.. => 4,
        },
        Amount::Fraction(percent) => match percent {
            ..=15 => 0,
            16..=29 => 1,
            30..=49 => 2,
            50.. => 4,
        },
    }
}
