//! Patients come, move, go, and turn out to be somebody else: what is theirs goes with them, and the beds are
//! told. Who lies where is decided in [`super::bindings`].

use rules::bed::{Belongings, Put, What};
use rules::event::Occupancy;
use rules::{Alert, AlertId, Refusal, Technical};

use super::bindings::{Doubt, NotApplied, To, patient_key};
use super::places::At;
use super::{Cause, Now, Turn, Ward, number_of, reasons, refused};
use crate::event::{Admission, Found, Merge, Place, Said, Settlement, Uhid, Unidentified};
use crate::journal::Record;
use crate::record::{AlertChange, AlertRecord};
use crate::view::Origin;
use crate::words;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// What one patient takes along from one bed to another.
struct Luggage {
    patient: Uhid,
    from: At,
    to: At,
    belongings: Belongings,
}

impl Ward {
    pub(super) fn admission(&mut self, admission: &Admission, now: Now, turn: &mut Turn) {
        let to = match (&admission.place, self.places.find(&admission.place)) {
            (_, Some(at)) => To::Bed(at),
            (Place::Nowhere, None) => To::Unsaid,
            (_, None) => To::Elsewhere,
        };
        match self.bindings.apply(admission, to, now.wall()) {
            Ok(changed) => {
                let open = self.open_of(&admission.patient, &changed);
                self.rebind(&changed, std::slice::from_ref(&admission.patient), &Cause::his(now), turn);
                self.identified(&admission.place, now, turn);
                self.hand_over(&admission.patient, &open, now, turn);
                let lies = self.bindings.lies_on(&admission.patient);
                for at in changed.into_iter().filter(|at| to == To::Bed(*at) || lies != Some(*at)) {
                    self.look_no_more(at, ends_elsewhere(), now, turn);
                }
            }
            Err(why) => {
                turn.remark = Some(why.to_string());
                if why == NotApplied::EndsElsewhere {
                    self.ended_elsewhere(admission, now, turn);
                }
            }
        }
    }

    /// A visit ended that was not here, and its patient lies here: the bed keeps them until a person has
    /// looked, or a message names the bed again.
    fn ended_elsewhere(&mut self, admission: &Admission, now: Now, turn: &mut Turn) {
        let lies = self.bindings.lies_on(&admission.patient);
        let Some(bed) = lies.and_then(|at| self.label(at)) else { return };
        let text = format!(
            "{} says that the patient of this bed has gone, which was not applied: look at it in the message \
             log, and have it sent again for this bed if they have left it",
            place_word(&admission.place)
        );
        self.found(&Found { bed: Some(bed), what: ends_elsewhere(), on: true, text }, now, turn);
    }

    pub(super) fn merge(&mut self, merge: &Merge, now: Now, turn: &mut Turn) {
        let changed = match self.bindings.merge(merge, now.wall()) {
            Ok(changed) => changed,
            Err(why) => return turn.remark = Some(why.to_string()),
        };
        if merge.from == merge.into {
            return;
        }
        self.identities.merged(&merge.from, &merge.into);
        let (from, into) = (patient_key(&merge.from), patient_key(&merge.into));
        self.orders.rename(&merge.from, &merge.into);
        let cause = Cause::his(now);
        for at in 0..self.beds.len() {
            let Some(bed) = self.beds.get_mut(at) else { continue };
            let put = bed.bed.rename(from, into, now.moment);
            self.put(&put, &cause, turn);
        }
        let renamed = |record: &&std::sync::Arc<AlertRecord>| record.patient.as_ref() == Some(&merge.from);
        let open: Vec<AlertId> = self.ledger.open().filter(renamed).map(|record| record.alert.id).collect();
        for id in open {
            self.ledger.edit(id, |record| {
                record.patient = Some(merge.into.clone());
                record.alert.condition = record.alert.condition.of_patient(into);
                record.notes.retain(|note| !is_of_place(note));
                record.notes.push(format!("{} is {} now", merge.from.0, merge.into.0));
            });
            self.write_change(id, "the patient's identity was merged", &cause, turn);
        }
        self.rebind(&changed, std::slice::from_ref(&merge.into), &cause, turn);
    }

    /// A movement that names no patient, or more than one: kept, shown, never guessed at.
    pub(super) fn unidentified(&mut self, movement: &Unidentified, now: Now, turn: &mut Turn) {
        let Unidentified { trigger, arrives, place, candidates } = movement;
        let names = if candidates.is_empty() { "no patient" } else { "more than one patient" };
        turn.remark = Some(format!("names {names} by the hospital's own identifier; not applied"));
        if let (Some(at), true, [_, _, ..]) = (self.places.find(place), *arrives, candidates.as_slice()) {
            let changed = self.bindings.name(at, candidates);
            return self.rebind(&changed, &[], &Cause::his(now), turn);
        }
        let where_to = place_word(place);
        let text = format!(
            "{trigger} for {where_to} names {names} and was not applied: look at it in the message log, and \
             have it sent again"
        );
        self.found(&Found { bed: None, what: unidentified_at(place), on: true, text }, now, turn);
    }

