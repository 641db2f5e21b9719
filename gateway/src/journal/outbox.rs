//! What is owed to others, and where each of it stands. It knows no destination's language and sends nothing.
//!
//! Each patient has one line to each destination, first come first served, and so have the tasks of each
//! alert: only the head of a line is due. A parked or settled row stands in no line. Calls to phones and
//! notices stand in none either and wait for nobody.

use rules::{AlertId, Moment, Span};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::JournalError;
use super::audit::{self, AuditRow};
use super::number::{from_count, from_moment, to_moment};
use crate::clock::Wall;
use crate::owed::{Destination, Owed};
use crate::words::{alert_id, parse_alert_id};

/// The longest pause of our own between two tries.
const PAUSE_MOST: Span = Span::minutes(1);

/// One delivery that may be tried now.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Its number in the outbox.
    pub id: i64,
    /// What is owed.
    pub owed: Owed,
    /// How often it was tried.
    pub tries: u32,
    /// How many of those may have reached the receiver without our knowing.
    pub lost: LostAnswers,
}

/// Tries that may have reached the receiver without our knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostAnswers {
    /// None: each was answered, or surely failed.
    None,
    /// One: its answer was lost, or a crash cut it off.
    One,
    /// Two: one whose answer was lost, and a later one that a crash cut off.
    Two,
}

impl LostAnswers {
    /// Whether there is any.
    #[must_use]
    pub fn is_any(self) -> bool {
        self > Self::None
    }

    /// What is marked as under way and is nevertheless due was cut off by a crash.
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(match (row.get("uncertain")?, row.get("trying")?) {
            (false, false) => Self::None,
            (true, true) => Self::Two,
            _ => Self::One,
        })
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// About to send. Committed before a byte leaves, so that after a crash the delivery is known to be
    /// uncertain.
    Trying,
    /// The receiver has it.
    Done {
        /// What it said: a message id, a document's name.
        proof: String,
    },
    /// Not now; also how a person lets a parked one be tried again.
    Later {
        /// Not before.
        due: Moment,
        /// Why, for the person who looks.
        why: String,
        /// Whether this try may have reached the receiver.
        uncertain: bool,
    },
    /// Never, unless a person says so.
    Parked {
        /// Why, and what a person can do.
        why: String,
    },
    /// A person ended it.
    Cancelled {
        /// Who.
        by: String,
    },
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// In its line.
    Waiting,
    /// Delivered.
    Done,
    /// Refused for good; a person must look.
    Parked,
    /// Ended by a person, or called off with its alert.
    Cancelled,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Parked, Self::Cancelled];

    /// Its name in the API and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads its name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One row of the outbox, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// What is owed.
    pub owed: Owed,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// Whether a try may have reached the receiver without our knowing.
    pub uncertain: bool,
    /// Why it waits, was parked or cancelled; empty where there is nothing to say.
    pub why: String,
    /// What the receiver said when it took it.
    pub proof: String,
    /// When it was delivered or cancelled.
    pub settled_at: Option<Wall>,
}

/// Adds what is owed; a key that is there already is left as it is. Says whether it is new. Only the
/// canary is owed anew under its own key: a round that nobody fetched is of no use once the next one is
/// let out.
pub(super) fn owe(connection: &Connection, owed: &Owed) -> Result<bool, JournalError> {
    let parcel =
        serde_json::to_string(&owed.parcel).map_err(|fault| JournalError::Unwritable(fault.to_string()))?;
    let added = connection
        .prepare_cached(
            "INSERT INTO outbox (key, destination, patient, alert, step, due, owed_at, parcel)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
             ON CONFLICT (key) DO UPDATE SET state = 'waiting', due = excluded.due,
             owed_at = excluded.owed_at, parcel = excluded.parcel, tries = 0, trying = 0, uncertain = 0,
             settled_at = NULL
             WHERE excluded.destination = 'loopback'",
        )?
        .execute(params![
            owed.key,
            owed.destination.word(),
            owed.parcel.line(),
            owed.alert.map(|(alert, _)| alert_id(alert)),
            owed.alert.map(|(_, step)| step),
            from_moment(owed.due),
            parcel,
        ])?;
    Ok(added == 1)
}

/// Lets what was tried in vain at a destination be tried again now: it is reached again, and what is due
/// together can go together. What the receiver wished later than our longest pause waits as it was told to.
pub(super) fn hasten(connection: &Connection, to: Destination, now: Moment) -> Result<(), JournalError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET due = ?2
             WHERE state = 'waiting' AND destination = ?1 AND tries > 0 AND due > ?2 AND due <= ?3",
        )?
        .execute(params![to.word(), from_moment(now), from_moment(now + PAUSE_MOST)])?;
    Ok(())
}

