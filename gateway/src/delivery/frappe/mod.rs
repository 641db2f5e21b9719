//! The HIS by its REST interface, as a live Frappe 15 site was seen to behave.
//!
//! Three things of it decide this adapter. A field it does not know is dropped with 200: so its shape is read
//! before anything is charted, and every answer is compared with what was sent. It has no idempotency of its
//! own: so each document carries our id, in a unique custom field where the site has one, else in the text,
//! and after an uncertain try we look before we send again (`decisions/0003`). Its counters of names make
//! parallel inserts of one doctype collide: so there is one writer per doctype. Patients are found by UHID
//! alone, and no patient or value is ever logged.

mod answer;
mod closed;
mod look;
mod notice;
mod phone;
mod sent;
mod shape;
mod shifts;
mod site;
mod task;
#[cfg(test)]
mod tests;
mod vitals;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex as Line;

use self::answer::{Reply, judge};
pub use self::closed::{Closings, Tasks};
pub use self::look::{Look, follow};
pub use self::phone::{ByHis, FrappePhone};
pub use self::sent::SentByHis;
use self::shape::{EVENT_ID, Shape};
pub use self::shifts::Shifts;
use self::site::Site;
use super::http::{self, HttpFault, Unanswered};
use super::{Due, End, Outcome, Token, wire_id};
use crate::event::{Stage, Uhid};
use crate::message::Exchange;
use crate::owed::{Destination, Parcel};

/// A site, as `gateway.toml` names it.
#[derive(Clone, Debug)]
pub struct FrappeSite {
    /// Where it is, `https://his.example.org`.
    pub base_url: String,
    /// `key:secret` of our account there.
    pub token: Token,
    /// The company that charts belong to; empty where the site does not ask for one.
    pub company: String,
    /// The site's own time zone (System Settings), `Asia/Kolkata`: its dates and times carry none.
    pub zone: String,
    /// Where a doctor's browser finds the ward board; empty where it finds none.
    pub board_url: String,
}

/// How many names of patients are remembered; a ward has far fewer, and a forgotten one is only asked for
/// again.
const PATIENTS_MOST: usize = 1_024;

/// The site as a destination.
pub struct Frappe {
    site: Site,
    company: String,
    board_url: String,
    zone: TimeZone,
    shapes: Mutex<HashMap<&'static str, Arc<Shape>>>,
    patients: Mutex<HashMap<Uhid, String>>,
    charting: Line<()>,
    notifying: Line<()>,
    dropped: AtomicU64,
    said: AtomicBool,
}

impl Frappe {
    /// The site; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`HttpFault`]: the configuration names no usable address or zone.
    pub fn new(site: FrappeSite) -> Result<Self, HttpFault> {
        let zone = TimeZone::get(&site.zone).map_err(|_| HttpFault::NoZone { zone: site.zone.clone() })?;
        Ok(Self {
            site: Site::new(&site.base_url, site.token)?,
            company: site.company,
            board_url: site.board_url,
            zone,
            shapes: Mutex::default(),
            patients: Mutex::default(),
            charting: Line::default(),
            notifying: Line::default(),
            dropped: AtomicU64::new(0),
            said: AtomicBool::new(false),
        })
    }

    /// How many values the site dropped with 200 since the start. Zero unless its fields changed under us.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Charts one set of vital signs.
    async fn chart(&self, due: &Due, exchange: &mut Exchange) -> Result<Outcome, Outcome> {
        let Parcel::Vitals { patient, bed, at, values, news2, note } = &due.owed.parcel else {
            return Err(Outcome::Never { why: "only vital signs are charted".to_owned() });
        };
        let shape = self.shape(vitals::DOCTYPE).await?;
        vitals::fits(&shape, &self.company).map_err(|why| {
            self.forget(vitals::DOCTYPE);
            Outcome::Closed { why }
        })?;
        let found = self.patient(patient).await?;
        let name = found.ok_or_else(|| Outcome::Doubtful {
            why: "the HIS has no Patient whose uid is this UHID: register the patient there, then try again"
                .to_owned(),
            uncertain: false,
        })?;
        let id = wire_id(&due.owed.key);
        let set = super::Set { patient: &name, bed, at: *at, values, news2: *news2, note };
        let style = vitals::Style { shape: &shape, zone: &self.zone, company: &self.company };
        let document = Draft {
            doctype: vitals::DOCTYPE,
            body: vitals::document(&set, &style, &id),
            column: "vital_signs_note",
            owner: ("patient", &name),
            id: &id,
            shape: &shape,
        };
        let _line = self.charting.lock().await;
        let outcome = self.put(&document, due.lost.is_any(), exchange).await?;
        if matches!(outcome, Outcome::Never { .. }) {
            // A patient merged at the site has another name now.
            self.patients.lock().unwrap_or_else(PoisonError::into_inner).remove(patient);
        }
        Ok(outcome)
    }

