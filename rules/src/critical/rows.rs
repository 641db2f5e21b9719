//! The shipped rows of `charts/critical-values.md`: one for each analyte and age band.
//!
//! A band without a row of its own is judged by the adult's: rather a call too many than none.

use super::{Known, Row};
use crate::age::Age;
use crate::decimal::Decimal;
use crate::limit;
use crate::unit::Unit;

/// For whom a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Band {
    /// 16 years and over, and everybody whose age is not known.
    Adult,
    /// A month to 15 years.
    Child,
    /// In the first month of life.
    Newborn,
}

impl Band {
    /// Every band; `Band::ALL[band as usize] == band`.
    pub const ALL: [Self; 3] = [Self::Adult, Self::Child, Self::Newborn];

    /// The band of a patient.
    #[must_use]
    pub const fn of(age: Option<Age>) -> Self {
        match limit::Band::of(age) {
            limit::Band::Neonate => Self::Newborn,
            limit::Band::Infant | limit::Band::Child => Self::Child,
            limit::Band::Adult => Self::Adult,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::Child => "child",
            Self::Newborn => "newborn",
        }
    }
}

/// A lower and an upper limit, each where there is one.
type Pair = (Option<Decimal>, Option<Decimal>);

/// Another unit, and the ratio that turns it into the chart's.
type Ratio = (Unit, u32, u32);

/// `digits` × 10^-`places`.
const fn d(digits: i64, places: u8) -> Decimal {
    Decimal::new(digits, places)
}

/// Both limits, with as many places each.
const fn both(low: i64, high: i64, places: u8) -> Pair {
    (Some(d(low, places)), Some(d(high, places)))
}

/// A lower limit alone.
const fn low(digits: i64, places: u8) -> Pair {
    (Some(d(digits, places)), None)
}

/// An upper limit alone.
const fn high(digits: i64) -> Pair {
    (None, Some(d(digits, 0)))
}

impl Known {
    /// The shipped row of the chart for `band`; the adult's where the band has none of its own.
    #[must_use]
    pub const fn row(self, band: Band) -> Row {
        let (low, high) = match self.own_limits(band) {
            Some(pair) => pair,
            None => self.adult(),
        };
        let (unit, plausible, other) = self.unit_and_range();
        Row { unit, low, high, plausible, other }
    }

    /// Whether the chart has a row for `band` itself.
    #[must_use]
    pub const fn has_own_row(self, band: Band) -> bool {
        self.own_limits(band).is_some()
    }

    const fn own_limits(self, band: Band) -> Option<Pair> {
        match band {
            Band::Adult => Some(self.adult()),
            Band::Child => self.child(),
            Band::Newborn => self.newborn(),
        }
    }

    const fn adult(self) -> Pair {
        match self {
            Self::Potassium => both(28, 62, 1),
            Self::Sodium => both(120, 158, 0),
            Self::Glucose => both(26, 269, 1),
            Self::CalciumIonised => both(82, 155, 2),
            Self::CalciumTotal => both(165, 322, 2),
            Self::Haemoglobin => low(66, 0),
            Self::Platelets => low(37, 0),
            Self::Lactate => high(4),
            Self::Ph => both(72, 76, 1),
            Self::Inr => high(5),
            Self::Magnesium => both(41, 202, 2),
            Self::Phosphate => low(39, 2),
            Self::Bicarbonate => both(11, 40, 0),
            Self::Creatinine => high(654),
            Self::WhiteCells => low(2, 0),
            Self::Fibrinogen => low(88, 2),
            Self::CarbonDioxide => low(19, 0),
        }
    }

    const fn child(self) -> Option<Pair> {
        Some(match self {
            Self::Potassium => both(28, 64, 1),
            Self::Sodium => both(121, 156, 0),
            Self::Glucose => both(26, 247, 1),
            Self::CalciumTotal => both(162, 317, 2),
            Self::Haemoglobin => both(69, 208, 0),
            Self::Platelets => both(53, 916, 0),
            Self::Ph => both(721, 759, 2),
            Self::WhiteCells => both(21, 429, 1),
            Self::CarbonDioxide => both(21, 66, 0),
            _ => return None,
        })
    }

    const fn newborn(self) -> Option<Pair> {
        Some(match self {
            Self::Potassium => both(28, 78, 1),
            Self::Glucose => both(18, 182, 1),
            _ => return None,
        })
    }

