//! The public JSON of beds, alerts and messages: the contract's names around the ward's values. It leaves
//! nothing out that a reader must know, and judges nothing.

mod alert;
mod bed;
mod binding;
mod message;
mod own_limits;
mod score;

pub(super) use alert::{AlertJson, ChangeJson};
pub(super) use bed::{BedJson, BindingJson};
pub(super) use binding::IntervalJson;
pub(crate) use message::MessageJson;

use serde_json::{Number, Value};

use rules::Sign;

use crate::clock::{Clock, Wall};

use super::NameShown;
use super::plumbing::Plumbing;

/// What is needed to show a value beside the value itself.
#[derive(Clone, Copy)]
pub(super) struct Showing<'a> {
    /// For ages.
    pub(super) clock: &'a Clock,
    /// For codes.
    pub(super) plumbing: &'a dyn Plumbing,
    /// How much of a name.
    pub(super) names: NameShown,
}

/// A wall time as RFC 3339 writes it, in UTC.
pub(super) fn rfc3339(wall: Wall) -> String {
    wall.timestamp().to_string()
}

/// A whole-unit value as a JSON number at the chart's resolution: 372 tenths of a degree are `37.2`.
fn number(sign: Sign, whole: i32) -> Value {
    match sign.facts().places {
        0 => whole.into(),
        places => {
            let value = f64::from(whole) / 10_f64.powi(places.into());
            Number::from_f64(value).map_or(Value::Null, Value::Number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_resolution_of_their_chart() {
        assert_eq!(number(Sign::HeartRate, 118).to_string(), "118");
        assert_eq!(number(Sign::Temperature, 372).to_string(), "37.2");
        assert_eq!(number(Sign::Temperature, 370).to_string(), "37.0");
        assert_eq!(number(Sign::HeartRate, 0).to_string(), "0", "zero is data");
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339(Wall(0)), "1970-01-01T00:00:00Z");
    }
}
