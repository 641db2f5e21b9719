//! What the board asks of the annunciators: to sound a self-test, and to take a person's word for it. Those who
//! hold them answer; nothing sounds from here.

use super::accounts::Asked;
use crate::clock::Wall;

/// Who tests, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tester {
    /// The account.
    pub name: String,
    /// The station that they name.
    pub station: String,
}

/// Why a call to an annunciator comes to nothing. Its sentences tell a person what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTest {
    /// There is none of this name.
    Unknown,
    /// It cannot be done now.
    Conflict(String),
}

/// The annunciators as they can be tested.
pub trait Annunciators: Send + Sync {
    /// Sounds a test burst and writes down who wanted it; answers once it has begun.
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>>;

    /// Takes the word of the person who listened, and writes it down; when that was.
    fn answer_test<'a>(&'a self, id: &'a str, heard: bool, by: &'a Tester)
    -> Asked<'a, Result<Wall, NoTest>>;
}
