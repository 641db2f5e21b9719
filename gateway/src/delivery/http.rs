//! One HTTP question and its answer, as the ends need it: bounded in time and size, never following a
//! redirect, and clear about whether the question may have arrived. It knows no receiver.

use std::time::Duration;

use reqwest::{Client, Proxy, RequestBuilder, Url, redirect};
use serde_json::{Value, json};

use super::{Outcome, short};
use crate::message::Exchange;

/// How long a connection may take to come about.
const CONNECT_MOST: Duration = Duration::from_secs(5);

/// How long a question may take, answer included. A Frappe site under load was seen to need seconds.
pub const ANSWER_MOST: Duration = Duration::from_secs(20);

/// How much of an answer is read; the description of a doctype is the largest, at some 200 kB.
const BODY_MOST: usize = 4 << 20;

/// Why a receiver cannot be spoken to as configured.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    /// The address is no URL.
    #[error("{url:?} is no http or https address: correct the destination's url in gateway.toml")]
    NoUrl {
        /// What was configured.
        url: String,
    },
    /// Plain HTTP to somewhere else.
    #[error("{host} would be spoken to without encryption: use https, or a loopback address")]
    Plain {
        /// The machine.
        host: String,
    },
    /// The zone is not known.
    #[error("{zone:?} is no time zone this machine knows: write it as Asia/Kolkata in gateway.toml")]
    NoZone {
        /// What was configured.
        zone: String,
    },
    /// The client could not be made.
    #[error("no HTTPS can be spoken on this machine ({0}): install the ca-certificates package")]
    NoClient(String),
}

/// What a receiver answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// The body as JSON; null where it is none.
    pub(super) body: Value,
}

impl Answer {
    pub(super) const fn is_good(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The answer for the log.
    pub(super) fn told(&self) -> Value {
        json!({ "status": self.status, "body": self.body })
    }
}

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The question never left.
    NotReached(String),
    /// The question may have arrived.
    Lost(String),
}

impl Unanswered {
    /// What that means where the question would have changed something.
    pub(super) fn writing(self) -> Outcome {
        match self {
            Self::NotReached(why) => Outcome::NotNow { why, after: None, uncertain: false },
            Self::Lost(why) => Outcome::NotNow { why, after: None, uncertain: true },
        }
    }

    /// What that means where the question changed nothing.
    pub(super) fn reading(self) -> Outcome {
        let (Self::NotReached(why) | Self::Lost(why)) = self;
        Outcome::NotNow { why, after: None, uncertain: false }
    }
}

/// A client for one receiver.
pub(super) fn client() -> Result<Client, HttpFault> {
    client_through(None)
}

/// A client that reaches its receiver through a proxy, where one is named.
pub(super) fn client_through(proxy: Option<&str>) -> Result<Client, HttpFault> {
    let proxy = proxy.map(proxy_at).transpose()?;
    // Whoever comes first installs it; it is the same for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plan = || {
        let plan = Client::builder();
        let plan = proxy.iter().fold(plan, |plan, proxy| plan.proxy(proxy.clone()));
        plan.connect_timeout(CONNECT_MOST)
            .timeout(ANSWER_MOST)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("wardlight/", env!("CARGO_PKG_VERSION")))
    };
    // A machine without any certificate authority can still speak to itself.
    plan()
        .build()
        .or_else(|_| plan().tls_certs_only([]).build())
        .map_err(|fault| HttpFault::NoClient(fault.to_string()))
}

fn proxy_at(url: &str) -> Result<Proxy, HttpFault> {
    Proxy::all(url).map_err(|_| HttpFault::NoUrl { url: url.to_owned() })
}

/// Reads a receiver's address; plain HTTP is taken toward this machine only.
pub(super) fn base_url(text: &str) -> Result<Url, HttpFault> {
    let no_url = || HttpFault::NoUrl { url: text.to_owned() };
    let url: Url = text.trim_end_matches('/').parse().map_err(|_| no_url())?;
    let host = url.host_str().ok_or_else(no_url)?.to_owned();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = bare == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        "http" => Err(HttpFault::Plain { host }),
        _ => Err(no_url()),
    }
}