    /// Notifies one doctor, of one alert or of all that is due about a patient.
    async fn notify(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Result<Outcome, Outcome> {
        let Parcel::Notice { patient, user, alert, .. } = &due.owed.parcel else {
            return Err(Outcome::Never { why: "only notices are sent as notifications".to_owned() });
        };
        let shape = self.shape(notice::DOCTYPE).await?;
        let name = match patient {
            Some(patient) => self.patient(patient).await?,
            None => None,
        };
        let id = wire_id(&due.owed.key);
        let subject = notice::summary(due, with);
        let call = notice::Call { user, subject: &subject, alert, patient: name.as_deref() };
        let document = Draft {
            doctype: notice::DOCTYPE,
            body: notice::document(&call, &shape, &self.board_url, &id),
            column: "email_content",
            owner: ("for_user", user),
            id: &id,
            shape: &shape,
        };
        let _line = self.notifying.lock().await;
        self.put(&document, due.lost.is_any(), exchange).await
    }

    /// Inserts a document at most once as far as the site lets us know.
    async fn put(
        &self,
        draft: &Draft<'_>,
        uncertain: bool,
        exchange: &mut Exchange,
    ) -> Result<Outcome, Outcome> {
        if uncertain
            && !draft.shape.refuses_duplicates()
            && let Some(name) = self.find(draft).await?
        {
            return Ok(Outcome::Done { proof: name });
        }
        let answer = self.site.insert(draft.doctype, &draft.body).await;
        let sent = Value::Object(draft.body.clone());
        http::keep(exchange, draft.doctype, &sent, &answer, Value::clone);
        let answer = answer.map_err(Unanswered::writing)?;
        if matches!(answer.status, 401 | 403 | 417 | 500) {
            // The account or the doctype may have changed: the next one reads the shape again.
            self.forget(draft.doctype);
        }
        match judge(&answer) {
            Reply::Taken(document) => Ok(Outcome::Done { proof: self.compare(draft, &document) }),
            Reply::There { why } => self.confirm(draft, why).await,
            Reply::Refused(outcome) => Ok(outcome),
        }
    }

    /// Something is there already: ours, or another's whose name or value clashes with ours.
    async fn confirm(&self, draft: &Draft<'_>, why: String) -> Result<Outcome, Outcome> {
        if let Some(name) = self.find(draft).await? {
            return Ok(Outcome::Done { proof: name });
        }
        // A notification of somebody else cannot be listed; the site's own word has to do.
        if draft.shape.refuses_duplicates() && draft.shape.names_event_id(&why) {
            return Ok(Outcome::Done { proof: "already there".to_owned() });
        }
        Ok(Outcome::Doubtful { why, uncertain: false })
    }

    /// The site's name of the document that carries our id, if there is one.
    async fn find(&self, draft: &Draft<'_>) -> Result<Option<String>, Outcome> {
        let (column, wanted, filter) = if draft.shape.refuses_duplicates() {
            (EVENT_ID, draft.id.to_owned(), json!([EVENT_ID, "=", draft.id]))
        } else {
            let tag = tag(draft.id);
            (draft.column, tag.clone(), json!([draft.column, "like", format!("%{tag}%")]))
        };
        let (owner_field, owner) = draft.owner;
        let filters = json!([[owner_field, "=", owner], filter]);
        let listed = self.site.list(draft.doctype, &filters, &["name", column]).await?;
        // `_` is any character to the site's `like`, so what it found is read again.
        let ours =
            |row: &&Value| row.get(column).and_then(Value::as_str).is_some_and(|text| text.contains(&wanted));
        Ok(listed.iter().find(ours).and_then(|row| row.get("name")?.as_str()).map(str::to_owned))
    }

    /// Compares what the site kept with what was sent; returns the proof.
    fn compare(&self, draft: &Draft<'_>, kept: &Map<String, Value>) -> String {
        let name = kept.get("name").and_then(Value::as_str).unwrap_or_default();
        let lost = lost_fields(&draft.body, kept);
        if lost.is_empty() {
            return name.to_owned();
        }
        self.dropped.fetch_add(lost.len() as u64, Ordering::Relaxed);
        self.forget(draft.doctype);
        let fields = lost.join(", ");
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(doctype = draft.doctype, fields, "the HIS took a document and kept not all of it");
        }
        format!("{name}, not kept: {fields}")
    }

