//! Readings: a value with its quality, or the reason why there is none; and how long each may be used.
//!
//! Validity comes from status, profile and cross-check, never from magnitude: zero is data.

use crate::sign::Sign;
use crate::time::{Moment, Span};

/// Why there is no value. Missing has a reason and is never normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Absence {
    /// Nothing has been heard of this sign since the bed was set up.
    NeverHeard,
    /// The device says it cannot measure now.
    Unavailable,
    /// The device says the value is not valid.
    Invalid,
    /// The device says that a lead or a probe is off.
    ProbeOff,
    /// A setting of the device, not a measurement.
    Setting,
    /// Demonstration data.
    Demonstration,
    /// Test data.
    Test,
    /// The device is being calibrated.
    Calibrating,
    /// Outside what a living or dying body can show; the raw value is kept with its message.
    Implausible,
    /// The value came without the unit that it needs.
    UnitMissing,
    /// The unit cannot be converted to the sign's own.
    UnitUnknown,
    /// What was sent is no number.
    NotANumber,
    /// Another live sign contradicts it (heart rate 0 beside a live pulse).
    Contradicted,
    /// Older than its validity window.
    Stale,
}

impl Absence {
    /// Every reason, in order; `Absence::ALL[absence as usize] == absence`.
    pub const ALL: [Self; 14] = [
        Self::NeverHeard,
        Self::Unavailable,
        Self::Invalid,
        Self::ProbeOff,
        Self::Setting,
        Self::Demonstration,
        Self::Test,
        Self::Calibrating,
        Self::Implausible,
        Self::UnitMissing,
        Self::UnitUnknown,
        Self::NotANumber,
        Self::Contradicted,
        Self::Stale,
    ];

    /// Its number, the same on every wire and in every version.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The reason of that number.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether this is data that must never score nor raise anything: a setting, a demonstration, a test, a
    /// calibration.
    #[must_use]
    pub const fn is_not_the_patient(self) -> bool {
        matches!(self, Self::Setting | Self::Demonstration | Self::Test | Self::Calibrating)
    }

    /// The reason as a few words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeverHeard => "never heard",
            Self::Unavailable => "not available",
            Self::Invalid => "invalid",
            Self::ProbeOff => "probe off",
            Self::Setting => "a setting",
            Self::Demonstration => "demonstration",
            Self::Test => "test",
            Self::Calibrating => "calibrating",
            Self::Implausible => "implausible",
            Self::UnitMissing => "unit missing",
            Self::UnitUnknown => "unit unknown",
            Self::NotANumber => "not a number",
            Self::Contradicted => "contradicted",
            Self::Stale => "too old",
        }
    }
}

/// How far the device trusts a value that it did send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Quality {
    /// Nothing speaks against it.
    #[default]
    Good,
    /// The device marks it questionable: shown so, and judged all the same.
    Questionable,
}

/// Which device said it: a number that the gateway gives each device it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Source(pub u32);

/// The stable key of the message that carried something, the same when it is sent again. Alert ids are
/// derived from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MessageKey(pub u64);

/// One reading of one sign as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reading {
    /// What was measured.
    pub sign: Sign,
    /// The value in the sign's whole units, or why there is none.
    pub value: Result<i32, Absence>,
    /// How far the device trusts it.
    pub quality: Quality,
    /// How old it already was on arrival, by the device's own clock corrected by its measured offset.
    pub age: Span,
}

impl Reading {
    /// A good reading, taken just now. A value outside the sign's plausible range becomes
    /// [`Absence::Implausible`].
    #[must_use]
    pub fn fresh(sign: Sign, value: i32) -> Self {
        let facts = sign.facts();
        let plausible = (facts.least..=facts.most).contains(&value);
        let value = if plausible { Ok(value) } else { Err(Absence::Implausible) };
        Self { sign, value, quality: Quality::Good, age: Span::ZERO }
    }

    /// No value, for a reason, just now.
    #[must_use]
    pub const fn absent(sign: Sign, why: Absence) -> Self {
        Self { sign, value: Err(why), quality: Quality::Good, age: Span::ZERO }
    }
}

/// The latest reading of one sign at one bed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Vital {
    /// The value in whole units, or why there is none.
    pub value: Result<i32, Absence>,
    /// How far the device trusts it.
    pub quality: Quality,
    /// When it was taken, on the ward's line of time.
    pub taken: Moment,
    /// When it arrived. Silence is measured from here.
    pub heard: Moment,
    /// Which device said it.
    pub source: Source,
    /// The message that carried it.
    pub key: MessageKey,
}

