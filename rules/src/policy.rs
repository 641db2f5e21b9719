//! The policy: every figure that a hospital may change, in one value.
//!
//! The gateway reads it from `ward.toml`, within bounds it checks at load; a bed only looks at it.

use crate::alert::{Priority, Technical};
use crate::critical::{Known, Row};
use crate::ladder::{Class, Ladder};
use crate::limit::{Band, Limits};
use crate::sign::Parameter;
use crate::time::Span;

/// All that a bed judges by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Limits by age and parameter, in the order of [`Band::ALL`] and [`Parameter::ALL`].
    limits: [[Limits; Parameter::ALL.len()]; Band::ALL.len()],
    /// Critical laboratory values, in the order of [`Known::ALL`].
    critical: [Row; 10],
    /// Ladders by class, in the order of [`Class::ALL`].
    ladders: [Ladder; 8],
    /// The shortest silence after which a device counts as lost, however often it used to speak.
    pub device_silence_least: Span,
}

impl Policy {
    /// What ships: every chart as its page has it, every ladder as the contract has it.
    #[must_use]
    pub fn shipped() -> Self {
        Self {
            limits: Band::ALL.map(|band| Parameter::ALL.map(|of| Limits::shipped_for(band, of))),
            critical: Known::ALL.map(Known::row),
            ladders: Class::ALL.map(Ladder::shipped),
            device_silence_least: Span::seconds(15),
        }
    }

    /// The limits of `parameter` at that age.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn limits(&self, band: Band, parameter: Parameter) -> &Limits {
        &self.limits[band as usize][parameter as usize]
    }

    /// The limits of `parameter` at that age, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn limits_mut(&mut self, band: Band, parameter: Parameter) -> &mut Limits {
        &mut self.limits[band as usize][parameter as usize]
    }

    /// Whether anybody has set a limit for that age.
    #[must_use]
    pub fn has_limits(&self, band: Band) -> bool {
        Parameter::ALL.iter().any(|parameter| self.limits(band, *parameter).are_set())
    }

    /// The row of critical values for `known`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each analyte")]
    pub const fn critical(&self, known: Known) -> &Row {
        &self.critical[known as usize]
    }

    /// The row of critical values for `known`, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each analyte")]
    pub const fn critical_mut(&mut self, known: Known) -> &mut Row {
        &mut self.critical[known as usize]
    }

    /// The ladder of `class`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each class")]
    pub const fn ladder(&self, class: Class) -> &Ladder {
        &self.ladders[class as usize]
    }

    /// The ladder of `class`, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each class")]
    pub const fn ladder_mut(&mut self, class: Class) -> &mut Ladder {
        &mut self.ladders[class as usize]
    }
}

/// The priority and the ladder of a technical condition.
#[must_use]
pub const fn technical(what: Technical) -> (Priority, Class) {
    match what {
        Technical::Store | Technical::Sound | Technical::Judging => (Priority::High, Class::TechnicalOwn),
        Technical::DeviceSilent(_)
        | Technical::BindingInDoubt
        | Technical::UnknownBed(_)
        | Technical::Channel(_)
        | Technical::Parked(_)
        | Technical::StoreFilling
        | Technical::NoLimits
        | Technical::Raised(_) => (Priority::Medium, Class::TechnicalDevice),
        Technical::NotRead(_)
        | Technical::Silent(_)
        | Technical::Unjudged(_)
        | Technical::ClockStepped
        | Technical::OwnLimitsEnded(_)
        | Technical::RatesApart => (Priority::Low, Class::TechnicalParameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Sign;
    use crate::vital::Source;

    /// The technical rows of the contract's table of defaults.
    #[test]
    fn technical_conditions_are_as_grave_as_the_contract_says() {
        let low = (Priority::Low, Class::TechnicalParameter);
        let medium = (Priority::Medium, Class::TechnicalDevice);
        let high = (Priority::High, Class::TechnicalOwn);
        let table = [
            (Technical::NotRead(Sign::SpO2), low),
            (Technical::Silent(Sign::SpO2), low),
            (Technical::Unjudged(1), low),
            (Technical::ClockStepped, low),
            (Technical::RatesApart, low),
            (Technical::OwnLimitsEnded(Parameter::SpO2), low),
            (Technical::NoLimits, medium),
            (Technical::DeviceSilent(Source(1)), medium),
            (Technical::BindingInDoubt, medium),
            (Technical::UnknownBed(1), medium),
            (Technical::Channel(1), medium),
            (Technical::Parked(1), medium),
            (Technical::Raised(1), medium),
            (Technical::StoreFilling, medium),
            (Technical::Store, high),
            (Technical::Sound, high),
            (Technical::Judging, high),
        ];
        for (what, grave) in table {
            assert_eq!(technical(what), grave, "{what:?}");
        }
    }

    #[test]
    fn every_figure_of_the_policy_is_found_under_its_own_name() {
        let policy = Policy::shipped();
        for parameter in Parameter::ALL {
            for band in Band::ALL {
                assert_eq!(*policy.limits(band, parameter), Limits::shipped_for(band, parameter));
            }
        }
        for known in Known::ALL {
            assert_eq!(*policy.critical(known), known.row());
        }
        for class in Class::ALL {
            assert_eq!(*policy.ladder(class), Ladder::shipped(class));
        }
    }

    #[test]
    fn a_change_at_load_changes_that_figure_alone() {
        let mut policy = Policy::shipped();
        policy.limits_mut(Band::Child, Parameter::SpO2).low.red = Some(85);
        policy.critical_mut(Known::Lactate).high = None;
        policy.ladder_mut(Class::Red).repeat = Span::minutes(1);
        let shipped = Policy::shipped();
        let all = Band::ALL.into_iter().flat_map(|band| Parameter::ALL.map(|of| (band, of)));
        let changed = all.filter(|(band, of)| policy.limits(*band, *of) != shipped.limits(*band, *of));
        assert!(changed.eq([(Band::Child, Parameter::SpO2)]));
        assert!(policy.has_limits(Band::Child) && !policy.has_limits(Band::Infant));
        let changed = |known: &Known| policy.critical(*known) != shipped.critical(*known);
        assert!(Known::ALL.iter().filter(|known| changed(known)).eq([&Known::Lactate]));
        let changed = |class: &Class| policy.ladder(*class) != shipped.ladder(*class);
        assert!(Class::ALL.iter().filter(|class| changed(class)).eq([&Class::Red]));
    }
}
