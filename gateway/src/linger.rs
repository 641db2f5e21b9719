//! How a thread that was just busy waits for more: for a moment it looks again and again, then it sleeps.
//!
//! To wake a sleeping thread takes some 20 us, and what a sender hears after the commit is the work of
//! several threads in turn. Who waits for each answer sends the next message within a fraction of a
//! millisecond, so the thread that is still awake then has it at once. Between two looks the core is offered
//! to others. It decides nothing and takes nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;

use crate::clock::Stopwatch;

/// For how long it is looked at most: longer than a commit and the way to a sender and back.
const MOST: Duration = Duration::from_micros(500);

/// How often it is looked at most, about twice as often as [`MOST`] has room for: a clock may stand still.
const LOOKS_MOST: usize = 2_000;

/// So many together are a burst, which rarely comes alone.
const BURST: usize = 8;

/// Whether more is likely within a moment: some of what was taken has a sender that waits for its answer
/// before it goes on, or it was a burst. Single frames of devices are neither: each would cost a core its
/// rest.
#[must_use]
pub const fn pays(taken: usize, a_sender_waits: bool) -> bool {
    a_sender_waits || taken >= BURST
}

/// Looks for a moment whether there is more, without sleeping; `None` where nothing came.
pub fn for_more<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let watch = Stopwatch::start();
    for _ in 0..LOOKS_MOST {
        let found = look();
        if found.is_some() || watch.elapsed() >= MOST {
            return found;
        }
        std::thread::yield_now();
    }
    None
}

/// What keeps the one thread of a listener awake. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Wakeful(Arc<Notify>);

impl Wakeful {
    /// A sender waits, or was just answered: more is likely within a moment.
    pub fn stir(&self) {
        self.0.notify_one();
    }

    /// After each stir looks for a moment for whatever the network has, instead of sleeping until it knocks.
    pub async fn keep(&self) -> Infallible {
        loop {
            self.0.notified().await;
            self.until_quiet().await;
        }
    }

    async fn until_quiet(&self) {
        let (mut watch, mut looks) = (Stopwatch::start(), 0);
        while looks < LOOKS_MOST && watch.elapsed() < MOST {
            std::thread::yield_now();
            // Everything else that the thread has to do comes before the next look, the network too.
            tokio::task::yield_now().await;
            looks += 1;
            if self.0.notified().now_or_never().is_some() {
                (watch, looks) = (Stopwatch::start(), 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_comes_within_the_moment_is_found_and_nothing_else_is_waited_for() {
        let mut looks = 0;
        let third = for_more(|| {
            looks += 1;
            (looks == 3).then_some("third")
        });
        assert_eq!((third, looks), (Some("third"), 3));
        assert_eq!(for_more(|| None::<()>), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_stands_still_ends_it_too() {
        let mut looks = 0;
        assert_eq!(
            for_more(|| (looks == LOOKS_MOST).then_some(()).or_else(|| {
                looks += 1;
                None
            })),
            None
        );
        assert_eq!(looks, LOOKS_MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stir_keeps_awake_for_a_moment_and_each_other_one_anew() {
        let wakeful = Wakeful::default();
        let looks = Cell::new(0);
        let others = async {
            loop {
                looks.set(looks.get() + 1);
                if looks.get() == LOOKS_MOST / 2 {
                    wakeful.stir();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = wakeful.until_quiet() => {}
            () = others => {}
        }
        assert!(looks.get() > LOOKS_MOST * 5 / 4, "{}", looks.get());
        assert!(wakeful.keep().now_or_never().is_none(), "nobody stirs it");
    }

    #[test]
    fn single_frames_let_the_core_rest() {
        assert!(!pays(1, false) && !pays(BURST - 1, false));
        assert!(pays(1, true) && pays(BURST, false));
    }
}
