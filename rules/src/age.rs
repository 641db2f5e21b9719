//! How old a patient is, as far as charts ask: in completed months. It reads no clock and knows no calendar.

/// From so many years on charts and limits of adults apply: those of NEWS2, and of the critical values.
pub const ADULT_YEARS: u16 = 16;

/// An age in completed months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Age(u16);

impl Age {
    /// Completed months.
    #[must_use]
    pub const fn months(months: u16) -> Self {
        Self(months)
    }

    /// Completed years.
    #[must_use]
    pub const fn years(years: u16) -> Self {
        Self(years.saturating_mul(12))
    }

    /// How many months are completed.
    #[must_use]
    pub const fn in_months(self) -> u16 {
        self.0
    }

    /// How many years are completed.
    #[must_use]
    pub const fn in_years(self) -> u16 {
        self.0 / 12
    }

    /// Whether fewer than so many years are completed.
    #[must_use]
    pub const fn is_under(self, years: u16) -> bool {
        self.0 < Self::years(years).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_before_the_sixteenth_birthday_is_still_under_sixteen() {
        assert!(Age::months(16 * 12 - 1).is_under(16));
        assert!(!Age::years(16).is_under(16));
        assert_eq!((Age::months(191).in_years(), Age::years(16).in_months()), (15, 192));
    }
}
