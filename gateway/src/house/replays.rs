//! A message of the log read again: shown in its parts, judged by a ward of its own, or let in once more by a
//! person who says why.
//!
//! The ward of its own is made from the same plan and thrown away: nothing of it is published, charted or
//! sounded, and it knows neither the patients nor the earlier values of the real one.

mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::{Moment, Span};

use crate::board::accounts::{Asked, Unreadable};
use crate::board::replays::{Author, FieldView, Parsed, Rehearsed, Replays, SegmentView};
use crate::clock::Clock;
use crate::config::ward::WardPlan;
use crate::event::Verdict;
use crate::ingest::hl7::syntax::{Message, Segment};
use crate::ingest::intake::Hl7Intake;
use crate::journal::{Entry, Journal, MessageWhole, Record};
use crate::message::Way;
use crate::record::AlertRecord;
use crate::ward::{Now, Turn, Ward};

/// How many segments of a message are shown in their parts.
const SEGMENTS_MOST: usize = 500;

/// How many fields of a segment, and how many components of a repeat; no segment of the standard has as many.
const FIELDS_MOST: usize = 200;
const COMPONENTS_MOST: usize = 60;

/// How long the ward of its own goes on after the message: the longest delay of a shipped limit, and more.
const LOOKED_AT: Span = Span::seconds(60);

/// All that a replay needs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) plan: Arc<WardPlan>,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    /// The way in, under the name `replay`.
    pub(super) intake: Hl7Intake,
}

impl Replays for Desk {
    fn parsed(&self, bytes: &[u8]) -> Option<Parsed> {
        let message = Message::parse(bytes).ok()?;
        let segments: Vec<_> =
            message.segments().take(SEGMENTS_MOST).map(|one| part(&message, one)).collect();
        Some(Parsed { more: message.segments().len().saturating_sub(segments.len()), segments })
    }

    fn without_names(&self, bytes: &[u8]) -> Vec<u8> {
        names::blanked(bytes)
    }

    fn rehearse(&self, message: &MessageWhole) -> Result<Rehearsed, String> {
        let understood = self.intake.understand(&message.row.peer, came_in(message)?)?;
        let mut ward = Ward::new(Arc::clone(&self.plan));
        // Judged as if it arrived when it did: the ward's line of time is the wall clock's.
        let at = Moment(u64::try_from(message.row.wall.0).unwrap_or(0));
        let mut alerts = BTreeMap::new();
        for event in &understood.events {
            follow(&mut alerts, ward.on(event, Now { moment: at, offset_ms: 0 }));
        }
        while let Some(moment) = ward.deadline().filter(|moment| *moment <= at + LOOKED_AT) {
            // A deadline that does not move would keep us here for ever.
            follow(&mut alerts, ward.tick(Now { moment, offset_ms: 0 }));
            if ward.deadline() <= Some(moment) {
                break;
            }
        }
        Ok(Rehearsed {
            events: understood.events.len(),
            alerts: alerts.into_values().map(Arc::unwrap_or_clone).collect(),
            not_needed: understood.not_needed.map(str::to_owned),
        })
    }

    fn let_in<'a>(
        &'a self,
        message: &'a MessageWhole,
        author: &'a Author,
    ) -> Asked<'a, Result<Verdict, String>> {
        Box::pin(async move {
            let bytes = match came_in(message)
                .and_then(|bytes| self.intake.understand(&message.row.peer, bytes).map(|_| bytes))
            {
                Ok(bytes) => bytes,
                Err(why) => return Ok(Err(why)),
            };
            let audit = Record::Audit {
                wall: self.clock.wall(),
                actor: author.name.clone(),
                station: author.station.clone(),
                what: format!("message {} let in again", message.row.id),
                reason: author.reason.clone(),
            };
            let full = || Unreadable("its queue is full; ask again".to_owned());
            self.journal.submit(Entry { records: vec![audit], then: None }).map_err(|_| full())?;
            let why = format!("message {} let in again by {}", message.row.id, author.name);
            Ok(self.intake.let_in(&message.row.peer, bytes, &why).await)
        })
    }
}

/// The bytes of a message that may be replayed.
fn came_in(message: &MessageWhole) -> Result<&[u8], String> {
    match message.row.way {
        Way::In => Ok(&message.bytes),
        Way::Out => Err("it went out from here: let it be delivered again under deliveries".to_owned()),
    }
}

/// The newest state of each alert of a turn.
fn follow(alerts: &mut BTreeMap<String, Arc<AlertRecord>>, turn: Turn) {
    for record in turn.records {
        if let Record::Alert(alert) = record {
            alerts.insert(alert.id.clone(), alert);
        }
    }
}

fn part(message: &Message, segment: Segment<'_>) -> SegmentView {
    let marks = message.separators();
    // In a header the first separator is itself a field.
    let last = segment.raw().split(char::from(marks.field)).count();
    let fields = (1..=last.min(FIELDS_MOST)).filter_map(|number| {
        let field = segment.field(number);
        let is_header = matches!(segment.name(), "MSH" | "FHS" | "BHS");
        let repeats: Vec<Vec<String>> = if is_header && number <= 2 {
            vec![vec![field.raw().to_owned()]]
        } else {
            let components = |raw: &str| raw.split(char::from(marks.component)).count().min(COMPONENTS_MOST);
            let texts = |repeat: crate::ingest::hl7::part::Part<'_>| {
                let texts =
                    (1..=components(repeat.raw())).map(|at| repeat.component(at).unescaped().into_owned());
                texts.collect()
            };
            field.repeats().map(texts).collect()
        };
        let is_sent = repeats.iter().flatten().any(|text| !text.is_empty());
        is_sent.then_some(FieldView { number, repeats })
    });
    SegmentView { name: segment.name().to_owned(), fields: fields.collect() }
}

#[cfg(test)]
mod tests;
