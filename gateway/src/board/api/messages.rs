//! The log of messages: searched, shown whole, and replayed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::hand_over::Credentials;
use super::{Body, Path, Query, time_of};
use crate::board::access::{NameShown, Reader};
use crate::board::accounts::AccountRole;
use crate::board::archive::{MessageQuery, MessageWhole};
use crate::board::json::{AlertJson, MessageJson};
use crate::board::problem::Problem;
use crate::board::replays::{Author, FieldView, Parsed, SegmentView};
use crate::board::{Board, Shared};
use crate::event::{Outcome, Uhid, Verdict};
use crate::hex;

/// How many rows one answer holds; `before` asks for the next ones.
const ROWS_MOST: usize = 500;

/// How many bytes of a message one answer shows; `wardlight messages --raw` writes all of them.
const RAW_MOST: usize = 256 * 1024;

/// The longest reason that is taken, in bytes.
const REASON_MOST: usize = 500;

/// Which messages.
#[derive(Deserialize)]
pub(in crate::board) struct MessagesAsked {
    peer: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    state: Option<String>,
    patient: Option<String>,
    alert: Option<String>,
    from: Option<String>,
    to: Option<String>,
    q: Option<String>,
    before: Option<i64>,
}

/// `GET /messages`.
pub(in crate::board) async fn some(
    _reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<MessagesAsked>,
) -> Result<Response, Problem> {
    let query = MessageQuery {
        peer: asked.peer,
        kind: asked.kind,
        outcome: asked.state.as_deref().map(outcome_of).transpose()?,
        patient: asked.patient.map(Uhid),
        alert: asked.alert,
        from: asked.from.as_deref().map(time_of).transpose()?,
        to: asked.to.as_deref().map(time_of).transpose()?,
        text: asked.q.filter(|text| !text.is_empty()),
        before: asked.before,
        most: ROWS_MOST,
    };
    let rows = board.deps.archive.messages(query).await?;
    Ok(Json(rows.iter().map(MessageJson::of).collect::<Vec<_>>()).into_response())
}

/// `GET /messages/{id}`: with its bytes as text, in hexadecimal where they are none, and with its parts.
/// Where the board shows no names, whoever is not signed in sees the message without its patient's.
pub(in crate::board) async fn one(
    reader: Reader,
    State(board): State<Shared>,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let mut message = find(&board, id).await?;
    if !reader.is_signed_in && board.deps.access.names != NameShown::Whole {
        message.bytes = board.deps.replays.without_names(&message.bytes);
    }
    let mut json = serde_json::to_value(MessageJson::of(&message.row)).unwrap_or_default();
    if let Value::Object(members) = &mut json {
        show(members, "raw", &message.bytes);
        if let Some(answer) = &message.answer {
            show(members, "answer", answer);
        }
        if let Some(parsed) = board.deps.replays.parsed(&message.bytes) {
            members.insert("segments".to_owned(), segments(&parsed));
            members.insert("segments_more".to_owned(), parsed.more.into());
        }
    }
    Ok(Json(json).into_response())
}

/// Bytes as text, or in hexadecimal where they are none; what is beyond the bound is left off and said so.
fn show(members: &mut serde_json::Map<String, Value>, name: &str, bytes: &[u8]) {
    let shown = bytes.get(..RAW_MOST).unwrap_or(bytes);
    let cut = bytes.len() > shown.len();
    let (name, text) = match std::str::from_utf8(shown) {
        Ok(text) => (name.to_owned(), text.to_owned()),
        // A character that the bound itself cut is no reason to show bytes.
        Err(fault) if cut && fault.error_len().is_none() => {
            (name.to_owned(), String::from_utf8_lossy(shown).trim_end_matches('\u{fffd}').to_owned())
        }
        Err(_) => (format!("{name}_hex"), hex::of(shown)),
    };
    if cut {
        members.insert(format!("{name}_cut"), true.into());
    }
    members.insert(name, text.into());
}

fn segments(parsed: &Parsed) -> Value {
    let segment = |segment: &SegmentView| {
        let field = |field: &FieldView| json!({ "field": field.number, "repeats": field.repeats });
        json!({ "name": segment.name, "fields": segment.fields.iter().map(field).collect::<Vec<_>>() })
    };
    parsed.segments.iter().map(segment).collect()
}

async fn find(board: &Board, id: i64) -> Result<MessageWhole, Problem> {
    let found = board.deps.archive.message(id).await?;
    found.ok_or_else(|| Problem::not_found(&format!("message {id}")))
}

/// A replay as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Replaying {
    #[serde(default)]
    live: bool,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
    reason: Option<String>,
}

/// `POST /messages/{id}/replay`: what would come of it; with `"live": true` it is let in again.
pub(in crate::board) async fn replay(
    _reader: Reader,
    State(board): State<Shared>,
    Path(id): Path<i64>,
    Body(replaying): Body<Replaying>,
) -> Result<Response, Problem> {
    if replaying.live {
        return let_in(&board, id, &replaying).await;
    }
    let message = find(&board, id).await?;
    let rehearsed = board.deps.replays.rehearse(&message).map_err(|why| Problem::value("replay", why))?;
    let showing = board.showing();
    let alerts: Vec<_> = rehearsed.alerts.iter().map(|alert| AlertJson::of(alert, &showing)).collect();
    let answer = json!({
        "message": id, "live": false, "events": rehearsed.events, "alerts": alerts,
        "not_needed": rehearsed.not_needed,
    });
    Ok(Json(answer).into_response())
}

async fn let_in(board: &Board, id: i64, replaying: &Replaying) -> Result<Response, Problem> {
    let credentials = Credentials {
        by: replaying.by.as_deref(),
        pin: replaying.pin.as_deref(),
        badge: replaying.badge.as_deref(),
        station: replaying.station.as_deref(),
    };
    let account = credentials.account(board, &[replaying.reason.as_deref().unwrap_or_default()]).await?;
    if !matches!(account.role, AccountRole::Admin | AccountRole::Biomed) {
        return Err(Problem::forbidden(
            "only biomed or an admin lets a message in again; leave out \"live\"",
        ));
    }
    let reason = replaying.reason.as_deref().map(str::trim).unwrap_or_default();
    if reason.is_empty() || reason.len() > REASON_MOST {
        return Err(Problem::value("reason", "say why in \"reason\", in at most 500 bytes: it is audited"));
    }
    let station = credentials.station().to_owned();
    let author = Author { name: account.name, station, reason: reason.to_owned() };
    let message = find(board, id).await?;
    let verdict = board.deps.replays.let_in(&message, &author).await?;
    match verdict.map_err(|why| Problem::value("replay", why))? {
        Verdict::Stored(_) => Ok(Json(json!({ "message": id, "live": true })).into_response()),
        Verdict::NotNow(why) => Err(Problem::not_now(why)),
    }
}

fn outcome_of(word: &str) -> Result<Outcome, Problem> {
    let known = || Outcome::ALL.map(Outcome::word).join(", ");
    Outcome::parse(word).ok_or_else(|| Problem::value("state", format!("state is one of {}", known())))
}
