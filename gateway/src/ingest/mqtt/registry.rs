//! Who is connected, by client id, and whose session is kept while it is away.
//!
//! A session holds nothing but subscriptions: what a device publishes is either acknowledged, and then
//! durable, or it is the device's to send again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rules::{Moment, Span};
use tokio_util::sync::CancellationToken;

use super::outward::Subscriptions;
use super::session::Hello;

/// The most sessions that are kept for clients that are away; beyond it the one that ends first is forgotten.
const KEPT_MOST: usize = 1_000;

/// The longest that a session is kept, in seconds.
pub(super) const KEEP_MOST_S: u32 = 24 * 60 * 60;

/// Everybody here, and everybody who may come back.
#[derive(Debug, Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    here: HashMap<String, Present>,
    away: HashMap<String, Away>,
    entered: u64,
}

#[derive(Debug)]
struct Present {
    entry: u64,
    taken_over: CancellationToken,
    subscriptions: Arc<Mutex<Subscriptions>>,
    kept: bool,
}

#[derive(Debug)]
struct Away {
    until: Moment,
    subscriptions: Subscriptions,
}

/// A client's place among those who are here. Dropping it leaves.
#[derive(Debug)]
pub(super) struct Seat {
    registry: Arc<Registry>,
    client: String,
    entry: u64,
    keep_s: u32,
    taken_over: CancellationToken,
    subscriptions: Arc<Mutex<Subscriptions>>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client id for a client that brought none.
    pub(super) fn assign(&self, at: Moment) -> String {
        let mut inner = self.lock();
        inner.entered += 1;
        format!("assigned-{}-{}", at.0, inner.entered)
    }

    /// Gives the client its seat. Whoever sat there is told to go; a session that was kept goes on.
    ///
    /// The second value says whether there was such a session.
    pub(super) fn enter(self: &Arc<Self>, hello: &Hello, now: Moment) -> (Seat, bool) {
        let mut inner = self.lock();
        inner.entered += 1;
        let entry = inner.entered;
        let replaced = inner.here.remove(&hello.client);
        if let Some(replaced) = &replaced {
            replaced.taken_over.cancel();
        }
        let away = inner.away.remove(&hello.client).filter(|away| away.until > now);
        let live = replaced
            .filter(|replaced| replaced.kept)
            .map(|replaced| replaced.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).resumed());
        let resumed = live.or(away.map(|away| away.subscriptions)).filter(|_| !hello.clean);
        let present = resumed.is_some();
        let subscriptions = Arc::new(Mutex::new(resumed.unwrap_or_default()));
        let taken_over = CancellationToken::new();
        let keep_s = hello.keep_session_s.min(KEEP_MOST_S);
        let here = Present {
            entry,
            taken_over: taken_over.clone(),
            subscriptions: Arc::clone(&subscriptions),
            kept: keep_s > 0,
        };
        inner.here.insert(hello.client.clone(), here);
        drop(inner);
        let registry = Arc::clone(self);
        (Seat { registry, client: hello.client.clone(), entry, keep_s, taken_over, subscriptions }, present)
    }
}

impl Seat {
    /// Ends when another connection takes this seat.
    pub(super) async fn taken_over(&self) {
        self.taken_over.cancelled().await;
    }

    /// Whether another connection has taken this seat.
    pub(super) fn is_taken_over(&self) -> bool {
        self.taken_over.is_cancelled()
    }

    /// What the client subscribed to.
    pub(super) fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves, and keeps the session where the client asked for it.
    pub(super) fn leave(self, now: Moment) {
        if self.keep_s == 0 || self.is_taken_over() {
            return;
        }
        let until = now + Span::seconds(self.keep_s);
        let away = Away { until, subscriptions: self.subscriptions().resumed() };
        let mut inner = self.registry.lock();
        inner.away.retain(|_, away| away.until > now);
        if inner.away.len() >= KEPT_MOST {
            let first =
                inner.away.iter().min_by_key(|(_, away)| away.until).map(|(client, _)| client.clone());
            first.map(|client| inner.away.remove(&client));
        }
        inner.away.insert(self.client.clone(), away);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        if inner.here.get(&self.client).is_some_and(|present| present.entry == self.entry) {
            inner.here.remove(&self.client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::mqtt::identity::Login;
    use crate::ingest::mqtt::session::{StateNow, Wanted};

    fn hello(client: &str, clean: bool, keep_session_s: u32) -> Hello {
        let login = Login::default();
        Hello { client: client.into(), clean, keep_session_s, keep_alive_s: 0, will: None, login }
    }

    fn subscribe(seat: &Seat) {
        let wanted = Wanted {
            filter: "wardlight/v1/icu/+/alerts".into(),
            retain_as_published: false,
            state_now: StateNow::Always,
        };
        assert_eq!(seat.subscriptions().add(&wanted, "icu"), (true, true));
    }

    #[test]
    fn a_second_connection_takes_the_seat() {
        let registry = Arc::new(Registry::default());
        let (first, _) = registry.enter(&hello("m1", true, 0), Moment(0));
        let (other, _) = registry.enter(&hello("m2", true, 0), Moment(0));
        let (second, present) = registry.enter(&hello("m1", true, 0), Moment(0));
        assert!(first.is_taken_over() && !second.is_taken_over() && !other.is_taken_over());
        assert!(!present);
        drop(first);
        let (_third, _) = registry.enter(&hello("m1", true, 0), Moment(0));
        assert!(second.is_taken_over(), "the old seat's end did not free the new one");
    }

    #[test]
    fn a_kept_session_is_found_again_until_it_ends() {
        let registry = Arc::new(Registry::default());
        let (seat, present) = registry.enter(&hello("m1", false, 60), Moment(0));
        assert!(!present);
        subscribe(&seat);
        seat.leave(Moment(0));
        let (seat, present) = registry.enter(&hello("m1", false, 60), Moment(59_999));
        assert!(present && !seat.subscriptions().is_empty());
        seat.leave(Moment(60_000));
        let (seat, present) = registry.enter(&hello("m1", false, 60), Moment(120_000));
        assert!(!present && seat.subscriptions().is_empty());
    }

    #[test]
    fn a_session_goes_on_through_a_take_over() {
        let registry = Arc::new(Registry::default());
        let (first, _) = registry.enter(&hello("m1", false, 60), Moment(0));
        subscribe(&first);
        let (second, present) = registry.enter(&hello("m1", false, 60), Moment(0));
        assert!(present && !second.subscriptions().is_empty());
        first.leave(Moment(0));
        let (third, present) = registry.enter(&hello("m1", true, 0), Moment(0));
        assert!(!present && third.subscriptions().is_empty(), "a clean start wants nothing of it");
    }

    #[test]
    fn at_the_bound_the_session_that_ends_first_is_forgotten() {
        let registry = Arc::new(Registry::default());
        for number in 0..=u32::try_from(KEPT_MOST).unwrap() {
            let (seat, _) = registry.enter(&hello(&format!("m{number}"), false, 60 + number), Moment(0));
            seat.leave(Moment(0));
        }
        assert_eq!(registry.lock().away.len(), KEPT_MOST);
        assert!(!registry.lock().away.contains_key("m0"));
    }
}
