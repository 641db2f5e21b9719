//! Who does something at a bed, and how it reaches the ward's door: only with a PIN or a badge, and done only
//! once it is durable.

use std::time::Duration;

use rules::event::Role;
use serde_json::json;

use crate::board::Board;
use crate::board::accounts::Account;
use crate::board::pin::badge;
use crate::board::problem::Problem;
use crate::event::{Arrival, Event, Outcome, Peer, Person, Raw, Said, Verdict};
use crate::message::Marks;

/// After so long without a verdict the caller is told that it is not known.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest name or label that is taken, in bytes.
const LABEL_MOST: usize = 64;

/// The station of a call that names none.
const NOWHERE: &str = "api";

/// Who does something, as a call says it.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) by: Option<&'a str>,
    pub(super) pin: Option<&'a str>,
    pub(super) badge: Option<&'a str>,
    pub(super) station: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// The account behind them, proven by its PIN or its badge. `words` is what else is said and would be
    /// kept.
    pub(super) async fn account(&self, board: &Board, words: &[&str]) -> Result<Account, Problem> {
        if self.by.is_some_and(|by| by.len() > LABEL_MOST) || self.station().len() > LABEL_MOST {
            return Err(Problem::value("label", "names and stations have at most 64 bytes"));
        }
        let (accounts, now) = (board.deps.accounts.as_ref(), board.deps.clock.now());
        holds_no_badge(board, &[words, &[self.by.unwrap_or_default(), self.station()]].concat()).await?;
        match (self.pin, self.badge) {
            (Some(pin), None) => {
                let missing = || Problem::value("by", "a PIN needs a name: send who this is");
                let by = self.by.ok_or_else(missing)?;
                Ok(board.pins.account_of(accounts, by, pin, now).await?)
            }
            (None, Some(badge)) => Ok(board.pins.holder(accounts, badge, self.by, now).await?),
            (Some(_), Some(_)) => Err(Problem::value("badge", "send either \"pin\" or \"badge\"")),
            (None, None) => Err(Problem::value("pin-missing", "send the PIN as \"pin\", or a \"badge\"")),
        }
    }

    /// The same of somebody whose name is known by now.
    pub(super) const fn of(self, name: &'a str) -> Self {
        Self { by: Some(name), ..self }
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

/// Refuses words that would be kept and hold somebody's badge, which a reader typed there: it opens
/// everything to whoever reads the record.
pub(super) async fn holds_no_badge(board: &Board, words: &[&str]) -> Result<(), Problem> {
    if badge::is_among(board.deps.accounts.as_ref(), words).await? {
        let detail = "a badge was read into another field: empty it, and hold the badge to its own";
        return Err(Problem::value("badge-misplaced", detail));
    }
    Ok(())
}

/// Keeps in the message log an answer that changed nothing: what was claimed of which alert, by whom, and why
/// it does not count. PIN and badge are no part of it. Whoever asked is told so all the same when nothing is
/// kept.
pub(super) async fn keep_refused(
    board: &Board,
    about: &str,
    kind: &'static str,
    credentials: &Credentials<'_>,
    problem: &Problem,
) {
    // Somebody who shouts at the door must not fill the log.
    let cut = |text: &str| text.chars().take(LABEL_MOST).collect::<String>();
    let claimed =
        json!({ "about": cut(about), "by": credentials.by.map(cut), "station": cut(credentials.station()) });
    let raw = Raw {
        kind: kind.to_owned(),
        control_id: String::new(),
        bytes: claimed.to_string().into_bytes(),
        outcome: Outcome::Refused,
        reason: problem.detail().to_owned(),
        marks: Marks::default(),
    };
    let peer = Peer { endpoint: "board", name: cut(credentials.station()) };
    let arrival = Arrival { peer, raw: Some(raw), events: Vec::new() };
    let _ = tokio::time::timeout(PATIENCE, board.deps.door.hand_over(arrival)).await;
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
