//! What the devices say of a patient: the latest reading of every sign, which devices are heard, and which of
//! two contradicting signs is believed.
//!
//! Zero is data. A rate of 0 is believed until another live sign contradicts it; then the sensor is off, and
//! that is shown as such.

use super::words::Word;
use crate::event::{Frame, Presence};
use crate::policy::Policy;
use crate::sign::{Parameter, Sign};
use crate::time::{Moment, Span};
use crate::vital::{Absence, MessageKey, Source, Vital};

/// Two readings taken this close together speak of the same heartbeat.
const SAME_TIME: Span = Span::seconds(10);

/// The rates at which a pulse source is believed against a heart rate of 0.
pub(super) const LIVE_RATE: core::ops::RangeInclusive<i32> = 20..=250;

/// How long the silence of a device is expected to last before its own rhythm is known.
const FIRST_SILENCE: Span = Span::minutes(5);

/// However slow a device's rhythm, an hour of silence is a loss.
const SILENCE_MOST: Span = Span::hours(1);

/// Frames this close together are of one beat: senders that put each value into a message of its own send
/// several at once and then nothing for minutes.
const ONE_BEAT: Span = Span::seconds(2);

/// Within so many percent points inspired oxygen is the same: a sensor is no better.
pub(super) const OXYGEN_STEADY: u8 = 2;

/// How many devices one bed keeps apart; the one silent for longest makes room.
const DEVICES: usize = 8;

/// What the rate sources say of the heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heart {
    /// It beats, by this sign, at this rate per minute.
    Beats(Sign, i32),
    /// A source says 0 and no live one contradicts it.
    Stopped(Sign),
    /// Nobody can say.
    Unknown(Absence),
}

/// The watch over one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Device {
    pub(super) source: Source,
    pub(super) heard: Moment,
    pub(super) key: MessageKey,
    online: bool,
    /// When the beat began that was heard last.
    beat: Moment,
    rhythm: Option<Span>,
    /// How long it may be silent, where that is known of its kind.
    expected: Option<Span>,
}

impl Device {
    const fn new(source: Source, key: MessageKey, online: bool, now: Moment) -> Self {
        Self { source, heard: now, key, online, beat: now, rhythm: None, expected: None }
    }

    /// How long it may be silent: as is known of its kind, else three of its own intervals; within bounds.
    fn patience(&self, least: Span) -> Span {
        let learnt = self.rhythm.map(|rhythm| Span(rhythm.0.saturating_mul(3)));
        self.expected.or(learnt).map_or(FIRST_SILENCE, |patience| patience.clamp(least, SILENCE_MOST))
    }

    pub(super) fn is_silent(&self, policy: &Policy, now: Moment) -> bool {
        !self.online || now.since(self.heard) > self.patience(policy.device_silence_least)
    }

    /// A frame came. A gap counts in the rhythm at most for as long as it was expected to last: a device that
    /// comes back after a loss has not become slow, and one that was heard twice in a burst is still learnt.
    fn hear(&mut self, key: MessageKey, least: Span, now: Moment) {
        if now.since(self.beat) >= ONE_BEAT {
            let interval = now.since(self.beat).min(self.patience(least));
            self.rhythm =
                Some(self.rhythm.map_or(interval, |rhythm| Span(rhythm.0 / 4 * 3 + interval.0 / 4)));
            self.beat = now;
        }
        (self.heard, self.key, self.online) = (now, key, true);
    }
}

/// All signs and devices of one bed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Signs {
    vitals: [Vital; Sign::ALL.len()],
    /// Since when the inspired oxygen has been about what it was then.
    oxygen: Word<u8>,
    devices: heapless::Vec<Device, DEVICES>,
}

impl Signs {
    pub(super) const fn new() -> Self {
        let vitals = [Vital::NEVER; Sign::ALL.len()];
        Self { vitals, oxygen: Word::NEVER, devices: heapless::Vec::new() }
    }

