//! Units of measure, as UCUM writes them, and the exact ratios between those that laboratories use for one
//! analyte.
//!
//! Only units that a chart of this house needs are here. Reading a unit off the wire (MDC codes, local
//! spellings) is the business of the adapter that met it.

/// A unit of measure. [`Unit::ucum`] gives its UCUM code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Unit {
    /// Per minute: heart beats or breaths.
    PerMinute,
    /// Percent.
    Percent,
    /// Millimetre of mercury.
    MmHg,
    /// Centimetre of water.
    CmH2O,
    /// Degree Celsius.
    Celsius,
    /// Millilitre.
    Millilitre,
    /// Litre per minute.
    LitrePerMinute,
    /// Millimole per litre.
    MmolPerL,
    /// Milliequivalent per litre.
    MeqPerL,
    /// Milligram per decilitre.
    MgPerDl,
    /// Gram per litre.
    GPerL,
    /// Gram per decilitre.
    GPerDl,
    /// 10⁹ per litre, which equals 10³ per microlitre.
    GigaPerL,
    /// Nanogram per litre.
    NgPerL,
    /// A pure number: pH, INR, a ratio.
    One,
    /// The sender named no unit.
    Missing,
    /// The sender named a unit that this house does not know; its text is kept with the message.
    Unknown,
    /// Micromole per litre.
    UmolPerL,
    /// Kilopascal.
    KiloPascal,
}

impl Unit {
    /// The UCUM code; empty where there is no unit to name.
    #[must_use]
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::PerMinute => "/min",
            Self::Percent => "%",
            Self::MmHg => "mm[Hg]",
            Self::CmH2O => "cm[H2O]",
            Self::Celsius => "Cel",
            Self::Millilitre => "mL",
            Self::LitrePerMinute => "L/min",
            Self::MmolPerL => "mmol/L",
            Self::MeqPerL => "meq/L",
            Self::MgPerDl => "mg/dL",
            Self::GPerL => "g/L",
            Self::GPerDl => "g/dL",
            Self::GigaPerL => "10*9/L",
            Self::NgPerL => "ng/L",
            Self::One => "1",
            Self::UmolPerL => "umol/L",
            Self::KiloPascal => "kPa",
            Self::Missing | Self::Unknown => "",
        }
    }
}
