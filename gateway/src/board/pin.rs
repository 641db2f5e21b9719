//! PINs, and badges in their place: made into what is kept of them, checked against that, and never guessed
//! at leisure. No PIN and no badge is kept, logged or echoed.

pub mod badge;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rules::{Moment, Span};
use tokio::sync::Semaphore;

use super::accounts::{Account, Accounts, Unreadable};

/// How many wrong PINs in a row an account is forgiven.
const FORGIVEN: u32 = 5;

/// The pause after the first wrong PIN too many; it doubles with each further one.
const PAUSE_LEAST: Span = Span::seconds(30);

/// The longest pause.
const PAUSE_MOST: Span = Span::minutes(15);

/// How many names are remembered. Beyond it the one whose pause ends first is forgotten.
const NAMES_MOST: usize = 1_024;

/// So many wrong PINs in so short a time, whatever the names, are guesses: one who goes from name to name at
/// a station pauses none of them.
const GUESSES: usize = 10;
const GUESSES_WITHIN: Span = Span::minutes(10);

/// How many PINs are checked at once: each check takes 19 MiB and a core.
const CHECKS_AT_ONCE: usize = 2;

/// What the PIN of an unknown name is checked against, so that the time it takes does not tell who has an
/// account: the shipped parameters, and a hash that no PIN has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a PIN or a badge was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinFault {
    /// No such account, or not its PIN; which of them is not said.
    #[error("name and PIN do not belong together: try again")]
    Wrong,
    /// Nobody's badge, or not that of whoever is named; which of them is not said.
    #[error("this badge is not known here, or is somebody else's: try again, or give name and PIN")]
    UnknownBadge,
    /// Too many wrong PINs for the name.
    #[error("too many wrong PINs for this name: wait {wait_s} s, or let a colleague answer")]
    Paused {
        /// How much longer, in seconds.
        wait_s: u32,
    },
    /// Too many unknown badges.
    #[error("too many badges that are not known here: wait {wait_s} s, or give name and PIN")]
    BadgesPaused {
        /// How much longer, in seconds.
        wait_s: u32,
    },
    /// The accounts cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The check itself fell over.
    #[error("the PIN could not be checked now: try again")]
    Broken,
}

/// A PIN that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinRefused {
    /// Not 4 to 12 digits.
    #[error("a PIN has 4 to 12 digits")]
    Form,
    /// No hash could be made of it.
    #[error("the PIN could not be hashed: no random numbers to be had")]
    Unhashed,
}

/// The hash of a new PIN, to be stored in its account. Takes some 50 ms of a core.
///
/// # Errors
/// When it is no PIN, or the machine gives no random numbers.
pub fn hash(pin: &str) -> Result<String, PinRefused> {
    if !is_pin(pin) {
        return Err(PinRefused::Form);
    }
    let hashed = Argon2::default().hash_password(pin.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|_| PinRefused::Unhashed)
}

fn is_pin(pin: &str) -> bool {
    (4..=12).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
}

/// The wrong PINs and badges of late.
#[derive(Debug)]
pub(super) struct Pins {
    tries: Mutex<HashMap<String, Tries>>,
    badges: Mutex<Tries>,
    /// When the last [`GUESSES`] wrong ones were, the oldest first.
    of_late: Mutex<VecDeque<Moment>>,
    checks: Semaphore,
}

/// The wrong PINs of one name, or the wrong badges of whomever: a badge that nobody knows has no name.
/// What is being tried counts as wrong until it is known: many at once are no more guesses than one after
/// the other.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    wrong: u32,
    paused_until: Moment,
}

impl Tries {
    /// For how many seconds nothing is tried.
    fn wait_s(self, now: Moment) -> Option<u32> {
        let left = self.paused_until.since(now);
        (left > Span::ZERO).then(|| left.whole_seconds() + 1)
    }

