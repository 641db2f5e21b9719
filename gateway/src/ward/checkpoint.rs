//! The ward written down and read again: a checkpoint, and the recovery from it.
//!
//! Recovery replays what was recorded after the checkpoint through the very code that judged it first, throws
//! the orders away, and then lets what was recorded win: an alert that was open stays open until it is judged
//! again or a person ends it.

use std::collections::HashMap;

use rules::bed::BedState;
use rules::{Bed, Moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bindings::Bindings;
use super::charting::Charting;
use super::orders::Orders;
use super::places::Devices;
use super::silence::Peers;
use super::{Named, Now, Ward};
use crate::event::Event;
use crate::record::AlertRecord;

/// The mark of an alert that the record knew and the replay did not reproduce.
const RECORDED: &str = "recorded before the last start";

/// All that a ward remembers and that its plan does not say.
#[derive(Serialize, Deserialize)]
struct Saved {
    beds: Vec<BedState>,
    names: Vec<HashMap<u32, Named>>,
    devices: Devices,
    bindings: Bindings,
    people: Vec<String>,
    charting: Charting,
    orders: Orders,
    peers: Peers,
}

impl Ward {
    /// The tag of a checkpoint's policy: a bed is only restored into the policy that it was judged by.
    #[must_use]
    pub fn policy_hash(&self) -> [u8; 32] {
        let bytes = postcard::to_stdvec(self.plan.policy).unwrap_or_default();
        let labels: Vec<&str> = self.plan.beds.iter().map(|bed| bed.label.as_str()).collect();
        Sha256::new().chain_update(bytes).chain_update(labels.join("\n")).finalize().into()
    }

    /// The ward as bytes; `None` when it cannot be written, which no state of it should cause.
    #[must_use]
    pub fn save(&self) -> Option<Vec<u8>> {
        let saved = Saved {
            beds: self.beds.iter().map(|bed| bed.bed.state().clone()).collect(),
            names: self.beds.iter().map(|bed| bed.names.clone()).collect(),
            devices: self.devices.clone(),
            bindings: self.bindings.clone(),
            people: self.people.clone(),
            charting: self.charting.clone(),
            orders: self.orders.clone(),
            peers: self.peers.clone(),
        };
        postcard::to_stdvec(&saved).ok()
    }

    /// Takes the checkpoint of the moment `at` over; whether it could be read and fits the beds of the plan.
    #[must_use]
    pub fn restore(&mut self, bytes: &[u8], at: Moment) -> bool {
        let Ok(saved) = postcard::from_bytes::<Saved>(bytes) else { return false };
        if saved.beds.len() != self.beds.len() {
            return false;
        }
        let policy = self.plan.policy;
        for ((bed, state), names) in self.beds.iter_mut().zip(saved.beds).zip(saved.names) {
            bed.bed = Bed::restored(state, policy);
            bed.names = names;
        }
        self.deadlines = self.beds.iter().map(|bed| bed.bed.deadline(at)).collect();
        self.devices = saved.devices;
        self.bindings = saved.bindings;
        self.bindings.show_all();
        self.people = saved.people;
        self.charting = saved.charting;
        self.orders = saved.orders;
        self.peers = saved.peers;
        true
    }

    /// Lives through one recorded event again, with every deadline before it; what follows was carried out
    /// already.
    pub fn relive(&mut self, at: Moment, event: &Event, offset_ms: i64) {
        self.relive_time(at, offset_ms);
        let _ = self.on(event, Now { moment: at, offset_ms });
    }

    fn relive_time(&mut self, until: Moment, offset_ms: i64) {
        /// More wakings than any real gap between two events can hold; a replay must end.
        const WAKINGS_MOST: usize = 100_000;
        let mut last: Option<Moment> = None;
        for _ in 0..WAKINGS_MOST {
            let Some(next) = self.deadline().filter(|next| *next < until) else { return };
            let moment = last.map_or(next, |last| next.max(last));
            let _ = self.tick(Now { moment, offset_ms });
            last = Some(moment + rules::Span(1));
        }
    }

    /// Lets what was recorded win over what the replay came to by `now`.
    pub fn recorded(&mut self, records: Vec<AlertRecord>, now: Moment) {
        for mut record in records {
            let at = match &record.bed {
                Some(label) => self.places.bed(label),
                None => Some(0),
            };
            let Some((at, bed)) = at.and_then(|at| self.beds.get_mut(at).map(|bed| (at, bed))) else {
                continue;
            };
            let reproduced = bed.bed.alert(record.alert.id).is_some_and(rules::Alert::is_open);
            if !reproduced && !record.notes.iter().any(|note| note == RECORDED) {
                record.notes.push(RECORDED.to_owned());
            }
            bed.bed.put_back(record.alert);
            let deadline = bed.bed.deadline(now);
            if let Some(known) = self.deadlines.get_mut(at) {
                *known = deadline;
            }
            self.ledger.put(record.alert.id, record);
        }
    }
}
