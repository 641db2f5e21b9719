//! The annunciator as the board may test it: every test and every answer is in the audit, with its author,
//! and what the last person said is known again after a restart.

use tokio::sync::{oneshot, watch};

use crate::annunciator::{Status, TestDesk, TestRefused, Tested};
use crate::board::accounts::{Asked, Unreadable};
use crate::board::annunciators::{Annunciators, NoTest, Tester};
use crate::clock::{Clock, Wall};
use crate::event::Verdict;
use crate::journal::{Entry, Journal, Record};

/// The name of the annunciator of this very machine.
pub(super) const STATION: &str = "station";

/// All that a self-test needs.
#[derive(Debug)]
pub(super) struct Sounds {
    pub(super) tests: TestDesk,
    pub(super) status: watch::Receiver<Status>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
}

/// What the audit says of a test.
fn said(id: &str, what: &str) -> String {
    format!("self-test of annunciator {id} {what}")
}

const fn word(heard: bool) -> &'static str {
    if heard { "heard" } else { "not heard" }
}

/// What the last person said who tested it, as far as the record can be read.
pub(super) async fn last_tested(journal: &Journal, id: &str) -> Option<Tested> {
    let mut last = None;
    for heard in [true, false] {
        let row = journal.last_audited(&said(id, word(heard))).await.ok().flatten();
        last = last.max(row.map(|row| (row.id, row.wall, heard)));
    }
    last.map(|(_, at, heard)| Tested { at, heard })
}

impl Sounds {
    /// Writes down what somebody did; returns once it is durable.
    async fn audit(&self, what: String, by: &Tester) -> Result<(), Unreadable> {
        let (actor, station) = (by.name.clone(), by.station.clone());
        let row = Record::Audit { wall: self.clock.wall(), actor, station, what, reason: String::new() };
        let (verdict, told) = oneshot::channel();
        let then = Some((verdict, Verdict::Stored(Vec::new())));
        let full = || Unreadable("its queue is full; ask again".to_owned());
        self.journal.submit(Entry { records: vec![row], then }).map_err(|_| full())?;
        match told.await {
            Ok(Verdict::Stored(_)) => Ok(()),
            Ok(Verdict::NotNow(why)) => Err(Unreadable(why.to_owned())),
            Err(_) => Err(Unreadable("it gave no answer".to_owned())),
        }
    }
}

fn conflict(refused: &TestRefused) -> NoTest {
    NoTest::Conflict(refused.to_string())
}

impl Annunciators for Sounds {
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>> {
        Box::pin(async move {
            if id != STATION {
                return Ok(Err(NoTest::Unknown));
            }
            let status = self.status.borrow().clone();
            if let Err(refused) = self.tests.begin(&status).await {
                return Ok(Err(conflict(&refused)));
            }
            self.audit(said(id, "begun"), by).await.map(Ok)
        })
    }

    fn answer_test<'a>(
        &'a self,
        id: &'a str,
        heard: bool,
        by: &'a Tester,
    ) -> Asked<'a, Result<Wall, NoTest>> {
        Box::pin(async move {
            if id != STATION {
                return Ok(Err(NoTest::Unknown));
            }
            match self.tests.answer(heard) {
                Ok(tested) => {
                    self.audit(said(id, word(heard)), by).await?;
                    Ok(Ok(tested.at))
                }
                Err(refused) => Ok(Err(conflict(&refused))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rules::Moment;

    use super::*;
    use crate::annunciator::Device;
    use crate::journal::Tag;

    #[tokio::test]
    async fn what_the_last_person_said_outlives_the_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_after(Moment(0));
        let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
        let journal = Journal::open(&folder.path().join("ward.db"), clock.wall(), &tag).unwrap().journal;
        assert_eq!(last_tested(&journal, STATION).await, None);
        let (_status, status) = watch::channel(Status::unknown(&Device::parse("none")));
        let tests = TestDesk::new(None, clock.clone());
        let sounds = Sounds { tests, status, journal: journal.clone(), clock };
        let by = Tester { name: "asha".to_owned(), station: "desk 1".to_owned() };
        for heard in [true, false] {
            sounds.audit(said(STATION, word(heard)), &by).await.unwrap();
            let last = last_tested(&journal, STATION).await;
            assert_eq!(last.map(|last| last.heard), Some(heard));
            assert_eq!(last_tested(&journal, "desk-2").await, None);
        }
        let rows = journal.audit(None, 1).await.unwrap();
        assert_eq!((rows[0].actor.as_str(), rows[0].station.as_str()), ("asha", "desk 1"));
    }

    #[tokio::test]
    async fn one_that_is_off_or_unknown_is_not_tested() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_after(Moment(0));
        let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
        let journal = Journal::open(&folder.path().join("ward.db"), clock.wall(), &tag).unwrap().journal;
        let off = Status { state: crate::annunciator::State::Off, ..Status::unknown(&Device::parse("none")) };
        let (_status, status) = watch::channel(off);
        let sounds = Sounds { tests: TestDesk::new(None, clock.clone()), status, journal, clock };
        let by = Tester { name: "asha".to_owned(), station: "desk 1".to_owned() };
        assert_eq!(sounds.begin_test("desk-9", &by).await.unwrap(), Err(NoTest::Unknown));
        let refused = sounds.begin_test(STATION, &by).await.unwrap();
        assert!(matches!(refused, Err(NoTest::Conflict(why)) if why.contains("off by configuration")));
    }
}
