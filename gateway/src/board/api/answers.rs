//! A person's answers to alerts: acknowledge, accept, reject, shelve. Whether one counts is the bed's to say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::alert::{AlertState, Kind};
use rules::event::{Role, SHELVE_LONGEST, Say, Via};
use rules::{AlertId, Refusal, Span};
use serde::Deserialize;
use serde_json::json;

use super::hand_over::{Credentials, hand_over, keep_refused};
use super::{Body, Path, bed_of};
use crate::board::accounts::{Account, AccountRole, at_the_bed};
use crate::board::json::{AlertJson, rfc3339};
use crate::board::problem::Problem;
use crate::board::{Board, Shared, read_back};
use crate::event::{Event, Person, PersonAnswer, Said};
use crate::record::{AlertRecord, By, noted};
use crate::words;

/// The longest note that is taken, in bytes.
const NOTE_MOST: usize = 500;

/// An answer as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Answering {
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
    read_back: Option<String>,
    note: Option<String>,
}

impl Answering {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: self.by.as_deref(),
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }

    /// What is said beside the answer.
    fn words(&self) -> [&str; 2] {
        [&self.note, &self.read_back].map(|said| said.as_deref().unwrap_or_default())
    }

    /// What goes into the record beside the answer: the note, and the read-back as typed.
    fn note(&self) -> Result<String, Problem> {
        let note = noted(self.note.as_deref().unwrap_or_default(), self.read_back.as_deref());
        if note.len() > NOTE_MOST {
            return Err(Problem::value("note", "note and read-back together have at most 500 bytes"));
        }
        Ok(note)
    }

    /// What is said to `record`: a number is read back as a number, a coded result by its text.
    fn acknowledgement(&self, record: Option<&AlertRecord>) -> Say {
        let typed = self.read_back.as_deref().unwrap_or_default();
        if record.is_some_and(|record| read_back::is_its_text(typed, record)) {
            return Say::AcknowledgeText;
        }
        Say::Acknowledge(read_back::quantity(typed))
    }
}

/// `POST /alerts/{id}/acknowledge`.
pub(in crate::board) async fn acknowledge(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(answering): Body<Answering>,
) -> Result<Response, Problem> {
    let view = board.view();
    let say = answering.acknowledgement(view.alerts.iter().find(|record| record.id == id).map(AsRef::as_ref));
    answer(&board, &id, "acknowledge", &answering, say).await
}

/// `POST /alerts/{id}/accept`.
pub(in crate::board) async fn accept(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(answering): Body<Answering>,
) -> Result<Response, Problem> {
    answer(&board, &id, "accept", &answering, Say::Accept).await
}

/// `POST /alerts/{id}/reject`.
pub(in crate::board) async fn reject(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(answering): Body<Answering>,
) -> Result<Response, Problem> {
    answer(&board, &id, "reject", &answering, Say::Reject).await
}

/// A shelving as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Shelving {
    by: Option<String>,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
    minutes: u32,
    reason: String,
}

/// `POST /alerts/{id}/shelve`: known, and left alone for a time.
pub(in crate::board) async fn shelve(
    State(board): State<Shared>,
    Path(id): Path<String>,
    Body(shelving): Body<Shelving>,
) -> Result<Response, Problem> {
    let Shelving { by, pin, badge, station, minutes, reason } = shelving;
    let most = SHELVE_LONGEST.whole_seconds() / 60;
    if !(1..=most).contains(&minutes) {
        return Err(Problem::value("minutes", format!("send \"minutes\", 1 to {most}")));
    }
    if reason.trim().is_empty() {
        return Err(Problem::value("reason", "send why it is shelved, as \"reason\""));
    }
    let note = Some(reason.trim().to_owned());
    let answering = Answering { by, pin, badge, station, read_back: None, note };
    answer(&board, &id, "shelve", &answering, Say::Shelve(Span::minutes(minutes))).await
}

/// Gives an answer to one alert.
async fn answer(
    board: &Board,
    id: &str,
    kind: &'static str,
    answering: &Answering,
    say: Say,
) -> Result<Response, Problem> {
    let account = proven(board, id, kind, answering).await?;
    let name = account.name.clone();
    let told = give(board, id, answering, account, say).await;
    kept_if_refused(board, id, kind, &answering.credentials().of(&name), told).await
}

