//! Who somebody is now: the rosters that were read, asked for a role, and the attending doctor of a patient.
//! What was read stays until it is read anew, however long the HIS is away. Nobody is ever skipped in
//! silence: whoever cannot be resolved is replaced by the duty intensivist at once, and where the rosters
//! know nobody the contact of `ward.toml` is called and the ward is told.

use std::collections::BTreeMap;

use rules::alert::{Condition, Technical};
use rules::ladder::Recipient;
use rules::{Moment, Span};
use serde::{Deserialize, Serialize};

use super::{Now, Turn, Ward, number_of};
use crate::clock::Wall;
use crate::config::roster::{Contact, recipient_word};
use crate::event::{Duty, DutyRead, Found, Shift, Uhid};
use crate::view::{DutyView, OnDuty};

/// The roles that somebody is on duty in.
const ROLES: [Recipient; 4] = [Recipient::DutyDoctor, Recipient::ChargeNurse, Recipient::Ward, Recipient::It];

/// The longest that nobody looks whether a shift has changed: a wall clock that was stepped moves all of
/// them.
const LOOK_EVERY: Span = Span::minutes(15);

/// What one roster said, and when it was read last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    at: Wall,
    duty: Duty,
}

/// Every roster that was read, by where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rosters {
    known: BTreeMap<String, Known>,
    /// When to look who is on duty; `None` where no roster was ever read.
    look: Option<Moment>,
}

impl Rosters {
    pub(super) const fn deadline(&self) -> Option<Moment> {
        self.look
    }

    fn take(&mut self, read: &DutyRead) {
        match (&read.duty, self.known.get_mut(&read.from)) {
            (Some(duty), _) => {
                let known = Known { at: read.at, duty: duty.clone() };
                self.known.insert(read.from.clone(), known);
            }
            (None, Some(known)) => known.at = read.at,
            (None, None) => {}
        }
    }

    fn shifts(&self) -> impl Iterator<Item = &Shift> {
        self.known.values().flat_map(|known| &known.duty.shifts)
    }

    /// Who is on duty, and can be reached.
    fn on_duty(&self, role: Recipient, at: Wall) -> impl Iterator<Item = &Shift> {
        let is_on = move |shift: &&Shift| shift.role == role && shift.from <= at && at < shift.until;
        self.shifts().filter(is_on).filter(|shift| shift.who.is_reached())
    }

    fn doctor(&self, id: &str) -> Option<&Contact> {
        self.known.values().flat_map(|known| &known.duty.doctors).find(|doctor| doctor.id == id)
    }

    /// The attending doctor by the HIS's record of the stay.
    pub(super) fn attending_of(&self, patient: Option<&Uhid>) -> Option<String> {
        let patient = patient?;
        let stays = self.known.values().flat_map(|known| &known.duty.attending);
        stays.filter(|(who, _)| who == patient).map(|(_, doctor)| doctor.clone()).next()
    }

    /// When a shift begins or ends next.
    fn next_change(&self, after: Wall) -> Option<Wall> {
        self.shifts().flat_map(|shift| [shift.from, shift.until]).filter(|at| *at > after).min()
    }
}

impl Ward {
    /// Takes over what rosters said before the start, of those that `ward.toml` still names.
    pub(super) fn restore_rosters(&mut self, rosters: Rosters) {
        self.rosters = rosters;
        let roster = &self.plan.roster;
        self.rosters.known.retain(|from, _| roster.reads(from));
    }

    /// A roster was read.
    pub(super) fn duty_read(&mut self, read: &DutyRead, now: Now, turn: &mut Turn) {
        if !self.plan.roster.reads(&read.from) {
            return;
        }
        self.rosters.take(read);
        self.look_who_is_on_duty(now, turn);
    }

    /// Looks at the change of a shift, and now and then, whether somebody is on duty.
    pub(super) fn look_for_shifts(&mut self, now: Now, turn: &mut Turn) {
        if self.rosters.look.is_some_and(|look| look <= now.moment) {
            self.look_who_is_on_duty(now, turn);
        }
    }

