//! Whose an order is: accession, placer's and specimen numbers with their patients, so that a result finds
//! its patient without naming one, and a result that names another is noticed.

use std::collections::{BTreeMap, VecDeque};

use rules::{Moment, Span};
use serde::{Deserialize, Serialize};

use crate::event::{OrderNumber, Ordered, Uhid};

/// How many numbers are remembered: at four for each order, some three days of thirty beds. The one that was
/// learned longest ago makes room.
const NUMBERS_MOST: usize = 4_096;

/// For how long a number means its order. Laboratories begin their counters anew.
const VALID: Span = Span::hours(7 * 24);

/// What is known of one number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Whose; none where nobody has said so.
    patient: Option<Uhid>,
    /// Whether the order itself says so, or only a result before.
    ordered: bool,
    /// When it was heard first.
    since: Moment,
    /// When the first result came under it.
    reported: Option<Moment>,
}

/// All numbers that are remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Orders {
    known: BTreeMap<OrderNumber, Known>,
    oldest_first: VecDeque<OrderNumber>,
}

/// Whose the numbers of a result are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nobody has said.
    Unknown,
    /// The order says so.
    Ordered(Uhid),
    /// An earlier result under the same number said so.
    Reported(Uhid),
    /// The numbers are of more than one patient.
    Several,
}

impl Orders {
    /// An order was heard of.
    pub(super) fn order(&mut self, ordered: &Ordered, now: Moment) {
        for number in &ordered.numbers {
            self.learn(number, Some(&ordered.patient), true, now);
        }
    }

    /// A result came under these numbers, for that patient if it names one. What the order says stays.
    pub(super) fn report(&mut self, numbers: &[OrderNumber], patient: Option<&Uhid>, now: Moment) {
        for number in numbers {
            if self.valid(number, now).is_none_or(|known| !known.ordered && patient.is_some()) {
                self.learn(number, patient, false, now);
            }
            if let Some(known) = self.known.get_mut(number) {
                known.reported.get_or_insert(now);
            }
        }
    }

    /// Whose a result under these numbers is.
    pub(super) fn whose(&self, numbers: &[OrderNumber], now: Moment) -> Whose {
        let told = |ordered: bool| {
            let known = numbers.iter().filter_map(|number| self.valid(number, now));
            let mut patients: Vec<&Uhid> = known
                .filter(|known| known.ordered == ordered)
                .filter_map(|known| known.patient.as_ref())
                .collect();
            patients.sort_unstable();
            patients.dedup();
            patients
        };
        match (told(true).as_slice(), told(false).as_slice()) {
            ([patient], _) => Whose::Ordered((*patient).clone()),
            ([], [patient]) => Whose::Reported((*patient).clone()),
            ([], []) => Whose::Unknown,
            _ => Whose::Several,
        }
    }

    /// When the first result came under one of these numbers.
    pub(super) fn reported_first(&self, numbers: &[OrderNumber], now: Moment) -> Option<Moment> {
        numbers.iter().filter_map(|number| self.valid(number, now)?.reported).min()
    }

    /// `from` is `into` from now on.
    pub(super) fn rename(&mut self, from: &Uhid, into: &Uhid) {
        for patient in self.known.values_mut().filter_map(|known| known.patient.as_mut()) {
            if patient == from {
                patient.clone_from(into);
            }
        }
    }

    fn valid(&self, number: &OrderNumber, now: Moment) -> Option<&Known> {
        self.known.get(number).filter(|known| now.since(known.since) <= VALID)
    }

    fn learn(&mut self, number: &OrderNumber, patient: Option<&Uhid>, ordered: bool, now: Moment) {
        let before = self.valid(number, now);
        let (since, reported) = before.map_or((now, None), |known| (known.since, known.reported));
        let known = Known { patient: patient.cloned(), ordered, since, reported };
        if self.known.insert(number.clone(), known).is_some() {
            return;
        }
        self.oldest_first.push_back(number.clone());
        if self.oldest_first.len() > NUMBERS_MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accession(number: usize) -> OrderNumber {
        OrderNumber::Accession(number.to_string())
    }

    fn uhid(text: &str) -> Uhid {
        Uhid(text.to_owned())
    }

    fn ordered(patient: &str, numbers: &[OrderNumber]) -> Ordered {
        Ordered { patient: uhid(patient), numbers: numbers.to_vec() }
    }

    #[test]
    fn an_order_says_more_than_a_result() {
        let (mut orders, now) = (Orders::default(), Moment(0));
        orders.report(&[accession(1)], Some(&uhid("A")), now);
        assert_eq!(orders.whose(&[accession(1)], now), Whose::Reported(uhid("A")));
        orders.order(&ordered("B", &[accession(1)]), now);
        orders.report(&[accession(1)], Some(&uhid("C")), now);
        assert_eq!(orders.whose(&[accession(1)], now), Whose::Ordered(uhid("B")));
        assert_eq!(orders.whose(&[OrderNumber::Placer("1".to_owned())], now), Whose::Unknown);
    }

    #[test]
    fn numbers_of_two_patients_are_nobodys() {
        let (mut orders, now) = (Orders::default(), Moment(0));
        orders.order(&ordered("A", &[accession(1)]), now);
        orders.order(&ordered("B", &[accession(2)]), now);
        assert_eq!(orders.whose(&[accession(1), accession(2)], now), Whose::Several);
        orders.rename(&uhid("B"), &uhid("A"));
        assert_eq!(orders.whose(&[accession(1), accession(2)], now), Whose::Ordered(uhid("A")));
    }

    #[test]
    fn a_counter_that_begins_anew_means_nobody_of_last_week() {
        let mut orders = Orders::default();
        orders.order(&ordered("A", &[accession(1)]), Moment(0));
        let later = Moment(0) + VALID + Span(1);
        assert_eq!(orders.whose(&[accession(1)], later), Whose::Unknown);
        orders.report(&[accession(1)], Some(&uhid("B")), later);
        assert_eq!(orders.whose(&[accession(1)], later), Whose::Reported(uhid("B")));
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten() {
        let (mut orders, now) = (Orders::default(), Moment(0));
        for number in 0..=NUMBERS_MOST {
            orders.order(&ordered("A", &[accession(number)]), now);
        }
        assert_eq!(orders.whose(&[accession(0)], now), Whose::Unknown);
        assert_eq!(orders.whose(&[accession(1)], now), Whose::Ordered(uhid("A")));
        assert_eq!(orders.known.len(), NUMBERS_MOST);
    }
}