/// Calls off what waits of an alert's calls, to phones and in the HIS, also one that is under way: where that
/// arrives all the same it has arrived, where it does not it is not tried again.
pub(super) fn call_off(connection: &Connection, alert: AlertId, at: Wall) -> Result<(), JournalError> {
    // The key of a call begins with its alert's name, and no other parcel's does.
    let (from, to) = (format!("{}-", alert_id(alert)), format!("{}.", alert_id(alert)));
    connection
        .prepare_cached(
            "UPDATE outbox SET state = 'cancelled', why = 'the alert was answered or is over',
             settled_at = ?3 WHERE key > ?1 AND key < ?2 AND state = 'waiting'",
        )?
        .execute(params![from, to, at.0])?;
    Ok(())
}

/// The rows that stand at the head of their lines at destination `?1`, by a walk from patient to patient
/// along the index: three days of a silent HIS cost no more to look through than one.
const HEADS: &str = "
    WITH RECURSIVE line (patient) AS (
        SELECT min(patient) FROM outbox
        WHERE state = 'waiting' AND destination = ?1 AND patient IS NOT NULL
      UNION ALL
        SELECT (SELECT min(o.patient) FROM outbox o
                WHERE o.state = 'waiting' AND o.destination = ?1 AND o.patient > line.patient)
        FROM line WHERE line.patient IS NOT NULL
    ), head (id) AS (
        SELECT (SELECT min(o.id) FROM outbox o
                WHERE o.state = 'waiting' AND o.destination = ?1 AND o.patient = line.patient)
        FROM line WHERE line.patient IS NOT NULL
      UNION ALL
        SELECT id FROM outbox WHERE state = 'waiting' AND destination = ?1 AND patient IS NULL
    )";

/// A due row, or the number of one whose parcel this version cannot read.
pub(super) type Found = Result<Due, i64>;

/// What may be tried now, oldest first.
pub(super) fn due(
    connection: &Connection,
    to: Destination,
    now: Moment,
    most: usize,
) -> Result<Vec<Found>, JournalError> {
    let mut statement = connection.prepare_cached(&format!(
        "{HEADS} SELECT o.* FROM head JOIN outbox o ON o.id = head.id
         WHERE o.due <= ?2 ORDER BY o.id LIMIT ?3"
    ))?;
    let rows = statement.query_map(params![to.word(), from_moment(now), from_count(most)], |row| {
        let id = row.get("id")?;
        let Some(owed) = owed_of(row)? else { return Ok(Err(id)) };
        Ok(Ok(Due { id, owed, tries: row.get("tries")?, lost: LostAnswers::of(row)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the next of the heads is due.
pub(super) fn next_due(connection: &Connection, to: Destination) -> Result<Option<Moment>, JournalError> {
    let mut statement = connection
        .prepare_cached(&format!("{HEADS} SELECT min(o.due) FROM head JOIN outbox o ON o.id = head.id"))?;
    let due: Option<i64> = statement.query_row([to.word()], |row| row.get(0)).optional()?.flatten();
    Ok(due.map(to_moment))
}

/// Writes down what became of a delivery. A delivery that was settled in the meantime stays so, but for one
/// thing: what was delivered was delivered, whatever a person said meanwhile.
pub(super) fn settle(connection: &Connection, id: i64, how: &Settled, at: Wall) -> Result<(), JournalError> {
    let changed = match how {
        Settled::Trying => connection
            .prepare_cached(
                "UPDATE outbox SET tries = tries + 1, uncertain = (uncertain OR trying), trying = 1
                 WHERE id = ?1 AND state = 'waiting'",
            )?
            .execute([id])?,
        Settled::Done { proof } => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'done', proof = ?2, settled_at = ?3, why = '', trying = 0
                 WHERE id = ?1 AND state <> 'done'",
            )?
            .execute(params![id, proof, at.0])?,
        Settled::Later { due, why, uncertain } => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting', due = ?2, why = ?3, uncertain = (uncertain OR ?4),
                 trying = 0 WHERE id = ?1 AND state IN ('waiting', 'parked')",
            )?
            .execute(params![id, from_moment(*due), why, uncertain])?,
        Settled::Parked { why } => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'parked', why = ?2, trying = 0
                 WHERE id = ?1 AND state IN ('waiting', 'parked')",
            )?
            .execute(params![id, why])?,
        Settled::Cancelled { by } => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'cancelled', why = 'cancelled by ' || ?2, settled_at = ?3
                 WHERE id = ?1 AND state IN ('waiting', 'parked')",
            )?
            .execute(params![id, by, at.0])?,
    };
    if changed == 1 { Ok(()) } else { Err(JournalError::NoLongerOwed(id)) }
}

/// What a person wants of a delivery that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let a parked one go again, as if it had never been tried; only what may have arrived is not forgotten.
    Again,
    /// End one that waits or is parked.
    End,
}

/// Does what a person wants, and writes the audit's row beside it; neither where it does not stand as that
/// needs.
pub(super) fn mend(
    connection: &Connection,
    id: i64,
    wish: Wish,
    now: Moment,
    audit: &AuditRow,
) -> Result<(), JournalError> {
    if delivery(connection, id)?.is_none() {
        return Err(JournalError::NoLongerOwed(id));
    }
    match wish {
        Wish::Again => {
            let changed = connection
                .prepare_cached(
                    "UPDATE outbox SET state = 'waiting', due = ?2, tries = 0, trying = 0,
                     why = 'let go again by ' || ?3 WHERE id = ?1 AND state = 'parked'",
                )?
                .execute(params![id, from_moment(now), audit.actor])?;
            if changed == 0 {
                return Err(JournalError::NoLongerOwed(id));
            }
        }
        Wish::End => settle(connection, id, &Settled::Cancelled { by: audit.actor.clone() }, audit.wall)?,
    }
    audit::append(connection, audit.clone())
}

/// How much waits at one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Where to.
    pub to: Destination,
    /// How many deliveries wait.
    pub waiting: u32,
    /// Since when the oldest of them is owed.
    pub since: Moment,
}

