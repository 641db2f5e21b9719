//! What a screen was shown: the first time that a stream of events has sent an alert to a reader, the ward is
//! told, once for each alert. Nothing waits for it, and it knows no more alerts than are open.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use rules::AlertId;

use crate::event::{Arrival, Door, Event, Peer, Received, Stage};
use crate::record::AlertRecord;
use crate::view::WardView;

/// The open alerts of which the ward was told. After a restart their own records know.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<HashSet<AlertId>>);

impl Shown {
    /// A screen has taken what stands in this view. Where there is no room at the door the next event, a beat
    /// at the latest, tries again.
    pub(super) fn tell(&self, view: &WardView, door: &Door) {
        let mut lacking = view.alerts.iter().filter(|alert| lacks_it(alert)).peekable();
        if lacking.peek().is_none() {
            return;
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|id| view.alerts.iter().any(|open| open.alert.id == *id));
        let new: Vec<AlertId> = lacking.map(|open| open.alert.id).filter(|id| !told.contains(id)).collect();
        if !new.is_empty() && door.offer(arrival(&new)) {
            told.extend(new);
        }
    }
}

fn lacks_it(alert: &AlertRecord) -> bool {
    !alert.receipts.iter().any(|receipt| receipt.stage == Stage::Shown)
}

fn arrival(alerts: &[AlertId]) -> Arrival {
    let receipt = |alert: &AlertId| {
        let (channel, to) = ("board".to_owned(), "station".to_owned());
        Event::Received(Received { alert: *alert, stage: Stage::Shown, channel, to, error: None })
    };
    let peer = Peer { endpoint: "board", name: "station".to_owned() };
    Arrival { peer, raw: None, events: alerts.iter().map(receipt).collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::Knocks;
    use crate::journal::samples;

    fn view_of(alerts: &[u64]) -> WardView {
        let alert = |id: &u64| {
            let mut record = samples::alert(0);
            record.alert.id = AlertId(*id);
            Arc::new(record)
        };
        WardView { alerts: alerts.iter().map(alert).collect(), ..WardView::default() }
    }

    /// Of which alerts the ward was told since it was last asked.
    fn told(knocks: &mut Knocks) -> Vec<u64> {
        let events = std::iter::from_fn(|| knocks.at_hand()).flat_map(|knock| knock.arrival.events);
        let of = |event| match event {
            Event::Received(Received { alert, stage: Stage::Shown, .. }) => alert.0,
            other => panic!("{other:?}"),
        };
        events.map(of).collect()
    }

    #[test]
    fn each_alert_is_told_once_whoever_looks_and_none_is_remembered_that_is_over() {
        let (shown, (door, mut knocks)) = (Shown::default(), Door::new());
        for _ in 0..3 {
            shown.tell(&view_of(&[1, 2]), &door);
        }
        assert_eq!(told(&mut knocks), [1, 2]);
        shown.tell(&view_of(&[2, 3]), &door);
        assert_eq!(told(&mut knocks), [3]);
        assert_eq!(shown.0.lock().unwrap().len(), 2);
    }

    #[test]
    fn what_its_record_knows_is_not_told_again() {
        let (shown, (door, mut knocks)) = (Shown::default(), Door::new());
        let mut view = view_of(&[1]);
        let receipt = crate::record::Receipt {
            stage: Stage::Shown,
            channel: "board".to_owned(),
            to: "station".to_owned(),
            at: crate::clock::Wall(0),
            error: None,
        };
        Arc::make_mut(&mut view.alerts[0]).receipts.push(receipt);
        shown.tell(&view, &door);
        assert!(told(&mut knocks).is_empty());
    }

    #[test]
    fn a_door_without_room_delays_nobody_and_is_tried_again() {
        let (shown, (door, mut knocks)) = (Shown::default(), Door::new());
        while door.offer(arrival(&[AlertId(9)])) {}
        shown.tell(&view_of(&[1]), &door);
        assert!(!told(&mut knocks).contains(&1));
        shown.tell(&view_of(&[1]), &door);
        assert_eq!(told(&mut knocks), [1]);
    }
}
