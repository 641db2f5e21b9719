//! What must follow from one event at one bed: the orders, and the turn in which they are given.

use super::BedNo;
use super::alerts::{ALERTS, FOLDED};
use crate::alert::AlertId;
use crate::event::Refusal;
use crate::time::Moment;

/// One thing that must follow from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// For which alert.
    pub alert: AlertId,
    /// What.
    pub what: What,
}

/// What happened to an alert, or is owed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Raised,
    /// It is true again before anybody saw that it had gone.
    Returned,
    /// It is graver than before, and calls anew.
    Worsened,
    /// It is less grave than when somebody acknowledged it.
    Eased,
    /// It was acknowledged long ago and is still true: it calls anew.
    Recalled,
    /// A graver alert that it follows from calls for both: it is shown, and calls nobody.
    HeldBack,
    /// Nothing calls for it any more: it calls anew.
    LetGo,
    /// It is kept quiet and still true: a person is to be reminded of it.
    Reminded,
    /// A step of its ladder is due, counted from 0; beyond the last one the last repeats.
    Call {
        /// Which.
        step: u16,
    },
    /// A nurse's or any person's acknowledgement counts.
    Acknowledged,
    /// A person knows of it and lets it wait for a time.
    Shelved,
    /// A person who is no doctor has seen a laboratory critical from afar. It goes on.
    Seen,
    /// A doctor has taken responsibility.
    Accepted,
    /// A doctor has not.
    Rejected,
    /// Its condition is over, and it stays until somebody has seen it.
    Latched,
    /// It is over.
    Resolved,
    /// What it stood on was withdrawn or corrected by its sender.
    Withdrawn,
    /// There was no room: it lives on in the record and in "and n more" until there is, or until it is over.
    Folded,
    /// An answer changed nothing.
    Refused(Refusal),
}

/// The most conditions that one event can raise: each sign's own and its device's, each limit, change and
/// score, the pulse and the breath, and two more that the event itself brings.
const RAISED: usize = 80;

/// The most orders that one event can give: each alert, kept or folded, may end or change; each new one is
/// raised and may fold another; what is folded may come back and fold another; and each open one may be
/// recalled, held back or let go, and called.
pub(super) const ORDERS: usize = ALERTS + FOLDED + 2 * RAISED + 2 * ALERTS + 3 * ALERTS;

/// All that must follow from one event, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an order that nobody carries out is an alert that nobody hears"]
pub struct Orders {
    list: heapless::Vec<Order, ORDERS>,
}

impl Orders {
    /// The orders, in the order in which they were given.
    pub fn iter(&self) -> core::slice::Iter<'_, Order> {
        self.list.iter()
    }

    /// Whether nothing must follow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Orders {
    type Item = &'a Order;
    type IntoIter = core::slice::Iter<'a, Order>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One event being judged: at which bed, when, and what follows so far. The orders are the caller's: they
/// take some kilobytes, which are written once and moved nowhere.
pub(super) struct Turn<'o> {
    pub(super) bed: BedNo,
    pub(super) now: Moment,
    pub(super) orders: &'o mut Orders,
}

impl Turn<'_> {
    pub(super) fn give(&mut self, alert: AlertId, what: What) {
        // The bound holds for every event by construction; the stories and properties hold it against theirs.
        let _ = self.orders.list.push(Order { alert, what });
    }
}
