//! Naive limits, the alarms of a monitor that nobody has set: each value beyond a plain limit is an alarm, at
//! once, zero included, and over as soon as the value is back. No delay, no margin, no cross-check.
//!
//! The figures are those of the shipped yellow limits as they stood when this was written; they are this
//! file's own, and no change of a policy moves them.

use gateway::sandbox::labelled::{Shown, Signs};

/// A limit: its name in an alert's code, and which side is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) code: &'static str,
    pub(crate) is_low: bool,
    pub(crate) at: i32,
}

const fn low(code: &'static str, at: i32) -> Limit {
    Limit { code, is_low: true, at }
}

const fn high(code: &'static str, at: i32) -> Limit {
    Limit { code, is_low: false, at }
}

/// Rates per minute, pressures in mmHg, the temperature in tenths of a degree.
pub(crate) const LIMITS: [Limit; 13] = [
    low("limit.pulse_rate.low", 50),
    high("limit.pulse_rate.high", 120),
    low("limit.spo2.low", 88),
    low("limit.resp_rate.low", 8),
    high("limit.resp_rate.high", 30),
    low("limit.systolic.low", 90),
    high("limit.systolic.high", 180),
    low("limit.mean_pressure.low", 60),
    high("limit.mean_pressure.high", 120),
    low("limit.temperature.low", 350),
    high("limit.temperature.high", 395),
    low("limit.etco2.low", 25),
    high("limit.etco2.high", 60),
];

impl Limit {
    /// Whether a value is beyond.
    pub(crate) const fn is_crossed(&self, value: i32) -> bool {
        if self.is_low { value < self.at } else { value > self.at }
    }

    /// What is true of its parameter.
    pub(crate) fn true_value(&self, signs: &Signs) -> i32 {
        match self.code.split('.').nth(1) {
            Some("pulse_rate") => signs.heart_rate,
            Some("spo2") => signs.spo2,
            Some("resp_rate") => signs.resp_rate,
            Some("systolic") => signs.systolic,
            Some("mean_pressure") => signs.mean,
            Some("temperature") => signs.temperature,
            _ => signs.etco2,
        }
    }

    /// What a monitor shows of its parameter.
    fn shown(&self, shown: &[Shown]) -> Option<i32> {
        let codes: &[&str] = match self.code.split('.').nth(1) {
            Some("pulse_rate") => &["MDC_ECG_HEART_RATE"],
            Some("spo2") => &["MDC_PULS_OXIM_SAT_O2"],
            Some("resp_rate") => &["MDC_TTHOR_RESP_RATE", "MDC_VENT_RESP_RATE"],
            Some("systolic") => &["MDC_PRESS_BLD_ART_SYS", "MDC_PRESS_BLD_NONINV_SYS"],
            Some("mean_pressure") => &["MDC_PRESS_BLD_ART_MEAN", "MDC_PRESS_BLD_NONINV_MEAN"],
            Some("temperature") => &["MDC_TEMP"],
            _ => &["MDC_CONC_AWAY_CO2_ET"],
        };
        shown.iter().find(|shown| codes.contains(&shown.code)).and_then(|shown| shown.value)
    }
}

/// The naive monitor of one bed.
#[derive(Default)]
pub(crate) struct Naive {
    beyond: [bool; LIMITS.len()],
    /// The alarms so far.
    pub(crate) alarms: usize,
}

impl Naive {
    /// Looks at a frame. What it does not have is as it was.
    pub(crate) fn look(&mut self, shown: &[Shown]) {
        for (limit, beyond) in LIMITS.iter().zip(&mut self.beyond) {
            if let Some(value) = limit.shown(shown) {
                let crossed = limit.is_crossed(value);
                self.alarms += usize::from(crossed && !*beyond);
                *beyond = crossed;
            }
        }
    }
}
