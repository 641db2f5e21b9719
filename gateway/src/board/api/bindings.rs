//! Who lay and lies on a bed, and a person's word where nobody can say.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Refusal;
use serde::Deserialize;
use serde_json::json;

use super::hand_over::{Credentials, hand_over};
use super::{Body, Path, bed_of};
use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::accounts::at_the_bed;
use crate::board::json::{BindingJson, IntervalJson};
use crate::board::problem::Problem;
use crate::event::{Event, Said, Settlement, Uhid};

/// The longest UHID that is taken, in bytes.
const UHID_MOST: usize = 64;

/// `GET /beds/{bed}/bindings`: the latest first, as far back as is remembered.
pub(in crate::board) async fn of_bed(
    _reader: Reader,
    State(board): State<Shared>,
    Path(label): Path<String>,
) -> Result<Response, Problem> {
    let bed = bed_of(&board, &label)?;
    Ok(Json(bed.bindings.iter().map(IntervalJson::of).collect::<Vec<_>>()).into_response())
}

/// A person's word as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Settling {
    uhid: String,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Settling {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }
}

/// `POST /beds/{bed}/bindings/settle`: a nurse or a doctor says which of those who could be meant lies there.
pub(in crate::board) async fn settle(
    State(board): State<Shared>,
    Path(label): Path<String>,
    Body(settling): Body<Settling>,
) -> Result<Response, Problem> {
    let credentials = settling.credentials();
    let account = credentials.account(&board, &[]).await?;
    bed_of(&board, &label)?;
    let role = at_the_bed(account.role);
    let role = role.ok_or_else(|| Problem::forbidden("only nurses and doctors say who lies on a bed"))?;
    let uhid = settling.uhid.trim();
    if uhid.is_empty() || uhid.len() > UHID_MOST {
        return Err(Problem::value("uhid", "send the patient's hospital id as \"uhid\", at most 64 bytes"));
    }
    let by = credentials.person(account, role);
    let settlement = Settlement { bed: label.clone(), by, patient: Uhid(uhid.to_owned()) };
    let said = hand_over(&board, credentials.station(), vec![Event::Settle(settlement)]).await?;
    match said.first() {
        Some(Said::Done) => {
            let bed = bed_of(&board, &label)?;
            let binding = BindingJson::of(&bed.binding, board.showing().names);
            Ok(Json(json!({ "bed": label, "binding": binding })).into_response())
        }
        Some(Said::Refused(Refusal::Already, _)) => {
            let detail = format!("it is not in doubt who lies on bed {label}");
            Err(Problem::new(StatusCode::CONFLICT, "already", detail))
        }
        _ => {
            let detail = "nobody has named this patient for this bed: choose one of the binding's \
                          candidates, or have the HIS admit";
            Err(Problem::value("uhid", detail))
        }
    }
}
