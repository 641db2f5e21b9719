//! Under which name each patient is known now. After a merge the laboratory and the monitors go on naming the
//! one that is no more, perhaps for days: whoever is told of below this page has the name that stays.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::event::{
    Admission, DeviceFrame, DeviceRaised, Event, LabReport, Merge, Ordered, Settlement, Uhid, Unidentified,
};

/// How many names that are no more are remembered: months of a hospital's merges. The one that was merged
/// longest ago makes room.
const GONE_MOST: usize = 1_024;

/// All names that are no more.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Identities {
    /// Each with the one that stays, which is never one that is no more itself.
    gone: BTreeMap<Uhid, Uhid>,
    oldest_first: VecDeque<Uhid>,
}

impl Identities {
    /// `from` is `into` from now on, and with it whoever was `from` before.
    pub(super) fn merged(&mut self, from: &Uhid, into: &Uhid) {
        // A merge that is turned round makes the name that stays alive again.
        self.revive(into);
        self.revive(from);
        for stays in self.gone.values_mut().filter(|stays| *stays == from) {
            stays.clone_from(into);
        }
        self.gone.insert(from.clone(), into.clone());
        self.oldest_first.push_back(from.clone());
        if self.oldest_first.len() > GONE_MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.gone.remove(&oldest);
        }
    }

    fn revive(&mut self, name: &Uhid) {
        if self.gone.remove(name).is_some() {
            self.oldest_first.retain(|gone| gone != name);
        }
    }

    /// The event with the names that stay.
    pub(super) fn named_anew<'a>(&self, event: &'a Event) -> Cow<'a, Event> {
        if self.gone.is_empty() || !names(event).iter().any(|name| self.gone.contains_key(*name)) {
            return Cow::Borrowed(event);
        }
        let mut event = event.clone();
        match &mut event {
            Event::Frame(DeviceFrame { patient, .. }) | Event::Alarm(DeviceRaised { patient, .. }) => {
                self.rename(patient);
            }
            Event::Report(report) => self.rename_report(report),
            Event::Admission(Admission { patient, .. })
            | Event::Ordered(Ordered { patient, .. })
            | Event::Settle(Settlement { patient, .. }) => self.rename([patient]),
            // What is said to be no more is meant as it is said, and so is a merge that is turned round.
            Event::Merge(Merge { into, from, .. }) if self.gone.get(into) != Some(from) => {
                self.rename([into]);
            }
            Event::Unidentified(Unidentified { candidates, .. }) => self.rename(candidates),
            _ => {}
        }
        Cow::Owned(event)
    }

    /// Where the names of a report turned out to be one patient's, it names that one.
    fn rename_report(&self, report: &mut LabReport) {
        let LabReport { patient, candidates, .. } = report;
        self.rename(patient.iter_mut().chain(candidates.iter_mut()));
        candidates.sort_unstable();
        candidates.dedup();
        if candidates.len() == 1 {
            *patient = candidates.pop();
        }
    }

    fn rename<'a>(&self, names: impl IntoIterator<Item = &'a mut Uhid>) {
        for name in names {
            if let Some(stays) = self.gone.get(name) {
                name.clone_from(stays);
            }
        }
    }
}

/// The patients whom an event names, and whose names may be no more.
fn names(event: &Event) -> Vec<&Uhid> {
    match event {
        Event::Frame(DeviceFrame { patient, .. }) | Event::Alarm(DeviceRaised { patient, .. }) => {
            patient.iter().collect()
        }
        Event::Report(LabReport { patient, candidates, .. }) => patient.iter().chain(candidates).collect(),
        Event::Admission(Admission { patient, .. })
        | Event::Ordered(Ordered { patient, .. })
        | Event::Settle(Settlement { patient, .. })
        | Event::Merge(Merge { into: patient, .. }) => vec![patient],
        Event::Unidentified(Unidentified { candidates, .. }) => candidates.iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uhid(text: &str) -> Uhid {
        Uhid(text.to_owned())
    }

    fn ordered(patient: &str) -> Event {
        Event::Ordered(Ordered { patient: uhid(patient), numbers: Vec::new() })
    }

    #[test]
    fn a_chain_of_merges_is_followed_and_a_stranger_is_left_alone() {
        let mut identities = Identities::default();
        identities.merged(&uhid("B"), &uhid("C"));
        identities.merged(&uhid("A"), &uhid("B"));
        identities.merged(&uhid("B"), &uhid("D"));
        for (told, meant) in [("A", "D"), ("B", "D"), ("C", "C"), ("D", "D")] {
            assert_eq!(*identities.named_anew(&ordered(told)), ordered(meant), "{told}");
        }
    }

    #[test]
    fn a_merge_goes_to_the_name_that_stays_unless_it_is_turned_round() {
        let mut identities = Identities::default();
        identities.merged(&uhid("A"), &uhid("B"));
        let merge =
            |from: &str, into: &str| Event::Merge(Merge { into: uhid(into), from: uhid(from), at: None });
        assert_eq!(*identities.named_anew(&merge("X", "A")), merge("X", "B"));
        assert_eq!(*identities.named_anew(&merge("B", "A")), merge("B", "A"));
        assert_eq!(*identities.named_anew(&merge("A", "C")), merge("A", "C"));
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten() {
        let mut identities = Identities::default();
        for number in 0..=GONE_MOST {
            identities.merged(&uhid(&format!("old {number}")), &uhid("A"));
        }
        assert_eq!(*identities.named_anew(&ordered("old 0")), ordered("old 0"));
        assert_eq!(*identities.named_anew(&ordered("old 1")), ordered("A"));
        assert_eq!((identities.gone.len(), identities.oldest_first.len()), (GONE_MOST, GONE_MOST));
    }
}