    /// Counts one more that may be wrong; says how many there are in a row. Else for how many seconds
    /// nothing is tried.
    fn begin(&mut self, now: Moment, pause_most: Span) -> Result<u32, u32> {
        if let Some(wait_s) = self.wait_s(now) {
            return Err(wait_s);
        }
        self.wrong = self.wrong.saturating_add(1);
        self.paused_until = now + pause_after(self.wrong).min(pause_most);
        Ok(self.wrong)
    }

    /// It was right after all.
    fn take_back(&mut self) {
        self.wrong = self.wrong.saturating_sub(1);
        self.paused_until = Moment(0);
    }
}

impl Default for Pins {
    fn default() -> Self {
        let checks = Semaphore::new(CHECKS_AT_ONCE);
        Self { tries: Mutex::default(), badges: Mutex::default(), of_late: Mutex::default(), checks }
    }
}

impl Pins {
    /// The account of `name`, if `pin` is its PIN and it may be tried now.
    pub(super) async fn account_of(
        &self,
        accounts: &dyn Accounts,
        name: &str,
        pin: &str,
        now: Moment,
    ) -> Result<Account, PinFault> {
        let in_a_row = self.begin(name, now).map_err(|wait_s| PinFault::Paused { wait_s })?;
        match self.check(accounts, name, pin).await {
            Ok(None) => {
                self.tell_of_guesses(accounts, in_a_row, now);
                Err(PinFault::Wrong)
            }
            Ok(Some(account)) => {
                self.tries().remove(name);
                Ok(account)
            }
            Err(fault) => {
                self.tries().entry(name.to_owned()).or_default().take_back();
                Err(fault)
            }
        }
    }

    /// The account of `name`, where this is its PIN.
    async fn check(
        &self,
        accounts: &dyn Accounts,
        name: &str,
        pin: &str,
    ) -> Result<Option<Account>, PinFault> {
        let account = accounts.account(name).await?;
        let hash = account.as_ref().map_or(NOBODY, |account| account.pin_hash.as_str()).to_owned();
        let right = self.verify(pin.to_owned(), hash).await?;
        Ok(account.filter(|_| right))
    }

    async fn verify(&self, pin: String, hash: String) -> Result<bool, PinFault> {
        let _turn = self.checks.acquire().await.map_err(|_| PinFault::Broken)?;
        let check =
            move || is_pin(&pin) && Argon2::default().verify_password(pin.as_bytes(), hash.as_str()).is_ok();
        tokio::task::spawn_blocking(check).await.map_err(|_| PinFault::Broken)
    }

    /// Counts a PIN that may be wrong; says how many there are in a row for this name, or for how many
    /// seconds none is tried.
    fn begin(&self, name: &str, now: Moment) -> Result<u32, u32> {
        let mut names = self.tries();
        if names.len() >= NAMES_MOST && !names.contains_key(name) {
            let first =
                names.iter().min_by_key(|(_, tries)| tries.paused_until).map(|(name, _)| name.clone());
            first.map(|first| names.remove(&first));
        }
        names.entry(name.to_owned()).or_default().begin(now, PAUSE_MOST)
    }

    /// Tells the watch over the house of one more wrong PIN or badge, where there are too many.
    fn tell_of_guesses(&self, accounts: &dyn Accounts, in_a_row: u32, now: Moment) {
        if self.are_many_of_late(now) || in_a_row >= FORGIVEN {
            accounts.guessed();
        }
    }

