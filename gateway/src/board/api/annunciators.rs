//! The self-test of an annunciator, in two calls: sound it, and say whether it was heard. And the heartbeat
//! of a workstation's annunciator, whose answer is what it must sound.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::Priority;
use serde::Deserialize;
use serde_json::json;

use super::hand_over::Credentials;
use super::{Body, Path};
use crate::board::Shared;
use crate::board::access::Workstation;
use crate::board::accounts::AccountRole;
use crate::board::annunciators::{Beat, NoTest, NotTaken, Tester, Wanted};
use crate::board::json::rfc3339;
use crate::board::plumbing::SoundState;
use crate::board::problem::Problem;
use crate::record::priority;

/// For how long a person may listen before their word counts no more, in seconds.
const LISTENS_S: u32 = 300;

/// A test as it is wanted, or with `heard` as it is answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Testing {
    heard: Option<bool>,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Testing {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }
}

/// `POST /annunciators/{id}/test`.
pub(in crate::board) async fn test(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(testing): Body<Testing>,
) -> Result<Response, Problem> {
    let credentials = testing.credentials();
    let account = credentials.account(&board, &[]).await?;
    if account.role == AccountRole::Viewer {
        return Err(Problem::forbidden("viewer looks only; ask a nurse or an engineer to test the sound"));
    }
    let by = Tester { name: account.name, station: credentials.station().to_owned() };
    let annunciators = &board.deps.annunciators;
    let refused = |why| match why {
        NoTest::Unknown => Problem::not_found(&format!("annunciator {id}")),
        NoTest::Conflict(why) => Problem::new(StatusCode::CONFLICT, "no-test", why),
    };
    let Some(heard) = testing.heard else {
        annunciators.begin_test(&id, &by).await?.map_err(refused)?;
        let asks = "did you hear ten pulses, at the station, as loud as an alert must be? Send \"heard\"";
        return Ok(Json(json!({ "id": id, "asks": asks, "answer_within_s": LISTENS_S })).into_response());
    };
    let at = annunciators.answer_test(&id, heard, &by).await?.map_err(refused)?;
    Ok(Json(json!({ "id": id, "heard": heard, "at": rfc3339(at), "by": by.name })).into_response())
}

/// How long an answer to a heartbeat waits for something else to be wanted. A workstation misses the gateway
/// after some of these.
const WAITS_MOST: Duration = Duration::from_secs(1);

/// How often it is looked meanwhile: a workstation sounds so much later than the gateway at most.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The longest text that is taken of a workstation, in bytes.
const TEXT_MOST: usize = 500;

/// A heartbeat as it is sent. What is left out is as it is with a workstation that sounds and is silent.
#[derive(Deserialize)]
pub(in crate::board) struct Beating {
    #[serde(default)]
    device: String,
    state: Option<String>,
    why: Option<String>,
    playing: Option<PlayingSaid>,
    #[serde(default)]
    bursts: u64,
    /// The `mark` of the last answer: the next one waits until something else is wanted, a second at most.
    mark: Option<String>,
    #[serde(default)]
    leaving: bool,
}

#[derive(Deserialize)]
struct PlayingSaid {
    alert: String,
    #[serde(with = "priority")]
    priority: Priority,
}

impl Beating {
    fn beat(&self) -> Result<Beat, Problem> {
        let texts = [Some(&self.device), self.why.as_ref(), self.playing.as_ref().map(|said| &said.alert)];
        if texts.into_iter().flatten().any(|text| text.len() > TEXT_MOST) {
            return Err(Problem::value("text", "a text of a heartbeat has at most 500 bytes"));
        }
        let state = match self.state.as_deref() {
            None | Some("ok") => SoundState::Ok,
            Some("failed") => SoundState::Failed,
            Some("off") => SoundState::Off,
            Some(_) => return Err(Problem::value("state", "state is ok, failed or off")),
        };
        Ok(Beat {
            device: self.device.clone(),
            state,
            why: self.why.clone(),
            playing: self.playing.as_ref().map(|said| (said.alert.clone(), said.priority)),
            bursts: self.bursts,
            leaving: self.leaving,
        })
    }
}

/// By what a workstation says which answer it has: the next waits for another.
fn mark_of(wanted: &Wanted) -> String {
    let signal = wanted.signal.as_ref();
    let signal = signal.map(|signal| format!("{} {}", priority::word(signal.priority), signal.alert));
    format!("{} {}", signal.as_deref().unwrap_or("silence"), wanted.percent)
}

/// `POST /annunciators/{id}/heartbeat`.
pub(in crate::board) async fn heartbeat(
    _workstation: Workstation,
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(beating): Body<Beating>,
) -> Result<Response, Problem> {
    let annunciators = &board.deps.annunciators;
    let refused = |NotTaken(why)| Problem::new(StatusCode::CONFLICT, "not-taken", why);
    annunciators.heard(&id, beating.beat()?).await?.map_err(refused)?;
    let mut wanted = annunciators.wanted(&id);
    let other = async {
        while beating.mark.as_ref().is_some_and(|mark| *mark == mark_of(&wanted)) {
            tokio::time::sleep(LOOK_EVERY).await;
            wanted = annunciators.wanted(&id);
        }
    };
    let _ = tokio::time::timeout(WAITS_MOST, other).await;
    let signal = wanted.signal.as_ref();
    let signal = signal.map(|one| json!({"alert": one.alert, "priority": priority::word(one.priority)}));
    // Whoever is told sees from the turns that somebody judges: an answer alone is no proof of that.
    let turns = board.deps.turns.load(Ordering::Relaxed);
    let (mark, percent) = (mark_of(&wanted), wanted.percent);
    Ok(Json(json!({ "id": id, "signal": signal, "volume_percent": percent, "turns": turns, "mark": mark }))
        .into_response())
}
