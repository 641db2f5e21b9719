//! Which calls go together in one message, and which wait a moment for more.
//!
//! Meta lets a number send one message in six seconds to one phone, with some to spare. So what is due
//! together goes together, the gravest first, and a call that is not high waits out the rest of the six
//! seconds. A high one never waits: it goes at once and takes along what is there. What calls a person
//! goes before what is charted. In the HIS a doctor gets one notification for each patient, not one for
//! each alert of an outage. What it remembers may be lost in a crash.

use std::collections::{BTreeMap, HashMap};

use rules::{Moment, Span};

use super::Due;
use super::call::is_high;
use crate::event::Uhid;
use crate::owed::Parcel;

/// How many calls one message to a phone names: what the provider gives back with each status holds as many
/// keys.
const CALLS_MOST: usize = 8;

/// How many alerts one notification names.
const NOTICES_MOST: usize = 32;

/// What may go together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Together {
    /// Calls to one phone.
    Phone(String),
    /// Notices about one patient to one account in the HIS.
    Patient(Uhid, String),
}

impl Together {
    const fn most(&self) -> usize {
        match self {
            Self::Phone(_) => CALLS_MOST,
            Self::Patient(..) => NOTICES_MOST,
        }
    }
}

/// When each was written to last.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    last: HashMap<Together, Moment>,
}

impl Gathered {
    /// The messages to start now, `most` of them, each the rows that it stands for: what is high before
    /// what is not, and the charts last. `apart` is how long two messages are to be apart, where they
    /// could go together.
    pub(super) fn messages(&mut self, due: Vec<Due>, apart: Span, now: Moment, most: usize) -> Vec<Vec<Due>> {
        self.last.retain(|_, last| *last + apart > now);
        let mut messages = Vec::new();
        let mut gathered: BTreeMap<Together, Vec<Due>> = BTreeMap::new();
        for row in due {
            match together(&row) {
                // What may have been told already is told again alone, or its doubt would spread.
                Some(with) if !row.lost.is_any() => gathered.entry(with).or_default().push(row),
                _ => messages.push(vec![row]),
            }
        }
        for (with, mut rows) in gathered {
            rows.sort_by_key(|row| !is_high(row));
            let rests = self.last.contains_key(&with);
            for (place, calls) in rows.chunks(with.most()).enumerate() {
                if calls.iter().any(is_high) || (place == 0 && !rests) {
                    messages.push(calls.to_vec());
                }
            }
        }
        messages.sort_by_key(|calls| (!calls.iter().any(is_high), calls.iter().any(is_charted)));
        messages.truncate(most);
        let told = messages.iter().filter_map(|calls| together(calls.first()?));
        self.last.extend(told.map(|with| (with, now)));
        messages
    }
}

const fn is_charted(row: &Due) -> bool {
    matches!(row.owed.parcel, Parcel::Vitals { .. })
}

