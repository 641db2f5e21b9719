//! A person's word on a delivery that came to nothing: written down with its author, and once the last parked
//! one of its destination is dealt with, the ward is told so.

use rules::Technical;

use super::watch_over::tell;
use crate::board::accounts::{Asked, Unreadable};
use crate::board::outbox::{Outbox, Wish};
use crate::board::replays::Author;
use crate::clock::Clock;
use crate::delivery::courier::channel_number;
use crate::event::{Door, Event, Found};
use crate::journal::{AuditRow, Journal, JournalError};
use crate::owed::Destination;

/// All that it needs.
#[derive(Debug)]
pub(super) struct Mending {
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) door: Door,
}

impl Outbox for Mending {
    fn mend<'a>(&'a self, id: i64, wish: Wish, author: &'a Author) -> Asked<'a, bool> {
        Box::pin(async move {
            match self.carry_out(id, wish, author).await {
                Ok(()) => Ok(true),
                Err(JournalError::NoLongerOwed(_)) => Ok(false),
                Err(fault) => Err(Unreadable(fault.to_string())),
            }
        })
    }
}

impl Mending {
    async fn carry_out(&self, id: i64, wish: Wish, author: &Author) -> Result<(), JournalError> {
        let what = match wish {
            Wish::Again => format!("delivery {id} let go again"),
            Wish::End => format!("delivery {id} cancelled"),
        };
        let audit = AuditRow {
            id: 0,
            wall: self.clock.wall(),
            actor: author.name.clone(),
            station: author.station.clone(),
            what,
            reason: author.reason.clone(),
        };
        self.journal.mend(id, wish, self.clock.now(), audit).await?;
        if let Some(row) = self.journal.delivery(id).await? {
            self.tell_when_none_is_left(row.owed.destination).await?;
        }
        Ok(())
    }

    async fn tell_when_none_is_left(&self, to: Destination) -> Result<(), JournalError> {
        if self.journal.has_parked(to).await? {
            return Ok(());
        }
        let text = format!("nothing that {} refused waits for a person any more", to.word());
        let what = Technical::Parked(channel_number(to));
        tell(&self.door, Event::Found(Found { bed: None, what, on: false, text })).await;
        Ok(())
    }
}
