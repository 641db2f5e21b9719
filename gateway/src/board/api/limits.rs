//! A patient's own limits, of a sign or of a laboratory's analyte: a doctor sets them for a time, with a
//! reason. What they do not set stays the ward's, so that nobody can leave a patient without.

mod critical;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rules::Decimal;
use rules::event::Role;
use rules::limit::{OWN_LIMITS_LONGEST, Pair};
use rules::sign::Parameter;
use serde::Deserialize;
use serde_json::{Number, json};

use super::hand_over::{Credentials, hand_over};
use super::{Body, Path, bed_of};
use crate::board::Shared;
use crate::board::accounts::at_the_bed;
use crate::board::problem::Problem;
use crate::event::{BedLimits, Event, Person, Said};
use crate::words;

/// The longest reason that is taken, in bytes.
const REASON_MOST: usize = 500;

/// Limits as they are sent. What is left out stays as the ward has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Setting {
    /// Of which sign; else [`Setting::analyte`].
    parameter: Option<String>,
    /// Of which analyte.
    analyte: Option<String>,
    red_low: Option<Number>,
    yellow_low: Option<Number>,
    yellow_high: Option<Number>,
    red_high: Option<Number>,
    critical_low: Option<Number>,
    critical_high: Option<Number>,
    /// For how long; 0 ends them.
    minutes: u32,
    reason: String,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Setting {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }

    /// What the ward is to be told of it.
    fn event(&self, bed: &str, by: Person) -> Result<Event, Problem> {
        match (&self.parameter, &self.analyte) {
            (Some(named), None) => self.of_a_sign(named, bed, by),
            (None, Some(named)) => self.of_an_analyte(named, bed, by),
            _ => Err(Problem::value("parameter", "name either a parameter or an analyte")),
        }
    }

    fn of_a_sign(&self, named: &str, bed: &str, by: Person) -> Result<Event, Problem> {
        let parameter = Self::parameter(named)?;
        let (low, high) = self.limits(parameter)?;
        let (bed, minutes, reason) = (bed.to_owned(), self.minutes, self.reason.trim().to_owned());
        Ok(Event::Limits(BedLimits { bed, by, parameter, low, high, minutes, reason }))
    }

    fn parameter(named: &str) -> Result<Parameter, Problem> {
        let named = |parameter: &Parameter| words::parameter_key(*parameter) == named;
        Parameter::ALL.into_iter().find(named).ok_or_else(|| {
            let keys: Vec<&str> = Parameter::ALL.into_iter().map(words::parameter_key).collect();
            Problem::value("parameter", format!("parameter is one of {}", keys.join(", ")))
        })
    }

    /// The lower and the upper limits in whole units, each plausible. Whether they rise is seen together with
    /// the ward's, by the ward.
    fn limits(&self, parameter: Parameter) -> Result<(Pair, Pair), Problem> {
        if self.critical_low.is_some() || self.critical_high.is_some() {
            return Err(Problem::value("limits", "critical_low and critical_high are those of an analyte"));
        }
        let low = Pair {
            red: whole(parameter, self.red_low.as_ref())?,
            yellow: whole(parameter, self.yellow_low.as_ref())?,
        };
        let high = Pair {
            yellow: whole(parameter, self.yellow_high.as_ref())?,
            red: whole(parameter, self.red_high.as_ref())?,
        };
        if [low, high] == [Pair::default(); 2] && self.minutes > 0 {
            return Err(Problem::value("limits", "send at least one limit, or 0 minutes to end them"));
        }
        Ok((low, high))
    }

    /// For how long and why.
    fn check_terms(&self) -> Result<(), Problem> {
        let most = OWN_LIMITS_LONGEST.whole_seconds() / 60;
        if self.minutes > most {
            return Err(Problem::value("minutes", format!("at most {most} minutes: then look again")));
        }
        if self.reason.trim().is_empty() || self.reason.len() > REASON_MOST {
            return Err(Problem::value("reason", format!("send a reason, at most {REASON_MOST} bytes")));
        }
        Ok(())
    }
}