    async fn shape(&self, doctype: &'static str) -> Result<Arc<Shape>, Outcome> {
        let known = self.shapes.lock().unwrap_or_else(PoisonError::into_inner).get(doctype).cloned();
        if let Some(shape) = known {
            return Ok(shape);
        }
        let shape = Arc::new(self.site.shape(doctype).await?);
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner).insert(doctype, Arc::clone(&shape));
        Ok(shape)
    }

    fn forget(&self, doctype: &str) {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner).remove(doctype);
    }

    /// The site's name of a patient, by UHID; `None` where the site does not know the UHID.
    async fn patient(&self, uhid: &Uhid) -> Result<Option<String>, Outcome> {
        let known = self.patients.lock().unwrap_or_else(PoisonError::into_inner).get(uhid).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let listed = self.site.list("Patient", &json!([["uid", "=", uhid.0]]), &["name", "uid"]).await?;
        // The site compares without regard to case; identities are told apart by it.
        let exact = |row: &&Value| row.get("uid").and_then(Value::as_str) == Some(&uhid.0);
        let mut names = listed.iter().filter(exact).filter_map(|row| row.get("name")?.as_str());
        let name = names.next().map(str::to_owned);
        if names.next().is_some() {
            return Err(Outcome::Never {
                why: "the HIS has two patients with this UHID: merge them there".to_owned(),
            });
        }
        if let Some(name) = &name {
            let mut patients = self.patients.lock().unwrap_or_else(PoisonError::into_inner);
            if patients.len() >= PATIENTS_MOST {
                patients.clear();
            }
            patients.insert(uhid.clone(), name.clone());
        }
        Ok(name)
    }
}

impl End for Frappe {
    fn destination(&self) -> Destination {
        Destination::Frappe
    }

    fn abreast(&self) -> usize {
        4
    }

    fn stage(&self) -> Stage {
        Stage::Filed
    }

    async fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Outcome {
        let outcome = match &due.owed.parcel {
            Parcel::Vitals { .. } => self.chart(due, exchange).await,
            Parcel::Notice { .. } => self.notify(due, with, exchange).await,
            Parcel::Task { .. } => self.assign(due, exchange).await,
            Parcel::TaskDone { alert, .. } => self.close(alert, exchange).await,
            Parcel::Phone { .. } | Parcel::Alarm(_) | Parcel::Canary { .. } => {
                Err(Outcome::Never { why: "a HIS is no phone: correct the roster".to_owned() })
            }
        };
        outcome.unwrap_or_else(|early| early)
    }
}

/// A document on its way to the site.
struct Draft<'a> {
    doctype: &'static str,
    body: Map<String, Value>,
    /// The text field that carries our id where the site has no field for it.
    column: &'static str,
    /// The field and value that narrow a search to few rows.
    owner: (&'static str, &'a str),
    id: &'a str,
    shape: &'a Shape,
}

/// How our id stands in a text.
fn tag(id: &str) -> String {
    format!("{TAG}{id}]")
}

const TAG: &str = "[wardlight:";

/// The id that stands so in a text.
fn tagged(text: &str) -> Option<&str> {
    Some(text.split_once(TAG)?.1.split_once(']')?.0)
}

/// The fields that were sent and are not in the answer as they were sent.
fn lost_fields(sent: &Map<String, Value>, kept: &Map<String, Value>) -> Vec<String> {
    let same = |field: &str, value: &Value| {
        let kept = kept.get(field).map(plain).unwrap_or_default();
        kept == plain(value) || both_numbers_equal(&kept, &plain(value))
    };
    sent.iter().filter(|(field, value)| !same(field, value)).map(|(field, _)| field.clone()).collect()
}

/// A value as text; a time reads back without its leading zero.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.strip_prefix('0') {
        Some(time) if time.contains(':') => time.to_owned(),
        _ => text,
    }
}

fn both_numbers_equal(left: &str, right: &str) -> bool {
    let number = |text: &str| rules::decimal::Decimal::parse(text.as_bytes());
    number(left).is_some() && number(left) == number(right)
}