    /// Takes a frame in, and says which device is forgotten for it. A frame that is sent again changes
    /// nothing; settings never replace a measurement.
    pub(super) fn take(&mut self, frame: &Frame<'_>, policy: &Policy, now: Moment) -> Option<Source> {
        let mut gone = None;
        let new = Device { expected: frame.silence, ..Device::new(frame.source, frame.key, true, now) };
        match self.device_mut(frame.source) {
            Some(device) if device.key == frame.key => return None,
            Some(device) => {
                device.expected = frame.silence;
                device.hear(frame.key, policy.device_silence_least, now);
            }
            None => gone = self.meet(new),
        }
        for reading in frame.readings {
            if reading.value != Err(Absence::Setting) {
                let gap = self.vital(reading.sign).taken;
                self.vital_mut(reading.sign).take(reading, frame.source, frame.key, now);
                if reading.sign == Sign::InspiredOxygen {
                    self.look_at_oxygen(gap);
                }
            }
        }
        gone
    }

    /// Whether the inspired oxygen is still about what it was. After a gap nobody can say.
    fn look_at_oxygen(&mut self, before: Moment) {
        let Vital { value, taken, .. } = *self.vital(Sign::InspiredOxygen);
        let percent = value.ok().and_then(|percent| u8::try_from(percent).ok());
        let unbroken = taken.since(before) <= Sign::InspiredOxygen.facts().validity;
        let steady = |percent: &u8| {
            self.oxygen.last().is_some_and(|since| since.abs_diff(*percent) <= OXYGEN_STEADY) && unbroken
        };
        match percent {
            Some(percent) if steady(&percent) => {}
            Some(percent) => self.oxygen = Word::said(percent, taken),
            None => self.oxygen = Word::NEVER,
        }
    }

    /// Whether the inspired oxygen is now about what it was at that moment.
    pub(super) fn oxygen_is_as_at(&self, then: Moment) -> bool {
        self.oxygen.at().is_some_and(|since| since <= then)
    }

    /// Takes a device's own word on its presence, which is no part of its rhythm, and says which device is
    /// forgotten.
    pub(super) fn presence(&mut self, presence: &Presence, now: Moment) -> Option<Source> {
        let Presence { source, online, key } = *presence;
        let Some(device) = self.device_mut(source) else {
            return self.meet(Device::new(source, key, online, now));
        };
        (device.heard, device.key, device.online) = (now, key, online);
        None
    }

    /// Forgets what was measured, because it was another patient's; the devices stay.
    pub(super) fn forget_values(&mut self) {
        self.vitals = [Vital::NEVER; Sign::ALL.len()];
        self.oxygen = Word::NEVER;
    }

    /// Forgets what was heard since then.
    pub(super) fn forget_values_since(&mut self, since: Moment) {
        for vital in self.vitals.iter_mut().filter(|vital| vital.was_heard() && vital.heard >= since) {
            *vital = Vital::NEVER;
        }
        self.oxygen = Word::NEVER;
    }

    /// Watches over a new device. The one that was silent for longest makes room.
    fn meet(&mut self, device: Device) -> Option<Source> {
        let quietest = self.devices.iter().enumerate().min_by_key(|(_, device)| device.heard);
        let quietest = quietest.map(|(at, _)| at).filter(|_| self.devices.is_full());
        let gone = quietest.map(|at| self.devices.swap_remove(at).source);
        // Room was made above.
        let _ = self.devices.push(device);
        gone
    }

    pub(super) fn device(&self, source: Source) -> Option<&Device> {
        self.devices.iter().find(|device| device.source == source)
    }

