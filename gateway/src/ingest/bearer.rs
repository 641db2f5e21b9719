//! Which programs may send over HTTP: from this machine anybody, from elsewhere those with a token.
//!
//! A token that is shown is always looked at, from this machine, too: a program that believes to be known
//! must hear that it is not. The store keeps the tokens; here is asked by their hash alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::intake::Counts;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is known, and its program may send.
    MaySend,
    /// It is known, and its role only looks.
    LooksOnly,
    /// Nobody knows it.
    Unknown,
}

/// The tokens of the store.
pub trait Tokens: Send + Sync {
    /// What the token with this SHA-256 may do.
    ///
    /// # Errors
    /// The store cannot be read now, and why.
    fn standing(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<Standing, String>>;
}

/// The gate of one endpoint.
#[derive(Clone)]
pub struct Gate {
    tokens: Arc<dyn Tokens>,
    counts: Arc<Counts>,
    /// How the endpoint says that somebody is turned away, in the words of its protocol.
    says: fn(StatusCode, &str) -> Response,
}

impl Gate {
    /// A gate that asks `tokens`, counts who is turned away, and `says` so.
    #[must_use]
    pub fn new(tokens: Arc<dyn Tokens>, counts: Arc<Counts>, says: fn(StatusCode, &str) -> Response) -> Self {
        Self { tokens, counts, says }
    }

    async fn turned_away(&self, peer: SocketAddr, headers: &HeaderMap) -> Option<(StatusCode, String)> {
        let Some(token) = bearer_of(headers) else {
            let near = peer.ip().to_canonical().is_loopback();
            let why =
                "from another machine a token is needed (wardlight token create): Authorization: Bearer";
            return (!near).then(|| (StatusCode::UNAUTHORIZED, why.to_owned()));
        };
        match self.tokens.standing(Sha256::digest(token.as_bytes()).into()).await {
            Ok(Standing::MaySend) => None,
            Ok(Standing::LooksOnly) => {
                Some((StatusCode::FORBIDDEN, "the role of this token only looks; it cannot send".to_owned()))
            }
            Ok(Standing::Unknown) => {
                let why = "this token is not known here: ask for a new one (wardlight token create)";
                Some((StatusCode::UNAUTHORIZED, why.to_owned()))
            }
            Err(why) => Some((StatusCode::SERVICE_UNAVAILABLE, why)),
        }
    }
}

/// The middleware: lets a request pass or turns it away, before its body is read.
pub async fn check(
    State(gate): State<Gate>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let Some((status, why)) = gate.turned_away(peer, request.headers()).await else {
        return next.run(request).await;
    };
    gate.counts.received.fetch_add(1, Ordering::Relaxed);
    gate.counts.refused.fetch_add(1, Ordering::Relaxed);
    let mut response = (gate.says)(status, &why);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    struct One;

    impl Tokens for One {
        fn standing(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<Standing, String>> {
            let is = |token: &str| hash == <[u8; 32]>::from(Sha256::digest(token.as_bytes()));
            let standing = match () {
                () if is("good") => Ok(Standing::MaySend),
                () if is("viewer") => Ok(Standing::LooksOnly),
                () if is("broken") => Err("the store cannot be read now".to_owned()),
                () => Ok(Standing::Unknown),
            };
            Box::pin(std::future::ready(standing))
        }
    }

    #[tokio::test]
    async fn from_this_machine_anybody_and_from_elsewhere_who_has_a_token() {
        let gate = Gate::new(Arc::new(One), Arc::default(), |status, _| status.into_response());
        let rows = [
            ("127.0.0.1:9", None, None),
            ("[::1]:9", None, None),
            ("[::ffff:127.0.0.1]:9", None, None),
            ("127.0.0.1:9", Some("Bearer wrong"), Some(401)),
            ("10.0.0.5:9", None, Some(401)),
            ("10.0.0.5:9", Some("Basic good"), Some(401)),
            ("10.0.0.5:9", Some("Bearer wrong"), Some(401)),
            ("10.0.0.5:9", Some("Bearer viewer"), Some(403)),
            ("10.0.0.5:9", Some("Bearer broken"), Some(503)),
            ("10.0.0.5:9", Some("bearer good"), None),
        ];
        for (peer, sent, status) in rows {
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(AUTHORIZATION, sent.parse().unwrap());
            }
            let turned = gate.turned_away(peer.parse().unwrap(), &headers).await;
            assert_eq!(turned.map(|(status, _)| status.as_u16()), status, "{peer} {sent:?}");
        }
    }
}
