//! What signs and results mean.
//!
//! A [`Bed`] is a value: events and the time go in, [`Orders`] come out, and it says when it wants to be
//! asked again. This crate knows no clock, no I/O, no failure and no heap; what can be wrong is a value of
//! its own ([`Absence`], [`Refusal`]). Wire formats, names of people and sentences for the screen live with
//! those who use it.
#![cfg_attr(not(test), no_std)]

pub mod age;
pub mod alert;
pub mod bed;
pub mod critical;
pub mod decimal;
pub mod event;
pub mod ladder;
pub mod limit;
pub mod policy;
pub mod score;
pub mod sign;
pub mod time;
pub mod trend;
pub mod unit;
pub mod vital;

pub use age::Age;
pub use alert::{Alert, AlertId, AlertState, Condition, Kind, Priority, Technical};
pub use bed::{Bed, Order, Orders, What};
pub use decimal::Decimal;
pub use event::{Event, Refusal};
pub use policy::Policy;
pub use sign::Sign;
pub use time::{Moment, Span};
pub use unit::Unit;
pub use vital::{Absence, Quality, Reading};

/// The version of these rules, written into every checkpoint and beside every alert.
///
/// It changes whenever the same events could lead to other orders.
pub const VERSION: u32 = 6;
