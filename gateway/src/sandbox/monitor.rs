//! A simulated bedside monitor: what it shows each second, and the cuff that inflates every five minutes.
//!
//! A cuff pressure stands only in the frame of its own measurement: a monitor that repeats it would make it
//! look fresh.

use super::physiology::Signs;
use super::readings::Reading;

/// Seconds between two cuff measurements.
const CUFF_EVERY_S: u64 = 300;

/// How the monitor measures pressure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressure {
    /// By cuff, now and then. All cuffs of a ward inflating in the same second would be a strange ward.
    Cuff { next_s: u64, shift_s: u64 },
    /// By an arterial line, all the time.
    Arterial,
}

/// One monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Monitor {
    pressure: Pressure,
}

impl Monitor {
    /// A monitor with a cuff: it measures when it is switched on, and then `shift_s` seconds after every
    /// fifth minute.
    pub(super) const fn with_cuff(shift_s: u64) -> Self {
        Self { pressure: Pressure::Cuff { next_s: 0, shift_s: shift_s % CUFF_EVERY_S } }
    }

    /// A monitor with an arterial line and a capnograph, as beside a ventilator.
    pub(super) const fn invasive() -> Self {
        Self { pressure: Pressure::Arterial }
    }

    /// What it sends in a second.
    pub(super) fn readings(&mut self, signs: &Signs, second: u64) -> Vec<Reading> {
        let mut readings = vec![
            Reading::whole("MDC_ECG_HEART_RATE", signs.heart_rate, "/min"),
            Reading::whole("MDC_PULS_OXIM_SAT_O2", signs.spo2, "%"),
            Reading::whole("MDC_PULS_OXIM_PULS_RATE", signs.pulse, "/min"),
            Reading::whole("MDC_TTHOR_RESP_RATE", signs.resp_rate, "/min"),
            Reading::tenths("MDC_TEMP", signs.temperature_tenths, "Cel"),
        ];
        match &mut self.pressure {
            Pressure::Arterial => readings.extend(invasive(signs)),
            Pressure::Cuff { next_s, shift_s } if second >= *next_s => {
                *next_s = (second / CUFF_EVERY_S + 1) * CUFF_EVERY_S + *shift_s;
                readings.extend(cuff(signs));
            }
            Pressure::Cuff { .. } => {}
        }
        readings
    }
}

fn cuff(signs: &Signs) -> [Reading; 3] {
    [
        Reading::whole("MDC_PRESS_BLD_NONINV_SYS", signs.systolic, "mm[Hg]"),
        Reading::whole("MDC_PRESS_BLD_NONINV_DIA", signs.diastolic, "mm[Hg]"),
        Reading::whole("MDC_PRESS_BLD_NONINV_MEAN", signs.mean, "mm[Hg]"),
    ]
}

fn invasive(signs: &Signs) -> [Reading; 4] {
    [
        Reading::whole("MDC_PRESS_BLD_ART_SYS", signs.systolic, "mm[Hg]"),
        Reading::whole("MDC_PRESS_BLD_ART_DIA", signs.diastolic, "mm[Hg]"),
        Reading::whole("MDC_PRESS_BLD_ART_MEAN", signs.mean, "mm[Hg]"),
        Reading::whole("MDC_CONC_AWAY_CO2_ET", signs.etco2, "mm[Hg]"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::physiology::Patient;
    use super::super::readings::frame;
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    fn sent(monitor: &mut Monitor, second: u64) -> Value {
        let signs = Patient::new(1, 1).at(second, &[]);
        let at = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        serde_json::from_str(&frame(&at, second, &monitor.readings(&signs, second)).unwrap()).unwrap()
    }

    fn value<'a>(frame: &'a Value, code: &str) -> Option<&'a Value> {
        frame["readings"].as_array().unwrap().iter().find(|reading| reading["code"] == code)
    }

    #[test]
    fn every_second_has_the_continuous_signs_in_their_units() {
        let frame = sent(&mut Monitor::with_cuff(0), 17);
        for (code, unit) in [
            ("MDC_ECG_HEART_RATE", "/min"),
            ("MDC_PULS_OXIM_SAT_O2", "%"),
            ("MDC_PULS_OXIM_PULS_RATE", "/min"),
            ("MDC_TTHOR_RESP_RATE", "/min"),
            ("MDC_TEMP", "Cel"),
        ] {
            let reading = value(&frame, code).unwrap();
            assert!(reading["value"].is_number() && reading["unit"] == unit, "{reading}");
            assert!(reading.get("status").is_none());
        }
        assert_eq!(frame["seq"], json!(17));
        assert_eq!(frame["time"], "1970-01-01T00:00:00.000+00:00");
    }

    #[test]
    fn a_cuff_speaks_only_when_it_has_measured() {
        let mut monitor = Monitor::with_cuff(40);
        let measured: Vec<u64> = (0..1_000)
            .filter(|second| value(&sent(&mut monitor, *second), "MDC_PRESS_BLD_NONINV_SYS").is_some())
            .collect();
        assert_eq!(measured, [0, 340, 640, 940]);
    }

    #[test]
    fn a_cuff_that_missed_its_second_measures_at_the_next() {
        let mut monitor = Monitor::with_cuff(0);
        let mut cuff_at = |second| value(&sent(&mut monitor, second), "MDC_PRESS_BLD_NONINV_MEAN").is_some();
        assert_eq!([0, 299, 307, 308, 600].map(&mut cuff_at), [true, false, true, false, true]);
    }

    #[test]
    fn an_arterial_line_speaks_all_the_time_and_needs_no_cuff() {
        let mut monitor = Monitor::invasive();
        for second in 0..10 {
            let frame = sent(&mut monitor, second);
            assert!(value(&frame, "MDC_PRESS_BLD_ART_MEAN").is_some());
            assert!(value(&frame, "MDC_CONC_AWAY_CO2_ET").is_some());
            assert!(value(&frame, "MDC_PRESS_BLD_NONINV_SYS").is_none());
        }
    }
}