/// How much waits at each destination where anything does.
pub(super) fn queues(connection: &Connection) -> Result<Vec<Queue>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT destination, count(*), min(owed_at) FROM outbox WHERE state = 'waiting' GROUP BY destination",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
    let mut queues = Vec::new();
    for row in rows {
        let (name, waiting, since) = row?;
        let known = Destination::ALL.into_iter().find(|known| known.word() == name);
        queues.extend(known.map(|to| Queue { to, waiting, since: to_moment(since) }));
    }
    Ok(queues)
}

/// Rows for people, newest first, without the canary's. Rows that this version cannot read are left out.
pub(super) fn deliveries(
    connection: &Connection,
    state: Option<DeliveryState>,
    most: usize,
) -> Result<Vec<DeliveryRow>, JournalError> {
    let sql = if state.is_some() {
        "SELECT * FROM outbox WHERE state = ?1 AND destination <> 'loopback' ORDER BY id DESC LIMIT ?2"
    } else {
        "SELECT * FROM outbox WHERE ?1 IS NULL AND destination <> 'loopback' ORDER BY id DESC LIMIT ?2"
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![state.map(DeliveryState::word), from_count(most)], delivery_of)?;
    Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// One row for people.
pub(super) fn delivery(connection: &Connection, id: i64) -> Result<Option<DeliveryRow>, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM outbox WHERE id = ?1 AND destination <> 'loopback'")?;
    Ok(statement.query_row([id], delivery_of).optional()?.flatten())
}

/// Whether anything is parked at a destination.
pub(super) fn has_parked(connection: &Connection, to: Destination) -> Result<bool, JournalError> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'parked' AND destination = ?1)")?;
    Ok(statement.query_row([to.word()], |row| row.get(0))?)
}

fn delivery_of(row: &Row<'_>) -> rusqlite::Result<Option<DeliveryRow>> {
    let state: String = row.get("state")?;
    let (Some(owed), Some(state)) = (owed_of(row)?, DeliveryState::parse(&state)) else { return Ok(None) };
    Ok(Some(DeliveryRow {
        id: row.get("id")?,
        owed,
        state,
        tries: row.get("tries")?,
        uncertain: LostAnswers::of(row)?.is_any(),
        why: row.get("why")?,
        proof: row.get("proof")?,
        settled_at: row.get::<_, Option<i64>>("settled_at")?.map(Wall),
    }))
}

fn owed_of(row: &Row<'_>) -> rusqlite::Result<Option<Owed>> {
    let (destination, parcel): (String, String) = (row.get("destination")?, row.get("parcel")?);
    let (alert, step): (Option<String>, Option<u16>) = (row.get("alert")?, row.get("step")?);
    let destination = Destination::ALL.into_iter().find(|known| known.word() == destination);
    let (Some(destination), Ok(parcel)) = (destination, serde_json::from_str(&parcel)) else {
        return Ok(None);
    };
    Ok(Some(Owed {
        key: row.get("key")?,
        destination,
        alert: alert.as_deref().and_then(parse_alert_id).zip(step),
        due: to_moment(row.get("due")?),
        parcel,
    }))
}

#[cfg(test)]
mod tests;
