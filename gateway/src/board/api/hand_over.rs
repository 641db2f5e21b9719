//! Who does something at a bed, and how it reaches the ward's door: only with a PIN, and done only once it is
//! durable.

use std::time::Duration;

use rules::event::Role;

use crate::board::Board;
use crate::board::accounts::Account;
use crate::board::problem::Problem;
use crate::event::{Arrival, Event, Peer, Person, Said, Verdict};

/// After so long without a verdict the caller is told that it is not known.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest name or label that is taken, in bytes.
const LABEL_MOST: usize = 64;

/// The station of a call that names none.
const NOWHERE: &str = "api";

/// Who does something, as a call says it.
pub(super) struct Credentials<'a> {
    pub(super) by: &'a str,
    pub(super) pin: Option<&'a str>,
    pub(super) badge: Option<&'a str>,
    pub(super) station: Option<&'a str>,
}

impl Credentials<'_> {
    /// The account behind them, proven by its PIN.
    pub(super) async fn account(&self, board: &Board) -> Result<Account, Problem> {
        if self.by.len() > LABEL_MOST || self.station().len() > LABEL_MOST {
            return Err(Problem::value("label", "names and stations have at most 64 bytes"));
        }
        if self.badge.is_some() {
            return Err(Problem::value("badge", "badges cannot be read here yet: send \"pin\" instead"));
        }
        let pin = self.pin.ok_or_else(|| Problem::value("pin-missing", "send the PIN as \"pin\""))?;
        let (deps, now) = (&board.deps, board.deps.clock.now());
        Ok(board.pins.account_of(deps.accounts.as_ref(), self.by, pin, now).await?)
    }

    /// Where they are.
    pub(super) fn station(&self) -> &str {
        self.station.filter(|station| !station.is_empty()).unwrap_or(NOWHERE)
    }

    /// The same as a person at a bed.
    pub(super) fn person(&self, account: Account, role: Role) -> Person {
        Person { name: account.name, role, station: self.station().to_owned() }
    }
}

/// Hands events over and waits until they are durable; what the bed said to each of them, in order.
pub(super) async fn hand_over(
    board: &Board,
    station: &str,
    events: Vec<Event>,
) -> Result<Vec<Said>, Problem> {
    let peer = Peer { endpoint: "board", name: station.to_owned() };
    let told = board.deps.door.hand_over(Arrival { peer, raw: None, events });
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(Verdict::Stored(said)) => Ok(said),
        Ok(Verdict::NotNow(why)) => Err(Problem::not_now(why)),
        Err(_) => Err(Problem::not_now("no word from the store: look at the alert before you answer again")),
    }
}