    /// A movement says who is meant at a place: whatever was unclear there is told again.
    fn identified(&mut self, place: &Place, now: Now, turn: &mut Turn) {
        self.look_no_more(0, unidentified_at(place), now, turn);
    }

    /// What a person was to look at is clear by now.
    pub(super) fn look_no_more(&mut self, at: At, what: Technical, now: Now, turn: &mut Turn) {
        let condition = rules::Condition::Technical(what);
        let open = |alert: &Alert| alert.condition == condition && alert.is_open();
        if self.beds.get(at).is_some_and(|bed| bed.bed.alerts().any(open)) {
            self.found(&Found { bed: self.label(at), what, on: false, text: String::new() }, now, turn);
        }
    }

    /// A person says who lies on a bed.
    pub(super) fn settle(&mut self, settlement: &Settlement, now: Now, turn: &mut Turn) {
        let Settlement { bed, by, patient } = settlement;
        let Some(at) = self.places.bed(bed) else { return turn.said.push(refused(Refusal::Unknown)) };
        let candidates = self.bindings.candidates(at);
        let origin =
            Origin { by: by.name.clone(), station: by.station.clone(), reason: "settled".to_owned() };
        let changed = match self.bindings.settle(at, patient, &origin, now.wall()) {
            Ok(changed) => changed,
            Err(refusal) => return turn.said.push(refused(refusal)),
        };
        turn.audit(by, format!("settled who lies on bed {bed}"), patient.0.clone(), now);
        self.rebind(&changed, &candidates, &Cause::person(by, "settled who lies here", now), turn);
        turn.said.push(Said::Done);
    }

    /// Beds whose patients changed are told, and what belongs to `patients` follows them.
    pub(super) fn rebind(&mut self, changed: &[At], patients: &[Uhid], cause: &Cause<'_>, turn: &mut Turn) {
        // What people entered must be out of a bed before the bed hears that its patient is gone.
        let luggage: Vec<Luggage> = patients.iter().flat_map(|patient| self.pack(patient, changed)).collect();
        for at in changed {
            self.occupy(*at, cause, turn);
        }
        for one in luggage {
            self.unpack(one, cause, turn);
        }
    }

    fn occupy(&mut self, at: At, cause: &Cause<'_>, turn: &mut Turn) {
        let occupancy = self.bindings.occupancy(at);
        if let (Some(doubt), Some(number)) = (self.bindings.doubt(at), reasons::number_in(DOUBT)) {
            self.name(at, number, "", Doubt::word(doubt));
        }
        self.judge(at, &rules::Event::Occupancy(occupancy), cause, turn);
        self.tell_age(at, cause, turn);
        self.settle_charting(at, cause.now, turn);
        if matches!(occupancy, Occupancy::Bound(_)) {
            self.charting.begin(at, &self.plan, cause.now.moment);
        } else {
            self.charting.end(at);
        }
    }

    /// Tells each bed how old its patient is, once a day.
    pub(super) fn look_for_birthdays(&mut self, now: Now, turn: &mut Turn) {
        let today = now.wall().0.div_euclid(DAY_MS);
        if today == self.day {
            return;
        }
        self.day = today;
        for at in 1..self.beds.len() {
            self.tell_age(at, &Cause::his(now), turn);
        }
    }

    /// Tells a bed how old its patient is, where it does not know that yet.
    pub(super) fn tell_age(&mut self, at: At, cause: &Cause<'_>, turn: &mut Turn) {
        if self.bindings.doubt(at).is_some() {
            // While nobody can say who lies here, what was known of them stands.
            return;
        }
        let age = self.bindings.age(at, cause.now.wall());
        if self.beds.get(at).is_some_and(|bed| bed.bed.age() != age) {
            self.judge(at, &rules::Event::Age(age), cause, turn);
        }
    }

    /// Takes what belongs to a patient out of every bed on which they do not lie. What is there of one who
    /// lies nowhere stays where it is, but on the beds that they have just left: from there it goes to the
    /// ward itself.
    fn pack(&mut self, patient: &Uhid, left: &[At]) -> Vec<Luggage> {
        let home = self.bindings.lies_on(patient);
        let to = home.unwrap_or(0);
        let key = patient_key(patient);
        let mut luggage = Vec::new();
        for (from, bed) in self.beds.iter_mut().enumerate().filter(|(from, _)| *from != to) {
            if home.is_none() && !left.contains(&from) {
                continue;
            }
            let mut belongings = bed.bed.take_out(key);
            if home.is_none() {
                belongings.keep_only_alerts();
            }
            if !belongings.is_empty() {
                luggage.push(Luggage { patient: patient.clone(), from, to, belongings });
            }
        }
        luggage
    }

