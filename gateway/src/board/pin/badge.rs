//! Badges: what one may be, and whose it is. A badge alone says who somebody is, so it must not be
//! guessed: it is longer than a PIN, and too many that nobody has make all of them wait, for half a
//! minute. It keeps no badge.

use std::sync::PoisonError;

use rules::Moment;

use super::{GUESSES_WITHIN, PAUSE_LEAST, PinFault, Pins, Tries};
use crate::board::accounts::{Account, Accounts, Unreadable};

/// So many digits and no more are a PIN, whoever types them: one field of the board takes both.
const PIN_MOST: usize = 12;

/// A text that cannot be a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadgeRefused {
    /// Not 8 to 64 printable characters.
    #[error("a badge is 8 to 64 printable ASCII characters without spaces: hold it to the reader again")]
    Form,
    /// Could be a PIN.
    #[error("12 digits or fewer could be a PIN: set the reader to type a letter before them")]
    LikeAPin,
}

/// Whether what a reader typed may be a badge: 8 to 64 printable ASCII characters without spaces, and not
/// digits alone unless there are more than a PIN has.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn check(badge: &str) -> Result<(), BadgeRefused> {
    if !(8..=64).contains(&badge.len()) || !badge.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BadgeRefused::Form);
    }
    if badge.len() <= PIN_MOST && badge.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadgeRefused::LikeAPin);
    }
    Ok(())
}

/// Whether somebody's badge stands among these words. Looking is no try: nothing is opened by it.
pub(in crate::board) async fn is_among(accounts: &dyn Accounts, texts: &[&str]) -> Result<bool, Unreadable> {
    for word in texts.iter().flat_map(|text| text.split_whitespace()) {
        if check(word).is_ok() && accounts.holder(word).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Pins {
    /// The account whose badge this is, if badges may be tried now; where somebody is named, only theirs.
    pub(in crate::board) async fn holder(
        &self,
        accounts: &dyn Accounts,
        badge: &str,
        by: Option<&str>,
        now: Moment,
    ) -> Result<Account, PinFault> {
        self.forget_what_is_long_ago(now);
        let tried = self.badges().begin(now, PAUSE_LEAST);
        let in_a_row = tried.map_err(|wait_s| PinFault::BadgesPaused { wait_s })?;
        let holder = if check(badge).is_ok() { accounts.holder(badge).await } else { Ok(None) };
        let Some(account) = holder?.filter(|account| by.is_none_or(|by| by == account.name)) else {
            self.tell_of_guesses(accounts, in_a_row, now);
            return Err(PinFault::UnknownBadge);
        };
        // What others guessed wrong stays counted.
        self.badges().take_back();
        Ok(account)
    }

    /// Unknown badges of last week must not make today's first one wait.
    fn forget_what_is_long_ago(&self, now: Moment) {
        let mut tries = self.badges();
        if now.since(tries.paused_until) > GUESSES_WITHIN {
            *tries = Tries::default();
        }
    }

    fn badges(&self) -> std::sync::MutexGuard<'_, Tries> {
        self.badges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::super::tests::{BADGE, OneNurse};
    use super::super::{FORGIVEN, GUESSES, GUESSES_WITHIN};
    use super::*;

    #[test]
    fn a_badge_is_printable_and_no_pin() {
        for good in ["04A219F3", "1234567890123", "(01)04012345~x", &"x".repeat(64)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for form in ["", "04A219F", "04A2 19F3", "04A219F\u{e9}", "04A219F\n", &"x".repeat(65)] {
            assert_eq!(check(form), Err(BadgeRefused::Form), "{form:?}");
        }
        for pin in ["12345678", "0012345678", "123456789012"] {
            assert_eq!(check(pin), Err(BadgeRefused::LikeAPin), "{pin}");
        }
    }

    #[tokio::test]
    async fn a_badge_finds_its_holder_and_nobody_else() {
        let (pins, nurse) = (Pins::default(), OneNurse::new());
        let try_it = |badge, by| pins.holder(&nurse, badge, by, Moment(0));
        for by in [None, Some("asha")] {
            assert_eq!(try_it(BADGE, by).await.map(|account| account.name), Ok("asha".to_owned()));
        }
        assert_eq!(try_it(BADGE, Some("ben")).await, Err(PinFault::UnknownBadge));
        assert_eq!(try_it("04A2:19F3-ben", None).await, Err(PinFault::UnknownBadge));
        assert_eq!(try_it("2468", Some("asha")).await, Err(PinFault::UnknownBadge), "a PIN is no badge");
    }

    #[tokio::test]
    async fn five_unknown_badges_make_every_badge_wait_and_no_pin() {
        let (pins, nurse) = (Pins::default(), OneNurse::new());
        for no in 0..FORGIVEN {
            let tried = pins.holder(&nurse, &format!("nobody's-{no}"), None, Moment(0)).await;
            assert_eq!(tried, Err(PinFault::UnknownBadge));
        }
        assert_eq!(nurse.guessed.load(Ordering::Relaxed), 1, "the watch over the house is told");
        let early = pins.holder(&nurse, BADGE, None, Moment(1_000)).await;
        assert_eq!(early, Err(PinFault::BadgesPaused { wait_s: 30 }));
        assert!(pins.account_of(&nurse, "asha", "2468", Moment(1_000)).await.is_ok());
        assert!(pins.holder(&nurse, BADGE, None, Moment(30_001)).await.is_ok());
        assert_eq!(pins.badges().wrong, FORGIVEN, "a right badge forgets nobody's wrong ones");
        let again = pins.holder(&nurse, "nobody's-own", None, Moment(30_001)).await;
        assert_eq!(again, Err(PinFault::UnknownBadge));
        let early = pins.holder(&nurse, BADGE, None, Moment(30_002)).await;
        assert_eq!(early, Err(PinFault::BadgesPaused { wait_s: 30 }), "and it never waits longer than that");
        let later = Moment(30_002) + GUESSES_WITHIN + PAUSE_LEAST;
        assert_eq!(pins.holder(&nurse, "nobody's-own", None, later).await, Err(PinFault::UnknownBadge));
        assert_eq!(pins.badges().wrong, 1, "what is long ago is forgotten");
    }

    #[tokio::test]
    async fn a_badge_is_found_among_other_words() {
        let nurse = OneNurse::new();
        for (texts, found) in [
            (["washing", ""], false),
            (["washing", BADGE], true),
            (["see 04A2:19F3-asha", ""], true),
            (["04A2:19F3-ben", "2468"], false),
        ] {
            assert_eq!(is_among(&nurse, &texts).await, Ok(found), "{texts:?}");
        }
    }

    #[tokio::test]
    async fn wrong_badges_and_wrong_pins_are_counted_together() {
        let (pins, nurse) = (Pins::default(), OneNurse::new());
        for no in 0..GUESSES / 2 {
            let _ = pins.account_of(&nurse, &format!("n{no}"), "0000", Moment(0)).await;
            if no < 4 {
                let _ = pins.holder(&nurse, "nobody's-own", None, Moment(0)).await;
            }
        }
        assert_eq!(nurse.guessed.load(Ordering::Relaxed), 0, "nine");
        let _ = pins.account_of(&nurse, "n9", "0000", Moment(1)).await;
        assert_eq!(nurse.guessed.load(Ordering::Relaxed), 1, "and the tenth");
    }
}
