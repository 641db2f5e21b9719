//! What a person enters at a bed because no monitor can know it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rules::event::{Entry, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::entered::entry_of;
use super::hand_over::{Credentials, hand_over};
use super::{Body, Path, bed_of};
use crate::board::Shared;
use crate::board::accounts::at_the_bed;
use crate::board::problem::Problem;
use crate::event::{BedEntry, Event, Said};

/// An observation as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Observing {
    code: String,
    value: Value,
    #[serde(default)]
    unit: String,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Observing {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }

    fn entry(&self) -> Result<Entry, Problem> {
        let value = match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        entry_of(&self.code, &value, &self.unit)
    }
}

/// `POST /beds/{bed}/observations`.
pub(in crate::board) async fn enter(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    Body(observing): Body<Observing>,
) -> Result<Response, Problem> {
    let credentials = observing.credentials();
    let account = credentials.account(&board, &[]).await?;
    bed_of(&board, &bed)?;
    let entry = observing.entry()?;
    let role = at_the_bed(account.role);
    let role = role.ok_or_else(|| Problem::forbidden("only nurses and doctors enter observations"))?;
    if entry.is_a_decision() && role != Role::Doctor {
        return Err(Problem::forbidden(format!("{} is a doctor's decision", observing.code)));
    }
    let by = credentials.person(account, role);
    let event = Event::Entry(BedEntry { bed: bed.clone(), by, entry });
    let said = hand_over(&board, credentials.station(), vec![event]).await?;
    match said.first() {
        Some(Said::Refused(..)) => Err(Problem::not_found(&format!("bed {bed}"))),
        None => Err(Problem::not_now("the ward has not answered: look at the bed before you enter it again")),
        Some(Said::Done) => {
            Ok(Json(json!({ "bed": bed, "code": observing.code, "value": observing.value })).into_response())
        }
    }
}