/// The address of something below `base`, each part encoded as one segment.
pub(super) fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(parts);
    }
    url
}

/// Takes down what was asked and answered, as `shown`; nothing where the question never left.
pub(super) fn keep(
    exchange: &mut Exchange,
    kind: &'static str,
    sent: &Value,
    answer: &Result<Answer, Unanswered>,
    shown: impl Fn(&Value) -> Value,
) {
    if matches!(answer, Err(Unanswered::NotReached(_))) {
        return;
    }
    let bytes = |value: &Value| shown(value).to_string().into_bytes();
    let answer = answer.as_ref().map(|answer| bytes(&answer.told()));
    *exchange = Exchange { kind, sent: bytes(sent), answer: answer.unwrap_or_default() };
}

/// Asks, and reads the whole answer.
pub(super) async fn ask(question: RequestBuilder) -> Result<Answer, Unanswered> {
    let mut response = question.send().await.map_err(|fault| no_answer(&fault))?;
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|fault| no_answer(&fault))? {
        if body.len() + chunk.len() > BODY_MOST {
            return Err(Unanswered::Lost("the answer is larger than any this receiver should give".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// Only a connection that never came about proves that nothing arrived. The address is left out of the text:
/// its query may name a patient.
fn no_answer(fault: &reqwest::Error) -> Unanswered {
    let mut text = if fault.is_timeout() { "timed out" } else { "broke off" }.to_owned();
    let mut source = std::error::Error::source(fault);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    let text = short(&text, 200);
    if fault.is_connect() || fault.is_builder() {
        return Unanswered::NotReached(format!("could not be reached ({text})"));
    }
    Unanswered::Lost(format!("did not answer ({text})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in
            ["https://his.example.org/erp/", "http://127.0.0.1:8000", "http://[::1]:80", "http://localhost"]
        {
            assert!(base_url(good).is_ok(), "{good}");
        }
        assert!(matches!(base_url("http://his.example.org"), Err(HttpFault::Plain { .. })));
        assert!(matches!(base_url("http://127.0.0.1.example.org"), Err(HttpFault::Plain { .. })));
        for bad in ["", "his", "ftp://127.0.0.1", "https://"] {
            assert!(matches!(base_url(bad), Err(HttpFault::NoUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn parts_of_an_address_are_encoded_and_a_prefix_is_kept() {
        let base = base_url("https://his.example.org/erp/").unwrap();
        let url = below(&base, &["api", "resource", "Vital Signs"]);
        assert_eq!(url.as_str(), "https://his.example.org/erp/api/resource/Vital%20Signs");
    }

    /// The provider is behind the hospital's proxy: it is asked for the tunnel, and nobody else is.
    #[tokio::test]
    async fn a_named_proxy_is_asked_for_the_way() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let question =
            client_through(Some(&proxy)).unwrap().get("https://graph.example.org/v23.0/1/messages");
        let asked = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut line = [0; 35];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut line).await.unwrap();
            String::from_utf8_lossy(&line).into_owned()
        };
        let (answer, asked) = tokio::join!(ask(question), asked);
        assert_eq!(asked, "CONNECT graph.example.org:443 HTTP/");
        assert!(matches!(answer, Err(Unanswered::NotReached(_))), "{answer:?}");
        assert!(matches!(client_through(Some("http://")), Err(HttpFault::NoUrl { .. })));
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_known_not_to_have_heard() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let question = client().unwrap().get(format!("http://{address}/?uid=MRN0042"));
        let Err(Unanswered::NotReached(why)) = ask(question).await else { panic!("it was reached") };
        assert!(!why.contains("MRN0042"), "{why}");
    }

    #[tokio::test]
    async fn a_receiver_that_hangs_up_may_have_heard() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let question = client().unwrap().post(format!("http://{address}/")).body("x");
        let hang_up = async {
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
            drop(stream);
        };
        let (answer, ()) = tokio::join!(ask(question), hang_up);
        assert!(matches!(answer, Err(Unanswered::Lost(_))), "{answer:?}");
    }
}
