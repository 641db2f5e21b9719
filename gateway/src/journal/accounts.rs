//! The accounts and tokens of the store. It keeps neither PINs nor badges nor tokens, only what was made of
//! them, and checks no PIN.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::job::Ask;
use super::secret::{code_of, secret};
use super::{Journal, JournalError};
use crate::clock::Wall;

/// What somebody may do. Which call needs which role is the board's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Nurse, Self::Doctor, Self::Biomed, Self::Admin, Self::Viewer];

    /// Its name on the command line, in the API and in the store.
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

    /// Reads its name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name; unique.
    pub name: String,
    /// In which role.
    pub role: AccountRole,
    /// The PIN's hash with its salt and parameters, as the password hash makes it.
    pub pin_hash: String,
    /// What [`Journal::badge_code`] made of the badge, where there is one.
    pub badge: Option<[u8; 32]>,
}

/// A program that may call the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The SHA-256 of the token. The token itself is nowhere.
    pub hash: [u8; 32],
    /// Whose.
    pub name: String,
    /// In which role.
    pub role: AccountRole,
    /// Since when.
    pub created_at: Wall,
}

fn role_of(row: &Row<'_>) -> rusqlite::Result<AccountRole> {
    let word: String = row.get("role")?;
    // A role of a later version may at least look.
    Ok(AccountRole::parse(&word).unwrap_or(AccountRole::Viewer))
}

impl Account {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            role: role_of(row)?,
            pin_hash: row.get("pin_hash")?,
            badge: row.get("badge")?,
        })
    }
}

fn one(connection: &Connection, name: &str) -> Result<Option<Account>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM account WHERE name = ?1")?;
    Ok(statement.query_row([name], Account::read).optional()?)
}

/// The account that has this badge.
fn holder(connection: &Connection, badge: [u8; 32]) -> Result<Option<Account>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM account WHERE badge = ?1")?;
    Ok(statement.query_row([badge], Account::read).optional()?)
}

fn all(connection: &Connection) -> Result<Vec<Account>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM account ORDER BY name")?;
    Ok(statement.query_map([], Account::read)?.collect::<Result<_, _>>()?)
}

pub(super) fn add(connection: &Connection, account: &Account) -> Result<(), JournalError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO account (name, role, pin_hash, badge) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![account.name, account.role.word(), account.pin_hash, account.badge])?;
    if added == 1 {
        return Ok(());
    }
    match one(connection, &account.name)? {
        Some(there) => Err(JournalError::AccountExists(there.name)),
        None => Err(taken(connection, account.badge)?),
    }
}

/// Gives an account a badge in the place of its last one, or none.
pub(super) fn set_badge(
    connection: &Connection,
    name: &str,
    badge: Option<[u8; 32]>,
) -> Result<(), JournalError> {
    if one(connection, name)?.is_none() {
        return Err(JournalError::NoSuchAccount(name.to_owned()));
    }
    let changed = connection
        .prepare_cached("UPDATE OR IGNORE account SET badge = ?2 WHERE name = ?1")?
        .execute(params![name, badge])?;
    if changed == 1 { Ok(()) } else { Err(taken(connection, badge)?) }
}

/// Why a badge was not given: whoever has it.
fn taken(connection: &Connection, badge: Option<[u8; 32]>) -> Result<JournalError, JournalError> {
    let holder = badge.map(|badge| holder(connection, badge)).transpose()?.flatten();
    Ok(JournalError::BadgeTaken(holder.map(|account| account.name).unwrap_or_default()))
}

pub(super) fn remove(connection: &Connection, name: &str) -> Result<(), JournalError> {
    let removed = connection.prepare_cached("DELETE FROM account WHERE name = ?1")?.execute([name])?;
    if removed == 1 { Ok(()) } else { Err(JournalError::NoSuchAccount(name.to_owned())) }
}

fn token(connection: &Connection, hash: [u8; 32]) -> Result<Option<TokenRow>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM token WHERE hash = ?1")?;
    let read = |row: &Row<'_>| {
        Ok(TokenRow {
            hash,
            name: row.get("name")?,
            role: role_of(row)?,
            created_at: Wall(row.get("created_at")?),
        })
    };
    Ok(statement.query_row([hash], read).optional()?)
}

