//! The ward written down and read again: a checkpoint, and the recovery from it.
//!
//! Recovery replays what was recorded after the checkpoint through the very code that judged it first, throws
//! the orders away, and then lets what was recorded win ([`super::recorded`]).

use std::collections::HashMap;

use rules::bed::BedState;
use rules::event::Occupancy;
use rules::{Bed, Moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bindings::Bindings;
use super::charting::Charting;
use super::duty::Rosters;
use super::identities::Identities;
use super::orders::Orders;
use super::places::{At, Devices};
use super::silence::Peers;
use super::{Named, Now, Ward};
use crate::event::Event;

/// What a ward remembers beside its beds, and what outlives a change of rules or policy: who lies where, and
/// what was said of patients and peers.
#[derive(Serialize, Deserialize)]
struct Beside {
    /// The labels of the beds, in their order; none for the ward itself.
    labels: Vec<Option<String>>,
    bindings: Bindings,
    identities: Identities,
    orders: Orders,
    peers: Peers,
    rosters: Rosters,
}

/// All that a ward remembers and that its plan does not say.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// First, so that it can be read though the rest has another shape.
    beside: Beside,
    beds: Vec<BedState>,
    names: Vec<HashMap<u32, Named>>,
    devices: Devices,
    people: Vec<String>,
    charting: Charting,
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
        let beside = Beside {
            labels: self.beds.iter().map(|bed| bed.label.clone()).collect(),
            bindings: self.bindings.clone(),
            identities: self.identities.clone(),
            orders: self.orders.clone(),
            peers: self.peers.clone(),
            rosters: self.rosters.clone(),
        };
        let saved = Saved {
            beside,
            beds: self.beds.iter().map(|bed| bed.bed.state().clone()).collect(),
            names: self.beds.iter().map(|bed| bed.names.clone()).collect(),
            devices: self.devices.clone(),
            people: self.people.clone(),
            charting: self.charting.clone(),
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
        self.bindings = saved.beside.bindings;
        self.bindings.show_all();
        self.identities = saved.beside.identities;
        self.people = saved.people;
        self.charting = saved.charting;
        self.orders = saved.beside.orders;
        self.peers = saved.beside.peers;
        self.restore_rosters(saved.beside.rosters);
        true
    }

    /// Takes over from a checkpoint of other rules or another policy, made at the moment `at`, what does not
    /// depend on them: a changed limit must not forget who lies where. Beds are known by their labels; of one
    /// that is gone nothing is taken. Whether it could be read.
    #[must_use]
    pub fn take_over(&mut self, bytes: &[u8], at: Moment) -> bool {
        let Ok((beside, _)) = postcard::take_from_bytes::<Beside>(bytes) else { return false };
        let place = |label: &Option<String>| label.as_deref().map_or(Some(0), |label| self.places.bed(label));
        let places: Vec<Option<At>> = beside.labels.iter().map(place).collect();
        self.bindings = beside.bindings.onto(&places, self.beds.len());
        self.identities = beside.identities;
        (self.orders, self.peers) = (beside.orders, beside.peers);
        self.restore_rosters(beside.rosters);
        for no in 1..self.beds.len() {
            let occupancy = self.bindings.occupancy(no);
            let Some(bed) = self.beds.get_mut(no) else { continue };
            // Whatever it orders was carried out when the binding began.
            let _ = bed.bed.on(&rules::Event::Occupancy(occupancy), at);
            let deadline = bed.bed.deadline(at);
            if let Some(known) = self.deadlines.get_mut(no) {
                *known = deadline;
            }
            if matches!(occupancy, Occupancy::Bound(_)) {
                self.charting.begin(no, &self.plan, at);
            }
        }
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
}
