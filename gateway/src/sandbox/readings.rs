//! One frame of a simulated device, as the JSON that the gateway's contract asks of real ones.

use jiff::Zoned;
use serde::Serialize;
use serde_json::{Number, Value};

/// One reading. A code and a unit are all it needs; the status is left out where it is `ok`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Reading {
    code: &'static str,
    value: Value,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

impl Reading {
    /// A measured value in whole units.
    pub(super) fn whole(code: &'static str, value: i32, unit: &'static str) -> Self {
        Self { code, value: value.into(), unit, status: None }
    }

    /// A measured value in tenths of the unit.
    pub(super) fn tenths(code: &'static str, tenths: i32, unit: &'static str) -> Self {
        let value = Number::from_f64(f64::from(tenths) / 10.0).map_or(Value::Null, Value::Number);
        Self { code, value, unit, status: None }
    }

    /// What the device cannot measure now.
    pub(super) fn unavailable(code: &'static str, unit: &'static str) -> Self {
        Self { code, value: Value::Null, unit, status: Some("unavailable") }
    }

    /// What the device was told to do: never a measurement.
    pub(super) fn setting(code: &'static str, value: i32, unit: &'static str) -> Self {
        Self { status: Some("setting"), ..Self::whole(code, value, unit) }
    }
}

#[derive(Serialize)]
struct Frame<'a> {
    time: String,
    seq: u64,
    readings: &'a [Reading],
}

/// The frame as JSON.
///
/// # Errors
/// None in practice: every part of it is text or a finite number.
pub(super) fn frame(at: &Zoned, seq: u64, readings: &[Reading]) -> Result<String, serde_json::Error> {
    let time = at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
    serde_json::to_string(&Frame { time, seq, readings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_frame_is_what_the_contract_shows() {
        let at = date(2026, 11, 21).at(2, 13, 0, 250_000_000).in_tz("Asia/Kolkata").unwrap();
        let readings = [
            Reading::whole("MDC_ECG_HEART_RATE", 118, "/min"),
            Reading::tenths("MDC_TEMP", 372, "Cel"),
            Reading::setting("MDC_CONC_AWAY_O2_INSP", 40, "%"),
        ];
        assert_eq!(
            frame(&at, 4_711, &readings).unwrap(),
            concat!(
                r#"{"time":"2026-11-21T02:13:00.250+05:30","seq":4711,"readings":["#,
                r#"{"code":"MDC_ECG_HEART_RATE","value":118,"unit":"/min"},"#,
                r#"{"code":"MDC_TEMP","value":37.2,"unit":"Cel"},"#,
                r#"{"code":"MDC_CONC_AWAY_O2_INSP","value":40,"unit":"%","status":"setting"}]}"#
            )
        );
    }
}
