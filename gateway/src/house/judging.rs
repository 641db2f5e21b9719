//! The one alert about our own judging, and all who speak through it: a task that fell over, a step that is
//! overdue, what the recovery found. It ends when none of them complains any more, not when the first is
//! content. It judges nothing itself.

use std::sync::Arc;

use rules::Technical;
use tokio::sync::Mutex;

use super::watch_over::{found, tell};
use crate::event::Door;

/// Where complaints of the judging are brought. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Judging {
    door: Door,
    complaints: Arc<Mutex<Complaints>>,
}

/// What stands, the longest first: that one is the alert's own sentence.
#[derive(Debug, Default)]
struct Complaints {
    standing: Vec<(String, String)>,
    /// Whether the ward was told anything since the start: an alert from before may still be open.
    told: bool,
}

impl Judging {
    pub(super) fn new(door: Door) -> Self {
        Self { door, complaints: Arc::default() }
    }

    /// `who` complains; as long as it does, it says the same.
    pub(super) async fn stands(&self, who: &str, text: String) {
        let mut complaints = self.complaints.lock().await;
        if complaints.add(who, &text) {
            tell(&self.door, found(Technical::Judging, true, text)).await;
        }
    }

    /// `who` has nothing to complain of, or no longer has.
    pub(super) async fn is_over(&self, who: &str, text: &str) {
        let mut complaints = self.complaints.lock().await;
        if complaints.remove(who) {
            tell(&self.door, found(Technical::Judging, false, text.to_owned())).await;
            if let Some((_, next)) = complaints.standing.first() {
                tell(&self.door, found(Technical::Judging, true, next.clone())).await;
            }
        }
    }
}

impl Complaints {
    /// Whether the alert must be raised.
    fn add(&mut self, who: &str, text: &str) -> bool {
        if self.standing.iter().any(|(known, _)| known == who) {
            return false;
        }
        self.standing.push((who.to_owned(), text.to_owned()));
        self.told = true;
        self.standing.len() == 1
    }

    /// Whether the alert must be ended: its own sentence is no longer true, or it is from before the start.
    fn remove(&mut self, who: &str) -> bool {
        let was_shown = self.standing.first().is_some_and(|(first, _)| first == who);
        self.standing.retain(|(known, _)| known != who);
        let first_word = !std::mem::replace(&mut self.told, true);
        was_shown || first_word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Knocks};

    /// What the ward was told since it was last asked.
    fn told(knocks: &mut Knocks) -> Vec<(bool, String)> {
        let events = std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events);
        let finding = |event| match event {
            Event::Found(found) if found.what == Technical::Judging => (found.on, found.text),
            other => panic!("{other:?} is no finding about the judging"),
        };
        events.map(finding).collect()
    }

    fn lines(told: &[(bool, String)]) -> Vec<(bool, &str)> {
        told.iter().map(|(on, text)| (*on, text.as_str())).collect()
    }

    #[tokio::test]
    async fn the_alert_ends_with_the_last_complaint_and_always_says_one_that_stands() {
        let (door, mut knocks) = Door::new();
        let judging = Judging::new(door);
        judging.stands("board", "the board fell over".to_owned()).await;
        judging.stands("board", "the board fell over again".to_owned()).await;
        judging.stands("auditor", "a step is overdue".to_owned()).await;
        assert_eq!(lines(&told(&mut knocks)), [(true, "the board fell over")]);
        judging.is_over("board", "the board runs again").await;
        assert_eq!(lines(&told(&mut knocks)), [(false, "the board runs again"), (true, "a step is overdue")]);
        judging.is_over("board", "the board runs again").await;
        assert!(told(&mut knocks).is_empty(), "nobody else's content ends it");
        judging.is_over("auditor", "no step is overdue").await;
        assert_eq!(lines(&told(&mut knocks)), [(false, "no step is overdue")]);
    }

    #[tokio::test]
    async fn an_alert_from_before_the_start_ends_with_the_first_good_word() {
        let (door, mut knocks) = Door::new();
        let judging = Judging::new(door.clone());
        judging.is_over("auditor", "well").await;
        judging.is_over("auditor", "well").await;
        assert_eq!(lines(&told(&mut knocks)), [(false, "well")]);

        let judging = Judging::new(door);
        judging.stands("recovery", "the store was set aside".to_owned()).await;
        judging.is_over("auditor", "well").await;
        assert_eq!(lines(&told(&mut knocks)), [(true, "the store was set aside")]);
    }
}