    /// The chart's unit, the range outside which nothing is judged, and another unit that laboratories use,
    /// with the ratio that turns it into the chart's.
    const fn unit_and_range(self) -> (Unit, (Decimal, Decimal), Option<Ratio>) {
        const MG: Unit = Unit::MgPerDl;
        const MEQ: Option<Ratio> = Some((Unit::MeqPerL, 1, 1));
        match self {
            Self::Potassium => (Unit::MmolPerL, (d(5, 1), d(20, 0)), MEQ),
            Self::Sodium => (Unit::MmolPerL, (d(60, 0), d(220, 0)), MEQ),
            Self::Glucose => (Unit::MmolPerL, (d(0, 0), d(200, 0)), Some((MG, 555, 10_000))),
            Self::CalciumIonised => (Unit::MmolPerL, (d(1, 1), d(5, 0)), Some((MG, 2_495, 10_000))),
            Self::CalciumTotal => (Unit::MmolPerL, (d(7_485, 4), d(10, 0)), Some((MG, 2_495, 10_000))),
            Self::Haemoglobin => (Unit::GPerL, (d(5, 0), d(300, 0)), Some((Unit::GPerDl, 10, 1))),
            Self::Platelets => (Unit::GigaPerL, (d(0, 0), d(5_000, 0)), None),
            Self::Lactate => (Unit::MmolPerL, (d(0, 0), d(50, 0)), Some((MG, 111, 1_000))),
            Self::Ph => (Unit::One, (d(6, 0), d(85, 1)), None),
            Self::Inr => (Unit::One, (d(0, 0), d(50, 0)), None),
            Self::Magnesium => (Unit::MmolPerL, (d(1, 1), d(10, 0)), Some((MG, 4_114, 10_000))),
            Self::Phosphate => (Unit::MmolPerL, (d(5, 2), d(10, 0)), Some((MG, 3_229, 10_000))),
            Self::Bicarbonate => (Unit::MmolPerL, (d(1, 0), d(80, 0)), MEQ),
            Self::Creatinine => (Unit::UmolPerL, (d(5, 0), d(5_000, 0)), Some((MG, 8_842, 100))),
            Self::WhiteCells => (Unit::GigaPerL, (d(0, 0), d(1_000, 0)), None),
            Self::Fibrinogen => (Unit::GPerL, (d(0, 0), d(20, 0)), Some((MG, 1, 100))),
            Self::CarbonDioxide => {
                (Unit::MmHg, (d(5, 0), d(250, 0)), Some((Unit::KiloPascal, 100_000, 13_332)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::page;

    fn tables() -> Vec<Vec<Vec<&'static str>>> {
        page::tables(include_str!("../../charts/critical-values.md"))
    }

    fn number(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    fn limits(cells: &[&str]) -> Pair {
        let limit = |cell: &str| (cell != "-").then(|| number(cell));
        (limit(cells[0]), limit(cells[1]))
    }

    fn unit_named(name: &str) -> Unit {
        let units = [
            Unit::MmolPerL,
            Unit::MeqPerL,
            Unit::MgPerDl,
            Unit::UmolPerL,
            Unit::GPerL,
            Unit::GPerDl,
            Unit::GigaPerL,
            Unit::MmHg,
            Unit::KiloPascal,
            Unit::One,
        ];
        units.into_iter().find(|unit| unit.ucum() == name).unwrap_or_else(|| panic!("no unit {name:?}"))
    }

    /// The page is the source: every figure on it must be the table's, and the table must have no other row.
    #[test]
    fn the_page_is_the_table() {
        let rows = &tables()[0];
        assert_eq!(rows.len(), Known::ALL.len());
        for (cells, known) in rows.iter().zip(Known::ALL) {
            let row = known.row(Band::Adult);
            assert_eq!(cells[0], known.word());
            assert_eq!(unit_named(cells[1]), row.unit, "{known:?}");
            assert_eq!(limits(&cells[2..4]), (row.low, row.high), "{known:?}");
            assert_eq!((number(cells[4]), number(cells[5])), row.plausible, "{known:?}");
            let other = cells[6].split_once(' ').map(|(unit, ratio)| {
                let (numerator, denominator) = ratio.split_once('/').unwrap();
                (unit_named(unit), numerator.parse().unwrap(), denominator.parse().unwrap())
            });
            assert_eq!(other, row.other, "{known:?}");
        }
    }

    /// The younger have the rows of their tables, and the adult's for whatever those leave out.
    #[test]
    fn the_younger_have_the_rows_of_their_pages_tables() {
        for (table, band) in [(1, Band::Child), (2, Band::Newborn)] {
            let mut on_page = tables().remove(table);
            for known in Known::ALL {
                let at = on_page.iter().position(|row| row[0] == known.word());
                assert_eq!(at.is_some(), known.has_own_row(band), "{known:?} {band:?}");
                let adult = known.row(Band::Adult);
                let expected = at.map_or((adult.low, adult.high), |at| limits(&on_page.remove(at)[1..3]));
                let row = known.row(band);
                assert_eq!((row.low, row.high), expected, "{known:?} {band:?}");
                assert_eq!((row.unit, row.plausible, row.other), (adult.unit, adult.plausible, adult.other));
            }
            assert!(on_page.is_empty(), "{on_page:?}");
        }
    }

    #[test]
    fn a_band_begins_on_the_birthday() {
        let of = |months| Band::of(Some(Age::months(months)));
        assert_eq!([of(0), of(1), of(191), of(192)], [Band::Newborn, Band::Child, Band::Child, Band::Adult]);
        assert_eq!(Band::of(None), Band::Adult, "nobody knows: the adult's rows, and the reasons say so");
        for (at, band) in Band::ALL.iter().enumerate() {
            assert_eq!(*band as usize, at);
        }
        assert_eq!(Band::ALL.map(Band::word), ["adult", "child", "newborn"], "as `ward.toml` knows them");
    }
}
