//! What becomes of a roster that was read, and of one that could not be.

use super::*;
use crate::event::Knocks;
use crate::view::DutyView;

/// What the ward was told so far: a roster (whether it is new), or that one is too old.
fn told(knocks: &mut Knocks) -> Vec<String> {
    let events = std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events);
    let told = |event| match event {
        Event::Duty(read) => format!("read {}", read.duty.is_some()),
        Event::Found(found) => format!("found {} {}", found.on, found.text),
        other => format!("{other:?}"),
    };
    events.map(told).collect()
}

fn reading(read: &[(&str, Wall)]) -> (Reading, Knocks, watch::Sender<Arc<WardView>>) {
    let (door, knocks) = Door::new();
    let read = read.iter().map(|(from, at)| ((*from).to_owned(), *at)).collect();
    let duty = DutyView { read, roles: Vec::new() };
    let (views, view) = watch::channel(Arc::new(WardView { duty, ..WardView::default() }));
    (Reading { door, clock: Clock::starting_after(rules::Moment(0)), view }, knocks, views)
}

#[tokio::test]
async fn what_did_not_change_is_told_by_its_age_alone() {
    let (reading, mut knocks, _views) = reading(&[]);
    let mut last = Last::default();
    for _ in 0..2 {
        reading.take("his", Ok(Duty::default()), &mut last).await;
    }
    assert_eq!(told(&mut knocks), ["read true", "found false ", "read false"]);
}

#[tokio::test]
async fn a_roster_that_cannot_be_read_is_told_of_once_it_is_an_hour_old_and_when_it_is_back() {
    let away = || Err("the HIS could not be reached".to_owned());
    let (reading_now, mut knocks, _views) = reading(&[]);
    let now = reading_now.clock.wall();
    let mut last = Last::default();
    reading_now.take("his", away(), &mut last).await;
    assert!(told(&mut knocks)[0].contains("the contacts in ward.toml are called"), "never read");

    let (young, mut knocks, _views) = reading(&[("his", Wall(now.0 - STALE_MS / 2))]);
    young.take("his", away(), &mut Last::default()).await;
    assert_eq!(told(&mut knocks), [""; 0], "it still holds");

    let (old, mut knocks, _views) = reading(&[("his", Wall(now.0 - 72 * STALE_MS - 1))]);
    let mut last = Last::default();
    for read in [away(), away(), Ok(Duty::default())] {
        old.take("his", read, &mut last).await;
    }
    let told = told(&mut knocks);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("what was read at ") && told[0].contains(" still holds"), "{told:?}");
    assert_eq!(told[1..], ["read true", "found false "]);
}

#[tokio::test]
async fn a_table_is_kept_for_these_days_and_one_bad_row_costs_no_other() {
    let (reading, _knocks, _views) = reading(&[]);
    let day = |days: i64| Wall(reading.clock.wall().0 + days * DAY_MS).timestamp().to_string();
    let row = |phone: &str, from: i64| format!("duty_doctor,dr,{phone},,{},{}\n", day(from), day(from + 1));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.csv");
    let rows = [row("+910000000021", -3), row("+910000000022", 0), row("", 1), row("+910000000023", 30)];
    std::fs::write(&path, format!("role,id,phone,his_user,from,until\n{}", rows.concat())).unwrap();
    let duty = reading.table(path.clone(), &TimeZone::UTC).await.unwrap();
    let phones: Vec<&str> = duty.shifts.iter().map(|shift| shift.who.phone.as_str()).collect();
    assert_eq!(phones, ["+910000000022"]);
    std::fs::remove_file(&path).unwrap();
    assert!(reading.table(path, &TimeZone::UTC).await.is_err());
}
