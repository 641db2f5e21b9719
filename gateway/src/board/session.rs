//! Sessions: who signed in with a browser. They allow reading from elsewhere; every answer at a bed asks for
//! the PIN again.
//!
//! Only the SHA-256 of a session's token is kept, in memory alone: a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use rules::{Moment, Span};
use sha2::{Digest, Sha256};

use crate::hex;

/// A session lasts as long as a long shift, where whoever signs in does not want less.
pub(super) const LASTS_MOST: Span = Span::hours(12);

/// How many sessions there may be. Beyond it the oldest ends.
const SESSIONS_MOST: usize = 1_024;

/// The cookie's name.
const COOKIE_NAME: &str = "wardlight_session";

/// The open sessions: the token's hash, and when it ends.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<[u8; 32], Moment>>,
}

impl Sessions {
    /// Opens one that `lasts` so long, and returns its token. `None` when the machine gives no random
    /// numbers.
    pub(super) fn open(&self, now: Moment, lasts: Span) -> Option<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        let token = hex::of(&bytes);
        let mut open = self.lock();
        open.retain(|_, ends| *ends > now);
        if open.len() >= SESSIONS_MOST {
            let oldest = open.iter().min_by_key(|(_, ends)| **ends).map(|(hash, _)| *hash);
            oldest.map(|oldest| open.remove(&oldest));
        }
        open.insert(token_hash(&token), now + lasts);
        Some(token)
    }

    pub(super) fn is_open(&self, hash: [u8; 32], now: Moment) -> bool {
        self.lock().get(&hash).is_some_and(|ends| *ends > now)
    }

    pub(super) fn end(&self, hash: [u8; 32]) {
        self.lock().remove(&hash);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Moment>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a token.
pub(super) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The session's token among the cookies of a request.
pub(super) fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, token)| token)
}

/// The `Set-Cookie` that gives a session to a browser for so long, or takes it away where there is none.
pub(super) fn set_cookie(session: Option<(&str, Span)>, over_tls: bool) -> String {
    let secure = if over_tls { "; Secure" } else { "" };
    let (token, seconds) = session.map_or(("", 0), |(token, lasts)| (token, lasts.whole_seconds()));
    format!("{COOKIE_NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_with_its_shift_or_when_it_is_ended() {
        let sessions = Sessions::default();
        let token = sessions.open(Moment(0), LASTS_MOST).unwrap();
        let hash = token_hash(&token);
        assert!(sessions.is_open(hash, Moment(1)));
        assert!(!sessions.is_open(hash, Moment(0) + LASTS_MOST));
        sessions.end(hash);
        assert!(!sessions.is_open(hash, Moment(1)));
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        let first = sessions.open(Moment(0), LASTS_MOST).unwrap();
        for at in 0..SESSIONS_MOST {
            sessions.open(Moment(1 + at as u64), LASTS_MOST).unwrap();
        }
        assert!(!sessions.is_open(token_hash(&first), Moment(2)), "the oldest gives way");
        assert_eq!(sessions.lock().len(), SESSIONS_MOST);
    }

    #[test]
    fn the_cookie_is_found_among_others_and_kept_to_tls_where_there_is_any() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; wardlight_session=abc".parse().unwrap());
        assert_eq!(cookie_of(&headers), Some("abc"));
        assert!(set_cookie(Some(("abc", LASTS_MOST)), true).ends_with("HttpOnly; SameSite=Strict; Secure"));
        assert!(set_cookie(None, false).contains("Max-Age=0"));
    }
}
