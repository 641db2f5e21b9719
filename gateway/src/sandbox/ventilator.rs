//! A simulated ventilator: what it measures each second, and what it was set to, marked as a setting.

use super::physiology::Signs;
use super::readings::Reading;

/// The inspired oxygen it is set to, in percent.
const OXYGEN_PERCENT: i32 = 40;

/// The positive end-expiratory pressure it is set to, in cmH2O.
const PEEP: i32 = 6;

/// What it sends in a second.
pub(super) fn readings(signs: &Signs) -> Vec<Reading> {
    // Tenths of a litre: breaths times millilitres, through a hundred.
    let minute_tenths = (signs.resp_rate * signs.tidal_ml + 50) / 100;
    vec![
        Reading::whole("MDC_VENT_RESP_RATE", signs.resp_rate, "/min"),
        Reading::whole("MDC_VENT_VOL_TIDAL", signs.tidal_ml, "mL"),
        Reading::tenths("MDC_VENT_VOL_MINUTE_AWAY", minute_tenths, "L/min"),
        Reading::whole("MDC_VENT_PRESS_MAX", signs.airway_peak, "cm[H2O]"),
        Reading::whole("MDC_VENT_PRESS_AWAY_END_EXP_POS", PEEP, "cm[H2O]"),
        Reading::whole("MDC_VENT_CONC_AWAY_O2_INSP", OXYGEN_PERCENT, "%"),
        Reading::setting("MDC_CONC_AWAY_O2_INSP", OXYGEN_PERCENT, "%"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::physiology::Patient;
    use super::*;

    #[test]
    fn the_minute_volume_is_what_the_breaths_add_up_to() {
        let signs = Signs { resp_rate: 16, tidal_ml: 452, ..Patient::new(1, 1).at(0, &[]) };
        let sent = serde_json::to_value(readings(&signs)).unwrap();
        let value = |code: &str| {
            let mut all = sent.as_array().unwrap().iter();
            all.find(|reading| reading["code"] == code).unwrap()["value"].clone()
        };
        assert_eq!(value("MDC_VENT_RESP_RATE"), 16);
        assert_eq!(value("MDC_VENT_VOL_MINUTE_AWAY"), 7.2);
    }

    #[test]
    fn only_the_set_oxygen_is_a_setting() {
        let sent = serde_json::to_value(readings(&Patient::new(1, 1).at(0, &[]))).unwrap();
        let settings: Vec<_> =
            sent.as_array().unwrap().iter().filter(|reading| reading["status"] == "setting").collect();
        assert_eq!(settings.len(), 1);
        assert_eq!(settings[0]["code"], "MDC_CONC_AWAY_O2_INSP");
    }
}
