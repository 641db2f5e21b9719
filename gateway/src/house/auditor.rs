//! The auditor: looks from outside whether what must happen next does happen. An open alert whose next step
//! is overdue is itself an alarm, and so is a parcel that is due and that nobody tries.
//!
//! It looks at what the ward publishes and at what the outbox owes, and changes neither. Where the ward's
//! loop stands still its word waits with everybody else's: that is for the watchdog and the heartbeat to see.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use rules::{Moment, Technical};
use tokio::sync::watch;

use super::judging::Judging;
use super::watch_over::{found, tell};
use crate::clock::{Clock, Stopwatch};
use crate::event::{Door, key_of};
use crate::journal::{Journal, JournalError};
use crate::owed::Destination;
use crate::record::AlertRecord;
use crate::tasks::Tasks;
use crate::traffic::Traffic;
use crate::view::WardView;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How late a step may be: the ward's loop takes its deadlines to the millisecond.
const STEP_LATE: Duration = Duration::from_secs(5);

/// How long a parcel may be due at a destination where nothing at all is tried: longer than any try takes.
const UNTRIED_MOST: Duration = Duration::from_mins(1);

/// Under which name it complains of the judging.
const NAME: &str = "auditor";

/// What the auditor looks at, and to whom it speaks.
#[derive(Clone, Debug)]
pub(super) struct Auditor {
    pub(super) view: watch::Receiver<Arc<WardView>>,
    pub(super) clock: Clock,
    pub(super) judging: Judging,
    pub(super) door: Door,
}

/// The way to one destination, as the auditor sees it.
#[derive(Clone, Copy, Debug)]
struct Line {
    to: Destination,
    /// When the first parcel that may be tried is, or was, due.
    due: Option<Moment>,
    /// When the last try ended.
    tried: Option<Moment>,
}

/// Looks until the gateway stops.
pub(super) fn watch(
    tasks: &Tasks,
    auditor: Auditor,
    journal: Journal,
    ends: Vec<(Destination, Arc<Traffic>)>,
) {
    let stop = tasks.stop().clone();
    tasks.supervise(NAME, move || {
        let (auditor, journal, ends, stop) = (auditor.clone(), journal.clone(), ends.clone(), stop.clone());
        async move {
            let mut told = HashMap::new();
            loop {
                let slept = Stopwatch::start();
                if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                    return Ok::<(), JournalError>(());
                }
                // Where the whole program stood still, everybody has until the next look to catch up.
                if slept.elapsed() > 2 * LOOK_EVERY {
                    continue;
                }
                auditor.look_at_steps().await;
                for (to, traffic) in &ends {
                    let due = journal.next_due(*to).await?;
                    let last = traffic.figures(auditor.clock.wall()).last;
                    let tried = last.map(|wall| auditor.clock.moment_of(wall));
                    auditor.look_at_line(&Line { to: *to, due, tried }, &mut told).await;
                }
            }
        }
    });
}

fn place(record: &AlertRecord) -> String {
    record.bed.as_ref().map_or_else(|| "the whole ward".to_owned(), |bed| format!("bed {bed}"))
}

impl Auditor {
    async fn look_at_steps(&self) {
        let view = Arc::clone(&self.view.borrow());
        let overdue = view.alerts.iter().filter(|record| self.is_overdue(record));
        let places: BTreeSet<String> = overdue.map(|record| place(record)).collect();
        if places.is_empty() {
            return self.judging.is_over(NAME, "no step of an open alert is overdue").await;
        }
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let text = format!(
            "an alert of {} should have called again and did not: look at it and call for help yourself, \
             then call IT",
            places.join(", ")
        );
        self.judging.stands(NAME, text).await;
    }

    fn is_overdue(&self, record: &AlertRecord) -> bool {
        record.alert.is_open() && self.has_passed(record.alert.next_at, STEP_LATE)
    }

    /// Whether a moment lies so far back; measured as long as the machine takes, for a demonstration's clock
    /// runs fast and its machine does not.
    fn has_passed(&self, at: Option<Moment>, by: Duration) -> bool {
        at.is_some_and(|at| self.clock.real(self.clock.now().since(at)) > by)
    }