/// Who answers; a forged one is kept where people look for such. What proves nobody and was never tried with
/// a PIN or a badge is not: anybody could fill the store with it.
async fn proven(
    board: &Board,
    about: &str,
    kind: &'static str,
    answering: &Answering,
) -> Result<Account, Problem> {
    let credentials = answering.credentials();
    let account = credentials.account(board, &answering.words()).await;
    if let Some(problem) = account.as_ref().err().filter(|problem| problem.is_of_a_pin()) {
        keep_refused(board, about, kind, &credentials, problem).await;
    }
    account
}

/// What somebody who is known was told; an answer of theirs that changes nothing is kept likewise.
async fn kept_if_refused(
    board: &Board,
    about: &str,
    kind: &'static str,
    by: &Credentials<'_>,
    told: Result<Response, Problem>,
) -> Result<Response, Problem> {
    if let Some(problem) = told.as_ref().err().filter(|problem| problem.is_refusal()) {
        keep_refused(board, about, kind, by, problem).await;
    }
    told
}

async fn give(
    board: &Board,
    id: &str,
    answering: &Answering,
    account: Account,
    say: Say,
) -> Result<Response, Problem> {
    let (credentials, note) = (answering.credentials(), answering.note()?);
    let unknown = || Problem::not_found(&format!("alert {id}"));
    let alert = words::parse_alert_id(id).ok_or_else(unknown)?;
    let record = look_up(board, id).await?;
    let role = part_of(&account, record.as_deref())?;
    let by = credentials.person(account, role);
    let answer = Event::Answer(PersonAnswer { alert, by, via: Via::Station, say, note });
    let said = hand_over(board, credentials.station(), vec![answer]).await?;
    match said.into_iter().next() {
        Some(Said::Done) => Ok(done(board, id)),
        Some(Said::Refused(refusal, _)) => {
            let record = look_up(board, id).await?;
            Err(refused(id, refusal, record.as_deref(), is_a_doctors(say, role, record.as_deref())))
        }
        None => Err(unknown()),
    }
}

/// The open alert of that name, as it is published now.
fn find(board: &Board, id: &str) -> Option<Arc<AlertRecord>> {
    board.view().alerts.iter().find(|alert| alert.id == id).cloned()
}

/// The alert of that name, also one that is over.
async fn look_up(board: &Board, id: &str) -> Result<Option<Arc<AlertRecord>>, Problem> {
    match find(board, id) {
        Some(open) => Ok(Some(open)),
        None => Ok(board.deps.archive.alert(id).await?.map(Arc::new)),
    }
}

/// Whether an answer is the doctor's part of an alert that has two, or that part alone.
fn is_a_doctors(say: Say, role: Role, record: Option<&AlertRecord>) -> bool {
    let of_two = record.is_some_and(|record| record.kind == Kind::Laboratory);
    matches!(say, Say::Accept | Say::Reject) || (of_two && role == Role::Doctor)
}

/// The part in which somebody answers for an alert: engineers for technical ones alone.
fn part_of(account: &Account, alert: Option<&AlertRecord>) -> Result<Role, Problem> {
    if let Some(role) = at_the_bed(account.role) {
        return Ok(role);
    }
    let technical = alert.is_some_and(|alert| alert.kind == Kind::Technical);
    match account.role {
        AccountRole::Biomed if technical => Ok(Role::Nurse),
        AccountRole::Biomed => Err(Problem::forbidden("biomed answers for technical alerts; ask a nurse")),
        role => Err(Problem::forbidden(format!("{} looks only; ask a nurse or a doctor", role.word()))),
    }
}

fn done(board: &Board, id: &str) -> Response {
    match find(board, id) {
        Some(record) => Json(AlertJson::of(&record, &board.showing())).into_response(),
        None => Json(json!({ "id": id, "state": "resolved" })).into_response(),
    }
}

fn refused(id: &str, refusal: Refusal, record: Option<&AlertRecord>, doctors: bool) -> Problem {
    match refusal {
        // What the ward does not know any more is over; what the store does not know either never was.
        Refusal::Unknown | Refusal::Already => match record {
            Some(record) => already(record, doctors),
            None => Problem::not_found(&format!("open alert {id}")),
        },
        Refusal::ReadBackMissing => {
            let detail = "read the value back: type the number of the result, or choose its text";
            Problem::value("read-back-missing", detail)
        }
        Refusal::ReadBackWrong => {
            let detail = "what was read back is not the result: look at it again, the alert goes on";
            Problem::value("read-back-wrong", detail)
        }
        Refusal::DoctorOnly => Problem::forbidden("only a doctor can accept or reject responsibility"),
        Refusal::NeverShelved => {
            let detail = "what kills in minutes or must be read back is never shelved: acknowledge it";
            Problem::value("never-shelved", detail)
        }
    }
}