/// With what a row may go. A notice that gets through at its first try has a link of its own.
fn together(row: &Due) -> Option<Together> {
    match &row.owed.parcel {
        Parcel::Phone { number, .. } => Some(Together::Phone(number.clone())),
        Parcel::Notice { patient: Some(patient), user, .. } if row.tries > 0 => {
            Some(Together::Patient(patient.clone(), user.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rules::AlertId;

    use super::*;
    use crate::clock::Wall;
    use crate::delivery::LostAnswers;
    use crate::owed::{Destination, Owed};

    const APART: Span = Span::seconds(6);

    fn row(id: i64, number: &str, high: bool) -> Due {
        let parcel = Parcel::Phone {
            number: number.to_owned(),
            to: "attending".to_owned(),
            bed: "07".to_owned(),
            high,
            code: "limit".to_owned(),
            value: String::new(),
            alert: "00000000000000ab".to_owned(),
        };
        let owed = Owed {
            key: format!("row-{id}"),
            destination: Destination::Whatsapp,
            alert: Some((AlertId(9), 1)),
            due: Moment(0),
            parcel,
        };
        Due { id, owed, tries: 0, lost: LostAnswers::None }
    }

    fn ids(messages: &[Vec<Due>]) -> Vec<Vec<i64>> {
        messages.iter().map(|calls| calls.iter().map(|row| row.id).collect()).collect()
    }

    #[test]
    fn what_is_due_together_is_one_message_the_gravest_first() {
        let due = vec![row(1, "+1", false), row(2, "+2", false), row(3, "+1", true), row(4, "+1", false)];
        let messages = Gathered::default().messages(due, APART, Moment(0), 9);
        assert_eq!(ids(&messages), [vec![3, 1, 4], vec![2]]);
    }

    #[test]
    fn after_an_outage_a_doctor_is_notified_once_for_each_patient() {
        let notice = |id, patient: Option<&str>, user: &str| {
            let parcel = Parcel::Notice {
                patient: patient.map(|uhid| Uhid(uhid.to_owned())),
                user: user.to_owned(),
                to: "attending".to_owned(),
                subject: format!("alert {id}"),
                alert: "00000000000000ab".to_owned(),
            };
            let due = row(id, "", false);
            Due { owed: Owed { parcel, ..due.owed }, tries: u32::from(id != 7), ..due }
        };
        let due = vec![
            notice(1, Some("A"), "asha"),
            notice(2, Some("B"), "asha"),
            notice(3, Some("A"), "asha"),
            notice(4, Some("A"), "ravi"),
            notice(5, None, "asha"),
            notice(6, None, "asha"),
            notice(7, Some("A"), "asha"),
        ];
        let messages = Gathered::default().messages(due, Span::ZERO, Moment(0), 9);
        assert_eq!(ids(&messages), [vec![5], vec![6], vec![7], vec![1, 3], vec![4], vec![2]]);
    }

    #[test]
    fn what_calls_a_person_goes_before_any_chart_however_often_it_was_tried() {
        let with = |id, parcel| {
            let due = row(id, "", false);
            Due { owed: Owed { parcel, ..due.owed }, tries: 3, ..due }
        };
        let patient = || Uhid("A".to_owned());
        let chart = |id| {
            let (bed, at, note) = ("07".to_owned(), Wall(0), String::new());
            with(id, Parcel::Vitals { patient: patient(), bed, at, values: vec![], news2: None, note })
        };
        let (user, to) = ("asha".to_owned(), "attending".to_owned());
        let (subject, alert) = ("potassium".to_owned(), "00000000000000ab".to_owned());
        let notice = with(9, Parcel::Notice { patient: Some(patient()), user, to, subject, alert });
        let due = vec![chart(1), chart(2), chart(3), notice];
        let messages = Gathered::default().messages(due, Span::ZERO, Moment(0), 2);
        assert_eq!(ids(&messages), [vec![9], vec![1]]);
    }

    #[test]
    fn a_second_message_waits_six_seconds_and_a_high_one_does_not() {
        let mut gathered = Gathered::default();
        let mut at = |ms, high| ids(&gathered.messages(vec![row(1, "+1", high)], APART, Moment(ms), 9)).len();
        assert_eq!(at(0, false), 1);
        assert_eq!(at(5_999, false), 0);
        assert_eq!(at(5_999, true), 1);
        assert_eq!(at(11_998, false), 0, "the six seconds begin anew");
        assert_eq!(at(11_999, false), 1);
    }

    #[test]
    fn a_call_in_doubt_goes_alone() {
        let mut doubted = row(1, "+1", false);
        doubted.lost = LostAnswers::One;
        let messages = Gathered::default().messages(vec![doubted, row(2, "+1", true)], APART, Moment(0), 9);
        assert_eq!(ids(&messages), [vec![2], vec![1]]);
    }

    proptest! {
        #[test]
        fn every_high_goes_at_once_and_nothing_twice(
            calls in prop::collection::vec((0_u8..3, any::<bool>()), 0..40),
            rested in any::<bool>(),
        ) {
            let mut gathered = Gathered::default();
            if rested {
                gathered.last =
                    (0..3).map(|phone| (Together::Phone(format!("+{phone}")), Moment(0))).collect();
            }
            let due: Vec<Due> =
                (0..).zip(&calls).map(|(id, (phone, high))| row(id, &format!("+{phone}"), *high)).collect();
            let messages = gathered.messages(due.clone(), APART, Moment(1), 99);
            let mut gone = ids(&messages).concat();
            prop_assert!(due.iter().filter(|row| is_high(row)).all(|row| gone.contains(&row.id)));
            prop_assert!(messages.iter().all(|calls| calls.len() <= CALLS_MOST));
            for calls in &messages {
                prop_assert!(calls.windows(2).all(|pair| together(&pair[0]) == together(&pair[1])));
            }
            let count = gone.len();
            gone.sort_unstable();
            gone.dedup();
            prop_assert_eq!(count, gone.len());
        }
    }
}