    fn device_mut(&mut self, source: Source) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.source == source)
    }

    /// The message that was heard last of any sign.
    pub(super) fn latest_key(&self) -> MessageKey {
        self.vitals.iter().max_by_key(|vital| vital.heard).map_or(MessageKey::default(), |vital| vital.key)
    }

    #[expect(clippy::indexing_slicing, reason = "the array has one element for each sign")]
    pub(super) const fn vital(&self, sign: Sign) -> &Vital {
        &self.vitals[sign as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "the array has one element for each sign")]
    const fn vital_mut(&mut self, sign: Sign) -> &mut Vital {
        &mut self.vitals[sign as usize]
    }

    pub(super) fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The value of a sign as it may be shown and judged: usable, and not contradicted by another.
    pub(super) fn believed(&self, sign: Sign, now: Moment) -> Result<i32, Absence> {
        let value = self.vital(sign).usable(sign.facts().validity, now)?;
        let contradicted = (value == 0 && self.contradicts_zero(sign, now))
            || (sign.is_of_the_line() && self.line_is_in_hand(now));
        if contradicted { Err(Absence::Contradicted) } else { Ok(value) }
    }

    /// The value of a parameter from the first of its signs that has one.
    pub(super) fn parameter(&self, parameter: Parameter, now: Moment) -> Result<(Sign, i32), Absence> {
        self.first(parameter.signs(), now)
    }

    /// The value of the first of some signs that has one.
    pub(super) fn first(&self, signs: &[Sign], now: Moment) -> Result<(Sign, i32), Absence> {
        let mut why = Absence::NeverHeard;
        for sign in signs {
            match self.believed(*sign, now) {
                Ok(value) => return Ok((*sign, value)),
                Err(absence) if why == Absence::NeverHeard => why = absence,
                Err(_) => {}
            }
        }
        Err(why)
    }

    /// What the rate sources together say of the heart.
    pub(super) fn heart(&self, now: Moment) -> Heart {
        match self.parameter(Parameter::PulseRate, now) {
            Ok((sign, 0)) => Heart::Stopped(sign),
            Ok((sign, rate)) => Heart::Beats(sign, rate),
            Err(why) => Heart::Unknown(why),
        }
    }

    /// Whether a reading of 0 of this sign is the sensor's fault, because another live sign shows that it
    /// must be.
    fn contradicts_zero(&self, sign: Sign, now: Moment) -> bool {
        match sign {
            Sign::HeartRate | Sign::PulseRatePleth | Sign::PulseRateArterial => Parameter::PulseRate
                .signs()
                .iter()
                .any(|other| *other != sign && self.shows_a_pulse(*other, sign, now)),
            Sign::RespRate => self.another_breathes(sign, now) || self.electrodes_are_off(now),
            Sign::RespRateCo2 | Sign::RespRateVentilator => self.another_breathes(sign, now),
            // No living or dead patient reads exactly 0 % with a probe on the finger.
            Sign::SpO2 => true,
            _ => false,
        }
    }

    fn another_breathes(&self, zero: Sign, now: Moment) -> bool {
        let breathes = |other| self.beside(other, zero, now).is_some_and(|breaths| breaths > 0);
        Parameter::RespRate.signs().iter().any(|other| *other != zero && breathes(*other))
    }

    /// Whether the electrodes that count beats count none while another sensor does: then they count no
    /// breath either.
    fn electrodes_are_off(&self, now: Moment) -> bool {
        self.beside(Sign::HeartRate, Sign::RespRate, now) == Some(0)
            && self.contradicts_zero(Sign::HeartRate, now)
    }

    pub(super) fn shows_a_pulse(&self, other: Sign, zero: Sign, now: Moment) -> bool {
        self.beside(other, zero, now)
            .is_some_and(|rate| if other == Sign::HeartRate { rate > 0 } else { LIVE_RATE.contains(&rate) })
    }

    /// The usable value of `other`, if it was taken together with `sign`, or later.
    pub(super) fn beside(&self, other: Sign, sign: Sign, now: Moment) -> Option<i32> {
        let (other, facts, sign) = (self.vital(other), other.facts(), self.vital(sign));
        let together = sign.taken.since(other.taken) <= SAME_TIME;
        other.usable(facts.validity, now).ok().filter(|_| together)
    }

    /// When silence or age changes something though nothing arrives.
    pub(super) fn deadline(&self, policy: &Policy, now: Moment) -> Option<Moment> {
        let devices = self
            .devices
            .iter()
            .filter(|device| device.online)
            .map(|device| device.heard + device.patience(policy.device_silence_least) + Span(1));
        let vitals = Sign::ALL.iter().zip(&self.vitals).filter(|(_, vital)| vital.was_heard()).flat_map(
            |(sign, vital)| {
                let validity = sign.facts().validity;
                [vital.taken + validity + Span(1), vital.heard + validity + Span(1)]
            },
        );
        devices.chain(vitals).filter(|at| *at > now).min()
    }
}
