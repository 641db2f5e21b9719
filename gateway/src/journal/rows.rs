//! How each record becomes rows. It decides nothing, commits nothing, and keeps no order but the one it is
//! given.

use std::sync::Arc;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::audit::{self, AuditRow};
use super::number::from_moment;
use super::{JournalError, Record, body, outbox};
use crate::clock::Wall;
use crate::event::{Event, Outcome, Peer, Raw};
use crate::record::{AlertChange, AlertRecord, state};
use rules::Moment;

/// How many checkpoints stay: when the newest turns out to be damaged, the ones before it are tried.
const CHECKPOINTS_KEPT: i64 = 3;

/// Writes records in one transaction, numbering what happened as it goes.
pub(super) struct Pen<'c> {
    connection: &'c Connection,
    /// The number of the next frame or event; the writer takes it over when the commit succeeds.
    pub(super) next_seq: i64,
    /// Whether anything was added to the outbox.
    pub(super) owes: bool,
    buffer: Vec<u8>,
}

impl<'c> Pen<'c> {
    pub(super) fn new(connection: &'c Connection, next_seq: i64) -> Self {
        Self { connection, next_seq, owes: false, buffer: Vec::new() }
    }

    /// Writes one record.
    pub(super) fn write(&mut self, record: &Record) -> Result<(), JournalError> {
        match record {
            Record::Event { at, wall, bed, event } => self.event(*at, *wall, bed.as_deref(), event),
            Record::Message { wall, peer, raw, alerts } => self.message(*wall, peer, raw, alerts),
            Record::Alert(alert) => self.alert(alert),
            Record::Change(change) => self.change(change),
            Record::Owed(owed) => {
                self.owes |= outbox::owe(self.connection, owed)?;
                Ok(())
            }
            Record::Checkpoint { at, rules, policy, body } => self.checkpoint(*at, *rules, policy, body),
            Record::ClockStep { wall, by_ms } => self.clock_step(*wall, *by_ms),
            Record::Audit { wall, actor, station, what, reason } => audit::append(
                self.connection,
                AuditRow {
                    id: 0,
                    wall: *wall,
                    actor: actor.clone(),
                    station: station.clone(),
                    what: what.clone(),
                    reason: reason.clone(),
                },
            ),
        }
    }

    fn event(
        &mut self,
        at: Moment,
        wall: Wall,
        bed: Option<&str>,
        event: &Event,
    ) -> Result<(), JournalError> {
        let buffer = std::mem::take(&mut self.buffer);
        let (seq, at) = (self.next_seq, from_moment(at));
        if let Event::Frame(frame) = event {
            self.buffer = body::pack(frame, buffer)?;
            self.connection
                .prepare_cached("INSERT INTO frame VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![
                    seq,
                    at,
                    wall.0,
                    bed,
                    frame.device,
                    frame.key.0.cast_signed(),
                    self.buffer
                ])?;
        } else {
            self.buffer = body::pack(event, buffer)?;
            self.connection
                .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![seq, at, wall.0, bed, self.buffer])?;
        }
        self.next_seq += 1;
        Ok(())
    }

    fn message(&self, wall: Wall, peer: &Peer, raw: &Raw, alerts: &[String]) -> Result<(), JournalError> {
        let alerts =
            serde_json::to_string(alerts).map_err(|fault| JournalError::Unwritable(fault.to_string()))?;
        self.connection
            .prepare_cached(
                "INSERT INTO message (wall, endpoint, peer, kind, control_id, outcome, reason, alerts, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                wall.0,
                peer.endpoint,
                peer.name,
                raw.kind,
                raw.control_id,
                outcome_word(raw.outcome),
                raw.reason,
                alerts,
                raw.bytes
            ])?;
        Ok(())
    }

    fn alert(&self, alert: &Arc<AlertRecord>) -> Result<(), JournalError> {
        let body =
            serde_json::to_string(&**alert).map_err(|fault| JournalError::Unwritable(fault.to_string()))?;
        self.connection
            .prepare_cached(
                "INSERT INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET
                 bed = excluded.bed, state = excluded.state, changed_at = excluded.changed_at,
                 body = excluded.body",
            )?
            .execute(params![
                alert.id,
                alert.bed,
                state::word(alert.state),
                alert.raised_at.0,
                alert.changed_at.0,
                body
            ])?;
        Ok(())
    }

    fn change(&self, change: &AlertChange) -> Result<(), JournalError> {
        self.connection
            .prepare_cached(
                "INSERT INTO alert_change (alert, at, what, actor, station, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                change.alert,
                change.at.0,
                change.what,
                change.actor,
                change.station,
                change.reason
            ])?;
        Ok(())
    }

    fn checkpoint(&self, at: Moment, rules: u32, policy: &[u8; 32], body: &[u8]) -> Result<(), JournalError> {
        let covered = self.next_seq - 1;
        self.connection
            .prepare_cached(
                "INSERT INTO checkpoint (seq, at, rules, policy, body, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![covered, from_moment(at), rules, policy, body, sum_of(body)])?;
        self.connection
            .prepare_cached("DELETE FROM checkpoint WHERE id <= (SELECT max(id) FROM checkpoint) - ?1")?
            .execute([CHECKPOINTS_KEPT])?;
        Ok(())
    }

    fn clock_step(&self, wall: Wall, by_ms: i64) -> Result<(), JournalError> {
        self.connection
            .prepare_cached("INSERT INTO clock_step (wall, by_ms) VALUES (?1, ?2)")?
            .execute([wall.0, by_ms])?;
        Ok(())
    }
}

/// The sum by which a checkpoint is known to be whole.
pub(super) fn sum_of(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// The store's word for what became of a message.
pub(super) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::NotNeeded => "not-needed",
        Outcome::Refused => "refused",
    }
}

/// Reads the store's word for what became of a message.
pub(super) fn parse_outcome(word: &str) -> Option<Outcome> {
    [Outcome::Accepted, Outcome::NotNeeded, Outcome::Refused]
        .into_iter()
        .find(|outcome| outcome_word(*outcome) == word)
}
