//! The accounts and tokens of the store. It knows neither PINs nor tokens, only what was made of them, and
//! checks none.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::JournalError;
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
        Ok(Self { name: row.get("name")?, role: role_of(row)?, pin_hash: row.get("pin_hash")? })
    }
}

pub(super) fn one(connection: &Connection, name: &str) -> Result<Option<Account>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM account WHERE name = ?1")?;
    Ok(statement.query_row([name], Account::read).optional()?)
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Account>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM account ORDER BY name")?;
    Ok(statement.query_map([], Account::read)?.collect::<Result<_, _>>()?)
}

pub(super) fn add(connection: &Connection, account: &Account) -> Result<(), JournalError> {
    let added = connection
        .prepare_cached("INSERT INTO account VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![account.name, account.role.word(), account.pin_hash])?;
    if added == 1 { Ok(()) } else { Err(JournalError::AccountExists(account.name.clone())) }
}

pub(super) fn remove(connection: &Connection, name: &str) -> Result<(), JournalError> {
    let removed = connection.prepare_cached("DELETE FROM account WHERE name = ?1")?.execute([name])?;
    if removed == 1 { Ok(()) } else { Err(JournalError::NoSuchAccount(name.to_owned())) }
}

pub(super) fn token(connection: &Connection, hash: [u8; 32]) -> Result<Option<TokenRow>, JournalError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::schema::migrate;

    #[test]
    fn a_name_is_given_once_and_taken_back_once() {
        let mut store = Connection::open_in_memory().unwrap();
        migrate(&mut store).unwrap();
        let nurse =
            Account { name: "n.sample".to_owned(), role: AccountRole::Nurse, pin_hash: "$a$".to_owned() };
        add(&store, &nurse).unwrap();
        assert!(matches!(add(&store, &nurse), Err(JournalError::AccountExists(_))));
        assert_eq!(one(&store, "n.sample").unwrap(), Some(nurse.clone()));
        assert_eq!(all(&store).unwrap(), [nurse]);
        remove(&store, "n.sample").unwrap();
        assert!(matches!(remove(&store, "n.sample"), Err(JournalError::NoSuchAccount(_))));
        assert_eq!(one(&store, "n.sample").unwrap(), None);
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
        store.execute("INSERT INTO account VALUES ('x', 'surgeon-general', '')", []).unwrap();
        assert_eq!(one(&store, "x").unwrap().unwrap().role, AccountRole::Viewer);
    }
}
