//! How a command finds the gateway that runs and asks it: over HTTP, as any program does. It reads no store,
//! and knows no answer's meaning.

use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Certificate, Client, RequestBuilder, Url, redirect};
use serde_json::Value;

use super::settings::{Files, Settings};
use crate::config::destinations::may_be_spoken_to;
use crate::config::screens::Http;

/// How long an answer may take, where nothing else is said: an acknowledgement is told after the commit,
/// which may wait for ten seconds.
const ANSWER_MOST: Duration = Duration::from_secs(15);

/// Where the gateway is, and by what it is known.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Where {
    /// The gateway that runs, as `https://gateway.icu:8443`; left out, `http.listen` of the configuration.
    #[arg(long, value_name = "URL")]
    pub(super) gateway: Option<String>,
    /// The issuer of its certificate (PEM), where this machine does not know it.
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// A file with a program's token, for a machine that is no station (`wardlight token create`).
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

/// A gateway that can be asked.
#[derive(Debug)]
pub(super) struct Gateway {
    client: Client,
    base: Url,
    token: Option<String>,
    answer_most: Duration,
}

/// What it answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body as JSON; null where it is none.
    pub(super) body: Value,
}

impl Answer {
    pub(super) const fn is_good(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// What went wrong, in the gateway's own words.
    pub(super) fn detail(&self) -> String {
        let detail = self.body.get("detail").and_then(Value::as_str);
        detail.map_or_else(|| format!("the gateway answered {}", self.status), str::to_owned)
    }
}

impl Gateway {
    /// Finds it. The configuration is read only where no address is given.
    ///
    /// # Errors
    /// No address, one that would be spoken to in the clear, or a file that cannot be read.
    pub(super) fn find(files: &Files, place: &Where) -> anyhow::Result<Self> {
        match &place.gateway {
            Some(url) => Self::at_url(url, place),
            None => Self::at_url(&listening(&Settings::read(files)?.gateway.http)?, place),
        }
    }

    /// The gateway at that address, whatever the configuration says.
    ///
    /// # Errors
    /// One that would be spoken to in the clear, or a file that cannot be read.
    pub(super) fn at_url(url: &str, place: &Where) -> anyhow::Result<Self> {
        ensure!(
            may_be_spoken_to(url),
            "{url} would be spoken to without encryption: use https://, or an address of this machine"
        );
        let base: Url = url.parse().with_context(|| format!("{url} is no address of a gateway"))?;
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
        };
        let token = place.token_file.as_ref().map(read).transpose()?;
        let issuers = place.ca.as_ref().map(read).transpose()?;
        let client = client(issuers.as_deref())?;
        let token = token.map(|token| token.trim().to_owned());
        ensure!(token.as_deref() != Some(""), "the token's file is empty: wardlight token create makes one");
        Ok(Self { client, base, token, answer_most: ANSWER_MOST })
    }

    /// The same, of which an answer may take so long.
    pub(super) fn within(self, answer_most: Duration) -> Self {
        Self { answer_most, ..self }
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub(super) async fn get(&self, parts: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let answer = self.look(parts, query).await?;
        if !answer.is_good() {
            bail!(answer.detail());
        }
        Ok(answer.body)
    }

    /// What stands at a path, whatever the gateway thinks of it.
    ///
    /// # Errors
    /// No answer.
    pub(super) async fn look(&self, parts: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.ask(self.client.get(self.at(parts)).query(query)).await
    }

    /// Asks for something to be done.
    ///
    /// # Errors
    /// No answer.
    pub(super) async fn post(&self, parts: &[&str], body: &Value) -> anyhow::Result<Answer> {
        self.ask(self.client.post(self.at(parts)).json(body)).await
    }

    /// The address of something, each part encoded as one segment.
    fn at(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    async fn ask(&self, question: RequestBuilder) -> anyhow::Result<Answer> {
        let question = match &self.token {
            Some(token) => question.bearer_auth(token),
            None => question,
        };
        let lost = || format!("no answer from {}; is the gateway running there?", self.base);
        let response = question.timeout(self.answer_most).send().await.with_context(lost)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.with_context(lost)?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

/// The address of the gateway of this configuration.
fn listening(http: &Http) -> anyhow::Result<String> {
    let address = http.listen.context("http.listen names no address: say --gateway URL")?;
    if address.port() == 0 {
        bail!(
            "http.listen takes any free port: say --gateway URL, with the port of the gateway's ready line"
        );
    }
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    Ok(format!("{scheme}://{}", host(address)))
}

/// Where one speaks to a listener: what listens everywhere is spoken to here.
fn host(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// Nothing is followed elsewhere and no proxy is asked: the body holds a PIN.
fn client(issuers: Option<&str>) -> anyhow::Result<Client> {
    let plan = || Client::builder().redirect(redirect::Policy::none()).no_proxy();
    if let Some(pem) = issuers {
        let issuers = Certificate::from_pem_bundle(pem.as_bytes()).context("--ca holds no certificate")?;
        return Ok(plan().tls_certs_only(issuers).build()?);
    }
    // A machine without any certificate authority can still speak to itself.
    Ok(plan().build().or_else(|_| plan().tls_certs_only([]).build())?)
}

/// The PIN or the badge on the first line of standard input.
///
/// # Errors
/// It cannot be read.
pub(super) fn proof() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files { config: "/nowhere/gateway.toml".into(), ward: None, sets: Vec::new() }
    }

    #[test]
    fn the_gateway_of_the_configuration_is_where_it_listens() {
        let at = |listen: &str| Http { listen: listen.parse().ok(), ..Http::default() };
        assert_eq!(listening(&at("127.0.0.1:8080")).unwrap(), "http://127.0.0.1:8080");
        assert_eq!(listening(&at("0.0.0.0:8080")).unwrap(), "http://localhost:8080");
        assert!(listening(&at("127.0.0.1:0")).unwrap_err().to_string().contains("--gateway"));
        assert!(listening(&at("")).is_err());
    }

    #[test]
    fn a_pin_never_leaves_the_machine_in_the_clear() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let place = |url: &str| Where { gateway: Some(url.to_owned()), ..Where::default() };
        for wrong in ["http://10.0.0.5:8080", "ftp://127.0.0.1", "ward", "https://"] {
            assert!(Gateway::find(&files(), &place(wrong)).is_err(), "{wrong}");
        }
        let found = Gateway::find(&files(), &place("http://127.0.0.1:8080/")).unwrap();
        assert_eq!(found.at(&["alerts", "a/b"]).as_str(), "http://127.0.0.1:8080/alerts/a%2Fb");
    }

    #[test]
    fn a_refusal_is_told_in_the_gateway_s_words() {
        let of = |body: &str| Answer { status: 409, body: serde_json::from_str(body).unwrap() };
        assert_eq!(of(r#"{"detail":"already answered by asha"}"#).detail(), "already answered by asha");
        assert_eq!(of("null").detail(), "the gateway answered 409");
    }
}
