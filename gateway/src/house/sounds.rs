//! The annunciators as the board knows them, this machine's and those on workstations. Every test and every
//! answer is in the audit, with its author, and what the last person said is known again after a restart.

use rules::Priority;
use tokio::sync::{oneshot, watch};

use super::workstations::Workstations;
use crate::annunciator::{Status, TestDesk, TestRefused, Tested};
use crate::board::accounts::{Asked, Unreadable};
use crate::board::annunciators::{Annunciators, Beat, NoTest, NotTaken, Tester, Wanted};
use crate::clock::{Clock, Wall};
pub(super) use crate::config::gateway::STATION;
use crate::config::gateway::no_workstation;
use crate::config::loudness::Loudness;
use crate::event::{Arrival, Burst, Door, Event, Peer, Verdict};
use crate::journal::{Entry, Journal, Record};
use crate::view::Desired;

/// All that stands for sound.
#[derive(Debug)]
pub(super) struct Sounds {
    /// This machine's own.
    pub(super) tests: TestDesk,
    pub(super) status: watch::Receiver<Status>,
    /// The others.
    pub(super) workstations: Workstations,
    /// Those that must be heard from: they cannot leave.
    pub(super) expected: Vec<String>,
    /// What must be heard now, everywhere, and how loud.
    pub(super) desired: watch::Receiver<Desired>,
    pub(super) loudness: Loudness,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    /// The ward's door, for receipts.
    pub(super) door: Door,
}

/// What the audit says of a test.
fn said(id: &str, what: &str) -> String {
    format!("self-test of annunciator {id} {what}")
}

const fn word(heard: bool) -> &'static str {
    if heard { "heard" } else { "not heard" }
}

/// The last self-test of each that must be there: what nobody heard must be heard again after a restart, too.
pub(super) async fn all_tested(journal: &Journal, expected: &[String]) -> Vec<(String, Option<Tested>)> {
    let mut known = Vec::new();
    for id in expected {
        known.push((id.clone(), last_tested(journal, id).await));
    }
    known
}

/// What the last person said who tested it, as far as the record can be read.
pub(super) async fn last_tested(journal: &Journal, id: &str) -> Option<Tested> {
    let mut last = None;
    for heard in [true, false] {
        let row = journal.last_audited(&said(id, word(heard))).await.ok().flatten();
        last = last.max(row.map(|row| (row.id, row.wall, heard, row.actor)));
    }
    last.map(|(_, at, heard, by)| Tested { by, at, heard })
}

impl Sounds {
    /// Writes down what somebody did; returns once it is durable.
    async fn audit(&self, wall: Wall, what: String, by: &Tester) -> Result<(), Unreadable> {
        let (actor, station) = (by.name.clone(), by.station.clone());
        let row = Record::Audit { wall, actor, station, what, reason: String::new() };
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

impl Sounds {
    /// The desk of an annunciator, and whether its test has begun.
    async fn begin(&self, id: &str) -> Result<(), NoTest> {
        if id == STATION {
            let status = self.status.borrow().clone();
            return self.tests.begin(&status).await.map_err(|refused| conflict(&refused));
        }
        let desk = self.workstations.desk(id).ok_or(NoTest::Unknown)?;
        self.workstations.begin_test(id, &desk).await.map_err(|refused| conflict(&refused))
    }

    /// Tells the ward that a workstation announced what calls. It waits for no room: a workstation that is
    /// not answered would take its gateway for lost, and the next burst tells it again.
    fn sounded(&self, id: &str, priority: Priority) {
        let burst = Event::Sounded(Burst { priority, to: id.to_owned() });
        let peer = Peer { endpoint: "board", name: id.to_owned() };
        let _ = self.door.offer(Arrival { peer, raw: None, events: vec![burst] });
    }

    /// Takes a workstation in that was not known, for as long as it does not say that it leaves.
    async fn admit(&self, id: &str) -> Result<(), NotTaken> {
        if let Some(why) = no_workstation(id) {
            return Err(NotTaken(why));
        }
        if self.workstations.knows(id) {
            return Ok(());
        }
        let last = last_tested(&self.journal, id).await;
        let full = NotTaken("there is no room for another workstation: let one leave first");
        if self.workstations.admit(id, last) { Ok(()) } else { Err(full) }
    }
}

impl Annunciators for Sounds {
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>> {
        Box::pin(async move {
            match self.begin(id).await {
                Ok(()) => self.audit(self.clock.wall(), said(id, "begun"), by).await.map(Ok),
                refused => Ok(refused),
            }
        })
    }

    fn answer_test<'a>(
        &'a self,
        id: &'a str,
        heard: bool,
        by: &'a Tester,
    ) -> Asked<'a, Result<Wall, NoTest>> {
        Box::pin(async move {
            let desk = if id == STATION { Some(self.tests.clone()) } else { self.workstations.desk(id) };
            let Some(desk) = desk else { return Ok(Err(NoTest::Unknown)) };
            match desk.answer(heard, &by.name) {
                Ok(tested) => {
                    self.audit(tested.at, said(id, word(heard)), by).await?;
                    Ok(Ok(tested.at))
                }
                Err(refused) => Ok(Err(conflict(&refused))),
            }
        })
    }

