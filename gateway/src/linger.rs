//! How a thread that was just busy waits for more: for a moment it looks again and again, then it sleeps.
//!
//! To wake a sleeping thread takes some 20 us, and what a sender hears after the commit is the work of several
//! threads in turn. Who waits for each answer sends the next message within a fraction of a millisecond, so
//! the thread that is still awake then has it at once. Between two looks the core is offered to others. It
//! decides nothing and takes nothing.

use std::time::{Duration, Instant};

/// For how long it is looked at most: longer than a commit and the way to a sender and back.
const MOST: Duration = Duration::from_micros(500);

/// So many together are a burst, which rarely comes alone.
const BURST: usize = 8;

/// Whether more is likely within a moment: some of what was taken has a sender that waits for its answer
/// before it goes on, or it was a burst. Single frames of devices are neither: each would cost a core its rest.
#[must_use]
pub const fn pays(taken: usize, a_sender_waits: bool) -> bool {
    a_sender_waits || taken >= BURST
}

/// Looks for a moment whether there is more, without sleeping; `None` where nothing came.
#[expect(
    clippy::disallowed_methods,
    reason = "it bounds how long a core is kept awake and times nothing; a \
                                              clock that a test has paused would keep it awake for ever"
)]
pub fn for_more<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let found = look();
        if found.is_some() || begun.elapsed() >= MOST {
            return found;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn single_frames_let_the_core_rest() {
        assert!(!pays(1, false) && !pays(BURST - 1, false));
        assert!(pays(1, true) && pays(BURST, false));
    }
}