fn whole(parameter: Parameter, limit: Option<&Number>) -> Result<Option<i32>, Problem> {
    let Some(limit) = limit else { return Ok(None) };
    let facts = parameter.facts();
    let read = Decimal::parse(limit.to_string().as_bytes());
    let whole = read.and_then(|limit| words::whole_units(parameter, limit, facts.least..=facts.most));
    whole.map(Some).ok_or_else(|| {
        let detail = format!("{limit} is no plausible {} in {}", parameter.word(), facts.unit.ucum());
        Problem::value("limits", detail)
    })
}

/// `PUT /beds/{bed}/limits`.
pub(in crate::board) async fn set(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    Body(setting): Body<Setting>,
) -> Result<Response, Problem> {
    let credentials = setting.credentials();
    let account = credentials.account(&board, &[&setting.reason]).await?;
    bed_of(&board, &bed)?;
    let Some(Role::Doctor) = at_the_bed(account.role) else {
        return Err(Problem::forbidden("a patient's own limits are a doctor's decision"));
    };
    let event = setting.event(&bed, credentials.person(account, Role::Doctor))?;
    setting.check_terms()?;
    match hand_over(&board, credentials.station(), vec![event]).await?.into_iter().next() {
        Some(Said::Done) => {}
        Some(Said::Refused(_, Some(why))) => return Err(Problem::value("limits", why)),
        Some(Said::Refused(_, None)) => return Err(Problem::not_found(&format!("bed {bed}"))),
        None => return Err(Problem::not_now("the ward has not answered: look at the bed's limits")),
    }
    let Setting { parameter, analyte, minutes, .. } = setting;
    let named = analyte.map_or_else(|| ("parameter", parameter), |analyte| ("analyte", Some(analyte)));
    Ok(Json(json!({ "bed": bed, (named.0): named.1, "minutes": minutes })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(body: &serde_json::Value) -> Setting {
        let mut all = json!({"parameter": "temperature", "minutes": 60, "reason": "known", "by": "rao"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn limits_are_read_in_the_parameters_own_resolution() {
        let (low, high) =
            setting(&json!({"yellow_low": 34.5, "red_high": 41})).limits(Parameter::Temperature).unwrap();
        assert_eq!(low, Pair { yellow: Some(345), red: None });
        assert_eq!(high, Pair { yellow: None, red: Some(410) });
    }

    #[test]
    fn what_is_not_plausible_is_refused() {
        for wrong in [json!({}), json!({"red_high": 401})] {
            assert!(setting(&wrong).limits(Parameter::Temperature).is_err(), "{wrong}");
        }
        assert!(setting(&json!({"minutes": 0})).limits(Parameter::Temperature).is_ok(), "that ends them");
    }

    #[test]
    fn they_have_a_reason_and_an_end() {
        assert!(setting(&json!({"minutes": 1440})).check_terms().is_ok());
        assert!(setting(&json!({"minutes": 1441})).check_terms().is_err());
        assert!(setting(&json!({"reason": "  "})).check_terms().is_err());
        assert!(setting(&json!({"reason": "x".repeat(501)})).check_terms().is_err());
    }

    #[test]
    fn a_parameter_is_named_as_in_the_wards_file() {
        assert_eq!(Setting::parameter("temperature"), Ok(Parameter::Temperature));
        assert!(Setting::parameter("mood").is_err());
    }

    #[test]
    fn it_is_either_a_signs_or_an_analytes() {
        let by = || Person { name: "rao".to_owned(), role: Role::Doctor, station: "desk".to_owned() };
        let event = |body| setting(&body).event("03", by());
        assert!(matches!(event(json!({"red_high": 41})), Ok(Event::Limits(_))));
        let critical = json!({"parameter": null, "analyte": "potassium", "critical_high": 7});
        assert!(matches!(event(critical), Ok(Event::Critical(_))));
        assert!(event(json!({"analyte": "potassium", "critical_high": 7})).is_err(), "both");
        assert!(event(json!({"parameter": null})).is_err(), "neither");
        assert!(event(json!({"critical_high": 41})).is_err(), "an analyte's limit of a sign");
    }
}
