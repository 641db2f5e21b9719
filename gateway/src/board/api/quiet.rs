//! What keeps a bed, or the whole station, quiet for a time: an audio pause, a standby. Each has an author,
//! an end and a reason; the ward writes them down, the bed decides what is still heard.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::bed::{AUDIO_PAUSE_LONGEST, STANDBY_LONGEST};
use rules::event::Role;
use rules::{Refusal, Span};
use serde::Deserialize;
use serde_json::json;

use super::hand_over::{Credentials, hand_over, holds_no_badge};
use super::{Body, BodyIfAny, Path, bed_of};
use crate::board::access::Screen;
use crate::board::accounts::at_the_bed;
use crate::board::json::BedJson;
use crate::board::problem::Problem;
use crate::board::{Board, Shared};
use crate::event::{BedQuiet, Event, Person, Said};

/// The longest reason that is taken, in bytes.
const REASON_MOST: usize = 500;

/// A pause or a standby as it is sent. Without a name or a badge the station itself is its author, where it
/// may be.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::board) struct Quieting {
    minutes: Option<u32>,
    reason: String,
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Quieting {
    /// Whoever is named, proven; else the station at which this happens, for so long as it may alone.
    async fn author(&self, board: &Board, screen: &Screen, alone: bool) -> Result<Person, Problem> {
        if self.by.is_none() && self.badge.is_none() {
            let label = screen.station.clone().filter(|_| alone && self.pin.is_none());
            let nobody = || Problem::value("by", "send who does this: \"by\" and \"pin\", or a \"badge\"");
            let name = label.ok_or_else(nobody)?;
            holds_no_badge(board, &[&self.reason]).await?;
            return Ok(Person { station: name.clone(), name, role: Role::Nurse });
        }
        let credentials = Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        };
        let account = credentials.account(board, &[&self.reason]).await?;
        let role = at_the_bed(account.role);
        let role = role.ok_or_else(|| Problem::forbidden("only nurses and doctors keep a bed quiet"))?;
        Ok(credentials.person(account, role))
    }

    fn minutes(&self, most: Span) -> Result<u32, Problem> {
        let most = most.whole_seconds() / 60;
        let within = |minutes: &u32| (1..=most).contains(minutes);
        let wrong = || Problem::value("minutes", format!("send \"minutes\", 1 to {most}: then look again"));
        self.minutes.filter(within).ok_or_else(wrong)
    }

    fn reason(&self) -> Result<String, Problem> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MOST {
            return Err(Problem::value("reason", format!("send a reason, at most {REASON_MOST} bytes")));
        }
        Ok(reason.to_owned())
    }
}

/// One way to keep a bed quiet.
struct Way {
    longest: Span,
    /// For so many minutes a registered station begins it without anybody's PIN.
    alone_most: u32,
    event: fn(BedQuiet) -> Event,
}

const PAUSE: Way = Way { longest: AUDIO_PAUSE_LONGEST, alone_most: 2, event: Event::AudioPause };
const STANDBY: Way = Way { longest: STANDBY_LONGEST, alone_most: 0, event: Event::Standby };

impl Way {
    /// A person begins it.
    async fn begun(&self, board: &Board, screen: &Screen, asked: &Quieting) -> Result<BedQuiet, Problem> {
        let minutes = asked.minutes(self.longest)?;
        let by = asked.author(board, screen, minutes <= self.alone_most).await?;
        Ok(BedQuiet { bed: None, by, minutes, reason: asked.reason()? })
    }

    /// It ends before its time. To hear and to watch again needs nobody's PIN at a station.
    async fn ended(&self, board: &Board, screen: &Screen, asked: &Quieting) -> Result<BedQuiet, Problem> {
        let by = asked.author(board, screen, true).await?;
        Ok(BedQuiet { bed: None, by, minutes: 0, reason: asked.reason.trim().to_owned() })
    }

