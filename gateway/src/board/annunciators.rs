//! What the board asks of the annunciators: to sound a self-test, to take a person's word for it, and to take
//! a workstation's heartbeat. Those who hold them answer; nothing sounds from here.

use rules::Priority;

use super::accounts::Asked;
use super::plumbing::SoundState;
use crate::clock::Wall;
use crate::view::Signal;

/// What a workstation says of its own sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Its sound device.
    pub device: String,
    /// Whether it can be heard.
    pub state: SoundState,
    /// Why not.
    pub why: Option<String>,
    /// The alert that it sounds for now, and the priority of its burst.
    pub playing: Option<(String, Priority)>,
    /// How many bursts it has played since its start.
    pub bursts: u64,
    /// It goes now, in order.
    pub leaving: bool,
}

impl Default for Beat {
    /// A workstation that sounds, and says no more.
    fn default() -> Self {
        let (device, state) = (String::new(), SoundState::Ok);
        Self { device, state, why: None, playing: None, bursts: 0, leaving: false }
    }
}

/// What a workstation is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What must be heard there.
    pub signal: Option<Signal>,
    /// How loud, in hundredths of full.
    pub percent: u8,
}

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

/// The name of no workstation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken(pub &'static str);

/// The annunciators as they can be tested.
pub trait Annunciators: Send + Sync {
    /// Sounds a test burst and writes down who wanted it; answers once it has begun.
    fn begin_test<'a>(&'a self, id: &'a str, by: &'a Tester) -> Asked<'a, Result<(), NoTest>>;

    /// Takes the word of the person who listened, and writes it down; when that was.
    fn answer_test<'a>(&'a self, id: &'a str, heard: bool, by: &'a Tester)
    -> Asked<'a, Result<Wall, NoTest>>;

    /// Takes a workstation's heartbeat.
    fn heard<'a>(&'a self, id: &'a str, beat: Beat) -> Asked<'a, Result<(), NotTaken>>;

    /// What that workstation must sound now.
    fn wanted(&self, id: &str) -> Wanted;
}
