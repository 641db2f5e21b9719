//! A patient's own critical limits of an analyte, as they are sent: inside what the chart calls plausible.
//! They are moved and never taken away.

use rules::Decimal;
use rules::critical::{Band, Known};
use serde_json::Number;

use super::Setting;
use crate::board::problem::Problem;
use crate::event::{BedCritical, Event, Person};
use crate::words;

/// So many places of a limit are kept.
const PLACES: u8 = 4;

impl Setting {
    pub(super) fn of_an_analyte(&self, named: &str, bed: &str, by: Person) -> Result<Event, Problem> {
        let known = analyte(named)?;
        let (low, high) = self.critical(known)?;
        let (bed, minutes, reason) = (bed.to_owned(), self.minutes, self.reason.trim().to_owned());
        Ok(Event::Critical(BedCritical { bed, by, known, low, high, minutes, reason }))
    }

    /// The lower and the upper limit in the chart's unit.
    fn critical(&self, known: Known) -> Result<(Option<Decimal>, Option<Decimal>), Problem> {
        let of_a_sign = [&self.red_low, &self.yellow_low, &self.yellow_high, &self.red_high];
        if of_a_sign.iter().any(|limit| limit.is_some()) {
            return Err(Problem::value("limits", "an analyte takes critical_low and critical_high"));
        }
        let (low, high) =
            (plausible(known, self.critical_low.as_ref())?, plausible(known, self.critical_high.as_ref())?);
        if low.is_none() && high.is_none() && self.minutes > 0 {
            return Err(Problem::value("limits", "send at least one limit, or 0 minutes to end them"));
        }
        Ok((low, high))
    }
}

fn analyte(named: &str) -> Result<Known, Problem> {
    let is_it = |known: &Known| words::analyte_key(*known) == named;
    Known::ALL.into_iter().find(is_it).ok_or_else(|| {
        let keys: Vec<&str> = Known::ALL.into_iter().map(words::analyte_key).collect();
        Problem::value("analyte", format!("analyte is one of {}", keys.join(", ")))
    })
}

/// A limit strictly inside the plausible range: beyond a limit at its edge nothing would ever call.
fn plausible(known: Known, limit: Option<&Number>) -> Result<Option<Decimal>, Problem> {
    let Some(limit) = limit else { return Ok(None) };
    let row = known.row(Band::Adult);
    let read = Decimal::parse(limit.to_string().as_bytes());
    let kept = read.filter(|read| Decimal::new(read.rounded(PLACES), PLACES) == *read);
    kept.filter(|limit| row.plausible.0 < *limit && *limit < row.plausible.1).map(Some).ok_or_else(|| {
        let detail = format!("{limit} is no plausible limit of {} in {}", known.word(), row.unit.ucum());
        Problem::value("limits", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn setting(body: &serde_json::Value) -> Setting {
        let mut all = json!({"analyte": "potassium", "minutes": 60, "reason": "dialysis", "by": "rao"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn read(body: &serde_json::Value) -> Result<(Option<Decimal>, Option<Decimal>), Problem> {
        setting(body).critical(Known::Potassium)
    }

    #[test]
    fn limits_are_read_in_the_charts_unit() {
        let high = Some(Decimal::new(7, 0));
        assert_eq!(read(&json!({"critical_high": 7.0})), Ok((None, high)));
        assert_eq!(read(&json!({"critical_low": 2.25})), Ok((Some(Decimal::new(225, 2)), None)));
        assert_eq!(read(&json!({"minutes": 0})), Ok((None, None)), "that ends them");
    }

    #[test]
    fn nobody_can_leave_a_patient_without() {
        for wrong in [
            json!({}),
            json!({"critical_high": 20}),
            json!({"critical_low": 0.5}),
            json!({"critical_low": -1}),
            json!({"critical_high": 6.20001}),
            json!({"critical_high": 7, "red_high": 7}),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_analyte_is_named_as_in_the_wards_file() {
        assert_eq!(analyte("calcium_ionised"), Ok(Known::CalciumIonised));
        assert!(analyte("unobtainium").is_err());
    }
}
