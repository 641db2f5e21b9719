//! What a tap on a message's button means: the answer of the person whose phone it is to the call that the
//! button was made for. It answers one alert, and each button once, though the provider may tell of it again
//! in another batch: which were used is remembered in memory alone, so a restart forgets it.
//!
//! It decides nothing of alerts: what an answer from afar is worth is the bed's to say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::afar::{self, Callees, Reach};
use super::whatsapp::{Secret, tapped};
use crate::event::Event;
use crate::owed::{Call, Destination};

/// How many used buttons are remembered: far more than a ward answers while the provider still tells again.
const USED_MOST: usize = 4_096;

/// Why a tap answers nothing, or not in anybody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Its proof is not of this store, or of another call or phone.
    #[error("a tap whose proof is not ours answers nothing")]
    Forged,
    /// It has answered before: the provider told of it again.
    #[error("a tap on a button that has answered before answers nothing")]
    Used,
    /// The call was answered, ended or made anew since.
    #[error("a tap on a call that is over answers nothing")]
    Over,
    /// Nobody's own phone: somebody has seen it, and nobody knows who.
    #[error("a tap on a phone that the roster gives to no person says that it was read, and no more")]
    Nobody,
}

/// A button: of which call, and on whose phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Button {
    call: Call,
    phone: String,
}

/// A tap as it was read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tapped {
    /// What it is to the ward.
    pub(super) events: Vec<Event>,
    /// Why it is no answer, where it is none.
    pub(super) none: Option<NoAnswer>,
    /// The button that is used by it.
    pub(super) button: Option<Button>,
}

impl From<NoAnswer> for Tapped {
    fn from(none: NoAnswer) -> Self {
        Self { none: Some(none), ..Self::default() }
    }
}

/// Everything that taps are read by. Clones share what they remember.
#[derive(Clone)]
pub struct Taps {
    secret: Secret,
    callees: Arc<dyn Callees>,
    /// The oldest first.
    used: Arc<Mutex<VecDeque<Button>>>,
}

impl Taps {
    /// Buttons made with `secret`, answered by those whom `callees` knows.
    #[must_use]
    pub fn of(secret: Secret, callees: Arc<dyn Callees>) -> Self {
        Self { secret, callees, used: Arc::default() }
    }

    /// What a tap is to the ward. Its button is used from here on; where the ward did not take the answer it
    /// is to be [given back](Self::give_back).
    pub(super) fn read(&self, payload: &str, from: &str) -> Tapped {
        let Some(call) = tapped(&self.secret, payload, from) else { return NoAnswer::Forged.into() };
        if afar::is_over(&*self.callees, call) {
            return NoAnswer::Over.into();
        }
        let read = afar::read(call, Destination::Whatsapp, "phone");
        let Some(by) = self.callees.whose(Reach::Phone(from)) else {
            return Tapped { events: vec![read], ..NoAnswer::Nobody.into() };
        };
        let button = Button { call, phone: from.to_owned() };
        if !self.uses(&button) {
            return NoAnswer::Used.into();
        }
        Tapped { events: vec![read, afar::answer(call, by)], none: None, button: Some(button) }
    }

    /// Marks a button as used; whether it was not.
    fn uses(&self, button: &Button) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains(button) {
            return false;
        }
        if used.len() >= USED_MOST {
            used.pop_front();
        }
        used.push_back(button.clone());
        true
    }

    /// The ward took none of these answers: the provider tells of them again, and then they count.
    pub(super) fn give_back(&self, buttons: &[Button]) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).retain(|used| !buttons.contains(used));
    }
}

#[cfg(test)]
mod tests {
    use rules::event::{Role, Via};
    use rules::{AlertId, Moment};

    use super::*;
    use crate::delivery::whatsapp::payload;
    use crate::event::{Person, Received, Stage};

    const SECRET: Secret = Secret([7; 32]);
    const CALL: Call = Call { alert: AlertId(0xAB), climb: Moment(31), step: 1 };

    /// One doctor with a phone of her own, and one alert that climbs since 31 ms.
    struct Sample;

    impl Callees for Sample {
        fn whose(&self, reached: Reach<'_>) -> Option<Person> {
            let station = "whatsapp".to_owned();
            (reached == Reach::Phone("911")).then(|| Person {
                name: "dr.sample".to_owned(),
                role: Role::Doctor,
                station,
            })
        }

        fn climbs_since(&self, alert: AlertId) -> Option<Moment> {
            (alert == CALL.alert).then_some(CALL.climb)
        }
    }

    fn read(call: Call, of: &str, from: &str) -> Tapped {
        let key = call.key(Destination::Whatsapp, of);
        Taps::of(SECRET, Arc::new(Sample)).read(&payload(&SECRET, &key, of), from)
    }

    #[test]
    fn a_tap_of_the_called_doctor_is_her_answer_from_afar() {
        let Tapped { events, none, button } = read(CALL, "+911", "911");
        assert_eq!((none, button), (None, Some(Button { call: CALL, phone: "911".to_owned() })));
        let [Event::Received(read), Event::Answer(answer)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((read.alert, read.stage), (CALL.alert, Stage::Read));
        assert_eq!((answer.by.name.as_str(), answer.via), ("dr.sample", Via::Remote));
    }

    #[test]
    fn a_tap_of_an_earlier_climb_or_on_an_alert_that_is_over_changes_nothing() {
        for call in [Call { climb: Moment(30), ..CALL }, Call { alert: AlertId(0xAC), ..CALL }] {
            assert_eq!(read(call, "+911", "911"), Tapped::from(NoAnswer::Over));
        }
    }

    #[test]
    fn a_forged_tap_changes_nothing() {
        assert_eq!(read(CALL, "+911", "912"), Tapped::from(NoAnswer::Forged), "from another phone");
        let made_up =
            Taps::of(SECRET, Arc::new(Sample)).read("ack:00000000000000ab-1f-1-whatsapp-0:00", "911");
        assert_eq!(made_up, Tapped::from(NoAnswer::Forged));
    }

    #[test]
    fn what_is_remembered_of_used_buttons_is_bounded() {
        let taps = Taps::of(SECRET, Arc::new(Sample));
        let button = |no: usize| Button { call: CALL, phone: no.to_string() };
        assert!((0..=USED_MOST).all(|no| taps.uses(&button(no))));
        assert!(!taps.uses(&button(USED_MOST)));
        assert_eq!(taps.used.lock().unwrap().len(), USED_MOST);
    }

    #[test]
    fn a_phone_that_is_nobody_s_has_read_it_and_no_more() {
        let Tapped { events, none, .. } = read(CALL, "+912", "912");
        assert_eq!(none, Some(NoAnswer::Nobody));
        assert!(matches!(events.as_slice(), [Event::Received(Received { stage: Stage::Read, .. })]));
    }
}
