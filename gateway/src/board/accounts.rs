//! Who may sign in, as the board asks for it. It keeps nobody: the store does.

use futures_util::future::BoxFuture;
use rules::event::Role;

/// The store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot be read now: {0}")]
pub struct Unreadable(pub String);

/// An answer of the store, when it comes.
pub type Asked<'a, T> = BoxFuture<'a, Result<T, Unreadable>>;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    /// A nurse.
    Nurse,
    /// A doctor.
    Doctor,
    /// Biomedical engineering.
    Biomed,
    /// Runs the gateway.
    Admin,
    /// Looks only.
    Viewer,
}

impl AccountRole {
    /// Its name in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nurse => "nurse",
            Self::Doctor => "doctor",
            Self::Biomed => "biomed",
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// The part that this role plays at a bed. None for those who do not care for patients.
    #[must_use]
    pub const fn at_the_bed(self) -> Option<Role> {
        match self {
            Self::Nurse => Some(Role::Nurse),
            Self::Doctor => Some(Role::Doctor),
            Self::Biomed | Self::Admin | Self::Viewer => None,
        }
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name; unique.
    pub name: String,
    /// In which role.
    pub role: AccountRole,
    /// The PIN's Argon2 hash with its salt and parameters. See [`super::pin::hash`].
    pub pin_hash: String,
}

/// The accounts and tokens of the store.
pub trait Accounts: Send + Sync {
    /// The account of that name.
    fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>>;

    /// The role of the program whose token has this SHA-256.
    fn token(&self, hash: [u8; 32]) -> Asked<'_, Option<AccountRole>>;
}
