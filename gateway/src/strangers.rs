//! Who was turned away: told by whoever turns somebody away, heard by the watch over the house. One try that
//! waits to be heard stands for all. No names, PINs, badges, tokens or addresses pass here.
//!
//! The ward is told by a channel's number; from the same numbers it knows that the alert is IT's to hear of.

use rules::Technical;
use tokio::sync::mpsc;

use crate::event::key_of;

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tried {
    /// PINs or badges were guessed: many wrong PINs for one name, many unknown badges, or many of both in a
    /// short time.
    Pins,
    /// A token that nobody knows was shown.
    Token,
    /// A webhook came whose signature is not the provider's.
    Webhook,
}

impl Tried {
    /// Everything that may be tried.
    pub const ALL: [Self; 3] = [Self::Pins, Self::Token, Self::Webhook];

    /// The technical alert about it.
    #[must_use]
    pub fn alert(self) -> Technical {
        let name: &[u8] = match self {
            Self::Pins => b"wrong pins",
            Self::Token => b"unknown token",
            Self::Webhook => b"forged webhook",
        };
        channel(&[b"strangers", name])
    }
}

/// The technical alert about clients without credentials at the MQTT port.
#[must_use]
pub fn of_devices() -> Technical {
    channel(&[b"mqtt credentials"])
}

/// Whether an alert is about somebody who was turned away.
#[must_use]
pub fn is_about_one(what: Technical) -> bool {
    what == of_devices() || Tried::ALL.into_iter().any(|tried| tried.alert() == what)
}

fn channel(parts: &[&[u8]]) -> Technical {
    Technical::Channel(u32::try_from(key_of(parts).0 >> 32).unwrap_or_default())
}

/// Where it is told that somebody was turned away.
#[derive(Clone, Debug)]
pub struct Strangers([mpsc::Sender<()>; Tried::ALL.len()]);

/// Where it is heard, for each thing that may be tried.
pub type Heard = [(Tried, mpsc::Receiver<()>); Tried::ALL.len()];

impl Strangers {
    /// The end for those who turn away, and the end for the watch.
    #[must_use]
    pub fn new() -> (Self, Heard) {
        let ends = Tried::ALL.map(|tried| (tried, mpsc::channel(1)));
        let tell = ends.each_ref().map(|(_, (tell, _))| tell.clone());
        (Self(tell), ends.map(|(tried, (_, told))| (tried, told)))
    }

    /// Somebody was turned away who tried this.
    pub fn tell(&self, tried: Tried) {
        tracing::warn!(?tried, "somebody was turned away");
        if let Some(tell) = self.0.get(tried as usize) {
            let _ = tell.try_send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_may_be_tried_has_an_alert_of_its_own() {
        let all: Vec<Technical> = Tried::ALL.map(Tried::alert).into_iter().chain([of_devices()]).collect();
        let different: std::collections::BTreeSet<&Technical> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert!(all.iter().all(|what| is_about_one(*what)));
        assert!(!is_about_one(Technical::Channel(0)) && !is_about_one(Technical::Store));
    }
}
