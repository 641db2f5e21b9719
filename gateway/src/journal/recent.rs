//! By what second copies of messages are known: the newest identities, in memory, each with the row of the
//! first copy. It decides nothing: the ward asks it before it judges, the writer tells it what is durable.
//!
//! The bound is a count: the newest 65,536 messages whose sender names each of them anew, and the newest
//! 4,096 of the others. After a start it is what the store remembers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

use super::JournalError;
use super::number::from_count;
use crate::message::{Identity, Repeat};

/// How many messages are remembered whose sender gives each a name of its own: about six days of a ward with
/// 10,000 messages a day, in some 5 MB.
const REMEMBERED_MOST: usize = 65_536;

/// How many are remembered whose sender does not. Only those under way matter.
const UNDER_WAY_MOST: usize = 4_096;

/// What is known of earlier messages. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Recent(Arc<Mutex<Both>>);

#[derive(Debug)]
struct Both {
    remembered: Newest,
    under_way: Newest,
}

/// The newest identities, each with the row of its message once that is durable.
#[derive(Debug)]
struct Newest {
    rows: HashMap<Identity, Option<i64>>,
    order: VecDeque<Identity>,
    most: usize,
}

impl Newest {
    fn new(most: usize) -> Self {
        Self { rows: HashMap::new(), order: VecDeque::new(), most }
    }

    fn put(&mut self, identity: Identity, row: Option<i64>) {
        if self.rows.insert(identity, row).is_none() {
            self.order.push_back(identity);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.rows.remove(&oldest);
            }
        }
    }

    fn forget(&mut self, identity: &Identity) {
        if self.rows.remove(identity).is_some() {
            self.order.retain(|known| known != identity);
        }
    }
}

impl Recent {
    pub(super) fn new() -> Self {
        let (remembered, under_way) = (Newest::new(REMEMBERED_MOST), Newest::new(UNDER_WAY_MOST));
        Self(Arc::new(Mutex::new(Both { remembered, under_way })))
    }

    /// What the store remembers, as far as it can be read: a message that is judged twice is better than a
    /// ward that does not start.
    pub(super) fn read(connection: &Connection) -> Self {
        let recent = Self::new();
        if let Err(fault) = recent.fill(connection) {
            tracing::error!(%fault, "what was received cannot be read: messages sent again are judged again");
        }
        recent
    }

    fn fill(&self, connection: &Connection) -> Result<(), JournalError> {
        let mut statement = connection.prepare(
            "SELECT id, identity FROM (SELECT id, identity FROM message WHERE identity IS NOT NULL
             ORDER BY wall DESC LIMIT ?1) ORDER BY id",
        )?;
        let mut rows = statement.query(params![from_count(REMEMBERED_MOST)])?;
        while let Some(row) = rows.next()? {
            self.lock().remembered.put(Identity(row.get(1)?), Some(row.get(0)?));
        }
        Ok(())
    }

    /// Whether a message with this identity came before and counts as the same: durable, or under way.
    pub(super) fn knows(&self, repeat: Repeat) -> bool {
        let both = self.lock();
        match repeat {
            Repeat::Remembered(identity) => both.remembered.rows.contains_key(&identity),
            Repeat::UnderWay(identity) => both.under_way.rows.get(&identity).is_some_and(Option::is_none),
        }
    }

    /// A first copy is under way to the store.
    pub(super) fn expect(&self, repeat: Repeat) {
        self.lock().of(repeat).put(repeat.identity(), None);
    }

    /// It is durable, in this row.
    pub(super) fn keep(&self, repeat: Repeat, row: i64) {
        self.lock().of(repeat).put(repeat.identity(), Some(row));
    }

    /// It could not be stored: its sender sends it again, and then it is the first.
    pub(super) fn forget(&self, repeat: Repeat) {
        self.lock().of(repeat).forget(&repeat.identity());
    }

    /// The row of the first copy, once that is durable.
    pub(super) fn first(&self, repeat: Repeat) -> Option<i64> {
        self.lock().of(repeat).rows.get(&repeat.identity()).copied().flatten()
    }

    fn lock(&self) -> MutexGuard<'_, Both> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Both {
    const fn of(&mut self, repeat: Repeat) -> &mut Newest {
        match repeat {
            Repeat::Remembered(_) => &mut self.remembered,
            Repeat::UnderWay(_) => &mut self.under_way,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity(n: usize) -> Identity {
        Identity::of(&[&n.to_be_bytes()])
    }

    #[test]
    fn the_oldest_goes_at_the_bound_and_the_newest_stays() {
        let recent = Recent::new();
        for n in 0..=REMEMBERED_MOST {
            recent.keep(Repeat::Remembered(identity(n)), 1);
        }
        assert!(!recent.knows(Repeat::Remembered(identity(0))));
        assert!(recent.knows(Repeat::Remembered(identity(1))));
        assert!(recent.knows(Repeat::Remembered(identity(REMEMBERED_MOST))));
        assert_eq!(recent.lock().remembered.rows.len(), REMEMBERED_MOST);
    }

    #[test]
    fn a_name_that_is_used_again_counts_only_while_its_message_is_under_way() {
        let (recent, reused) = (Recent::new(), Repeat::UnderWay(identity(1)));
        assert!(!recent.knows(reused));
        recent.expect(reused);
        assert!(recent.knows(reused) && recent.first(reused).is_none());
        recent.keep(reused, 9);
        assert!(!recent.knows(reused), "durable, hence answered: the next one is a new message");
        assert_eq!(recent.first(reused), Some(9), "a copy that was queued meanwhile still finds it");
    }

    proptest! {
        /// Whatever comes, fails and comes again: both parts hold the same identities, within the bound.
        #[test]
        fn order_and_rows_never_part(steps in prop::collection::vec((0..12_usize, 0..3_u8), 0..200)) {
            let mut newest = Newest::new(8);
            for (n, what) in steps {
                match what {
                    0 => newest.put(identity(n), None),
                    1 => newest.put(identity(n), Some(1)),
                    _ => newest.forget(&identity(n)),
                }
                prop_assert!(newest.order.len() <= 8);
                prop_assert_eq!(newest.order.len(), newest.rows.len());
                prop_assert!(newest.order.iter().all(|known| newest.rows.contains_key(known)));
            }
        }
    }
}