    fn unpack(&mut self, luggage: Luggage, cause: &Cause<'_>, turn: &mut Turn) {
        let Luggage { patient, from, to, belongings } = luggage;
        let moved: Vec<AlertId> = belongings.alerts().collect();
        for id in &moved {
            self.move_name(*id, from, to);
        }
        let Some(bed) = self.beds.get_mut(to) else { return };
        let put = bed.bed.put_in(belongings, cause.now.moment);
        for id in moved {
            self.relabel(id, &patient, from, to);
            let there = self.label(to).map_or("the ward".to_owned(), |label| format!("bed {label}"));
            self.write_change(id, &format!("moved to {there} with the patient"), cause, turn);
        }
        self.put(&put, cause, turn);
        self.look_at(from, cause.now);
        self.judge(to, &rules::Event::Tick, cause, turn);
        self.look_for_unanswered(from, cause.now, turn);
        self.look_for_unanswered(to, cause.now, turn);
        self.settle_charting(to, cause.now, turn);
    }

    pub(super) fn label(&self, at: At) -> Option<String> {
        self.beds.get(at).and_then(|bed| bed.label.clone())
    }

    /// The words for an alert's condition are kept at its bed.
    fn move_name(&mut self, id: AlertId, from: At, to: At) {
        let number = self.ledger.get(id).and_then(|record| reasons::number_in(record.alert.condition));
        let Some(number) = number else { return };
        let named = self.beds.get(from).and_then(|bed| bed.names.get(&number)).cloned();
        if let (Some(named), Some(bed)) = (named, self.beds.get_mut(to)) {
            bed.names.entry(number).or_insert(named);
        }
    }

    fn relabel(&mut self, id: AlertId, patient: &Uhid, from: At, to: At) {
        let (left, label) = (self.label(from), self.label(to));
        let note = match (&left, &label) {
            (Some(left), Some(_)) => Some(format!("moved from bed {left} with the patient")),
            (Some(left), None) => Some(format!("{} has left bed {left}", patient.0)),
            (None, _) => None,
        };
        self.ledger.edit(id, |record| {
            record.bed = label;
            record.patient = Some(patient.clone());
            record.notes.retain(|note| !is_of_place(note));
            record.notes.extend(note);
        });
    }

    /// What became of alerts that met others.
    fn put(&mut self, put: &Put, cause: &Cause<'_>, turn: &mut Turn) {
        let mut newer = Cause::rules(cause.now);
        "a newer sample of the same patient calls".clone_into(&mut newer.by.reason);
        for alert in &put.superseded {
            self.ledger.follow(alert, |moment| cause.now.wall_of(moment));
            self.follow_order(alert.id, What::Withdrawn, &newer, turn);
        }
        for id in &put.folded {
            self.follow_order(*id, What::Folded, cause, turn);
        }
    }

    fn follow_order(&mut self, id: AlertId, what: What, cause: &Cause<'_>, turn: &mut Turn) {
        turn.records.push(Record::Change(self.ledger.note(id, what, &cause.by, cause.now.wall())));
        turn.records.extend(self.ledger.write(id));
        turn.alerts.push(words::alert_id(id));
        turn.alerts_changed = true;
    }

    /// Writes a record whose place or patient changed, and the line that says so.
    fn write_change(&mut self, id: AlertId, what: &str, cause: &Cause<'_>, turn: &mut Turn) {
        turn.records.push(Record::Change(AlertChange {
            alert: words::alert_id(id),
            at: cause.now.wall(),
            what: what.to_owned(),
            actor: cause.by.name.to_string(),
            station: cause.by.station.clone(),
            reason: cause.by.reason.clone(),
        }));
        turn.records.extend(self.ledger.write(id));
        turn.alerts.push(words::alert_id(id));
        turn.alerts_changed = true;
    }
}

/// The condition of a bed in doubt.
const DOUBT: rules::Condition = rules::Condition::Technical(Technical::BindingInDoubt);

/// Whether a note says where the patient was not, which a movement makes untrue.
pub(super) fn is_of_place(note: &str) -> bool {
    note.ends_with("is not admitted here")
        || note.ends_with("is not on a bed here")
        || note.contains(" has left bed ")
}

fn place_word(place: &Place) -> &str {
    match place {
        Place::Bed(label) | Place::Location(label) | Place::WithPatient(label) => label,
        Place::Nowhere => "no bed",
    }
}

/// Movements without a patient are shown once for each place that they name.
fn unidentified_at(place: &Place) -> Technical {
    Technical::Channel(number_of(&format!("unidentified at {}", place_word(place))))
}

/// Ends of visits elsewhere are shown at the bed on which their patient lies.
fn ends_elsewhere() -> Technical {
    Technical::Channel(number_of("ends elsewhere"))
}
