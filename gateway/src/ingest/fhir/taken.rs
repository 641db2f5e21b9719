//! What was taken lately, so that a resend is known: keys alone, a bounded number of them, in memory.
//!
//! After a restart a resend is judged again; the ward then knows the sample or the frame itself.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rules::vital::MessageKey;

/// How many keys are remembered: hours of a busy ward.
const REMEMBERED_MOST: usize = 65_536;

/// The keys of what was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    keys: Mutex<Keys>,
}

#[derive(Debug, Default)]
struct Keys {
    known: HashSet<MessageKey>,
    order: VecDeque<MessageKey>,
}

impl Taken {
    /// Whether it was taken before.
    pub(super) fn has(&self, key: MessageKey) -> bool {
        self.lock().known.contains(&key)
    }

    /// Remembers it; the oldest is forgotten for it.
    pub(super) fn remember(&self, key: MessageKey) {
        let mut keys = self.lock();
        if !keys.known.insert(key) {
            return;
        }
        keys.order.push_back(key);
        if keys.order.len() > REMEMBERED_MOST
            && let Some(oldest) = keys.order.pop_front()
        {
            keys.known.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way() {
        let taken = Taken::default();
        for key in 0..=REMEMBERED_MOST as u64 {
            taken.remember(MessageKey(key));
            taken.remember(MessageKey(key));
        }
        assert!(!taken.has(MessageKey(0)) && taken.has(MessageKey(1)));
        let keys = taken.lock();
        assert_eq!((keys.known.len(), keys.order.len()), (REMEMBERED_MOST, REMEMBERED_MOST));
    }
}