    fn look_who_is_on_duty(&mut self, now: Now, turn: &mut Turn) {
        if self.rosters.known.is_empty() {
            return;
        }
        for role in ROLES {
            let on = self.is_expected(role) && self.rosters.on_duty(role, now.wall()).next().is_none();
            let what = Technical::Channel(number_of(&format!("nobody on duty as {}", recipient_word(role))));
            let is_open = self.beds.first().is_some_and(|ward| {
                let is_it = |alert: &rules::Alert| alert.condition == Condition::Technical(what);
                ward.bed.alerts().any(|alert| is_it(alert) && alert.is_open())
            });
            if on == is_open {
                continue;
            }
            let text = format!(
                "by the roster nobody who can be reached is on duty as {} now: the contact in ward.toml is \
                 called instead; correct the roster",
                recipient_word(role)
            );
            self.found(&Found { bed: None, what, on, text }, now, turn);
        }
        let latest = now.moment + LOOK_EVERY;
        let next = self.rosters.next_change(now.wall()).map(|at| now.moment_of(at));
        self.rosters.look = Some(next.map_or(latest, |next| next.min(latest)));
    }

    /// Whether a roster speaks of the role at all: by any row, also one of a shift that is long over, or by
    /// what it is asked for.
    fn is_expected(&self, role: Recipient) -> bool {
        let asked = self.plan.roster.his.as_ref().filter(|_| self.rosters.known.contains_key("his"));
        let mut asked = asked.into_iter().flat_map(|his| &his.shifts);
        asked.any(|rule| rule.recipient() == Some(role))
            || self.rosters.known.values().any(|known| known.duty.roles.contains(&role))
    }

    /// Everybody whom `whom` means at `at` for a patient whose attending doctor is `attending`; nobody for
    /// the station alone.
    pub(super) fn people(&self, whom: Recipient, attending: Option<&str>, at: Wall) -> Vec<Contact> {
        if whom == Recipient::Attending {
            return self.attending(attending, at);
        }
        let on_duty: Vec<Contact> = self.rosters.on_duty(whom, at).map(|shift| shift.who.clone()).collect();
        // An account alone rings nowhere: then whoever the file names is called as well.
        let has_phone = on_duty.iter().any(|person| !person.phone.is_empty());
        let of_file = self.plan.roster.of_file(whom).filter(|_| !has_phone).cloned();
        without_repeats(on_duty.into_iter().chain(of_file))
    }

    /// The doctor who is named. One whom no roster knows, or whom nothing reaches, is replaced by who is on
    /// duty; where nobody is named that is the roster's attending of last resort, too.
    fn attending(&self, named: Option<&str>, at: Wall) -> Vec<Contact> {
        let roster = &self.plan.roster;
        let last_resort = match named.filter(|id| !id.is_empty()) {
            Some(id) => {
                let known = roster.doctor(id).or_else(|| self.rosters.doctor(id));
                if let Some(doctor) = known.filter(|doctor| doctor.is_reached()) {
                    return vec![doctor.clone()];
                }
                None
            }
            None => Some(roster.attending_of_last_resort.clone()),
        };
        without_repeats(last_resort.into_iter().chain(self.people(Recipient::DutyDoctor, None, at)))
    }

    /// Who is on duty, for those who look.
    pub(super) fn duty_view(&self, now: Now) -> DutyView {
        let at = now.wall();
        let role = |role: Recipient| {
            let shifts: Vec<&Shift> = self.rosters.on_duty(role, at).collect();
            OnDuty {
                role,
                people: self.people(role, None, at),
                until: shifts.iter().map(|shift| shift.until).min(),
            }
        };
        DutyView {
            read: self.rosters.known.iter().map(|(from, known)| (from.clone(), known.at)).collect(),
            roles: ROLES.into_iter().map(role).collect(),
        }
    }
}

/// One who is named twice is called once.
fn without_repeats(people: impl IntoIterator<Item = Contact>) -> Vec<Contact> {
    let mut known: Vec<Contact> = Vec::new();
    for one in people {
        if !known.contains(&one) {
            known.push(one);
        }
    }
    known
}