    /// Tells of a line that nobody serves, and of one that is served again; at first it tells either way, for
    /// an alert from before the start may still be open.
    async fn look_at_line(&self, line: &Line, told: &mut HashMap<Destination, bool>) {
        let tried_of_late = line.tried.is_some_and(|tried| !self.has_passed(Some(tried), UNTRIED_MOST));
        let stuck = self.has_passed(line.due, UNTRIED_MOST) && !tried_of_late;
        if told.insert(line.to, stuck) == Some(stuck) {
            return;
        }
        let name = line.to.endpoint();
        let text = if stuck {
            format!(
                "what is due for {name} has not been tried for a minute: call people yourself, and call \
                     IT to restart the gateway"
            )
        } else {
            format!("what is due for {name} is tried")
        };
        tell(&self.door, found(untried(line.to), stuck, text)).await;
    }
}

/// The condition of a destination where nothing is tried; apart from that of one that takes nothing.
fn untried(to: Destination) -> Technical {
    let number = key_of(&[b"untried", to.word().as_bytes()]).0 >> 32;
    Technical::Channel(u32::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rules::Span;

    use super::*;
    use crate::config::ward::WardPlan;
    use crate::event::{Event, Knocks};
    use crate::ward::{Now, Ward};

    struct Scene {
        ward: Ward,
        views: watch::Sender<Arc<WardView>>,
        auditor: Auditor,
        knocks: Knocks,
    }

    impl Scene {
        fn new() -> Self {
            let policy = Box::leak(Box::new(rules::Policy::shipped()));
            let (door, knocks) = Door::new();
            let (views, view) = watch::channel(Arc::default());
            let clock = Clock::starting_after(Moment(0));
            let judging = Judging::new(door.clone());
            let auditor = Auditor { view, clock, judging, door };
            Self { ward: Ward::new(Arc::new(WardPlan::of_no_beds(policy))), views, auditor, knocks }
        }

        fn now(&self) -> Now {
            Now { moment: self.auditor.clock.now(), offset_ms: 0 }
        }

        fn publish(&self) {
            self.views.send_replace(Arc::new(self.ward.view(1, self.now())));
        }

        /// What the ward was told since it was last asked.
        fn told(&mut self) -> Vec<(Technical, bool)> {
            let events = std::iter::from_fn(|| self.knocks.at_hand()).flat_map(|knock| knock.arrival.events);
            let finding = |event| match event {
                Event::Found(found) => (found.what, found.on),
                other => panic!("{other:?} is no finding"),
            };
            events.map(finding).collect()
        }
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_is_not_taken_is_an_alarm_until_it_is() {
        let mut scene = Scene::new();
        let _ = scene.ward.on(&found(Technical::Sound, true, "no sound".to_owned()), scene.now());
        scene.publish();
        let next = scene.ward.view(1, scene.now()).alerts[0].alert.next_at.unwrap();
        let until = u64::from(next.since(scene.now().moment).whole_seconds());
        assert!(until > 0, "the first step is taken at once, the next is yet to come");

        pass(until + 5).await;
        scene.auditor.look_at_steps().await;
        assert_eq!(scene.told(), [(Technical::Judging, false)], "five seconds are given");
        pass(1).await;
        scene.auditor.look_at_steps().await;
        scene.auditor.look_at_steps().await;
        assert_eq!(scene.told(), [(Technical::Judging, true)]);

        let _ = scene.ward.tick(scene.now());
        scene.publish();
        scene.auditor.look_at_steps().await;
        assert_eq!(scene.told(), [(Technical::Judging, false)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_parcel_that_nobody_tries_is_an_alarm_and_one_that_fails_is_none() {
        let (mut scene, mut told) = (Scene::new(), HashMap::new());
        let to = Destination::Whatsapp;
        let begun = scene.now().moment;
        let line = |due, tried| Line { to, due, tried };
        pass(60).await;
        scene.auditor.look_at_line(&line(Some(begun), None), &mut told).await;
        assert_eq!(scene.told(), [(untried(to), false)], "a minute is given");
        pass(1).await;
        let just_now = Some(begun + Span::seconds(40));
        scene.auditor.look_at_line(&line(Some(begun), just_now), &mut told).await;
        assert!(scene.told().is_empty(), "others are tried meanwhile: the line is long, not dead");
        scene.auditor.look_at_line(&line(Some(begun), Some(begun)), &mut told).await;
        scene.auditor.look_at_line(&line(Some(begun), None), &mut told).await;
        assert_eq!(scene.told(), [(untried(to), true)]);
        scene.auditor.look_at_line(&line(None, None), &mut told).await;
        assert_eq!(scene.told(), [(untried(to), false)]);
    }
}
