//! The store's bound in words: a technical alert in time, and an audit row for what had to go before its
//! time. What goes is the journal's to know.

use rules::Technical;

use super::watch_over::tell;
use crate::clock::Clock;
use crate::event::{Door, Event, Found};
use crate::journal::{Entry, Journal, JournalError, Record, Squeezed};

/// At how many hundredths of the bound the alert comes, and below how many it goes.
const TOLD_AT: u64 = 80;
const WELL_BELOW: u64 = 75;

/// The room that the store has, and what the ward was last told of it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) door: Door,
    pub(super) bound_gb: u32,
    /// `None` after a start, when an older alert may still be open.
    pub(super) told: Option<bool>,
}

impl Room {
    /// Keeps the store within its bound and says how full it is.
    pub(super) async fn keep(&mut self, journal: &Journal, clock: &Clock) -> Result<(), JournalError> {
        let bound = u64::from(self.bound_gb) * 1_000_000_000;
        let mut gone = Squeezed::default();
        loop {
            let batch = journal.squeeze(clock.wall(), bound).await?;
            gone.bytes = batch.bytes;
            gone.thinned += batch.thinned;
            gone.messages += batch.messages;
            gone.readings += batch.readings;
            if !batch.more {
                break;
            }
            tokio::task::yield_now().await;
        }
        if let Some(what) = lost(&gone) {
            let (actor, station) = ("journal".to_owned(), "gateway".to_owned());
            let reason = format!("the store reached its bound of {} GB", self.bound_gb);
            let audit = Record::Audit { wall: clock.wall(), actor, station, what, reason };
            if journal.submit(Entry { records: vec![audit], then: None }).is_err() {
                tracing::error!("the store's queue is full: what went before its time is not in the audit");
            }
        }
        self.say(gone.bytes, bound).await;
        Ok(())
    }

    async fn say(&mut self, bytes: u64, bound: u64) {
        let Some(filling) = changed(self.told, bytes, bound) else { return };
        self.told = Some(filling);
        let text = sentence(filling, bytes, self.bound_gb);
        let found = Found { bed: None, what: Technical::StoreFilling, on: filling, text };
        tell(&self.door, Event::Found(found)).await;
    }
}

/// Whether the ward must be told, and what.
fn changed(told: Option<bool>, bytes: u64, bound: u64) -> Option<bool> {
    let hundredths = if told == Some(true) { WELL_BELOW } else { TOLD_AT };
    let filling = bytes.saturating_mul(100) >= bound.saturating_mul(hundredths);
    (told != Some(filling)).then_some(filling)
}

fn sentence(filling: bool, bytes: u64, bound_gb: u32) -> String {
    let held =
        format!("the store holds {}.{} of {bound_gb} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
    if !filling {
        return held;
    }
    format!(
        "{held}: call IT to give it a larger disk and raise store.bound_gb; at the bound the oldest readings \
         are thinned and the oldest messages go, never what is undelivered"
    )
}

/// What went before its time, in words.
fn lost(gone: &Squeezed) -> Option<String> {
    let Squeezed { thinned, messages, readings, .. } = gone;
    let any = thinned + messages + readings > 0;
    any.then(|| {
        format!(
            "removed before their time: {thinned} readings between those that stay, {messages} messages, \
             {readings} of the readings that had stayed"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: u64 = 20_000_000_000;

    #[test]
    fn the_alert_comes_at_four_fifths_and_goes_well_below() {
        let told = |told, gb: u64| changed(told, gb * 1_000_000_000, BOUND);
        assert_eq!(told(None, 1), Some(false), "an alert from before the start may still be open");
        assert_eq!(told(Some(false), 15), None);
        assert_eq!(told(Some(false), 16), Some(true));
        assert_eq!(told(Some(true), 15), None, "not at every breath");
        assert_eq!(told(Some(true), 14), Some(false));
    }

    #[test]
    fn it_says_what_to_do_and_what_went() {
        assert!(sentence(true, 16_140_000_000, 20).starts_with("the store holds 16.1 of 20 GB: call IT"));
        assert_eq!(lost(&Squeezed::default()), None);
        let gone = Squeezed { thinned: 3, messages: 2, ..Squeezed::default() };
        assert!(lost(&gone).unwrap().contains("3 readings between those that stay, 2 messages"));
    }
}
