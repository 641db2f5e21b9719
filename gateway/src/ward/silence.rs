//! Peers that should be heard now and then: the laboratory, the HIS. They are learned from what arrives; one
//! that was never heard is not silent.
//!
//! A device's silence is the bed's own business, not this file's.

use rules::{Moment, Technical};
use serde::{Deserialize, Serialize};

use super::{Now, Turn, Ward, number_of};
use crate::config::silence::Silence;
use crate::event::{Event, Found, Heard, Outcome, Peer, PeerKind, Raw};
use crate::view::SilentPeer;

/// How many peers are watched; the one heard longest ago makes room.
const PEERS_MOST: usize = 32;

/// The longest name that is shown of a peer, in characters.
const NAME_MOST: usize = 48;

/// One peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Watched {
    heard: Heard,
    last: Moment,
    /// When it will have been silent for too long; none while the station knows that it is.
    due: Option<Moment>,
}

/// All peers that were ever heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Peers {
    list: Vec<Watched>,
}

impl Peers {
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.list.iter().filter_map(|peer| peer.due).min()
    }

    /// A peer was heard. Says which peers are silent no more: this one, or one that made room for it.
    fn hear(&mut self, heard: &Heard, silence: &Silence, now: Now) -> Vec<Heard> {
        let due = Some(now.moment_of(silence.due(heard.kind, now.wall())));
        let watched = Watched { heard: heard.clone(), last: now.moment, due };
        let known = self.list.iter_mut().find(|peer| peer.heard == *heard);
        let before = if let Some(known) = known {
            Some(std::mem::replace(known, watched))
        } else {
            let quietest = self.list.iter().enumerate().min_by_key(|(_, peer)| peer.last).map(|(at, _)| at);
            let gone = quietest.filter(|_| self.list.len() >= PEERS_MOST).map(|at| self.list.remove(at));
            self.list.push(watched);
            gone
        };
        before.into_iter().filter(|peer| peer.due.is_none()).map(|peer| peer.heard).collect()
    }

    /// Which peers have been silent for too long since they were last asked about, and when they were heard
    /// last. The wall clock may have been stepped since the deadline was set, so it is looked at again.
    fn fall_silent(&mut self, silence: &Silence, now: Now) -> Vec<(Heard, Moment)> {
        let mut silent = Vec::new();
        for peer in self.list.iter_mut().filter(|peer| peer.due.is_some_and(|due| due <= now.moment)) {
            let due = now.moment_of(silence.due(peer.heard.kind, now.wall_of(peer.last)));
            peer.due = (due > now.moment).then_some(due);
            if peer.due.is_none() {
                silent.push((peer.heard.clone(), peer.last));
            }
        }
        silent
    }

    /// Which peers are silent, and when they were heard last.
    fn silent(&self) -> impl Iterator<Item = (&Heard, Moment)> {
        self.list.iter().filter(|peer| peer.due.is_none()).map(|peer| (&peer.heard, peer.last))
    }

    fn knows(&self, kind: PeerKind, name: &str) -> bool {
        self.list.iter().any(|peer| peer.heard.kind == kind && peer.heard.peer == name)
    }
}

impl Ward {
    /// Who is silent, since when, and what to do.
    fn sentence(&self, heard: &Heard, last: Moment, now: Now) -> String {
        let last = now.wall_of(last).timestamp().to_zoned(self.plan.silence.zone.clone());
        let (name, last) = (&heard.peer, last.strftime("%H:%M on %d %b"));
        match heard.kind {
            PeerKind::Laboratory => format!(
                "the laboratory ({name}) is silent: its last message came at {last}; ask whether results \
                 are held up"
            ),
            PeerKind::Adt => format!(
                "the HIS ({name}) is silent: its last message came at {last}; admissions may be missing, \
                 call IT"
            ),
        }
    }

    /// What an arrival says of its sender's being there. A message of which nothing comes, a duplicate say,
    /// counts by its type; a laboratory's is told from a device's by who it was before.
    #[must_use]
    pub fn heard_in(&self, peer: &Peer, raw: Option<&Raw>, events: &[Event]) -> Option<Event> {
        let told = raw.filter(|raw| raw.outcome != Outcome::Refused).map_or("", |raw| raw.kind.as_str());
        let kind = match events.iter().find_map(kind_of) {
            Some(kind) => kind,
            None if told.starts_with("ADT") => PeerKind::Adt,
            None if events.is_empty() && told.starts_with("ORU") => PeerKind::Laboratory,
            None => return None,
        };
        let name: String = peer.name.chars().take(NAME_MOST).collect();
        let certain = !events.is_empty() || kind == PeerKind::Adt || self.peers.knows(kind, &name);
        certain.then(|| Event::Heard(Heard { kind, peer: name, endpoint: peer.endpoint.to_owned() }))
    }

    pub(super) fn heard(&mut self, heard: &Heard, now: Now, turn: &mut Turn) {
        let plan = std::sync::Arc::clone(&self.plan);
        for heard in self.peers.hear(heard, &plan.silence, now) {
            self.found(&finding(&heard, false, String::new()), now, turn);
        }
    }

    /// The peers whose silence the station knows of, for the hub.
    pub(super) fn silent_peers(&self, now: Now) -> Vec<SilentPeer> {
        let told = |(heard, last): (&Heard, Moment)| SilentPeer {
            endpoint: heard.endpoint.clone(),
            text: self.sentence(heard, last, now),
        };
        self.peers.silent().map(told).collect()
    }

    pub(super) fn look_for_silence(&mut self, now: Now, turn: &mut Turn) {
        let plan = std::sync::Arc::clone(&self.plan);
        for (heard, last) in self.peers.fall_silent(&plan.silence, now) {
            let text = self.sentence(&heard, last, now);
            self.found(&finding(&heard, true, text), now, turn);
        }
    }
}

const fn kind_of(event: &Event) -> Option<PeerKind> {
    match event {
        Event::Report(_) => Some(PeerKind::Laboratory),
        Event::Admission(_) | Event::Merge(_) | Event::Unidentified(_) | Event::Ordered(_) => {
            Some(PeerKind::Adt)
        }
        _ => None,
    }
}

fn finding(heard: &Heard, on: bool, text: String) -> Found {
    let kind = match heard.kind {
        PeerKind::Laboratory => "laboratory",
        PeerKind::Adt => "adt",
    };
    let what = Technical::Channel(number_of(&format!("silent {kind} {}", heard.peer)));
    Found { bed: None, what, on, text }
}
