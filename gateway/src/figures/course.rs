//! The course of one alert: after how long it was heard, seen, acknowledged and taken over. It reads the
//! record alone; a time that the record does not name is none.

use crate::clock::Wall;
use crate::event::Stage;
use crate::record::{ACCEPTED, ACKNOWLEDGED, AlertChange, AlertRecord, By};

/// After how many milliseconds from its raising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// The annunciator pulled the first samples of its burst.
    pub(super) sounded: Option<u64>,
    /// The first sign of a person: a phone's message read, or any answer.
    pub(super) seen: Option<u64>,
    /// The first acknowledgement.
    pub(super) acknowledged: Option<u64>,
    /// The first time that a doctor took responsibility.
    pub(super) accepted: Option<u64>,
    /// Whether any person ever answered.
    pub(super) answered: bool,
}

impl Course {
    pub(super) fn of(record: &AlertRecord, changes: &[AlertChange]) -> Self {
        let after = |at: Wall| u64::try_from(at.0.saturating_sub(record.raised_at.0)).unwrap_or(0);
        let answers = || changes.iter().filter(|change| change.is_answer());
        let first = |what: &str, held: &Option<By>| {
            let told = answers().filter(|change| change.what == what).map(|change| change.at);
            told.chain(held.iter().map(|by| by.at)).min().map(after)
        };
        let stage = |stage: Stage| {
            let reached = record.receipts.iter().filter(|receipt| receipt.stage == stage);
            reached.filter(|receipt| receipt.error.is_none()).map(|receipt| receipt.at).min()
        };
        let acknowledged = first(ACKNOWLEDGED, &record.acknowledged);
        let accepted = first(ACCEPTED, &record.accepted);
        let seen = answers().map(|change| change.at).chain(stage(Stage::Read)).chain(stage(Stage::Accepted));
        let seen = seen.min().map(after).into_iter().chain(acknowledged).chain(accepted).min();
        let answered = answers().next().is_some() || acknowledged.is_some() || accepted.is_some();
        Self { sounded: stage(Stage::Sounded).map(after), seen, acknowledged, accepted, answered }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{REFUSED, Receipt};

    fn change(what: &str, actor: &str, at: i64) -> AlertChange {
        let (alert, station, reason) = (String::new(), String::new(), String::new());
        AlertChange { alert, at: Wall(at), what: what.to_owned(), actor: actor.to_owned(), station, reason }
    }

    fn receipt(stage: Stage, at: i64, error: Option<&str>) -> Receipt {
        let (channel, to) = ("sound".to_owned(), "station".to_owned());
        Receipt { stage, channel, to, at: Wall(at), error: error.map(str::to_owned) }
    }

    #[test]
    fn each_time_is_the_first_of_its_kind() {
        let mut record = crate::journal::samples::alert(0);
        record.raised_at = Wall(1_000);
        record.receipts = vec![
            receipt(Stage::Sounded, 1_050, Some("off by configuration")),
            receipt(Stage::Shown, 1_100, None),
            receipt(Stage::Sounded, 1_200, None),
            receipt(Stage::Read, 5_000, None),
        ];
        let refused = format!("{REFUSED}what was read back is not the value");
        let changes = [
            change("raised", "rules", 1_000),
            change(&refused, "asha", 3_000),
            change(ACKNOWLEDGED, "asha", 9_000),
            change("worsened", "rules", 20_000),
            change(ACKNOWLEDGED, "asha", 30_000),
        ];
        let course = Course::of(&record, &changes);
        assert_eq!(
            (course.sounded, course.seen),
            (Some(200), Some(4_000)),
            "a wrong read-back is no answer, nor is a screen"
        );
        assert_eq!((course.acknowledged, course.accepted), (Some(8_000), None));
        record.accepted = Some(By { by: "rao".to_owned(), at: Wall(60_000), station: String::new() });
        assert_eq!(Course::of(&record, &changes).accepted, Some(59_000), "as where an answer ended it");
    }

    #[test]
    fn what_followed_from_an_entry_or_a_movement_was_answered_by_nobody() {
        let record = crate::journal::samples::alert(0);
        let course = Course::of(&record, &[change("raised", "asha", 0), change("resolved", "his", 9)]);
        assert!(!course.answered && course.seen.is_none());
    }
}
