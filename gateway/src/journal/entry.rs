//! What one turn of the ward wants written.

use std::sync::Arc;

use rules::Moment;
use tokio::sync::oneshot;

use crate::clock::Wall;
use crate::event::{Event, Peer, Raw, Verdict};
use crate::owed::Owed;
use crate::record::{AlertChange, AlertRecord};

/// One entry.
#[derive(Debug)]
pub struct Entry {
    /// The records.
    pub records: Vec<Record>,
    /// Told after the commit.
    pub then: Option<(oneshot::Sender<Verdict>, Verdict)>,
}

/// One record.
#[derive(Debug)]
#[expect(missing_docs, reason = "stand-in")]
pub enum Record {
    Event { at: Moment, wall: Wall, bed: Option<String>, event: Arc<Event> },
    Message { wall: Wall, peer: Peer, raw: Raw, alerts: Vec<String> },
    Alert(Arc<AlertRecord>),
    Change(AlertChange),
    Owed(Owed),
    Checkpoint { at: Moment, rules: u32, policy: [u8; 32], body: Vec<u8> },
    ClockStep { wall: Wall, by_ms: i64 },
    Audit { wall: Wall, actor: String, station: String, what: String, reason: String },
}