    fn heard<'a>(&'a self, id: &'a str, beat: Beat) -> Asked<'a, Result<(), NotTaken>> {
        Box::pin(async move {
            if let Err(refused) = self.admit(id).await {
                return Ok(Err(refused));
            }
            if !beat.leaving {
                if let Some(priority) = self.workstations.heard(id, beat) {
                    self.sounded(id, priority);
                }
                return Ok(Ok(()));
            }
            // One that must be there is missed, however politely it goes.
            if !self.expected.iter().any(|expected| expected == id) {
                self.workstations.leaves(id);
            }
            let by = Tester { name: "workstation".to_owned(), station: id.to_owned() };
            self.audit(self.clock.wall(), format!("annunciator {id} left"), &by).await.map(Ok)
        })
    }

    fn wanted(&self, id: &str) -> Wanted {
        let signal = self.desired.borrow().signal.clone().or_else(|| self.workstations.test(id));
        Wanted { signal, percent: self.loudness.percent_at(self.clock.wall()) }
    }
}

#[cfg(test)]
mod tests {
    use rules::Moment;

    use super::*;
    use crate::annunciator::Device;
    use crate::journal::Tag;

    /// What stands for sound where the gateway's own is as `status` says.
    fn sounds(folder: &tempfile::TempDir, status: Status) -> Sounds {
        let clock = Clock::starting_after(Moment(0));
        let tag = Tag { rules: rules::VERSION, policy: [0; 32] };
        let journal = Journal::open(&folder.path().join("ward.db"), clock.wall(), &tag).unwrap().journal;
        let expected = vec!["desk-1".to_owned()];
        Sounds {
            tests: TestDesk::new(None, clock.clone()),
            status: watch::channel(status).1,
            workstations: Workstations::new(vec![("desk-1".to_owned(), None)], clock.clone()),
            expected,
            desired: watch::channel(Desired::default()).1,
            loudness: Loudness::always(60),
            journal,
            clock,
            door: Door::new().0,
        }
    }

    fn asha() -> Tester {
        Tester { name: "asha".to_owned(), station: "desk 1".to_owned() }
    }

    #[tokio::test]
    async fn a_test_that_nobody_heard_is_known_of_who_must_be_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let sounds = sounds(&folder, Status::unknown(&Device::parse("none")));
        let at = sounds.clock.wall();
        sounds.audit(at, said("desk-1", word(false)), &asha()).await.unwrap();
        let known = all_tested(&sounds.journal, &sounds.expected).await;
        let said = Some(Tested { by: "asha".to_owned(), at, heard: false });
        assert_eq!(known, [("desk-1".to_owned(), said.clone())]);
        let again = Workstations::new(known, sounds.clock.clone());
        assert_eq!(again.desk("desk-1").unwrap().tested(), said);
    }

    #[tokio::test]
    async fn what_the_last_person_said_outlives_the_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let sounds = sounds(&folder, Status::unknown(&Device::parse("none")));
        assert_eq!(last_tested(&sounds.journal, STATION).await, None);
        for heard in [true, false] {
            let at = sounds.clock.wall();
            sounds.audit(at, said(STATION, word(heard)), &asha()).await.unwrap();
            let last = last_tested(&sounds.journal, STATION).await;
            assert_eq!(last, Some(Tested { by: "asha".to_owned(), at, heard }));
            assert_eq!(last_tested(&sounds.journal, "desk-2").await, None);
        }
        let rows = sounds.journal.audit(None, 1).await.unwrap();
        assert_eq!((rows[0].actor.as_str(), rows[0].station.as_str()), ("asha", "desk 1"));
    }

    #[tokio::test]
    async fn one_that_is_off_or_unknown_is_not_tested() {
        let folder = tempfile::tempdir().unwrap();
        let off = Status { state: crate::annunciator::State::Off, ..Status::unknown(&Device::parse("none")) };
        let sounds = sounds(&folder, off);
        assert_eq!(sounds.begin_test("desk-9", &asha()).await.unwrap(), Err(NoTest::Unknown));
        let refused = sounds.begin_test(STATION, &asha()).await.unwrap();
        assert!(matches!(refused, Err(NoTest::Conflict(why)) if why.contains("off by configuration")));
    }

    #[tokio::test]
    async fn a_burst_at_a_workstation_is_told_the_ward_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (door, mut knocks) = Door::new();
        let sounds = Sounds { door, ..sounds(&folder, Status::unknown(&Device::parse("none"))) };
        for bursts in [3, 4, 4] {
            let playing = Some(("0123456789abcdef".to_owned(), Priority::Medium));
            sounds.heard("desk-1", Beat { playing, bursts, ..Beat::default() }).await.unwrap().unwrap();
        }
        let told: Vec<Event> =
            std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events).collect();
        let burst = Burst { priority: Priority::Medium, to: "desk-1".to_owned() };
        assert_eq!(told, [Event::Sounded(burst)]);
    }

    #[tokio::test]
    async fn a_guest_may_leave_and_one_that_must_be_there_may_not() {
        let folder = tempfile::tempdir().unwrap();
        let sounds = sounds(&folder, Status::unknown(&Device::parse("none")));
        for id in ["desk-1", "desk-2"] {
            sounds.heard(id, Beat::default()).await.unwrap().unwrap();
            assert_eq!(sounds.wanted(id), Wanted { signal: None, percent: 60 });
            sounds.heard(id, Beat { leaving: true, ..Beat::default() }).await.unwrap().unwrap();
        }
        assert!(sounds.workstations.knows("desk-1") && !sounds.workstations.knows("desk-2"));
        let rows = sounds.journal.audit(None, 9).await.unwrap();
        assert_eq!(rows[0].what, "annunciator desk-2 left");
        for wrong in ["", "a b", STATION, &"x".repeat(65)] {
            assert!(sounds.heard(wrong, Beat::default()).await.unwrap().is_err(), "{wrong:?}");
        }
    }
}
