//! A phone by way of the HIS: a `WhatsApp Message` that the HIS sends for us (the frappe_whatsapp app), and
//! what became of it, asked for.
//!
//! The app sends *before* the document is stored, so that a unique field refuses a second document and not
//! the second message: after a lost answer we look before we send again. Its own webhook believes anybody,
//! and a button of its messages carries its label alone, so nothing of what it says is an answer; how far a
//! message got is shown and stops no ladder.

use rules::Span;
use serde_json::{Map, Value, json};

use super::answer::{Raised, Reply, judge};
use super::look::Look;
use super::sent::{Message, SentByHis};
use super::shape::{EVENT_ID, Shape};
use super::{Draft, Frappe, FrappeSite};
use crate::clock::Clock;
use crate::delivery::call::{self, TWICE, Wording, digits, once_more_only};
use crate::delivery::http::{self, Answer, Unanswered};
use crate::delivery::webhook::Phase;
use crate::delivery::{Due, End, HttpFault, LostAnswers, Outcome, Pace, wire_id};
use crate::event::{Event, Stage};
use crate::message::Exchange;
use crate::owed::Destination;

/// The doctype.
const DOCTYPE: &str = "WhatsApp Message";

/// What the receipt of a message says that will not arrive: the site does not say why.
const NOT_DELIVERED: &str = "the HIS says that WhatsApp did not deliver it";

/// How the HIS sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHis {
    /// The template, as Meta knows it.
    pub template: String,
    /// Its language: the HIS names a template by both.
    pub language: String,
    /// How a call is worded.
    pub wording: Wording,
}

/// The HIS as the way to phones.
pub struct FrappePhone {
    site: Frappe,
    by: ByHis,
    sent: SentByHis,
    clock: Clock,
}

impl FrappePhone {
    /// The site; nothing is asked of it yet. What it sends is kept in `sent`.
    ///
    /// # Errors
    /// [`HttpFault`]: the configuration names no usable address or zone.
    pub fn new(site: FrappeSite, by: ByHis, sent: SentByHis, clock: Clock) -> Result<Self, HttpFault> {
        Ok(Self { site: Frappe::new(site)?, by, sent, clock })
    }

    async fn message(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Result<Taken, Outcome> {
        let never = || Outcome::Never { why: "only the call of an alert is sent to a phone".to_owned() };
        let number = call::number(due).map(digits).ok_or_else(never)?;
        let texts = call::texts(due, with, &self.by.wording).ok_or_else(never)?;
        let shape = self.site.shape(DOCTYPE).await?;
        let id = wire_id(&due.owed.key);
        let draft = Draft {
            doctype: DOCTYPE,
            body: document(&number, &texts, &self.by, &shape, &id),
            column: "label",
            owner: ("to", &number),
            id: &id,
            shape: &shape,
        };
        if due.lost.is_any()
            && let Some(name) = self.site.find(&draft).await?
        {
            return Ok(Outcome::Done { proof: name }.into());
        }
        if due.lost == LostAnswers::Two {
            return Err(Outcome::Never { why: TWICE.to_owned() });
        }
        let Taken { outcome, wamid } = self.put(&draft, exchange).await.unwrap_or_else(Taken::from);
        let outcome = if due.lost.is_any() { once_more_only(outcome) } else { outcome };
        Ok(Taken { outcome, wamid })
    }

    async fn put(&self, draft: &Draft<'_>, exchange: &mut Exchange) -> Result<Taken, Outcome> {
        let answer = self.site.site.insert(draft.doctype, &draft.body).await;
        http::keep(exchange, draft.doctype, &Value::Object(draft.body.clone()), &answer, Value::clone);
        let answer = answer.map_err(Unanswered::writing)?;
        match judge(&answer) {
            Reply::Taken(document) => {
                let wamid = document.get("message_id").and_then(Value::as_str).unwrap_or_default().to_owned();
                Ok(Taken { outcome: Outcome::Done { proof: self.site.compare(draft, &document) }, wamid })
            }
            Reply::There { why } => Ok(self.site.confirm(draft, why).await?.into()),
            Reply::Refused(outcome) => Ok(after_sending(&answer, outcome).into()),
        }
    }

    /// Remembers what is to be asked about.
    fn follow(&self, proof: &str, wamid: String, due: &Due, with: &[Due]) {
        let name = proof.split(',').next().unwrap_or_default();
        let alerts = std::iter::once(due).chain(with).filter_map(|row| Some(row.owed.alert?.0)).collect();
        self.sent.keep(name, Message { wamid, alerts, since: self.clock.now(), phase: None });
    }

    /// The receipts of one message, where it got further than we knew.
    fn got(&self, row: &Value) -> Vec<Event> {
        let text = |field| row.get(field).and_then(Value::as_str).unwrap_or_default();
        let Some(phase) = phase(text("status")) else { return Vec::new() };
        let alerts = self.sent.got(text("name"), phase);
        alerts.into_iter().map(|alert| Event::Received(phase.receipt(alert, NOT_DELIVERED))).collect()
    }
}

/// How far the messages got that are still under way; what is new is a receipt.
impl Look for FrappePhone {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn look(&self) -> Result<Vec<Event>, Outcome> {
        let names = self.sent.under_way(self.clock.now());
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let listed =
            self.site.site.list_all(DOCTYPE, &json!([["name", "in", names]]), &["name", "status"]).await?;
        Ok(listed.iter().flat_map(|row| self.got(row)).collect())
    }
}

impl End for FrappePhone {
    fn destination(&self) -> Destination {
        Destination::Whatsapp
    }

