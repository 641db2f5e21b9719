//! The canary beside a real loop, ward and rules, each of its ways broken in turn.

use rules::{Moment, Technical};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::annunciator::{Device, State};
use crate::config::Faults;
use crate::event::Knocks;
use crate::journal::{Entry, Record};
use crate::owed::{Owed, Parcel};
use crate::ward::Ward;
use crate::ward::driver::{Driver, Outlets, Paper};

/// Which of its ways is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    Store,
    Sound,
    Delivery,
}

/// A store that takes everything, and a courier that fetches at once.
struct Store {
    broken: Broken,
    arrived: watch::Sender<Option<Round>>,
}

impl Paper for Store {
    fn submit(&self, entry: Entry) -> Result<(), Entry> {
        // What nobody knocked for is the loop's own: time that is paused looks to it like a stepped clock.
        if let Some((verdict, told)) = entry.then {
            let [Record::Owed(Owed { parcel: Parcel::Canary { round }, .. })] = entry.records[..] else {
                panic!("the canary leaves {:?} behind", entry.records);
            };
            if self.broken != Broken::Delivery {
                self.arrived.send_replace(Some(round));
            }
            let told = if self.broken == Broken::Store { Verdict::NotNow("the disk is full") } else { told };
            let _ = verdict.send(told);
        }
        Ok(())
    }
}

fn plan() -> crate::config::ward::WardPlan {
    let sample = include_str!("../../../../deploy/ward.toml").parse().unwrap();
    crate::config::ward::read(sample, &mut Faults::default())
}

struct Scene {
    keeper: Keeper,
    driver: Driver<Store>,
    knocks: Knocks,
    status: watch::Sender<Status>,
}

fn scene(broken: Broken) -> Scene {
    let (door, knocks) = Door::new();
    let clock = Clock::starting_after(Moment(1));
    let (desired, wanted) = watch::channel(Desired::default());
    let (status, sound) = watch::channel(Status::unknown(&Device::Named("pulse:nurse".to_owned())));
    let (arrived, back) = watch::channel(None);
    let outlets = Outlets { views: watch::Sender::new(Arc::default()), desired, turns: Arc::default() };
    let store = Store { broken, arrived };
    let driver = Driver::new(Ward::new(Arc::new(plan())), clock.clone(), store, outlets);
    let keeper = Keeper {
        ward: "icu-1".to_owned(),
        site: Arc::default(),
        judging: Judging::new(door.clone()),
        door,
        clock,
        store: watch::channel(None).1,
        desired: wanted,
        sound,
        arrived: back,
    };
    Scene { keeper, driver, knocks, status }
}

/// A device that plays, and pulls every mark.
async fn play(status: watch::Sender<Status>, mut desired: watch::Receiver<Desired>, broken: Broken) {
    status.send_modify(|status| {
        (status.plays, status.state, status.last_change) = (true, State::Ok, Some(Moment(1)));
    });
    while desired.changed().await.is_ok() {
        if broken != Broken::Sound {
            let Desired { signal, canary: mark } = desired.borrow_and_update().clone();
            assert_eq!(signal, None, "nobody hears it");
            status.send_modify(|status| status.canary = mark);
        }
    }
}

/// One round where something is broken.
async fn one_round(broken: Broken) -> Result<(), Missed> {
    let (Scene { keeper, driver, knocks, status }, counts) = (scene(broken), Traffic::default());
    tokio::select! {
        came = keeper.let_out(&counts) => came,
        () = driver.run(knocks, CancellationToken::new()) => panic!("nobody asked it to stop"),
        () = play(status, keeper.desired.clone(), broken) => panic!("the loop says what it wants to the end"),
    }
}

#[tokio::test(start_paused = true)]
async fn it_comes_through_and_where_it_does_not_it_says_where() {
    for (broken, came) in [
        (Broken::Nothing, Ok(())),
        (Broken::Store, Err(Missed::NotStored)),
        (Broken::Sound, Err(Missed::NotPulled)),
        (Broken::Delivery, Err(Missed::NotDelivered)),
    ] {
        assert_eq!(one_round(broken).await, came, "{broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_stands_still_and_rules_that_let_it_pass_are_missed() {
    let (Scene { keeper, mut knocks, .. }, counts) = (scene(Broken::Nothing), Traffic::default());
    assert_eq!(keeper.let_out(&counts).await, Err(Missed::NotStored), "nobody opens the door");
    let _ = knocks.next().await;
    let answers = async {
        let knock = knocks.next().await.unwrap();
        let _ = knock.verdict.send(Verdict::Stored(Vec::new()));
        std::future::pending::<()>().await;
    };
    tokio::select! {
        came = keeper.let_out(&counts) => assert_eq!(came, Err(Missed::NotJudged)),
        () = answers => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_play_is_not_waited_for() {
    let (Scene { keeper, driver, knocks, status }, counts) = (scene(Broken::Sound), Traffic::default());
    status.send_modify(|status| status.last_change = Some(Moment(1)));
    tokio::select! {
        came = keeper.let_out(&counts) => assert_eq!(came, Ok(())),
        () = driver.run(knocks, CancellationToken::new()) => panic!("nobody asked it to stop"),
    }
    drop(status);
}

#[tokio::test(start_paused = true)]
async fn rounds_that_are_missed_are_counted_and_a_store_that_is_known_to_be_broken_is_no_miss() {
    let (Scene { keeper, driver, knocks, .. }, counts) = (scene(Broken::Sound), Traffic::default());
    let (store, health) = watch::channel(None);
    let (keeper, (missed, why)) = (Keeper { store: health, ..keeper }, watch::channel(None));
    let laps = async {
        let mut in_a_row = 0;
        keeper.lap(&counts, &mut in_a_row, &missed).await;
        assert_eq!((in_a_row, why.borrow().is_some()), (1, false));
        store.send_replace(Some("the disk is full".to_owned()));
        keeper.lap(&counts, &mut in_a_row, &missed).await;
        assert_eq!((in_a_row, why.borrow().is_some()), (0, false), "one before is no row");
        store.send_replace(None);
        for row in 1..=2 {
            keeper.lap(&counts, &mut in_a_row, &missed).await;
            assert_eq!((in_a_row, why.borrow().is_some()), (row, row == 2));
        }
    };
    tokio::select! {
        () = laps => {}
        () = driver.run(knocks, CancellationToken::new()) => panic!("nobody asked it to stop"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_miss_is_an_alarm_until_a_round_comes_through() {
    let Scene { keeper, mut knocks, .. } = scene(Broken::Nothing);
    let (missed, why) = watch::channel(None);
    let mut told = || {
        let events = std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events);
        let finding = |event| match event {
            Event::Found(found) if found.what == Technical::Judging => found.on,
            other => panic!("{other:?} is no finding about the judging"),
        };
        events.map(finding).collect::<Vec<bool>>()
    };
    let lost = Err(Missed::NotDelivered);
    keeper.tell(lost, 1, &missed).await;
    assert_eq!((told(), why.borrow().is_some()), (vec![], false), "one is no alarm");
    keeper.tell(lost, 2, &missed).await;
    keeper.tell(lost, 3, &missed).await;
    assert_eq!((told(), why.borrow().is_some()), (vec![false, true], true));
    keeper.tell(Ok(()), 0, &missed).await;
    assert_eq!((told(), why.borrow().is_some()), (vec![false], false));
}
