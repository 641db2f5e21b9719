//! The canary's turn: signs that must call, judged by the ward's own policy at a bed that stands in no
//! room, and what is owed for it. Nobody is called, nothing of it is heard, shown, charted or remembered
//! by a bed.

use rules::bed::{BedNo, What};
use rules::event::Frame;
use rules::vital::Source;
use rules::{Bed, Moment, Priority, Reading, Span};

use super::frames::reading;
use super::{Now, Turn, Ward};
use crate::event::{Canary, Round};
use crate::journal::Record;
use crate::owed::{Destination, Owed, Parcel};

/// Under which key it is owed: one round at a time, however long nobody fetches it.
const KEY: &str = "canary";

/// The number of its bed, which no bed of a ward has.
const BED: BedNo = BedNo(u16::MAX);

impl Ward {
    /// Judges the canary's frame. Where that calls nobody no mark is set, and whoever waits for it misses it.
    pub(super) fn canary(&mut self, canary: &Canary, now: Now, turn: &mut Turn) {
        let readings = canary.frame.readings.iter();
        let readings: Vec<Reading> =
            readings.filter_map(|measured| reading(measured, &canary.frame, Span::ZERO)).collect();
        let frame = Frame { source: Source(0), key: canary.frame.key, readings: &readings, silence: None };
        let mut bed = Bed::new(BED, self.plan.policy);
        let orders = bed.on(&rules::Event::Frame(frame), now.moment);
        let calls = orders.iter().any(|order| order.what == What::Call { step: 0 });
        let sounds = bed.sounding(now.moment).is_some_and(|alert| alert.priority == Priority::High);
        if !(calls && sounds) {
            return;
        }
        self.canary = Some(canary.round);
        turn.alerts_changed = true;
        turn.records.push(Record::Owed(owed(canary.round, now.moment)));
    }

    /// The last round of the canary that was judged as it must be.
    #[must_use]
    pub const fn last_canary(&self) -> Option<Round> {
        self.canary
    }
}

fn owed(round: Round, now: Moment) -> Owed {
    let parcel = Parcel::Canary { round };
    Owed { key: KEY.to_owned(), destination: Destination::Loopback, alert: None, due: now, parcel }
}
