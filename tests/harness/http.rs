//! The ward's HTTP face as a program sees it: `/api/v1`, with a session or a token. It hides no status code.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::until;

/// A plain HTTP client. Built beside the gateway it knows TLS too, and must be told by whose means.
#[must_use]
pub fn client() -> Client {
    // A second installation is refused, and the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// One caller of one gateway.
#[derive(Clone, Debug)]
pub struct Api {
    client: Client,
    base: String,
    cookie: Option<String>,
    token: Option<String>,
}

impl Api {
    /// A caller who has not signed in. `base` is the listener's URL, without a path.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { client: client(), base: base.to_owned(), cookie: None, token: None }
    }

    /// The same caller with a program's token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Signs in and keeps the cookie.
    ///
    /// # Errors
    /// The gateway does not answer, refuses, or sets no cookie.
    pub async fn sign_in(mut self, name: &str, pin: &str) -> anyhow::Result<Self> {
        let session = self.request(Method::POST, "/api/v1/session").json(&json!({"name": name, "pin": pin}));
        let answer = session.send().await?.error_for_status()?;
        let cookie = answer.headers().get(SET_COOKIE).context("signing in set no cookie")?.to_str()?;
        self.cookie = cookie.split(';').next().map(str::to_owned);
        Ok(self)
    }

    /// What stands at `path`, for instance `/api/v1/alerts`.
    ///
    /// # Errors
    /// No answer, an answer other than 2xx, or one that is not JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.request(Method::GET, path).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "GET {path}: {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("GET {path} answers what is not JSON: {text}"))
    }

    /// The alerts that `query` asks for, such as `bed=07`; none asks for every open one.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn alerts(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let alerts = self.get(&format!("/api/v1/alerts?{query}")).await?;
        Ok(alerts.as_array().cloned().unwrap_or_default())
    }

    /// What the hub shows of an endpoint.
    ///
    /// # Errors
    /// As [`Api::get`], or there is none of that name.
    pub async fn endpoint(&self, id: &str) -> anyhow::Result<Value> {
        let endpoints = self.get("/api/v1/endpoints").await?;
        let known = endpoints.as_array().into_iter().flatten().find(|known| known["id"] == id);
        known.cloned().with_context(|| format!("no endpoint {id} among {endpoints:#}"))
    }

    /// Waits for an open alert of `code` at `bed` that `fits`, and gives it.
    ///
    /// # Errors
    /// There is none `within` the time.
    pub async fn alert(
        &self,
        bed: &str,
        code: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        until(&format!("{code} at bed {bed}"), within, || async {
            let alerts = self.alerts(&format!("bed={bed}")).await?;
            let found = alerts.iter().find(|alert| alert["code"] == code && fits(alert)).cloned();
            found.map(Some).with_context(|| format!("there is {alerts:#?}"))
        })
        .await
    }

    /// The status at `path`, whatever it is.
    ///
    /// # Errors
    /// No answer.
    pub async fn status(&self, path: &str) -> anyhow::Result<u16> {
        Ok(self.request(Method::GET, path).send().await?.status().as_u16())
    }

    /// Posts JSON; gives the status and the answer, which is null where it is empty or not JSON.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let answer = self.request(Method::POST, path).json(body).send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_str(&answer.text().await?).unwrap_or_default()))
    }

    /// A request under this caller's name, for what the calls above do not say.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }
}
