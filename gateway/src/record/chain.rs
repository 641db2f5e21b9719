//! Whom an alert calls: the steps of its ladder and the people behind them, as they were when it began to
//! call. A change of `ward.toml` or of the roster meets the next climb, never one that is under way.
//! `decisions/0016-frozen-when-it-begins-to-call.md` says why. It calls nobody.

use rules::Moment;
use rules::alert::Alert;
use rules::ladder::{Class, Ladder, Recipient, Tell};
use serde::{Deserialize, Serialize};

use crate::config::roster::Contact;

/// One climb of one alert's ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Which ladder, and when its climb began; `None` where nothing is frozen yet.
    climb: Option<(Class, Moment)>,
    steps: Vec<Vec<Tell>>,
    people: Vec<(Recipient, Vec<Contact>)>,
}

impl Chain {
    /// The climb that `alert` is on, by `ladder`; `who` says who somebody is now.
    pub fn frozen(alert: &Alert, ladder: &Ladder, who: impl Fn(Recipient) -> Vec<Contact>) -> Self {
        let steps: Vec<Vec<Tell>> = ladder.steps.iter().map(|step| step.tells.to_vec()).collect();
        // Whoever the ladder does not name may still be called: the ward's phone is the last resort.
        let mut people: Vec<(Recipient, Vec<Contact>)> = Vec::new();
        for whom in steps.iter().flatten().map(|tell| tell.whom).chain([Recipient::Ward]) {
            if !people.iter().any(|(known, _)| *known == whom) {
                people.push((whom, who(whom)));
            }
        }
        Self { climb: Some((alert.class, alert.called_from)), steps, people }
    }

    /// Whether this is the climb that `alert` is on.
    #[must_use]
    pub fn is_of(&self, alert: &Alert) -> bool {
        self.climb == Some((alert.class, alert.called_from))
    }

    /// What the `called`-th call is, counted from 0: the last step repeats.
    #[must_use]
    pub fn step(&self, called: u16) -> &[Tell] {
        self.steps.get(usize::from(called)).or_else(|| self.steps.last()).map_or(&[], Vec::as_slice)
    }

    /// All that its steps tell.
    pub fn steps(&self) -> impl Iterator<Item = &Tell> {
        self.steps.iter().flatten()
    }

    /// Who `whom` is.
    #[must_use]
    pub fn people(&self, whom: Recipient) -> &[Contact] {
        let found = self.people.iter().find(|(known, _)| *known == whom);
        found.map_or(&[], |(_, people)| people.as_slice())
    }

    /// Everybody whom it can call, with the part in which it does.
    pub fn everybody(&self) -> impl Iterator<Item = (Recipient, &Contact)> {
        self.people.iter().flat_map(|(whom, people)| people.iter().map(|person| (*whom, person)))
    }

    /// Who `whom` is became known only now: the attending doctor of somebody who was not named, or a person
    /// whom no step names.
    pub fn know(&mut self, whom: Recipient, people: Vec<Contact>) {
        self.people.retain(|(known, _)| *known != whom);
        self.people.push((whom, people));
    }

    /// Whether the `called`-th call is the first after every step was called: nobody has answered them all.
    #[must_use]
    pub fn is_first_repeat(&self, called: u16) -> bool {
        usize::from(called) == self.steps.len()
    }

    /// Whether `calls` calls are more than the ladder has steps, though somebody outside the room was called.
    #[must_use]
    pub fn is_exhausted(&self, calls: u16) -> bool {
        usize::from(calls) > self.steps.len() && self.leaves_the_room()
    }

    /// Whether any step can reach somebody who is not at the station.
    #[must_use]
    pub fn leaves_the_room(&self) -> bool {
        self.steps.iter().flatten().any(|tell| self.people(tell.whom).iter().any(Contact::is_reached))
    }
}