/// The same token twice is the same token.
pub(super) fn add_token(connection: &Connection, token: &TokenRow) -> Result<(), JournalError> {
    connection
        .prepare_cached("INSERT INTO token VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![token.hash, token.name, token.role.word(), token.created_at.0])?;
    Ok(())
}

/// Accounts and tokens. Who added or removed one is for the caller to audit.
impl Journal {
    /// One account.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, JournalError> {
        let name = name.to_owned();
        self.shared.readers.read(move |connection| one(connection, &name)).await
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn accounts(&self) -> Result<Vec<Account>, JournalError> {
        self.shared.readers.read(all).await
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`JournalError::AccountExists`], [`JournalError::BadgeTaken`], or when commits fail.
    pub async fn add_account(&self, account: Account) -> Result<(), JournalError> {
        self.ask(Ask::AddAccount(account)).await
    }

    /// Removes an account.
    ///
    /// # Errors
    /// [`JournalError::NoSuchAccount`], or when commits fail.
    pub async fn remove_account(&self, name: &str) -> Result<(), JournalError> {
        self.ask(Ask::RemoveAccount(name.to_owned())).await
    }

    /// Gives an account a badge in the place of its last one; `None` takes it away.
    ///
    /// # Errors
    /// [`JournalError::NoSuchAccount`], [`JournalError::BadgeTaken`], or when commits fail.
    pub async fn set_badge(&self, name: &str, badge: Option<[u8; 32]>) -> Result<(), JournalError> {
        self.ask(Ask::SetBadge(name.to_owned(), badge)).await
    }

    /// What is kept of a badge: nothing from which it could be found without the store's own secret.
    ///
    /// # Errors
    /// When that secret cannot be had.
    pub fn badge_code(&self, badge: &str) -> Result<[u8; 32], JournalError> {
        Ok(code_of(badge, &secret(self.shared.readers.store())?))
    }

    /// The account whose badge this is.
    ///
    /// # Errors
    /// When the store or its secret cannot be read.
    pub async fn holder(&self, badge: &str) -> Result<Option<Account>, JournalError> {
        let (journal, badge) = (self.clone(), badge.to_owned());
        let look = move |connection: &Connection| holder(connection, journal.badge_code(&badge)?);
        self.shared.readers.read(look).await
    }

    /// The token with this SHA-256.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, JournalError> {
        let hash = *hash;
        self.shared.readers.read(move |connection| token(connection, hash)).await
    }

    /// Adds a token.
    ///
    /// # Errors
    /// When commits fail.
    pub async fn add_token(&self, token: TokenRow) -> Result<(), JournalError> {
        self.ask(Ask::AddToken(token)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::schema::migrate;

    fn account(name: &str, badge: Option<[u8; 32]>) -> Account {
        Account { name: name.to_owned(), role: AccountRole::Nurse, pin_hash: "$a$".to_owned(), badge }
    }

    #[test]
    fn a_name_is_given_once_and_taken_back_once() {
        let mut store = Connection::open_in_memory().unwrap();
        migrate(&mut store).unwrap();
        let nurse = account("n.sample", None);
        add(&store, &nurse).unwrap();
        assert!(matches!(add(&store, &nurse), Err(JournalError::AccountExists(_))));
        assert_eq!(one(&store, "n.sample").unwrap(), Some(nurse.clone()));
        assert_eq!(all(&store).unwrap(), [nurse]);
        remove(&store, "n.sample").unwrap();
        assert!(matches!(remove(&store, "n.sample"), Err(JournalError::NoSuchAccount(_))));
        assert_eq!(one(&store, "n.sample").unwrap(), None);
    }

    #[test]
    fn a_badge_has_one_holder_and_goes_with_them() {
        let mut store = Connection::open_in_memory().unwrap();
        migrate(&mut store).unwrap();
        let named = |badge| holder(&store, badge).unwrap().map(|account| account.name);
        add(&store, &account("asha", Some([1; 32]))).unwrap();
        let second = add(&store, &account("ben", Some([1; 32])));
        assert!(matches!(second, Err(JournalError::BadgeTaken(holder)) if holder == "asha"));
        assert_eq!(one(&store, "ben").unwrap(), None, "nobody is added without the badge they were to have");
        add(&store, &account("ben", None)).unwrap();
        add(&store, &account("cara", None)).unwrap();
        set_badge(&store, "ben", Some([2; 32])).unwrap();
        let theirs = set_badge(&store, "ben", Some([1; 32]));
        assert!(matches!(theirs, Err(JournalError::BadgeTaken(holder)) if holder == "asha"));
        assert_eq!(named([2; 32]).as_deref(), Some("ben"), "and keeps the one that he has");
        set_badge(&store, "ben", Some([3; 32])).unwrap();
        assert_eq!((named([2; 32]), named([3; 32]).as_deref()), (None, Some("ben")));
        set_badge(&store, "ben", None).unwrap();
        remove(&store, "asha").unwrap();
        assert_eq!((named([1; 32]), named([3; 32])), (None, None));
        assert!(matches!(set_badge(&store, "asha", None), Err(JournalError::NoSuchAccount(_))));
    }

    #[test]
    fn a_token_is_found_by_its_hash_alone() {
        let mut store = Connection::open_in_memory().unwrap();
        migrate(&mut store).unwrap();
        let row = TokenRow {
            hash: [7; 32],
            name: "dashboard".to_owned(),
            role: AccountRole::Viewer,
            created_at: Wall(1),
        };
        add_token(&store, &row).unwrap();
        add_token(&store, &row).unwrap();
        assert_eq!(token(&store, [7; 32]).unwrap(), Some(row));
        assert_eq!(token(&store, [8; 32]).unwrap(), None);
    }

    #[test]
    fn an_unknown_role_may_only_look() {
        let mut store = Connection::open_in_memory().unwrap();
        migrate(&mut store).unwrap();
        store.execute("INSERT INTO account VALUES ('x', 'surgeon-general', '', NULL)", []).unwrap();
        assert_eq!(one(&store, "x").unwrap().unwrap().role, AccountRole::Viewer);
    }
}
