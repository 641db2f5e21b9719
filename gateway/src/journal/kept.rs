//! What the ward has decided and the store would not take: kept, within a bound, for the next commit.
//!
//! Of an alert only the newest state counts, so a store that fails for hours costs one record for each alert.
//! At the bound the oldest of the rest goes, and how many went is written down once the store takes anything
//! again. It holds no frames and no messages: their senders were refused and send again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Record;
use crate::clock::Wall;
use crate::record::AlertRecord;

/// How many records are kept at most.
const KEPT_MOST: usize = 16_384;

/// The records that wait.
#[derive(Debug, Default)]
pub(super) struct Kept {
    alerts: BTreeMap<String, Record>,
    rest: VecDeque<Record>,
    lost: u64,
    /// The latest wall time seen in what was kept, to date the note of what was lost.
    latest: Wall,
}

impl Kept {
    /// Keeps the essential ones of some records.
    pub(super) fn keep(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records.into_iter().filter(Record::is_essential) {
            self.latest = self.latest.max(wall_of(&record));
            match record {
                Record::Alert(alert) => self.keep_alert(alert),
                other => {
                    self.make_room();
                    self.rest.push_back(other);
                }
            }
        }
    }

    fn keep_alert(&mut self, alert: Arc<AlertRecord>) {
        if !self.alerts.contains_key(&alert.id) {
            self.make_room();
        }
        self.alerts.insert(alert.id.clone(), Record::Alert(alert));
    }

    fn make_room(&mut self) {
        if self.alerts.len() + self.rest.len() >= KEPT_MOST {
            let gone = self.rest.pop_front().is_some() || self.alerts.pop_first().is_some();
            self.lost += u64::from(gone);
        }
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.rest.is_empty()
    }

    /// All of it, in the order in which it must be written.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.alerts.values().chain(&self.rest)
    }

    /// What must be said about what did not fit.
    pub(super) fn note(&self) -> Option<Record> {
        (self.lost > 0).then(|| Record::Audit {
            wall: self.latest,
            actor: "journal".to_owned(),
            station: "gateway".to_owned(),
            what: format!("{} records were lost while the store failed", self.lost),
            reason: format!("more than {KEPT_MOST} waited"),
        })
    }

    /// It is written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn wall_of(record: &Record) -> Wall {
    match record {
        Record::Event { wall, .. }
        | Record::Message { wall, .. }
        | Record::ClockStep { wall, .. }
        | Record::CalledOff { wall, .. }
        | Record::Audit { wall, .. } => *wall,
        Record::Alert(alert) => alert.changed_at,
        Record::Change(change) => change.at,
        Record::Sent(sent) => sent.wall,
        Record::Owed(_) | Record::Checkpoint { .. } => Wall::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::samples::{alert, change};
    use rules::alert::AlertState;

    #[test]
    fn the_newest_state_of_an_alert_wins_and_changes_keep_their_order() {
        let mut kept = Kept::default();
        let mut older = alert(1);
        older.state = AlertState::Active;
        let mut newer = older.clone();
        newer.state = AlertState::Acknowledged;
        kept.keep([
            Record::Alert(Arc::new(older)),
            Record::Change(change("raised", 1)),
            Record::Alert(Arc::new(newer)),
            Record::Change(change("acknowledged", 2)),
        ]);
        let found: Vec<_> = kept
            .records()
            .map(|record| match record {
                Record::Alert(alert) => format!("{:?}", alert.state),
                Record::Change(change) => change.what.clone(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(found, ["Acknowledged", "raised", "acknowledged"]);
    }

    #[test]
    fn at_the_bound_the_oldest_goes_and_is_counted() {
        let mut kept = Kept::default();
        kept.keep([Record::Alert(Arc::new(alert(1)))]);
        kept.keep((0..=i64::try_from(KEPT_MOST).unwrap()).map(|n| Record::Change(change("tried", n))));
        assert_eq!(kept.records().count(), KEPT_MOST);
        assert!(matches!(kept.records().next(), Some(Record::Alert(_))), "alerts outlive their changes");
        let Some(Record::Audit { what, wall, .. }) = kept.note() else { panic!("no note") };
        assert!(what.starts_with("2 records"), "{what}");
        assert_eq!(wall, alert(1).changed_at, "dated by the latest that was kept");
        kept.clear();
        assert!(kept.is_empty() && kept.note().is_none());
    }
}
