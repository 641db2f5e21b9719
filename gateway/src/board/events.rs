//! `GET /events`: the ward as it changes, to one screen.
//!
//! A stream is asked for its next event only when the screen has taken the last one, and holds no queue: what
//! it says is always the difference between the view that it told last and the view as it is now. So a slow
//! screen skips what lay between and costs no memory. The first event is the whole ward. A changed alert is
//! told at once, changed values at most four times a second, and a beat goes out each second while the ward's
//! loop turns.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Shared;
use super::access::Reader;
use super::api::status::AnnunciatorJson;
use super::json::{AlertJson, BedJson, Showing, rfc3339};
use super::page;
use super::plumbing::AnnunciatorView;
use super::problem::Problem;
use crate::record::AlertRecord;
use crate::view::{BedView, WardView};

/// A beat each second; the page calls its link lost after three without one.
const BEAT: Duration = Duration::from_secs(1);

/// Changed values are told at most this often.
const VALUES: Duration = Duration::from_millis(250);

/// For so many beats the ward's loop may stand still before the beats stop: it turns once a second, not in
/// step with us.
const STILL_MOST: u32 = 2;

/// Opens a stream.
pub(super) async fn events(
    _reader: Reader,
    State(board): State<Shared>,
) -> Result<impl IntoResponse, Problem> {
    let permit = Arc::clone(&board.streams)
        .try_acquire_owned()
        .map_err(|_| Problem::not_now("too many screens are open: close one"))?;
    let told = Telling::new(board, permit);
    let events = stream::unfold(told, |mut telling| async move {
        let event = telling.next().await?;
        Some((event, telling))
    });
    Ok(Sse::new(events))
}

/// What one screen has been told, and when it must be told more.
struct Telling {
    board: Shared,
    views: watch::Receiver<Arc<WardView>>,
    seq: u64,
    /// The view whose beds were told last; none before the snapshot.
    beds: Option<Arc<WardView>>,
    /// The view whose alerts were told last.
    alerts: Arc<WardView>,
    annunciators: Vec<AnnunciatorView>,
    beat: Interval,
    values: Interval,
    turns: u64,
    still: u32,
    _permit: OwnedSemaphorePermit,
}

/// Why the stream woke.
enum Wake {
    Beat,
    Values,
    View,
}

impl Telling {
    fn new(board: Shared, permit: OwnedSemaphorePermit) -> Self {
        let paced = |period| {
            let mut pace = interval(period);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        };
        Self {
            views: board.deps.view.clone(),
            seq: 0,
            beds: None,
            alerts: board.view(),
            annunciators: Vec::new(),
            beat: paced(BEAT),
            values: paced(VALUES),
            turns: board.deps.turns.load(Ordering::Relaxed),
            still: 0,
            board,
            _permit: permit,
        }
    }

