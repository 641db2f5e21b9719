//! From where the board may be read without signing in, and whether it shows names. It knows no person.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Shared;
use super::accounts::AccountRole;
use super::problem::Problem;
use super::session::{cookie_of, token_hash};
use crate::config::screens::THIS_MACHINE;
pub use crate::config::screens::{NameShown, Station};

impl NameShown {
    /// A name as it may be shown; `None` where nothing may be, or nothing is known.
    #[must_use]
    pub fn shown(self, name: &str) -> Option<String> {
        let shown = match self {
            Self::Nothing => return None,
            Self::Initials => name.split_whitespace().filter_map(|word| word.chars().next()).collect(),
            Self::Whole => name.to_owned(),
        };
        (!shown.is_empty()).then_some(shown)
    }
}

/// From where the board may be read, and what it shows there.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The registered stations; loopback always is one.
    pub stations: Vec<Station>,
    /// How much of a patient's name is shown.
    pub names: NameShown,
    /// Whether the board is reached over TLS alone, so that the session's cookie may be kept to it.
    pub over_tls: bool,
}

impl Access {
    fn is_open_to(&self, peer: IpAddr) -> bool {
        self.station_at(peer).is_some()
    }

    /// The label of the station at that address; this machine is one by itself.
    fn station_at(&self, peer: IpAddr) -> Option<&str> {
        let peer = peer.to_canonical();
        let registered = self.stations.iter().find(|station| station.address.to_canonical() == peer);
        let label = registered.map(|station| station.label.as_str());
        label.or_else(|| peer.is_loopback().then_some(THIS_MACHINE))
    }
}

/// The screen from which a call comes.
pub(super) struct Screen {
    /// The registered station that it is, if it is one.
    pub(super) station: Option<String>,
}

impl FromRequestParts<Shared> for Screen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let station = peer.and_then(|peer| board.deps.access.station_at(peer)).map(str::to_owned);
        Ok(Self { station })
    }
}

/// Somebody who may read: at a station, signed in, or a program with a token.
pub(super) struct Reader {
    /// Whether it is known who they are: by their session or their token, not by the screen's place alone.
    pub(super) is_signed_in: bool,
    /// Whether they may see phone numbers: who is known, and no program that only looks on.
    pub(super) sees_phones: bool,
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Problem> {
        if let Some(token) = bearer_of(parts) {
            let known = board.deps.accounts.token(token_hash(token)).await?;
            let reader =
                |role| Self { is_signed_in: true, sees_phones: !matches!(role, AccountRole::Viewer) };
            return known.map(reader).ok_or_else(Problem::token_unknown);
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let is_signed_in = cookie_of(&parts.headers)
            .is_some_and(|token| board.sessions.is_open(token_hash(token), board.deps.clock.now()));
        if peer.is_some_and(|peer| board.deps.access.is_open_to(peer)) || is_signed_in {
            return Ok(Self { is_signed_in, sees_phones: is_signed_in });
        }
        Err(Problem::sign_in_needed())
    }
}

/// A program with a token, of a role that may do more than look. Its place alone lets nobody in.
struct Program;

impl FromRequestParts<Shared> for Program {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Problem> {
        let token = bearer_of(parts).ok_or_else(Problem::token_needed)?;
        match board.deps.accounts.token(token_hash(token)).await? {
            None => Err(Problem::token_unknown()),
            Some(AccountRole::Viewer) => {
                Err(Problem::forbidden("this token looks only; make one with another role"))
            }
            Some(_) => Ok(Self),
        }
    }
}

/// A workstation that says how its sound is: a program with a token, or whoever stands at a station and shows
/// none.
pub(super) struct Workstation;

impl FromRequestParts<Shared> for Workstation {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let is_at_a_station = peer.is_some_and(|peer| board.deps.access.is_open_to(peer));
        if is_at_a_station && !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(Self);
        }
        Program::from_request_parts(parts, board).await.map(|_| Self)
    }
}

fn bearer_of(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_obey_the_privacy_setting() {
        assert_eq!(NameShown::Nothing.shown("Asha Rao"), None);
        assert_eq!(NameShown::Initials.shown("Asha  Rao").as_deref(), Some("AR"));
        assert_eq!(NameShown::Whole.shown("Asha Rao").as_deref(), Some("Asha Rao"));
        assert_eq!(NameShown::Whole.shown(""), None);
    }

    #[test]
    fn a_station_is_known_by_its_address_alone() {
        let station = Station { label: "desk".to_owned(), address: IpAddr::from([10, 0, 0, 5]) };
        let access = Access { stations: vec![station], ..Access::default() };
        for (peer, open) in
            [("127.0.0.1", true), ("::1", true), ("::ffff:10.0.0.5", true), ("10.0.0.6", false)]
        {
            assert_eq!(access.is_open_to(peer.parse().unwrap()), open, "{peer}");
        }
    }
}