    /// Hands it over for one bed, and shows the bed as it is then.
    async fn told(&self, board: &Board, bed: String, quiet: BedQuiet) -> Result<Response, Problem> {
        bed_of(board, &bed)?;
        let station = quiet.by.station.clone();
        let event = (self.event)(BedQuiet { bed: Some(bed.clone()), ..quiet });
        match hand_over(board, &station, vec![event]).await?.into_iter().next() {
            Some(Said::Done) => {
                let view = bed_of(board, &bed)?;
                Ok(Json(BedJson::of(&view, &board.showing())).into_response())
            }
            Some(Said::Refused(Refusal::Already, _)) => {
                let detail = format!("there is nothing to end at bed {bed}");
                Err(Problem::new(StatusCode::CONFLICT, "already", detail))
            }
            Some(Said::Refused(..)) => Err(Problem::not_found(&format!("bed {bed}"))),
            None => Err(Problem::not_now("the ward has not answered: look at the bed")),
        }
    }
}

/// `POST /beds/{bed}/audio-pause`.
pub(in crate::board) async fn pause(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    screen: Screen,
    Body(asked): Body<Quieting>,
) -> Result<Response, Problem> {
    let quiet = PAUSE.begun(&board, &screen, &asked).await?;
    PAUSE.told(&board, bed, quiet).await
}

/// `DELETE /beds/{bed}/audio-pause`.
pub(in crate::board) async fn end_pause(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    screen: Screen,
    BodyIfAny(asked): BodyIfAny<Quieting>,
) -> Result<Response, Problem> {
    let quiet = PAUSE.ended(&board, &screen, &asked).await?;
    PAUSE.told(&board, bed, quiet).await
}

/// `POST /beds/{bed}/standby`.
pub(in crate::board) async fn stand_by(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    screen: Screen,
    Body(asked): Body<Quieting>,
) -> Result<Response, Problem> {
    let quiet = STANDBY.begun(&board, &screen, &asked).await?;
    STANDBY.told(&board, bed, quiet).await
}

/// `DELETE /beds/{bed}/standby`.
pub(in crate::board) async fn end_standby(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    screen: Screen,
    BodyIfAny(asked): BodyIfAny<Quieting>,
) -> Result<Response, Problem> {
    let quiet = STANDBY.ended(&board, &screen, &asked).await?;
    STANDBY.told(&board, bed, quiet).await
}

/// `POST /audio-pause`: the sound of the whole station, every bed and what belongs to none.
pub(in crate::board) async fn pause_all(
    State(board): State<Shared>,
    screen: Screen,
    Body(asked): Body<Quieting>,
) -> Result<Response, Problem> {
    let quiet = PAUSE.begun(&board, &screen, &asked).await?;
    told_all(&board, &quiet).await
}

/// `DELETE /audio-pause`.
pub(in crate::board) async fn end_all_pauses(
    State(board): State<Shared>,
    screen: Screen,
    BodyIfAny(asked): BodyIfAny<Quieting>,
) -> Result<Response, Problem> {
    let quiet = PAUSE.ended(&board, &screen, &asked).await?;
    told_all(&board, &quiet).await
}

async fn told_all(board: &Board, quiet: &BedQuiet) -> Result<Response, Problem> {
    let labels: Vec<Option<String>> = board.view().beds.iter().map(|bed| Some(bed.label.clone())).collect();
    let each = labels.into_iter().chain([None]).map(|bed| BedQuiet { bed, ..quiet.clone() });
    let said = hand_over(board, &quiet.by.station, each.map(PAUSE.event).collect()).await?;
    if said.is_empty() {
        return Err(Problem::not_now("the ward has not answered: look at the beds"));
    }
    if !said.contains(&Said::Done) {
        return Err(Problem::new(StatusCode::CONFLICT, "already", "there is no pause to end"));
    }
    Ok(Json(json!({ "minutes": quiet.minutes, "by": quiet.by.name })).into_response())
}
