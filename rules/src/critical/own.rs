//! One patient's own critical limits of an analyte: a doctor moves them for a time.
//!
//! They are moved and never taken away: what is not given stays the ward's, the plausible range stays the
//! chart's, and the laboratory's own flag calls whatever they are. `charts/critical-values.md` has the
//! bounds; a test reads it.

use super::{Known, Row};
use crate::decimal::Decimal;
use crate::event::Actor;
use crate::time::Moment;

/// Of how many analytes one patient can have limits of their own.
pub const OWN_CRITICAL_MOST: usize = 4;

/// One patient's own critical limits of one analyte, set by a person for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OwnCritical {
    /// Of which analyte.
    pub known: Known,
    /// Below this a value is critical, in the chart's unit. What is not given stays as the ward has it.
    pub low: Option<Decimal>,
    /// Above this, likewise.
    pub high: Option<Decimal>,
    /// Until when, [`crate::limit::OWN_LIMITS_LONGEST`] at most. A time that is past ends them.
    pub until: Moment,
    /// Who set them.
    pub by: Actor,
}

impl OwnCritical {
    /// The ward's row with these in their place.
    #[must_use]
    pub fn over(&self, wards: &Row) -> Row {
        Row { low: self.low.or(wards.low), high: self.high.or(wards.high), ..*wards }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::critical::Band;
    use crate::limit::OWN_LIMITS_LONGEST;
    use crate::score::page;

    #[test]
    fn the_page_has_the_bounds() {
        let tables = page::tables(include_str!("../../charts/critical-values.md"));
        let longest = std::format!("{}", OWN_LIMITS_LONGEST.whole_seconds() / 3_600);
        let most = std::format!("{OWN_CRITICAL_MOST}");
        let rows = [["analytes of one patient at most", &most, ""], ["holds at most", &longest, "h"]];
        assert!(tables.iter().any(|table| *table == rows), "{tables:?}");
    }

    #[test]
    fn what_is_not_given_stays_the_wards() {
        let wards = Known::Potassium.row(Band::Adult);
        let own = OwnCritical {
            known: Known::Potassium,
            low: None,
            high: Some(Decimal::new(70, 1)),
            until: Moment(1),
            by: Actor(1),
        };
        let row = own.over(&wards);
        assert_eq!((row.low, row.high), (wards.low, Some(Decimal::new(7, 0))));
        assert_eq!(row.plausible, wards.plausible);
        let lower = OwnCritical { low: Some(Decimal::new(20, 1)), ..own }.over(&wards);
        assert_eq!((lower.low, lower.high), (Some(Decimal::new(2, 0)), row.high));
        assert_eq!(
            OwnCritical { high: None, ..own }.over(&wards),
            wards,
            "nobody can leave a patient without"
        );
    }
}
