//! Who was turned away: told by whoever turns somebody away, heard by the watch over the house. One try that
//! waits to be heard stands for all. No names, PINs, badges, tokens or addresses pass here.

use tokio::sync::mpsc;

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