    /// The site writes one document of a doctype after the other; a call that waits for it holds up no other.
    fn abreast(&self) -> usize {
        8
    }

    fn apart(&self) -> Span {
        call::APART
    }

    fn stage(&self) -> Stage {
        Stage::Sent
    }

    fn pace(&self, due: &Due) -> Pace {
        call::pace(due)
    }

    async fn send(&self, due: &Due, with: &[Due], exchange: &mut Exchange) -> Outcome {
        let Taken { outcome, wamid } = self.message(due, with, exchange).await.unwrap_or_else(Taken::from);
        exchange.sent = without_number(&exchange.sent, due);
        exchange.answer = without_number(&exchange.answer, due);
        if let Outcome::Done { proof } = &outcome {
            self.follow(proof, wamid, due, with);
        }
        outcome
    }
}

/// What came of handing a message to the site, and Meta's name of it where the site said that.
struct Taken {
    outcome: Outcome,
    wamid: String,
}

impl From<Outcome> for Taken {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, wamid: String::new() }
    }
}

/// The document to insert. `id` is where a message of ours is found again.
fn document(number: &str, texts: &[String; 4], by: &ByHis, shape: &Shape, id: &str) -> Map<String, Value> {
    let parameters: Map<String, Value> =
        (1..).zip(texts).map(|(place, text)| (format!("{place}"), json!(text))).collect();
    let mut body = Map::new();
    for (field, value) in [
        ("type", json!("Outgoing")),
        ("message_type", json!("Template")),
        ("content_type", json!("text")),
        ("to", json!(number)),
        ("use_template", json!(1)),
        ("template", json!(format!("{}-{}", by.template, by.language))),
        ("body_param", json!(Value::Object(parameters).to_string())),
    ] {
        body.insert(field.to_owned(), value);
    }
    let (field, text) =
        if shape.refuses_duplicates() { (EVENT_ID, id.to_owned()) } else { ("label", super::tag(id)) };
    body.insert(field.to_owned(), json!(text));
    body
}

/// The app asks Meta within the site's own transaction: a fault of the server may come after the message
/// left, and whatever Meta refuses, for a minute or for good, is the site's `ValidationError`.
fn after_sending(answer: &Answer, outcome: Outcome) -> Outcome {
    let raised = Raised::read(&answer.body);
    let why = format!("the HIS answered {} {}: {}", answer.status, raised.name, raised.text);
    match (answer.status, raised.name.as_str()) {
        (417, "ValidationError") => Outcome::Doubtful { why, uncertain: false },
        (500, _) => Outcome::Doubtful { why, uncertain: true },
        // Whatever else the site changed its mind about, the message may have left before.
        _ => match outcome {
            Outcome::Doubtful { why, .. } => Outcome::Doubtful { why, uncertain: true },
            outcome => outcome,
        },
    }
}

/// What the log may keep: no telephone number.
fn without_number(bytes: &[u8], due: &Due) -> Vec<u8> {
    let number = call::number(due).map(digits).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    if number.is_empty() { Vec::new() } else { text.replace(&number, "…").into_bytes() }
}

/// The site's word for how far a message got; what it says of itself ("Success") is no more than *sent*.
fn phase(status: &str) -> Option<Phase> {
    match status.to_ascii_lowercase().as_str() {
        "sent" | "success" => Some(Phase::Sent),
        "delivered" => Some(Phase::Delivered),
        "read" => Some(Phase::Read),
        "failed" => Some(Phase::Failed),
        _ => None,
    }
}