/// Somebody was first: who and when, as it is in the record.
fn already(record: &AlertRecord, doctors: bool) -> Problem {
    let (nurse, doctor) = (record.acknowledged.as_ref(), record.accepted.as_ref());
    match if doctors { doctor.or(nurse) } else { nurse.or(doctor) } {
        Some(first) => answered_by(first, format!("already answered by {}", named(first))),
        None if record.state == AlertState::Resolved => {
            let over = rfc3339(record.changed_at);
            conflict(format!("it is over since {over}, and nobody had answered it"))
        }
        None => conflict("this needs no such answer any more"),
    }
}

fn conflict(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "already", detail)
}

fn answered_by(first: &By, detail: String) -> Problem {
    conflict(detail).with("by", first.by.clone()).with("at", rfc3339(first.at))
}

fn named(by: &By) -> String {
    format!("{} at {} ({})", by.by, by.at.timestamp(), by.station)
}

/// `POST /beds/{bed}/acknowledge`: every unanswered alert of one bed but laboratory criticals.
pub(in crate::board) async fn acknowledge_bed(
    State(board): State<Shared>,
    Path(label): Path<String>,
    Body(answering): Body<Answering>,
) -> Result<Response, Problem> {
    const KIND: &str = "acknowledge";
    let about = format!("bed {label}");
    let account = proven(&board, &about, KIND, &answering).await?;
    let name = account.name.clone();
    let told = give_for_bed(&board, &label, &answering, account).await;
    kept_if_refused(&board, &about, KIND, &answering.credentials().of(&name), told).await
}

async fn give_for_bed(
    board: &Board,
    label: &str,
    answering: &Answering,
    account: Account,
) -> Result<Response, Problem> {
    let (credentials, note) = (answering.credentials(), answering.note()?);
    let view = board.view();
    bed_of(board, label)?;
    let role = at_the_bed(account.role);
    let role = role.ok_or_else(|| Problem::forbidden("only nurses and doctors answer for a whole bed"))?;
    let by = credentials.person(account, role);
    let waiting: Vec<AlertId> =
        view.alerts.iter().filter(|alert| waits(alert, label)).map(|a| a.alert.id).collect();
    if waiting.is_empty() {
        return Err(nothing_waits(label, &view.alerts));
    }
    let events = waiting.iter().map(|alert| one_of_many(*alert, &by, &note)).collect();
    let said = hand_over(board, credentials.station(), events).await?;
    let counted = waiting.iter().zip(said).filter(|(_, said)| *said == Said::Done);
    let acknowledged: Vec<String> = counted.map(|(alert, _)| words::alert_id(*alert)).collect();
    Ok(Json(json!({ "bed": label, "acknowledged": acknowledged })).into_response())
}

/// No alert of the bed is meant; who answered there last, where one is open that somebody answered.
fn nothing_waits(bed: &str, alerts: &[Arc<AlertRecord>]) -> Problem {
    let detail = format!("nothing at bed {bed} waits to be acknowledged like this");
    let here = alerts.iter().filter(|alert| alert.bed.as_deref() == Some(bed));
    let last = here.filter_map(|alert| alert.acknowledged.as_ref()).max_by_key(|by| by.at);
    match last {
        Some(last) => answered_by(last, format!("{detail}; the last answer was of {}", named(last))),
        None => conflict(detail),
    }
}

/// Whether an acknowledgement of the whole bed is meant for this alert.
fn waits(alert: &AlertRecord, bed: &str) -> bool {
    alert.bed.as_deref() == Some(bed)
        && alert.kind != Kind::Laboratory
        && matches!(alert.state, AlertState::Active | AlertState::Latched)
}

fn one_of_many(alert: AlertId, by: &Person, note: &str) -> Event {
    Event::Answer(PersonAnswer {
        alert,
        by: by.clone(),
        via: Via::Station,
        say: Say::Acknowledge(None),
        note: note.to_owned(),
    })
}