impl Vital {
    /// A sign that was never heard.
    pub const NEVER: Self = Self {
        value: Err(Absence::NeverHeard),
        quality: Quality::Good,
        taken: Moment(0),
        heard: Moment(0),
        source: Source(0),
        key: MessageKey(0),
    };

    /// The value, unless it is absent or older than `validity`.
    ///
    /// # Errors
    /// The reason why there is none.
    pub fn usable(&self, validity: Span, now: Moment) -> Result<i32, Absence> {
        match self.value {
            Ok(_) if now.since(self.taken) > validity => Err(Absence::Stale),
            other => other,
        }
    }

    /// Whether anything has ever been heard of it.
    #[must_use]
    pub const fn was_heard(&self) -> bool {
        !matches!(self.value, Err(Absence::NeverHeard))
    }

    /// Takes `reading` in, unless it would replace something better.
    ///
    /// An older reading never replaces a newer one, and a device that cannot measure a sign does not wipe out
    /// the usable value of another device that can. Either way the sign has been heard.
    pub(crate) fn take(&mut self, reading: &Reading, source: Source, key: MessageKey, now: Moment) {
        let taken = now - reading.age;
        let older = self.was_heard() && taken < self.taken;
        let other_device_knows = reading.value.is_err()
            && self.source != source
            && self.usable(reading.sign.facts().validity, now).is_ok();
        if self.was_heard() && self.source == source {
            self.heard = now;
        }
        if older || other_device_knows {
            return;
        }
        *self = Self { value: reading.value, quality: reading.quality, taken, heard: now, source, key };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONITOR: Source = Source(1);
    const VENTILATOR: Source = Source(2);

    fn at(now: u64, source: Source, vital: &mut Vital, reading: Reading) {
        vital.take(&reading, source, MessageKey(now), Moment(now));
    }

    #[test]
    fn zero_is_data_and_nonsense_is_not() {
        assert_eq!(Reading::fresh(Sign::HeartRate, 0).value, Ok(0));
        assert_eq!(Reading::fresh(Sign::Temperature, 500).value, Err(Absence::Implausible));
        assert_eq!(Reading::fresh(Sign::SpO2, 101).value, Err(Absence::Implausible));
    }

    /// Nodes and gateways of different versions speak by these numbers: a new reason goes last.
    #[test]
    fn numbers_never_change() {
        assert_eq!(
            (Absence::NeverHeard.number(), Absence::ProbeOff.number(), Absence::Stale.number()),
            (0, 3, 13)
        );
        for why in Absence::ALL {
            assert_eq!(Absence::numbered(why.number()), Some(why));
        }
        assert_eq!(Absence::numbered(200), None);
    }

    #[test]
    fn a_value_ages_out_of_its_window() {
        let mut vital = Vital::NEVER;
        at(1_000, MONITOR, &mut vital, Reading::fresh(Sign::SpO2, 97));
        let validity = Sign::SpO2.facts().validity;
        assert_eq!(vital.usable(validity, Moment(1_000) + validity), Ok(97));
        assert_eq!(vital.usable(validity, Moment(1_001) + validity), Err(Absence::Stale));
    }

    #[test]
    fn an_older_reading_never_replaces_a_newer_one() {
        let mut vital = Vital::NEVER;
        at(60_000, MONITOR, &mut vital, Reading::fresh(Sign::SpO2, 97));
        at(61_000, MONITOR, &mut vital, Reading { age: Span::seconds(30), ..Reading::fresh(Sign::SpO2, 80) });
        assert_eq!(vital.value, Ok(97));
        assert_eq!(vital.heard, Moment(61_000), "the device was heard all the same");
    }

    #[test]
    fn a_device_that_cannot_measure_does_not_hide_one_that_can() {
        let mut vital = Vital::NEVER;
        at(1_000, MONITOR, &mut vital, Reading::fresh(Sign::RespRate, 18));
        at(2_000, VENTILATOR, &mut vital, Reading::absent(Sign::RespRate, Absence::Unavailable));
        assert_eq!(vital.value, Ok(18));
        at(3_000, MONITOR, &mut vital, Reading::absent(Sign::RespRate, Absence::ProbeOff));
        assert_eq!(vital.value, Err(Absence::ProbeOff), "the device itself takes its value back");
    }
}
