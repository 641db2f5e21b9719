//! The messages to phones that the HIS took and sent for us, each by the site's name of it and by Meta's. In
//! memory alone, for an hour: what a restart forgets is asked about no more, and no webhook finds it. It
//! asks nobody, and tells nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rules::{AlertId, Moment, Span};

use crate::delivery::webhook::Phase;

/// For how long it is asked what became of a message; after that, what is known stays.
const FOLLOWED: Span = Span::minutes(60);

/// How many messages are known at most; the oldest is let go.
const FOLLOWED_MOST: usize = 200;

/// A message, until it was read or failed.
#[derive(Debug)]
pub(super) struct Message {
    /// Meta's name of it, `wamid.…`; empty where the site did not say.
    pub(super) wamid: String,
    /// The alerts that it calls for.
    pub(super) alerts: Vec<AlertId>,
    /// When the site took it.
    pub(super) since: Moment,
    /// How far the site said that it got.
    pub(super) phase: Option<Phase>,
}

/// What the HIS sent. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct SentByHis(Arc<Mutex<BTreeMap<String, Message>>>);

impl SentByHis {
    /// Keeps a message by the site's name of it.
    pub(super) fn keep(&self, name: &str, message: Message) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(name.to_owned(), message);
        while sent.len() > FOLLOWED_MOST {
            let oldest = sent.iter().min_by_key(|(_, message)| message.since).map(|(name, _)| name.clone());
            oldest.and_then(|name| sent.remove(&name));
        }
    }

    /// The site's names of those that may still get further.
    pub(super) fn under_way(&self, now: Moment) -> Vec<String> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, message| message.since + FOLLOWED > now);
        let on_its_way = sent.iter().filter(|(_, message)| message.phase < Some(Phase::Read));
        on_its_way.map(|(name, _)| name.clone()).collect()
    }

    /// The site says how far a message got; the alerts that it calls for, where that is further than was
    /// known: statuses come in any order there, too.
    pub(super) fn got(&self, name: &str, phase: Phase) -> Vec<AlertId> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sent.get_mut(name) {
            Some(message) if Some(phase) > message.phase => {
                message.phase = Some(phase);
                message.alerts.clone()
            }
            _ => Vec::new(),
        }
    }

    /// The alerts that the message of this name at Meta calls for; none where it is not ours. The webhook of
    /// a hospital tells of many that are not.
    #[must_use]
    pub fn alerts_of(&self, wamid: &str) -> Vec<AlertId> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sent.values().find(|message| !wamid.is_empty() && message.wamid == wamid);
        found.map(|message| message.alerts.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(wamid: &str, since: u64) -> Message {
        Message { wamid: wamid.to_owned(), alerts: vec![AlertId(0xAB)], since: Moment(since), phase: None }
    }

    #[test]
    fn a_message_is_found_by_meta_s_name_and_no_other_is() {
        let sent = SentByHis::default();
        sent.keep("1", message("wamid.1", 0));
        sent.keep("2", message("", 0));
        assert_eq!(sent.alerts_of("wamid.1"), [AlertId(0xAB)]);
        assert!(sent.alerts_of("wamid.2").is_empty() && sent.alerts_of("").is_empty());
    }

    #[test]
    fn a_message_gets_further_once_and_is_asked_about_until_it_was_read() {
        let sent = SentByHis::default();
        sent.keep("1", message("wamid.1", 0));
        assert_eq!(sent.got("1", Phase::Delivered), [AlertId(0xAB)]);
        assert!(sent.got("1", Phase::Sent).is_empty() && sent.got("2", Phase::Read).is_empty());
        assert_eq!(sent.under_way(Moment(1)), ["1"]);
        assert_eq!(sent.got("1", Phase::Read), [AlertId(0xAB)]);
        assert!(sent.under_way(Moment(1)).is_empty());
        assert_eq!(sent.alerts_of("wamid.1").len(), 1, "its webhook may come after the site's word");
        assert!(sent.under_way(Moment(0) + FOLLOWED).is_empty());
        assert!(sent.alerts_of("wamid.1").is_empty(), "an hour later nobody asks");
    }

    #[test]
    fn the_oldest_is_let_go() {
        let sent = SentByHis::default();
        for no in 0..=FOLLOWED_MOST {
            sent.keep(&no.to_string(), message(&format!("wamid.{no}"), no as u64));
        }
        assert!(sent.alerts_of("wamid.0").is_empty() && !sent.alerts_of("wamid.1").is_empty());
    }
}
