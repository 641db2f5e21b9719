//! The policy: every figure that a hospital may change, in one value.
//!
//! The gateway reads it from `ward.toml`, within bounds it checks at load; a bed only looks at it.

use crate::alert::{Priority, Side, Technical};
use crate::critical::{self, Change, Known, Row};
use crate::ladder::{Class, Ladder};
use crate::limit::{self, Limits, Pair};
use crate::score::choice::Calling;
use crate::sign::Parameter;
use crate::time::Span;
use crate::trend::Trend;

/// All that a bed judges by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Limits by age and parameter, in the order of [`limit::Band::ALL`] and [`Parameter::ALL`].
    limits: [[Limits; Parameter::ALL.len()]; limit::Band::ALL.len()],
    /// Rates of change by age and parameter, likewise. None ships.
    trends: [[Trend; Parameter::ALL.len()]; limit::Band::ALL.len()],
    /// Critical laboratory values by age and analyte, in the order of [`critical::Band::ALL`] and
    /// [`Known::ALL`].
    critical: [[Row; Known::ALL.len()]; critical::Band::ALL.len()],
    /// Which changes between two samples are looked for, in the order of [`Known::ALL`].
    changes: [bool; Known::ALL.len()],
    /// Ladders by class, in the order of [`Class::ALL`].
    ladders: [Ladder; Class::ALL.len()],
    /// The shortest silence after which a device counts as lost, however often it used to speak.
    pub device_silence_least: Span,
    /// Which charts that ship silent may call, because their pages are signed.
    pub calling: Calling,
}

impl Policy {
    /// What ships: every chart as its page has it, every ladder as the contract has it.
    #[must_use]
    pub fn shipped() -> Self {
        Self {
            limits: limit::Band::ALL.map(|band| Parameter::ALL.map(|of| Limits::shipped_for(band, of))),
            trends: Default::default(),
            critical: critical::Band::ALL.map(|band| Known::ALL.map(|known| known.row(band))),
            changes: Known::ALL.map(|known| known.change().is_some_and(|change| change.ships_on)),
            ladders: Class::ALL.map(Ladder::shipped),
            device_silence_least: Span::seconds(15),
            calling: Calling::default(),
        }
    }

