//! Devices over MQTT: our own listener, which acknowledges after the commit, and the client of a hospital's
//! broker.
//!
//! A device port, not a broker: what a device publishes goes through the ward's door and nowhere else,
//! nothing is stored for other clients, and the only thing told outward is the alert state of each bed.

pub mod broker;
mod canary;
mod connection;
pub mod identity;
pub mod listener;
mod outward;
mod payload;
mod registry;
mod session;
mod strangers;
mod topic;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use crate::clock::{Clock, Stopwatch, Wall};
use crate::event::Door;
use crate::ingest::profile::Site;
use crate::traffic::{Passed, Traffic};
use crate::view::WardView;
pub use canary::canary;

/// What both sides of this room need of the house.
#[derive(Clone, Debug)]
pub struct DevicePort {
    /// The ward's name, as it stands in the topics.
    pub ward: String,
    /// Where arrivals go.
    pub door: Door,
    /// The time of arrivals that carry none.
    pub clock: Clock,
    /// How foreign programs and devices speak.
    pub site: Arc<Site>,
    /// What is told outward.
    pub view: watch::Receiver<Arc<WardView>>,
    /// What is counted.
    pub counts: Arc<Counts>,
}

/// What has happened here since the start, for the hub.
#[derive(Debug, Default)]
pub struct Counts {
    received: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    not_now: AtomicU64,
    connections: AtomicU64,
    traffic: Traffic,
}

/// [`Counts`], read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Publications that came, last wills included.
    pub received: u64,
    /// Of those, understood and stored.
    pub accepted: u64,
    /// Refused and stored raw: publications, and connections that did not speak the protocol.
    pub refused: u64,
    /// Not stored when they came, and therefore not acknowledged.
    pub not_now: u64,
    /// Connections open now.
    pub connections: u64,
}

impl Counts {
    /// The counts now.
    #[must_use]
    pub fn read(&self) -> Counted {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counted {
            received: of(&self.received),
            accepted: of(&self.accepted),
            refused: of(&self.refused),
            not_now: of(&self.not_now),
            connections: of(&self.connections),
        }
    }

    /// When the last one was acknowledged, and how long that took.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn count(&self, what: impl Fn(&Self) -> &AtomicU64) {
        what(self).fetch_add(1, Ordering::Relaxed);
    }

    /// A publication was stored at this time and is about to be acknowledged.
    fn count_answered(&self, refused: bool, at: Wall, came: Stopwatch) {
        self.count_stored(refused);
        let passed = if refused { Passed::Refused } else { Passed::Taken };
        self.traffic.count(at, came.elapsed(), passed);
    }

    fn count_stored(&self, refused: bool) {
        let count = if refused { &self.refused } else { &self.accepted };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection for as long as the returned value lives.
    fn connect(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }
}

/// An open connection, counted.
struct Connected(Arc<Counts>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod testing;
