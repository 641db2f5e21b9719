//! One cause, one call: what a graver alert calls for says under which it is held back, until it is let go.
//!
//! The rules decide it; the record only follows. The cause may change, or be told anew, though nothing
//! happens to the alert under it: so all of a bed are looked at when anything happened there.

use rules::AlertId;

use super::places::At;
use super::{Turn, Ward};
use crate::record::HeldBack;

impl Ward {
    /// Says of each open alert of a bed under which it is held back now, and writes what is new of that.
    pub(super) fn tell_what_is_held_back(&mut self, at: At, turn: &mut Turn) {
        let Some(bed) = self.beds.get(at) else { return };
        let open = bed.bed.alerts().filter(|alert| alert.is_open());
        let causes: Vec<(AlertId, Option<AlertId>)> =
            open.map(|alert| (alert.id, bed.bed.cause_of(alert).map(|cause| cause.id))).collect();
        for (id, cause) in causes {
            let held_back =
                cause.and_then(|cause| self.ledger.get(cause)).map(|cause| HeldBack::under(cause));
            if self.ledger.get(id).is_some_and(|record| record.held_back != held_back) {
                self.ledger.edit(id, |record| record.held_back = held_back);
                turn.alerts_changed = true;
                turn.records.extend(self.ledger.write(id));
            }
        }
    }
}