    /// The limits of `parameter` at that age.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn limits(&self, band: limit::Band, parameter: Parameter) -> &Limits {
        &self.limits[band as usize][parameter as usize]
    }

    /// The limits of `parameter` at that age, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn limits_mut(&mut self, band: limit::Band, parameter: Parameter) -> &mut Limits {
        &mut self.limits[band as usize][parameter as usize]
    }

    /// The rate of change at which `parameter` calls at that age; not set where no ward has set it.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn trend(&self, band: limit::Band, parameter: Parameter) -> &Trend {
        &self.trends[band as usize][parameter as usize]
    }

    /// The rate of change at which `parameter` calls at that age, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each age and parameter")]
    pub const fn trend_mut(&mut self, band: limit::Band, parameter: Parameter) -> &mut Trend {
        &mut self.trends[band as usize][parameter as usize]
    }

    /// Whether any rate of change is set for that age.
    #[must_use]
    pub fn has_trends(&self, band: limit::Band) -> bool {
        Parameter::ALL.into_iter().any(|parameter| self.trend(band, parameter).is_set())
    }

    /// Whether the limits for that age are whole: a lower or an upper one wherever an adult's ship with one,
    /// of one of the two pressures at least.
    #[must_use]
    pub fn has_limits(&self, band: limit::Band) -> bool {
        use Parameter::{MeanPressure, PulseRate, RespRate, SpO2, Systolic};
        let has = |parameter: Parameter, side| {
            let ships = Limits::shipped(parameter).pair(side) != Pair::default();
            !ships || self.limits(band, parameter).pair(side) != Pair::default()
        };
        let whole = |parameter| [Side::Low, Side::High].into_iter().all(|side| has(parameter, side));
        [PulseRate, SpO2, RespRate].into_iter().all(whole) && [Systolic, MeanPressure].into_iter().any(whole)
    }

    /// The row of critical values for `known` in a patient of `band`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the arrays have one element for each band and analyte")]
    pub const fn critical(&self, known: Known, band: critical::Band) -> &Row {
        &self.critical[band as usize][known as usize]
    }

    /// The row of critical values for `known` in a patient of `band`, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the arrays have one element for each band and analyte")]
    pub const fn critical_mut(&mut self, known: Known, band: critical::Band) -> &mut Row {
        &mut self.critical[band as usize][known as usize]
    }

    /// The change of `known` that is looked for; none where it is switched off.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each analyte")]
    pub const fn change(&self, known: Known) -> Option<Change> {
        if self.changes[known as usize] { known.change() } else { None }
    }

    /// Whether a change of `known` is looked for, to be changed at load.
    #[expect(clippy::indexing_slicing, reason = "the array has one element for each analyte")]
    pub const fn change_mut(&mut self, known: Known) -> &mut bool {
        &mut self.changes[known as usize]
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
        | Technical::Unanswered
        | Technical::HandOver(_)
        | Technical::Raised(_) => (Priority::Medium, Class::TechnicalDevice),
        Technical::NotRead(_)
        | Technical::Silent(_)
        | Technical::Unjudged(_)
        | Technical::Changed(_)
        | Technical::ClockStepped
        | Technical::OwnLimitsEnded(_)
        | Technical::OwnCriticalEnded(_)
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
            (Technical::Changed(1), low),
            (Technical::ClockStepped, low),
            (Technical::RatesApart, low),
            (Technical::OwnLimitsEnded(Parameter::SpO2), low),
            (Technical::OwnCriticalEnded(Known::Potassium), low),
            (Technical::NoLimits, medium),
            (Technical::Unanswered, medium),
            (Technical::HandOver(1), medium),
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

    fn rows() -> impl Iterator<Item = (Known, critical::Band)> {
        Known::ALL.into_iter().flat_map(|known| critical::Band::ALL.map(|band| (known, band)))
    }

    #[test]
    fn every_figure_of_the_policy_is_found_under_its_own_name() {
        let policy = Policy::shipped();
        for parameter in Parameter::ALL {
            for band in limit::Band::ALL {
                assert_eq!(*policy.limits(band, parameter), Limits::shipped_for(band, parameter));
            }
        }
        for (known, band) in rows() {
            assert_eq!(*policy.critical(known, band), known.row(band));
        }
        for class in Class::ALL {
            assert_eq!(*policy.ladder(class), Ladder::shipped(class));
        }
    }

    #[test]
    fn a_change_at_load_changes_that_figure_alone() {
        let mut policy = Policy::shipped();
        policy.limits_mut(limit::Band::Child, Parameter::SpO2).low.red = Some(85);
        policy.critical_mut(Known::Lactate, critical::Band::Child).high = None;
        policy.ladder_mut(Class::Red).repeat = Span::minutes(1);
        policy.trend_mut(limit::Band::Infant, Parameter::SpO2).fall = Some(10);
        let shipped = Policy::shipped();
        let all = limit::Band::ALL.into_iter().flat_map(|band| Parameter::ALL.map(|of| (band, of)));
        let changed = all.filter(|(band, of)| policy.limits(*band, *of) != shipped.limits(*band, *of));
        assert!(changed.eq([(limit::Band::Child, Parameter::SpO2)]));
        assert!(!policy.has_limits(limit::Band::Child), "one figure of a child's is not all of them");
        assert!(!policy.has_limits(limit::Band::Infant), "a rate of change is no limit");
        assert!(
            limit::Band::ALL.into_iter().filter(|band| policy.has_trends(*band)).eq([limit::Band::Infant])
        );
        let changed =
            |row: &(Known, critical::Band)| policy.critical(row.0, row.1) != shipped.critical(row.0, row.1);
        assert!(rows().filter(changed).eq([(Known::Lactate, critical::Band::Child)]));
        let changed = |class: &Class| policy.ladder(*class) != shipped.ladder(*class);
        assert!(Class::ALL.iter().filter(|class| changed(class)).eq([&Class::Red]));
    }

    #[test]
    fn limits_are_whole_with_one_of_each_side_that_an_adults_have_and_one_of_the_pressures() {
        use Parameter::{MeanPressure, PulseRate, RespRate, SpO2, Systolic};
        let set = |left_out: &[(Parameter, Side)]| {
            let mut policy = Policy::shipped();
            for parameter in [PulseRate, SpO2, RespRate, Systolic, MeanPressure] {
                let limits = policy.limits_mut(limit::Band::Child, parameter);
                let kept = |side| !left_out.contains(&(parameter, side));
                limits.low.yellow = kept(Side::Low).then_some(60);
                limits.low.red = None;
                limits.high.yellow = kept(Side::High).then_some(160);
            }
            policy.has_limits(limit::Band::Child)
        };
        assert!(set(&[]) && set(&[(SpO2, Side::High)]), "no saturation is too high");
        for side in [Side::Low, Side::High] {
            assert!(!set(&[(PulseRate, side)]) && !set(&[(RespRate, side)]), "{side:?}");
            assert!(set(&[(Systolic, side)]) && set(&[(MeanPressure, side)]), "{side:?}");
            assert!(!set(&[(Systolic, side), (MeanPressure, side)]), "{side:?}");
        }
        assert!(!set(&[(SpO2, Side::Low)]));
        assert!(Policy::shipped().has_limits(limit::Band::Adult));
        assert!(!Policy::shipped().has_limits(limit::Band::Neonate));
    }
}
