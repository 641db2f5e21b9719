//! The alert state of each bed, as nodes and dashboards receive it: the whole state, retained, told on
//! subscribing and on every change. It is rendered once for all subscribers and never read back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::session::{StateNow, Wanted};
use super::topic::Beds;
use crate::clock::Clock;
use crate::record::{AlertRecord, priority, state};
use crate::view::WardView;

/// What is told of one bed.
#[derive(Clone, Debug)]
pub(super) struct BedState {
    /// Grows whenever its alerts change.
    version: u64,
    alerts: String,
    /// The JSON of the contract.
    pub(super) json: Arc<str>,
}

/// What is told of every bed of the ward, by label.
pub(super) type BedStates = BTreeMap<String, BedState>;

#[derive(Serialize)]
struct AlertLine<'a> {
    id: &'a str,
    priority: &'static str,
    state: &'static str,
    title: &'a str,
    since: String,
}

impl<'a> AlertLine<'a> {
    fn of(alert: &'a AlertRecord) -> Self {
        Self {
            id: &alert.id,
            priority: priority::word(alert.priority),
            state: state::word(alert.state),
            title: &alert.title,
            since: alert.raised_at.timestamp().to_string(),
        }
    }
}

/// Keeps `states` true to the ward's view for as long as the ward publishes one.
pub(super) async fn render(
    mut view: watch::Receiver<Arc<WardView>>,
    clock: &Clock,
    states: watch::Sender<Arc<BedStates>>,
) {
    loop {
        let now = Arc::clone(&view.borrow_and_update());
        let next = changed(&states.borrow(), &now, clock);
        if let Some(next) = next {
            states.send_replace(Arc::new(next));
        }
        if view.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The states after a new view; `None` where nothing changed.
fn changed(before: &BedStates, view: &WardView, clock: &Clock) -> Option<BedStates> {
    let mut of_bed: HashMap<&str, Vec<AlertLine<'_>>> = HashMap::new();
    for alert in &view.alerts {
        if let Some(bed) = &alert.bed {
            of_bed.entry(bed).or_default().push(AlertLine::of(alert));
        }
    }
    let mut after: Option<BedStates> = None;
    for bed in &view.beds {
        let lines = of_bed.get(bed.label.as_str()).map_or(&[][..], Vec::as_slice);
        let alerts = serde_json::to_string(lines).unwrap_or_else(|_| "[]".to_owned());
        let known = before.get(&bed.label);
        if known.is_some_and(|known| known.alerts == alerts) {
            continue;
        }
        let version = known.map_or(0, |known| known.version + 1);
        let json = json_of(&bed.label, &alerts, clock);
        let state = BedState { version, alerts, json };
        after.get_or_insert_with(|| before.clone()).insert(bed.label.clone(), state);
    }
    after
}

fn json_of(bed: &str, alerts: &str, clock: &Clock) -> Arc<str> {
    let (bed, at) = (serde_json::Value::from(bed), clock.wall().timestamp());
    format!(r#"{{"bed":{bed},"at":"{at}","alerts":{alerts}}}"#).into()
}

/// The most filters of one client.
const FILTERS_MOST: usize = 64;

/// What one client subscribed to, and what it was told last.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscriptions {
    wanted: Vec<(Wanted, Beds)>,
    told: HashMap<String, u64>,
}

/// One thing to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    pub(super) bed: String,
    pub(super) json: Arc<str>,
    pub(super) retain: bool,
}

impl Subscriptions {
    /// Takes a filter; says whether it is granted, and whether the present state is to be told.
    pub(super) fn add(&mut self, wanted: &Wanted, ward: &str) -> (bool, bool) {
        let Some(beds) = Beds::read(&wanted.filter, ward) else { return (false, false) };
        let known = self.wanted.iter().any(|(known, _)| known.filter == wanted.filter);
        if !known && self.wanted.len() >= FILTERS_MOST {
            return (false, false);
        }
        self.remove(&wanted.filter);
        self.wanted.push((wanted.clone(), beds));
        let tell = match wanted.state_now {
            StateNow::Always => true,
            StateNow::IfNew => !known,
            StateNow::Never => false,
        };
        (true, tell)
    }

    /// Drops a filter; says whether there was one.
    pub(super) fn remove(&mut self, filter: &str) -> bool {
        let before = self.wanted.len();
        self.wanted.retain(|(wanted, _)| wanted.filter != filter);
        before != self.wanted.len()
    }

    /// The same filters for a new connection: what was told on the old one may not have been received.
    pub(super) fn resumed(&self) -> Self {
        Self { wanted: self.wanted.clone(), told: HashMap::new() }
    }

    /// Whether nothing is subscribed to.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The whole present state that `filter` asks for, as retained messages.
    pub(super) fn present(&mut self, filter: &str, states: &BedStates) -> Vec<Telling> {
        let Some((_, beds)) = self.wanted.iter().find(|(wanted, _)| wanted.filter == filter) else {
            return Vec::new();
        };
        let tellings: Vec<_> = states.iter().filter(|(bed, _)| beds.include(bed)).collect();
        self.told.extend(tellings.iter().map(|(bed, state)| ((*bed).clone(), state.version)));
        tellings.into_iter().map(|(bed, state)| Telling::of(bed, state, true)).collect()
    }

    /// Takes the present state as known, for a subscriber that asks for changes alone.
    pub(super) fn skip(&mut self, filter: &str, states: &BedStates) {
        drop(self.present(filter, states));
    }

    /// What changed since this client was last told.
    pub(super) fn news(&mut self, states: &BedStates) -> Vec<Telling> {
        let mut news = Vec::new();
        for (bed, state) in states {
            let Some((wanted, _)) = self.wanted.iter().find(|(_, beds)| beds.include(bed)) else { continue };
            if self.told.get(bed) != Some(&state.version) {
                self.told.insert(bed.clone(), state.version);
                news.push(Telling::of(bed, state, wanted.retain_as_published));
            }
        }
        news
    }
}

impl Telling {
    fn of(bed: &str, state: &BedState, retain: bool) -> Self {
        Self { bed: bed.to_owned(), json: Arc::clone(&state.json), retain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::mqtt::testing::{alert, bed, view};
    use rules::Moment;

    fn wanted(filter: &str, state_now: StateNow) -> Wanted {
        Wanted { filter: filter.into(), retain_as_published: false, state_now }
    }

    fn states(before: &BedStates, view: &WardView) -> Option<BedStates> {
        changed(before, view, &Clock::starting_after(Moment(0)))
    }

    fn told(tellings: &[Telling]) -> Vec<(&str, bool)> {
        tellings.iter().map(|telling| (telling.bed.as_str(), telling.retain)).collect()
    }

    #[tokio::test]
    async fn a_bed_is_told_whole_and_only_when_its_alerts_change() {
        let quiet = view(vec![bed("07"), bed("08")], vec![]);
        let first = states(&BedStates::new(), &quiet).expect("two beds are new");
        assert!(first["07"].json.ends_with(r#""alerts":[]}"#), "{}", first["07"].json);
        assert!(states(&first, &quiet).is_none());
        let loud = view(vec![bed("07"), bed("08")], vec![alert("00000000000000aa", Some("07"))]);
        let second = states(&first, &loud).expect("bed 07 changed");
        assert_eq!(second["08"].version, first["08"].version);
        let json: serde_json::Value = serde_json::from_str(&second["07"].json).unwrap();
        assert_eq!(json["bed"], "07");
        let line = &json["alerts"][0];
        assert_eq!(
            (&line["id"], &line["priority"], &line["state"]),
            (&"00000000000000aa".into(), &"high".into(), &"active".into())
        );
        assert_eq!((&line["title"], &line["since"]), (&"SpO₂ low".into(), &"1970-01-01T00:00:01Z".into()));
    }

    #[tokio::test]
    async fn a_subscriber_is_told_the_present_and_then_the_news() {
        let before = states(&BedStates::new(), &view(vec![bed("07"), bed("08")], vec![])).unwrap();
        let mut subscriptions = Subscriptions::default();
        assert_eq!(
            subscriptions.add(&wanted("wardlight/v1/icu/+/alerts", StateNow::Always), "icu"),
            (true, true)
        );
        assert_eq!(subscriptions.add(&wanted("#", StateNow::Always), "icu"), (false, false));
        let present = subscriptions.present("wardlight/v1/icu/+/alerts", &before);
        assert_eq!(told(&present), [("07", true), ("08", true)]);
        assert!(subscriptions.news(&before).is_empty());
        let loud = view(vec![bed("07"), bed("08")], vec![alert("00000000000000aa", Some("08"))]);
        let after = states(&before, &loud).unwrap();
        assert_eq!(told(&subscriptions.news(&after)), [("08", false)]);
        assert!(subscriptions.news(&after).is_empty());
        assert_eq!(told(&subscriptions.resumed().news(&after)), [("07", false), ("08", false)]);
        assert!(subscriptions.remove("wardlight/v1/icu/+/alerts") && subscriptions.is_empty());
    }

    #[tokio::test]
    async fn a_subscriber_may_ask_for_changes_alone() {
        let before = states(&BedStates::new(), &view(vec![bed("07")], vec![])).unwrap();
        let mut subscriptions = Subscriptions::default();
        let filter = "wardlight/v1/icu/07/alerts";
        assert_eq!(subscriptions.add(&wanted(filter, StateNow::Never), "icu"), (true, false));
        subscriptions.skip(filter, &before);
        assert!(subscriptions.news(&before).is_empty());
        assert_eq!(subscriptions.add(&wanted(filter, StateNow::IfNew), "icu"), (true, false));
    }

    #[test]
    fn filters_have_a_bound() {
        let mut subscriptions = Subscriptions::default();
        for number in 0..FILTERS_MOST {
            let filter = format!("wardlight/v1/icu/{number}/alerts");
            assert!(subscriptions.add(&wanted(&filter, StateNow::Never), "icu").0);
        }
        assert!(!subscriptions.add(&wanted("wardlight/v1/icu/+/alerts", StateNow::Never), "icu").0);
        assert!(subscriptions.add(&wanted("wardlight/v1/icu/0/alerts", StateNow::Never), "icu").0);
    }
}
