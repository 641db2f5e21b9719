//! Alerts that came to the end of their ladder: everybody whom it names was called, and nobody has
//! answered, or not everybody who must. That is a condition of its own, once for each bed and until
//! somebody answers. It calls nobody itself.

use rules::alert::{Alert, Condition, Technical};
use rules::event::Role;

use super::places::At;
use super::{Now, Turn, Ward};
use crate::event::Found;

const UNANSWERED: Condition = Condition::Technical(Technical::Unanswered);

impl Ward {
    /// Says so at the bed when the first of its alerts is at its end, and again when none is any more.
    pub(super) fn look_for_unanswered(&mut self, at: At, now: Now, turn: &mut Turn) {
        let Some(bed) = self.beds.get(at) else { return };
        let is_known = bed.bed.alerts().any(|alert| alert.condition == UNANSWERED && alert.is_open());
        let at_their_end =
            bed.bed.alerts().filter(|alert| alert.condition != UNANSWERED && self.is_at_its_end(alert));
        let first = at_their_end.min_by_key(|alert| (std::cmp::Reverse(alert.priority), alert.raised_at));
        let first = first.map(|alert| alert.id);
        let text = match (first, is_known) {
            (Some(id), false) => self.ledger.get(id).map_or("", |record| record.title.as_str()),
            (None, true) => "",
            _ => return,
        };
        // What a nurse has read back is still owed a doctor, and nothing sounds for it any more.
        let missing = match first.and_then(|id| bed.bed.alert(id)) {
            Some(alert) if alert.lacks(Role::Doctor) && !alert.lacks(Role::Nurse) => "no doctor has answered",
            Some(alert) if alert.lacks(Role::Nurse) && !alert.lacks(Role::Doctor) => {
                "no nurse has read it back"
            }
            _ => "nobody has answered",
        };
        let text = format!("{missing}, and everybody was called: {text}; go there now");
        let bed = self.label(at);
        self.found(&Found { bed, what: Technical::Unanswered, on: first.is_some(), text }, now, turn);
    }

    fn is_at_its_end(&self, alert: &Alert) -> bool {
        let exhausted = |record: &std::sync::Arc<crate::record::AlertRecord>| {
            record.chain.is_of(alert) && record.chain.is_exhausted(alert.steps_called)
        };
        alert.is_owed_an_answer()
            && alert.next_at.is_some()
            && self.ledger.get(alert.id).is_some_and(exhausted)
    }
}
