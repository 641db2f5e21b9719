//! A hospital information system that behaves as a live Frappe 15 site was seen to behave: it drops fields it
//! does not know, fills a time that is missing with its own, and calls a date with a zone a fault of the
//! server.
//!
//! Documents live in memory and end with it. What a test or the demo may do beside HTTP: shut the [`Door`],
//! plan answers in the [`Script`], put documents there, and read them all back.

mod access;
mod check;
mod column;
mod doctype;
mod query;
mod rate;
mod refusal;
mod rest;
mod site;
#[cfg(test)]
mod tests;
mod whatsapp;

use std::io;
use std::sync::{Arc, Mutex};

use jiff::civil::DateTime;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use access::Account;
pub use doctype::{CustomFields, Document};
pub use refusal::{Exception, Refusal};
pub use whatsapp::Left;

use super::door::Door;
use super::held;
use super::script::Script;
use rate::Rate;
use site::{Site, Stamp};

/// How the site is set up.
pub struct Setup {
    /// Its API users; each is also a `User` document.
    pub accounts: Vec<Account>,
    /// Whether our custom fields are there.
    pub custom_fields: CustomFields,
    /// The site's rate limit in microseconds of server time a day; `None`, the default of Frappe, is no
    /// limit.
    pub rate_limit_us: Option<u64>,
}

/// Why a site could not be made or furnished.
#[derive(Debug, thiserror::Error)]
pub enum SiteFault {
    /// A shipped doctype is no doctype: a fault of this build.
    #[error("a doctype shipped with this build cannot be read ({0}); install a sound build")]
    Doctype(#[from] serde_json::Error),
    /// A document of the set-up was refused by the site's own rules.
    #[error("the set-up of the sandbox HIS holds a document the site refuses; correct it: {0}")]
    Document(#[from] Refusal),
}

/// The handle of the site. Clones are the same site.
#[derive(Clone)]
pub struct His {
    inner: Arc<Inner>,
}

struct Inner {
    accounts: Vec<Account>,
    now: Box<dyn Fn() -> DateTime + Send + Sync>,
    // Requests come on several tasks; each holds the site for one synchronous step, as one transaction.
    site: Mutex<Site>,
    rate: Mutex<Option<Rate>>,
    door: Door,
    script: Script<Refusal>,
}

impl His {
    /// A site with its users and genders, and nobody admitted. `now` is the site's own clock and zone.
    ///
    /// # Errors
    /// [`SiteFault`]: a shipped doctype or an account is not sound.
    pub fn new(setup: Setup, now: impl Fn() -> DateTime + Send + Sync + 'static) -> Result<Self, SiteFault> {
        let inner = Inner {
            site: Mutex::new(Site::new(setup.custom_fields)?),
            rate: Mutex::new(setup.rate_limit_us.map(Rate::new)),
            accounts: setup.accounts,
            now: Box::new(now),
            door: Door::default(),
            script: Script::default(),
        };
        let his = Self { inner: Arc::new(inner) };
        for gender in ["Female", "Male", "Other"] {
            his.seed("Gender", &json!({"gender": gender}))?;
        }
        for account in &his.inner.accounts {
            his.seed("User", &json!({"email": account.user, "first_name": account.user}))?;
        }
        Ok(his)
    }

    /// Serves until `shutdown`.
    ///
    /// # Errors
    /// The listener is not usable.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let door = self.inner.door.clone();
        super::serve(listener, door, rest::router(self), shutdown).await
    }

    /// The door, to shut and open.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    /// The plan for the next writes.
    #[must_use]
    pub fn script(&self) -> &Script<Refusal> {
        &self.inner.script
    }

    /// Puts a document there, under its `name` if it has one, and says under which it is.
    ///
    /// # Errors
    /// The site's own refusal: links, required fields and unique values are checked as for a client.
    pub fn seed(&self, doctype: &str, document: &serde_json::Value) -> Result<String, Refusal> {
        let body = document.as_object().cloned().unwrap_or_default();
        let stamp = Stamp { user: "Administrator", now: self.now() };
        let kept = held(&self.inner.site).seed(doctype, body, &stamp)?;
        Ok(kept.get("name").map(column::text).unwrap_or_default())
    }

    /// Every document of a doctype as the database keeps it, first inserted first.
    #[must_use]
    pub fn documents(&self, doctype: &str) -> Vec<Document> {
        held(&self.inner.site).documents(doctype).to_vec()
    }

    /// Every message that left for a phone, also one that the database refused afterwards.
    #[must_use]
    pub fn left(&self) -> Vec<Left> {
        held(&self.inner.site).left.clone()
    }

    /// Meta's webhook at the site: how far the message of that document got.
    pub fn got(&self, message: &str, status: &str) {
        held(&self.inner.site).write_past(whatsapp::MESSAGE, message, "status", json!(status));
    }

    /// Grants the site a template of one language with so many parameters.
    ///
    /// # Errors
    /// The site's own refusal.
    pub fn grant(&self, template: &str, language: &str, parameters: usize) -> Result<String, Refusal> {
        let samples = vec!["sample"; parameters].join(",");
        let document = json!({
            "name": format!("{template}-{language}"), "template_name": template, "language_code": language,
            "template": "{{1}}", "sample_values": samples, "category": "UTILITY",
        });
        self.seed(whatsapp::TEMPLATE, &document)
    }

    fn now(&self) -> DateTime {
        (self.inner.now)()
    }
}
