//! What a person may do with a delivery that came to nothing: let it go again, or end it. The board decides
//! nothing: those who keep the outbox do, and write down who did so and why.

use super::accounts::Asked;
use super::replays::Author;
pub use crate::journal::Wish;

/// Those who keep the outbox.
pub trait Outbox: Send + Sync {
    /// Does with a delivery what a person wants, and audits it in the same commit; `false` where it does not
    /// stand as that needs.
    fn mend<'a>(&'a self, id: i64, wish: Wish, author: &'a Author) -> Asked<'a, bool>;
}
