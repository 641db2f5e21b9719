//! The one alert about our own judging, and all who speak through it: a task that fell over, a step that is
//! overdue, what the recovery found. It ends when none of them complains any more, not when the first is
//! content. It judges nothing itself.

use std::collections::BTreeMap;
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

/// What stands, by who complains.
#[derive(Debug, Default)]
struct Complaints {
    standing: BTreeMap<String, String>,
    /// Whether the ward was told anything since the start: an alert from before may still be open.
    told: bool,
}

impl Judging {
    pub(super) fn new(door: Door) -> Self {
        Self { door, complaints: Arc::default() }
    }

    /// `who` complains. The alert says all that stands; where somebody complains of something new it begins
    /// anew, for one that was answered would hide it.
    pub(super) async fn stands(&self, who: &str, text: String) {
        let mut complaints = self.complaints.lock().await;
        if complaints.standing.get(who) == Some(&text) {
            return;
        }
        let others = !complaints.standing.is_empty();
        complaints.standing.insert(who.to_owned(), text);
        if others || !std::mem::replace(&mut complaints.told, true) {
            self.say(false, "one more complaint of the judging".to_owned()).await;
        }
        self.say(true, complaints.text()).await;
    }

    /// `who` has nothing to complain of, or no longer has.
    pub(super) async fn is_over(&self, who: &str, text: &str) {
        let mut complaints = self.complaints.lock().await;
        let stood = complaints.standing.remove(who).is_some();
        let first_word = !std::mem::replace(&mut complaints.told, true);
        if complaints.standing.is_empty() && (stood || first_word) {
            self.say(false, text.to_owned()).await;
        } else if stood {
            self.say(true, complaints.text()).await;
        }
    }

    async fn say(&self, on: bool, text: String) {
        tell(&self.door, found(Technical::Judging, on, text)).await;
    }
}

impl Complaints {
    fn text(&self) -> String {
        self.standing.values().map(String::as_str).collect::<Vec<_>>().join("; ")
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
    async fn the_alert_says_all_that_stands_and_ends_with_the_last_of_it() {
        let (door, mut knocks) = Door::new();
        let judging = Judging::new(door);
        judging.is_over("auditor", "well").await;
        let _ = told(&mut knocks);
        judging.stands("board", "the board fell over".to_owned()).await;
        judging.stands("board", "the board fell over".to_owned()).await;
        assert_eq!(lines(&told(&mut knocks)), [(true, "the board fell over")]);
        judging.stands("auditor", "bed 05 is overdue".to_owned()).await;
        let anew = told(&mut knocks);
        assert_eq!(lines(&anew)[1..], [(true, "bed 05 is overdue; the board fell over")]);
        assert!(!anew[0].0, "one that was answered would hide it");
        judging.stands("auditor", "bed 03 is overdue".to_owned()).await;
        assert_eq!(lines(&told(&mut knocks))[1..], [(true, "bed 03 is overdue; the board fell over")]);
        judging.is_over("board", "the board runs again").await;
        assert_eq!(lines(&told(&mut knocks)), [(true, "bed 03 is overdue")]);
        judging.is_over("board", "the board runs again").await;
        assert!(told(&mut knocks).is_empty(), "nobody else's content ends it");
        judging.is_over("auditor", "no step is overdue").await;
        assert_eq!(lines(&told(&mut knocks)), [(false, "no step is overdue")]);
    }

    #[tokio::test]
    async fn an_alert_from_before_the_start_ends_with_the_first_word() {
        let (door, mut knocks) = Door::new();
        let judging = Judging::new(door.clone());
        judging.is_over("auditor", "well").await;
        judging.is_over("auditor", "well").await;
        assert_eq!(lines(&told(&mut knocks)), [(false, "well")]);

        let judging = Judging::new(door);
        judging.stands("recovery", "the store was set aside".to_owned()).await;
        judging.is_over("auditor", "well").await;
        let told = told(&mut knocks);
        assert_eq!(lines(&told)[1..], [(true, "the store was set aside")]);
        assert!(!told[0].0, "an answered one of before would hide it");
    }
}
