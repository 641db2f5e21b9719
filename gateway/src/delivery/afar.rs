//! Answers from afar: whoever was called on a phone or in the HIS answers that very call from there. What a
//! tap on a button and a task that was closed have in common; each proves in its own way that it is ours.
//!
//! It decides nothing of alerts: what an answer from afar is worth is the bed's to say.

use rules::event::{Say, Via};
use rules::{AlertId, Moment};

use crate::event::{Event, Person, PersonAnswer, Received, Stage};
use crate::owed::{Call, Destination};

/// By what somebody who is not in the ward is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// The digits of a phone.
    Phone(&'a str),
    /// An account in the HIS.
    HisUser(&'a str),
}

/// What an answer from afar is held against: the roster and the ward as they are now.
pub trait Callees: Send + Sync {
    /// Whose that is. `None` for what is nobody's own.
    fn whose(&self, reached: Reach<'_>) -> Option<Person>;

    /// Since when the open alert of that name climbs its ladder; `None` where it is over.
    fn climbs_since(&self, alert: AlertId) -> Option<Moment>;
}

/// Whether what `call` asked for is answered, ended or asked anew since.
pub(super) fn is_over(callees: &dyn Callees, call: Call) -> bool {
    callees.climbs_since(call.alert) != Some(call.climb)
}

/// The receipt that somebody has seen the call; `to` is their role or account.
pub(super) fn read(call: Call, by: Destination, to: &str) -> Event {
    let (channel, to) = (by.word().to_owned(), to.to_owned());
    Event::Received(Received { alert: call.alert, stage: Stage::Read, channel, to, error: None })
}

/// Their answer.
pub(super) fn answer(call: Call, by: Person) -> Event {
    let (say, note) = (Say::Acknowledge(None), String::new());
    Event::Answer(PersonAnswer { alert: call.alert, by, via: Via::Remote, say, note })
}