    /// Counts a wrong PIN for whatever name, or a wrong badge; says whether there were too many of late.
    fn are_many_of_late(&self, now: Moment) -> bool {
        let mut of_late = self.of_late.lock().unwrap_or_else(PoisonError::into_inner);
        if of_late.len() >= GUESSES {
            of_late.pop_front();
        }
        of_late.push_back(now);
        of_late.len() >= GUESSES && of_late.front().is_some_and(|first| now.since(*first) <= GUESSES_WITHIN)
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, HashMap<String, Tries>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pause_after(wrong: u32) -> Span {
    match wrong.checked_sub(FORGIVEN) {
        None => Span::ZERO,
        Some(beyond) => Span(PAUSE_LEAST.0.saturating_mul(1 << beyond.min(16))).min(PAUSE_MOST),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::board::accounts::{AccountRole, Asked};

    /// The nurse's badge.
    pub(super) const BADGE: &str = "04A2:19F3-asha";

    pub(super) struct OneNurse {
        pin_hash: String,
        pub(super) guessed: AtomicU32,
    }

    impl OneNurse {
        pub(super) fn new() -> Self {
            Self { pin_hash: cheap("2468"), guessed: AtomicU32::new(0) }
        }
    }

    impl Accounts for OneNurse {
        fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>> {
            let found = (name == "asha").then(|| Account {
                name: name.to_owned(),
                role: AccountRole::Nurse,
                pin_hash: self.pin_hash.clone(),
                badge: None,
            });
            Box::pin(async move { Ok(found) })
        }

        fn holder<'a>(&'a self, badge: &'a str) -> Asked<'a, Option<Account>> {
            self.account(if badge == BADGE { "asha" } else { "" })
        }

        fn token(&self, _hash: [u8; 32]) -> Asked<'_, Option<AccountRole>> {
            Box::pin(async { Ok(None) })
        }

        fn guessed(&self) {
            self.guessed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn cheap(pin: &str) -> String {
        let params = argon2::Params::new(8, 1, 1, None).unwrap();
        Argon2::from(params).hash_password(pin.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn a_pin_is_four_to_twelve_digits() {
        for (pin, good) in [
            ("1234", true),
            ("123456789012", true),
            ("123", false),
            ("1234567890123", false),
            ("12a4", false),
        ] {
            assert_eq!(is_pin(pin), good, "{pin}");
        }
        assert_eq!(hash("abcd"), Err(PinRefused::Form));
    }

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<u32> = [1, 4, 5, 6, 7, 40].map(|wrong| pause_after(wrong).whole_seconds()).to_vec();
        assert_eq!(pauses, [0, 0, 30, 60, 120, 900]);
    }

    #[tokio::test]
    async fn five_wrong_pins_pause_the_account_even_for_the_right_one() {
        let (pins, nurse) = (Pins::default(), OneNurse::new());
        for _ in 0..FORGIVEN {
            let tried = pins.account_of(&nurse, "asha", "1111", Moment(0)).await;
            assert_eq!(tried, Err(PinFault::Wrong));
        }
        assert_eq!(nurse.guessed.load(Ordering::Relaxed), 1, "four may be a tired nurse's");
        let early = pins.account_of(&nurse, "asha", "2468", Moment(1_000)).await;
        assert_eq!(early, Err(PinFault::Paused { wait_s: 30 }));
        let later = pins.account_of(&nurse, "asha", "2468", Moment(30_001)).await;
        assert_eq!(later.map(|account| account.role), Ok(AccountRole::Nurse));
        assert!(pins.tries().is_empty(), "the right PIN forgets the wrong ones");
    }

    #[tokio::test]
    async fn an_unknown_name_is_no_different_from_a_wrong_pin() {
        let (pins, nurse) = (Pins::default(), OneNurse::new());
        assert_eq!(pins.account_of(&nurse, "nobody", "2468", Moment(0)).await, Err(PinFault::Wrong));
    }

    #[test]
    fn ten_wrong_pins_in_ten_minutes_are_guesses_whatever_the_names() {
        let pins = Pins::default();
        let within = u64::from(GUESSES_WITHIN.0);
        let nine = |from: u64| (0..9).any(|at| pins.are_many_of_late(Moment(from + at)));
        assert!(!nine(0));
        assert!(pins.are_many_of_late(Moment(within)), "the tenth, ten minutes after the first");
        assert!(!pins.are_many_of_late(Moment(within + 2)), "of the last ten the first is too long ago");
    }

    #[test]
    fn names_that_were_only_guessed_do_not_fill_the_memory() {
        let pins = Pins::default();
        for at in 0..2 * NAMES_MOST {
            let _ = pins.begin(&format!("name{at}"), Moment(at as u64));
        }
        assert_eq!(pins.tries().len(), NAMES_MOST);
    }
}
