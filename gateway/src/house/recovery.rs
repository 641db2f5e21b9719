//! The ward as it was before the last end: the record opened, the checkpoint taken over, what came after
//! lived through again, and then what was recorded put above it.
//!
//! Our own corrupt state never stops the start: it is set aside, said aloud, and the ward goes on.

use std::path::Path;
use std::sync::Arc;

use rules::{Moment, Technical};

use crate::clock::Clock;
use crate::config::ward::WardPlan;
use crate::event::Found;
use crate::journal::{Journal, JournalError, Recovered, Tag};
use crate::ward::Ward;

/// A ward that goes on from where it was.
#[derive(Debug)]
pub(super) struct Reopened {
    /// The record.
    pub(super) journal: Journal,
    /// The ward.
    pub(super) ward: Ward,
    /// A clock that goes on from the record's last moment.
    pub(super) clock: Clock,
    /// What a person must know of the recovery.
    pub(super) found: Vec<Found>,
}

/// Opens the record at `path` and brings the ward of `plan` back to where it was.
///
/// # Errors
/// When the record cannot be had or cannot be durable.
pub(super) fn reopen(plan: Arc<WardPlan>, path: &Path, speed: u32) -> Result<Reopened, JournalError> {
    let mut ward = Ward::new(plan);
    let tag = Tag { rules: rules::VERSION, policy: ward.policy_hash() };
    let opening = Journal::open(path, Clock::starting_after(Moment(0)).wall(), &tag)?;
    let clock = Clock::at_speed(opening.recovered.last, speed);
    let found = bring_back(&mut ward, opening.recovered, &clock);
    Ok(Reopened { journal: opening.journal, ward, clock, found })
}

fn bring_back(ward: &mut Ward, recovered: Recovered, clock: &Clock) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(place) = recovered.set_aside {
        found.push(say(format!(
            "the store could not be trusted and was set aside as {}; the ward began afresh: call IT",
            place.display()
        )));
    }
    let taken = recovered.checkpoint.is_none_or(|checkpoint| {
        if checkpoint.matches {
            ward.restore(&checkpoint.body, checkpoint.at)
        } else {
            ward.take_over(&checkpoint.body, checkpoint.at)
        }
    });
    if !taken {
        found.push(say(
            "the last checkpoint could not be read; earlier readings are unknown: call IT".to_owned()
        ));
    }
    let offset_ms = clock.wall_of(Moment(0)).0;
    let mut replay = recovered.events_after;
    for (at, event) in &mut replay {
        ward.relive(at, &event, offset_ms);
    }
    ward.recorded(recovered.open_alerts, clock.now());
    let unread = replay.unread().saturating_add(recovered.alerts_unread);
    if unread > 0 {
        found.push(say(format!("{unread} rows of the record could not be read again: call IT")));
    }
    found
}

fn say(text: String) -> Found {
    Found { bed: None, what: Technical::Judging, on: true, text }
}