    /// Waits for something to tell. `None` ends the stream: the gateway stops.
    async fn next(&mut self) -> Option<Result<Event, axum::Error>> {
        if self.beds.is_none() {
            return Some(self.snapshot());
        }
        // It is asked for the next event: the screen has taken those before.
        self.board.shown.tell(&self.alerts, &self.board.deps.door);
        let stop = self.board.deps.stop.clone();
        loop {
            let wake = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                _ = self.beat.tick() => Wake::Beat,
                changed = self.views.changed() => match changed {
                    Ok(()) => Wake::View,
                    Err(_) => return None,
                },
                _ = self.values.tick() => Wake::Values,
            };
            if let Some(event) = self.woken(&wake) {
                return Some(event);
            }
        }
    }

    fn woken(&mut self, wake: &Wake) -> Option<Result<Event, axum::Error>> {
        let view = self.board.view();
        match wake {
            Wake::Beat => self.sound().or_else(|| self.beat()),
            Wake::View if alerts_differ(&self.alerts, &view) => {
                // The beds of the changed alerts follow at the next turn of this stream.
                self.values.reset_immediately();
                Some(self.changed_alerts(view))
            }
            Wake::View => None,
            Wake::Values => self.changed_beds(&view),
        }
    }

    fn snapshot(&mut self) -> Result<Event, axum::Error> {
        let view = self.board.view();
        self.views.mark_unchanged();
        let board = Arc::clone(&self.board);
        let showing = board.showing();
        self.annunciators = board.deps.plumbing.annunciators();
        let beds: Vec<_> = view.beds.iter().map(|bed| BedJson::of(bed, &showing)).collect();
        let alerts: Vec<_> = view.alerts.iter().map(|alert| AlertJson::of(alert, &showing)).collect();
        let body = json!({
            "ward": view.ward,
            "page": page::hash(),
            "beds": beds,
            "alerts": alerts,
            "strips": view.strips,
            "signal": signal(&view),
            "annunciators": sound_json(&self.annunciators),
        });
        self.alerts = Arc::clone(&view);
        self.beds = Some(Arc::clone(&view));
        self.tell("snapshot", body)
    }

    /// The proof that this gateway lives and its ward is judged; withheld while the ward's loop stands still.
    fn beat(&mut self) -> Option<Result<Event, axum::Error>> {
        let turns = self.board.deps.turns.load(Ordering::Relaxed);
        self.still = if turns == self.turns { self.still + 1 } else { 0 };
        self.turns = turns;
        (self.still <= STILL_MOST).then(|| self.tell("beat", json!({})))
    }

    /// The annunciators, where they are no longer as they were told. It takes the place of a beat.
    fn sound(&mut self) -> Option<Result<Event, axum::Error>> {
        let now = self.board.deps.plumbing.annunciators();
        if heard_alike(&now, &self.annunciators) {
            return None;
        }
        self.annunciators = now;
        let body = json!({ "annunciators": sound_json(&self.annunciators) });
        self.beat.reset_immediately();
        Some(self.tell("annunciators", body))
    }

    fn changed_alerts(&mut self, view: Arc<WardView>) -> Result<Event, axum::Error> {
        let board = Arc::clone(&self.board);
        let showing = board.showing();
        let before: HashSet<*const AlertRecord> = self.alerts.alerts.iter().map(Arc::as_ptr).collect();
        let changed = view.alerts.iter().filter(|alert| !before.contains(&Arc::as_ptr(alert)));
        let body = json!({
            "alerts": changed.map(|alert| AlertJson::of(alert, &showing)).collect::<Vec<_>>(),
            "order": view.alerts.iter().map(|alert| alert.id.as_str()).collect::<Vec<_>>(),
            "strips": view.strips,
            "signal": signal(&view),
        });
        self.alerts = view;
        self.tell("alerts", body)
    }

    fn changed_beds(&mut self, view: &Arc<WardView>) -> Option<Result<Event, axum::Error>> {
        let board = Arc::clone(&self.board);
        let showing = board.showing();
        let before = self.beds.replace(Arc::clone(view))?;
        if Arc::ptr_eq(&before, view) {
            return None;
        }
        let changed: Vec<_> = view
            .beds
            .iter()
            .filter(|bed| !before.beds.iter().any(|told| is_told(told, bed)))
            .map(|bed| BedJson::of(bed, &showing))
            .collect();
        (!changed.is_empty()).then(|| self.tell("beds", json!({ "beds": changed })))
    }

    /// An event with its number and the time.
    fn tell(&mut self, name: &'static str, body: Value) -> Result<Event, axum::Error> {
        self.seq += 1;
        let told = Told { seq: self.seq, at: rfc3339(self.board.deps.clock.wall()), body };
        Event::default().event(name).id(self.seq.to_string()).json_data(told)
    }
}

/// What every event carries.
#[derive(Serialize)]
struct Told {
    seq: u64,
    at: String,
    #[serde(flatten)]
    body: Value,
}

impl super::Board {
    pub(super) fn showing(&self) -> Showing<'_> {
        Showing {
            clock: &self.deps.clock,
            plumbing: self.deps.plumbing.as_ref(),
            names: self.deps.access.names,
        }
    }
}

fn signal(view: &WardView) -> Option<Value> {
    let signal = view.signal.as_ref()?;
    Some(json!({ "alert": signal.alert, "priority": crate::record::priority::word(signal.priority) }))
}

fn sound_json(annunciators: &[AnnunciatorView]) -> Vec<AnnunciatorJson<'_>> {
    annunciators.iter().map(AnnunciatorJson::of).collect()
}

/// Whether two lists say the same of what can be heard; the count of bursts does not matter to a screen.
fn heard_alike(now: &[AnnunciatorView], told: &[AnnunciatorView]) -> bool {
    let same = |(now, told): (&AnnunciatorView, &AnnunciatorView)| {
        let AnnunciatorView { id, device, state, why, playing, bursts: _, last_self_test } = now;
        (id, device, state, why, playing, last_self_test)
            == (&told.id, &told.device, &told.state, &told.why, &told.playing, &told.last_self_test)
    };
    now.len() == told.len() && now.iter().zip(told).all(same)
}

/// Whether the list of alerts, or what everybody must know and hear, is another than it was.
fn alerts_differ(told: &WardView, now: &WardView) -> bool {
    let same_list = told.alerts.len() == now.alerts.len()
        && told.alerts.iter().zip(&now.alerts).all(|(told, now)| Arc::ptr_eq(told, now) || told == now);
    !same_list || told.strips != now.strips || told.signal != now.signal
}

fn is_told(told: &Arc<BedView>, now: &Arc<BedView>) -> bool {
    Arc::ptr_eq(told, now) || told == now
}
