//! Who may sign in, as the board asks for it. It keeps nobody: the store does.

use futures_util::future::BoxFuture;
use rules::event::Role;

pub use crate::journal::{Account, AccountRole};

/// The store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot be read now: {0}")]
pub struct Unreadable(pub String);

/// An answer of the store, when it comes.
pub type Asked<'a, T> = BoxFuture<'a, Result<T, Unreadable>>;

/// The part that a role plays at a bed. None for those who do not care for patients.
#[must_use]
pub const fn at_the_bed(role: AccountRole) -> Option<Role> {
    match role {
        AccountRole::Nurse => Some(Role::Nurse),
        AccountRole::Doctor => Some(Role::Doctor),
        AccountRole::Biomed | AccountRole::Admin | AccountRole::Viewer => None,
    }
}

/// The accounts and tokens of the store.
pub trait Accounts: Send + Sync {
    /// The account of that name.
    fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>>;

    /// The account whose badge this is.
    fn holder<'a>(&'a self, badge: &'a str) -> Asked<'a, Option<Account>>;

    /// The role of the program whose token has this SHA-256.
    fn token(&self, hash: [u8; 32]) -> Asked<'_, Option<AccountRole>>;

    /// PINs or badges are being guessed. For whoever watches over the house; the board itself has turned them
    /// away.
    fn guessed(&self) {}
}
