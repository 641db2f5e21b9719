//! Alerts: the open ones from the ward, all of them from the store.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rules::alert::AlertState;
use serde::{Deserialize, Serialize};

use super::{Path, Query, time_of};
use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::archive::{AlertQuery, MessageQuery};
use crate::board::json::{AlertJson, ChangeJson};
use crate::board::problem::Problem;
use crate::record::{AlertRecord, Call, state};

/// How many of an alert's messages are named.
const MESSAGES_MOST: usize = 100;

/// Which alerts.
#[derive(Deserialize)]
pub(in crate::board) struct Asked {
    /// `open` (the default), `all`, or one state.
    state: Option<String>,
    bed: Option<String>,
    /// Changed at or after: RFC 3339.
    since: Option<String>,
}

/// Which states are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum States {
    Open,
    All,
    Only(AlertState),
}

impl States {
    fn parse(word: &str) -> Option<Self> {
        use AlertState::{Acknowledged, Active, Latched, Resolved};
        match word {
            "open" => Some(Self::Open),
            "all" => Some(Self::All),
            word => [Active, Acknowledged, Latched, Resolved]
                .into_iter()
                .find(|known| state::word(*known) == word)
                .map(Self::Only),
        }
    }

    fn holds(self, state: AlertState) -> bool {
        match self {
            Self::Open => state != AlertState::Resolved,
            Self::All => true,
            Self::Only(only) => state == only,
        }
    }
}

/// `GET /alerts`.
pub(in crate::board) async fn some(
    _reader: Reader,
    State(board): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let states = States::parse(asked.state.as_deref().unwrap_or("open")).ok_or_else(|| {
        Problem::value("state", "state is one of open, all, active, acknowledged, latched, resolved")
    })?;
    let since = asked.since.as_deref().map(time_of).transpose()?;
    let fits = |alert: &AlertRecord| {
        states.holds(alert.state)
            && asked.bed.as_ref().is_none_or(|bed| alert.bed.as_ref() == Some(bed))
            && since.is_none_or(|since| alert.changed_at >= since)
    };
    let showing = board.showing();
    if matches!(states, States::All | States::Only(AlertState::Resolved)) {
        let query = AlertQuery { all: true, bed: asked.bed.clone(), since };
        let kept = board.deps.archive.alerts(query).await?;
        let fitting = kept.iter().filter(|alert| fits(alert)).map(|alert| AlertJson::of(alert, &showing));
        return Ok(Json(fitting.collect::<Vec<_>>()).into_response());
    }
    let view = board.view();
    let fitting = view.alerts.iter().filter(|alert| fits(alert)).map(|alert| AlertJson::of(alert, &showing));
    Ok(Json(fitting.collect::<Vec<_>>()).into_response())
}

/// One alert with what happened to it.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    alert: AlertJson<'a>,
    changes: Vec<ChangeJson<'a>>,
    /// Of a laboratory's result: all that a reviewer of the call asks for.
    call: Option<Call>,
    /// The messages that led to it or were sent for it, by their numbers in the log, the newest first.
    messages: Vec<i64>,
}

/// `GET /alerts/{id}`.
pub(in crate::board) async fn one(
    _reader: Reader,
    State(board): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = board.view();
    let open = view.alerts.iter().find(|alert| alert.id == id);
    let kept = match open {
        Some(_) => None,
        None => board.deps.archive.alert(&id).await?,
    };
    let record = open.map(AsRef::as_ref).or(kept.as_ref());
    let record = record.ok_or_else(|| Problem::not_found(&format!("alert {id}")))?;
    let changes = board.deps.archive.changes(&id).await?;
    let query = MessageQuery { alert: Some(id.clone()), most: MESSAGES_MOST, ..MessageQuery::default() };
    let messages = board.deps.archive.messages(query).await?;
    let whole = Whole {
        alert: AlertJson::of(record, &board.showing()),
        changes: changes.iter().map(ChangeJson::of).collect(),
        call: Call::of(record, &changes),
        messages: messages.iter().map(|message| message.id).collect(),
    };
    Ok(Json(whole).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;

    #[test]
    fn a_latched_alert_is_open_and_a_resolved_one_is_not() {
        let open = States::parse("open").unwrap();
        assert!(open.holds(AlertState::Latched) && open.holds(AlertState::Acknowledged));
        assert!(!open.holds(AlertState::Resolved));
        assert_eq!(States::parse("resolved"), Some(States::Only(AlertState::Resolved)));
        assert_eq!(States::parse("loud"), None);
    }

    #[test]
    fn a_time_needs_its_zone() {
        assert_eq!(time_of("1970-01-01T05:30:01+05:30"), Ok(Wall(1_000)));
        assert!(time_of("1970-01-01 00:00").is_err());
    }
}
