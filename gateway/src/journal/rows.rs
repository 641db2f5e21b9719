//! How each record becomes rows. It decides nothing, commits nothing, and keeps no order but the one it is
//! given.

use std::sync::Arc;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::audit::{self, AuditRow};
use super::log::{self, Arrived};
use super::number::from_moment;
use super::recent::Recent;
use super::{JournalError, Record, body, outbox};
use crate::clock::Wall;
use crate::event::Event;
use crate::message::Repeat;
use crate::record::{AlertChange, AlertRecord, state};
use rules::Moment;

/// How many checkpoints stay: when the newest turns out to be damaged, the ones before it are tried.
const CHECKPOINTS_KEPT: i64 = 3;

/// Room for the body of nearly every event, before it is made small.
const BODY_BYTES: usize = 4 * 1_024;

/// Writes records in one transaction, numbering what happened as it goes.
pub(super) struct Pen<'c> {
    connection: &'c Connection,
    /// The number of the next frame or event; the writer takes it over when the commit succeeds.
    pub(super) next_seq: i64,
    /// Whether anything was added to the outbox.
    pub(super) owes: bool,
    /// How many bytes the long columns took.
    pub(super) bytes: usize,
    /// The first copies written here, with their rows; known to everybody once the commit succeeds.
    pub(super) firsts: Vec<(Repeat, i64)>,
    recent: &'c Recent,
    buffer: Vec<u8>,
}

impl<'c> Pen<'c> {
    pub(super) fn new(connection: &'c Connection, next_seq: i64, recent: &'c Recent) -> Self {
        let (firsts, buffer) = (Vec::new(), Vec::with_capacity(BODY_BYTES));
        Self { connection, next_seq, owes: false, bytes: 0, firsts, recent, buffer }
    }

    /// Writes one record.
    pub(super) fn write(&mut self, record: &Record) -> Result<(), JournalError> {
        match record {
            Record::Event { at, wall, bed, event } => self.event(*at, *wall, bed.as_deref(), event),
            Record::Message { .. } => self.message(record),
            Record::Sent(sent) => log::write_sent(self.connection, sent),
            Record::Alert(alert) => self.alert(alert),
            Record::Change(change) => self.change(change),
            Record::Owed(owed) => {
                self.owes |= outbox::owe(self.connection, owed)?;
                Ok(())
            }
            Record::CalledOff { wall, alert } => outbox::call_off(self.connection, *alert, *wall),
            Record::Checkpoint { at, rules, policy, body } => {
                self.bytes += body.len();
                self.checkpoint(*at, *rules, policy, body)
            }
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
        self.bytes += self.buffer.len();
        self.next_seq += 1;
        Ok(())
    }

    /// A second copy is written with the row of the first; the writer has made sure that there is one.
    fn message(&mut self, record: &Record) -> Result<(), JournalError> {
        let Record::Message { wall, peer, raw, packed, alerts } = record else { return Ok(()) };
        let duplicate_of = record.again_of().and_then(|repeat| self.first(repeat));
        let packed = packed.as_deref();
        let arrived = Arrived { wall: *wall, peer, raw, packed, alerts, duplicate_of };
        self.bytes += packed.unwrap_or(&raw.bytes).len();
        let id = log::write(self.connection, &arrived)?;
        self.firsts.extend(record.first_of().map(|repeat| (repeat, id)));
        Ok(())
    }

    /// The row of a first copy: durable, or written before in this transaction.
    pub(super) fn first(&self, repeat: Repeat) -> Option<i64> {
        let here = self.firsts.iter().rev().find(|(known, _)| *known == repeat).map(|(_, id)| *id);
        here.or_else(|| self.recent.first(repeat))
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
