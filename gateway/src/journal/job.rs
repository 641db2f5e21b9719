//! What the writer is asked to do, and where it tells how it goes. Nothing is done here.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::accounts::{self, Account, TokenRow};
use super::audit::AuditRow;
use super::bound::Squeezed;
use super::outbox::{self, Settled, Wish};
use super::recent::Recent;
use super::sweep::Swept;
use super::{Entry, JournalError, Record};
use crate::clock::Wall;
use crate::owed::Destination;
use rules::Moment;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Commit something, together with what queues up behind it.
    Commit(Work),
    /// Take out one batch of what is past its time.
    Sweep(Wall, oneshot::Sender<Result<Swept, JournalError>>),
    /// Take out one batch of what may go while the store holds more than so many bytes.
    Squeeze(Wall, u64, oneshot::Sender<Result<Squeezed, JournalError>>),
    /// Try again what could not be done.
    Pulse {
        /// The backfill found no room for the file to grow.
        disk_is_full: bool,
    },
    /// End, after everything before it.
    Stop,
}

/// What shares a commit.
#[derive(Debug)]
pub(super) enum Work {
    /// What a turn of the ward's loop decided.
    Entry(Entry),
    /// A change that somebody asked for, and who is told whether it was possible.
    Ask(Ask, oneshot::Sender<Result<(), JournalError>>),
}

impl Work {
    /// Whether it holds a message that somebody sent to us, and waits to hear of.
    pub(super) fn has_a_message(&self) -> bool {
        match self {
            Self::Entry(entry) => entry.records.iter().any(|record| matches!(record, Record::Message { .. })),
            Self::Ask(..) => false,
        }
    }
}

/// A change that somebody waits for.
#[derive(Debug)]
pub(super) enum Ask {
    /// What became of a delivery.
    Settle(i64, Settled, Wall),
    /// A destination is reached again: what it did not take is due now.
    Hasten(Destination, Moment),
    /// What a person wants of a delivery, and the audit's row of it.
    Mend(i64, Wish, Moment, Box<AuditRow>),
    /// A new account.
    AddAccount(Account),
    /// Another badge for an account, or none.
    SetBadge(String, Option<[u8; 32]>),
    /// An account less.
    RemoveAccount(String),
    /// A new token.
    AddToken(TokenRow),
    /// Nothing: asked to know that everything before it was committed or refused.
    Flush,
}

impl Ask {
    /// Carries it out. The outer error fails the whole commit; the inner one is the answer to whoever asked.
    pub(super) fn carry_out(
        &self,
        connection: &Connection,
    ) -> Result<Result<(), JournalError>, JournalError> {
        let answer = match self {
            Self::Settle(id, how, at) => outbox::settle(connection, *id, how, *at),
            Self::Hasten(to, now) => outbox::hasten(connection, *to, *now),
            Self::Mend(id, wish, now, audit) => outbox::mend(connection, *id, *wish, *now, audit),
            Self::AddAccount(account) => accounts::add(connection, account),
            Self::SetBadge(name, badge) => accounts::set_badge(connection, name, *badge),
            Self::RemoveAccount(name) => accounts::remove(connection, name),
            Self::AddToken(token) => accounts::add_token(connection, token),
            Self::Flush => Ok(()),
        };
        match answer {
            Err(fault @ JournalError::Sqlite(_)) => Err(fault),
            answer => Ok(answer),
        }
    }
}

/// Where the writer tells how it goes.
#[derive(Debug)]
pub(super) struct Told {
    /// Why commits fail; `None` while they do not.
    pub(super) health: watch::Sender<Option<String>>,
    /// Counts the commits that touched the outbox.
    pub(super) owed: watch::Sender<u64>,
    /// How many entries wait in the queue.
    pub(super) waiting: Arc<AtomicUsize>,
    /// By what second copies of messages are known.
    pub(super) recent: Recent,
}

impl Told {
    /// Tells how commits go, if that has changed.
    pub(super) fn health_is(&self, now: Option<String>) {
        self.health.send_if_modified(|before| {
            if *before == now {
                return false;
            }
            if let Some(why) = &now {
                tracing::error!(why, "the store does not take what is decided");
            } else {
                tracing::info!("the store takes what is decided again");
            }
            *before = now;
            true
        });
    }

    /// Some records are not stored: a message among them is no first copy of anything.
    pub(super) fn not_stored(&self, records: &[Record]) {
        for repeat in records.iter().filter_map(Record::first_of) {
            self.recent.forget(repeat);
        }
    }

    /// Whether the last commit failed, or was cut to what is essential.
    pub(super) fn is_failing(&self) -> bool {
        self.health.borrow().is_some()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.health.send_replace(Some("the store's writer has ended: restart the gateway".to_owned()));
    }
}
