//! Questions to a Frappe site: with the credential, below its address, by version 1 of its interface, which
//! every version of Frappe in use has. It judges no answer to a write; [`super::answer`] does.

use std::sync::{Mutex, PoisonError};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Map, Value, json};

use super::super::http::{self, Answer, HttpFault, Unanswered};
use super::super::{Outcome, Token};
use super::answer::Raised;
use super::shape::Shape;

/// A site that can be asked.
pub(super) struct Site {
    base: Url,
    client: Client,
    token: Token,
    /// Our own account there, once it was asked for.
    user: Mutex<Option<String>>,
}

impl Site {
    pub(super) fn new(base_url: &str, token: Token) -> Result<Self, HttpFault> {
        Ok(Self { base: http::base_url(base_url)?, client: http::client()?, token, user: Mutex::default() })
    }

    /// The name of our own account there; `None` where the site lets nobody ask for it.
    pub(super) async fn user(&self) -> Result<Option<String>, Outcome> {
        let known = self.user.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.is_some() {
            return Ok(known);
        }
        let url = http::below(&self.base, &["api", "method", "frappe.auth.get_logged_user"]);
        let answer = self.ask(|| self.client.get(url.clone())).await.map_err(Unanswered::reading)?;
        if matches!(answer.status, 401 | 429 | 500..) {
            return Err(unread(&answer, "User"));
        }
        let named = answer.body.get("message").and_then(Value::as_str).filter(|_| answer.is_good());
        let user = named.filter(|user| !user.is_empty()).map(str::to_owned);
        self.user.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&user);
        Ok(user)
    }

    /// Inserts a document.
    pub(super) async fn insert(
        &self,
        doctype: &str,
        body: &Map<String, Value>,
    ) -> Result<Answer, Unanswered> {
        let url = http::below(&self.base, &["api", "resource", doctype]);
        self.ask(|| self.client.post(url.clone()).json(body)).await
    }

    /// Changes fields of a document.
    pub(super) async fn update(
        &self,
        doctype: &str,
        name: &str,
        body: &Map<String, Value>,
    ) -> Result<Answer, Unanswered> {
        let url = http::below(&self.base, &["api", "resource", doctype, name]);
        self.ask(|| self.client.put(url.clone()).json(body)).await
    }

    /// The documents of a doctype that pass all filters, with `fields` of each.
    pub(super) async fn list(
        &self,
        doctype: &str,
        filters: &Value,
        fields: &[&str],
    ) -> Result<Vec<Value>, Outcome> {
        self.list_with(doctype, filters, fields, &[]).await
    }

    /// All of them: a list ends after twenty where nothing else is asked for.
    pub(super) async fn list_all(
        &self,
        doctype: &str,
        filters: &Value,
        fields: &[&str],
    ) -> Result<Vec<Value>, Outcome> {
        self.list_with(doctype, filters, fields, &[("limit_page_length", "0")]).await
    }

    /// The `most` of them that were changed last, the newest first.
    pub(super) async fn list_newest(
        &self,
        doctype: &str,
        filters: &Value,
        fields: &[&str],
        most: u16,
    ) -> Result<Vec<Value>, Outcome> {
        let most = most.to_string();
        let more = [("order_by", "modified desc"), ("limit_page_length", most.as_str())];
        self.list_with(doctype, filters, fields, &more).await
    }

    async fn list_with(
        &self,
        doctype: &str,
        filters: &Value,
        fields: &[&str],
        more: &[(&str, &str)],
    ) -> Result<Vec<Value>, Outcome> {
        let url = http::below(&self.base, &["api", "resource", doctype]);
        let (filters, fields) = (filters.to_string(), json!(fields).to_string());
        let query: Vec<(&str, &str)> =
            [("filters", filters.as_str()), ("fields", &fields)].iter().chain(more).copied().collect();
        let answer =
            self.ask(|| self.client.get(url.clone()).query(&query)).await.map_err(Unanswered::reading)?;
        match answer.body.get("data").and_then(Value::as_array) {
            Some(found) if answer.is_good() => Ok(found.clone()),
            _ => Err(unread(&answer, doctype)),
        }
    }

    /// What a doctype looks like: by version 2 of the interface, else by the call that the site's own forms
    /// use.
    pub(super) async fn shape(&self, doctype: &str) -> Result<Shape, Outcome> {
        let url = http::below(&self.base, &["api", "v2", "doctype", doctype, "meta"]);
        let answer = self.ask(|| self.client.get(url.clone())).await.map_err(Unanswered::reading)?;
        let shape = answer.body.get("data").and_then(Shape::read).filter(|_| answer.is_good());
        match shape {
            Some(shape) => Ok(shape),
            None if !is_for_another_version(answer.status) => Err(unread(&answer, doctype)),
            None => self.shape_for_forms(doctype).await,
        }
    }

    async fn shape_for_forms(&self, doctype: &str) -> Result<Shape, Outcome> {
        let url = http::below(&self.base, &["api", "method", "frappe.desk.form.load.getdoctype"]);
        let query = [("doctype", doctype)];
        let answer =
            self.ask(|| self.client.get(url.clone()).query(&query)).await.map_err(Unanswered::reading)?;
        let described = answer.body.get("docs").and_then(|docs| docs.get(0)).and_then(Shape::read);
        described.filter(|_| answer.is_good()).ok_or_else(|| unread(&answer, doctype))
    }

    /// Asks with the credential; where it is refused and its file holds another by now, once more with that.
    async fn ask(&self, question: impl Fn() -> RequestBuilder) -> Result<Answer, Unanswered> {
        let answer = http::ask(question().header(AUTHORIZATION, self.credential()?)).await?;
        if answer.status == 401 && self.token.read_again() {
            // It may be another account's.
            self.user.lock().unwrap_or_else(PoisonError::into_inner).take();
            return http::ask(question().header(AUTHORIZATION, self.credential()?)).await;
        }
        Ok(answer)
    }

    fn credential(&self) -> Result<HeaderValue, Unanswered> {
        let mut value = HeaderValue::from_str(&format!("token {}", self.token.current())).map_err(|_| {
            Unanswered::NotReached(
                "cannot be asked: the token file holds something that is no token".to_owned(),
            )
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Version 14 has no version 2 of the interface: it answers 404, or fails over the path.
const fn is_for_another_version(status: u16) -> bool {
    matches!(status, 200 | 400 | 404 | 417 | 500)
}

/// What it means that something could not be read. Reading is asked for before writing, so what a person must
/// mend holds everything up and parks nothing.
fn unread(answer: &Answer, doctype: &str) -> Outcome {
    let raised = Raised::read(&answer.body);
    match (answer.status, raised.name.as_str()) {
        (401, _) => {
            Outcome::Closed { why: "the HIS refuses the key: renew delivery.frappe.token_file".to_owned() }
        }
        (403, _) => {
            Outcome::Closed { why: format!("the HIS lets this account not read {doctype}: give it the role") }
        }
        (404, _) | (500, "ImportError") => {
            Outcome::Closed { why: format!("the HIS has no {doctype}: is its health module installed?") }
        }
        (300..=399, _) => Outcome::Closed {
            why: "the HIS redirects: correct delivery.frappe.url to the address that answers itself"
                .to_owned(),
        },
        (429 | 500.., _) => Outcome::NotNow {
            why: format!("the HIS answered {} {} when {doctype} was read", answer.status, raised.name),
            after: answer.retry_after,
            uncertain: false,
        },
        _ => Outcome::Closed {
            why: format!(
                "the HIS does not say what its {doctype} are (answer {}): is it a Frappe site?",
                answer.status
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_closes_the_channel_or_is_waited_for() {
        let of = |status: u16, body: Value| unread(&Answer { status, retry_after: None, body }, "Patient");
        for status in [200, 302, 401, 403, 404, 418] {
            assert!(matches!(of(status, Value::Null), Outcome::Closed { .. }), "{status}");
        }
        for status in [429, 500, 502, 503] {
            assert!(matches!(of(status, Value::Null), Outcome::NotNow { uncertain: false, .. }), "{status}");
        }
        assert!(matches!(of(500, json!({"exc_type": "ImportError"})), Outcome::Closed { .. }));
    }
}
