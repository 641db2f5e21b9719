//! What travels: four messages, as plain numbers, and their bytes.

use heapless::Vec;

/// How many readings fit one message; a device that has more sends two.
pub const READINGS_MOST: usize = 32;

/// One reading as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which sign.
    pub sign: u8,
    /// The value in the sign's whole units, or the number of the reason why there is none.
    pub value: Result<i32, u8>,
    /// Whether the device marks the value questionable.
    pub questionable: bool,
}

/// What one device measured at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Which device.
    pub source: u32,
    /// When, in milliseconds by the device's own clock. With `source` it tells this set from every other.
    pub time_ms: u64,
    /// What it read.
    pub readings: Vec<Reading, READINGS_MOST>,
}

/// What the gateway knows of the bed's alerts, for the lamp of its node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// The highest priority of an open alert: 0 none, 1 low, 2 medium, 3 high.
    pub highest: u8,
    /// How many are open.
    pub open: u8,
    /// The name of the one that a person at the node can acknowledge; 0 where there is none.
    pub alert: u64,
}

/// A person pressed the node's button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledge {
    /// The name of the alert.
    pub alert: u64,
}

/// The sender lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// Its own time in milliseconds.
    pub time_ms: u64,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is no heap to put the readings on")]
pub enum Message {
    /// A device's readings, on their way up.
    Readings(Readings),
    /// The bed's alerts, on their way down.
    Alerts(Alerts),
    /// An acknowledgement, on its way up.
    Acknowledge(Acknowledge),
    /// A beat, either way.
    Beat(Beat),
}

/// The bits of a reading's status byte.
const ABSENT: u8 = 1;
const QUESTIONABLE: u8 = 2;

impl Message {
    /// The number of its kind.
    pub(crate) const fn kind(&self) -> u8 {
        match self {
            Self::Readings(_) => 1,
            Self::Alerts(_) => 2,
            Self::Acknowledge(_) => 3,
            Self::Beat(_) => 4,
        }
    }

    /// Gives the bytes of its body, one after the other.
    pub(crate) fn body(&self, put: &mut impl FnMut(&[u8])) {
        match self {
            Self::Readings(readings) => readings.body(put),
            Self::Alerts(alerts) => {
                put(&[alerts.highest, alerts.open]);
                put(&alerts.alert.to_le_bytes());
            }
            Self::Acknowledge(acknowledge) => put(&acknowledge.alert.to_le_bytes()),
            Self::Beat(beat) => put(&beat.time_ms.to_le_bytes()),
        }
    }

    /// Reads the body of a message of `kind`, all of it.
    pub(crate) fn of(kind: u8, body: &[u8]) -> Result<Self, NotABody> {
        let mut rest = Rest(body);
        let message = match kind {
            1 => rest.readings().map(Self::Readings),
            2 => rest.alerts().map(Self::Alerts),
            3 => rest.u64().map(|alert| Self::Acknowledge(Acknowledge { alert })),
            4 => rest.u64().map(|time_ms| Self::Beat(Beat { time_ms })),
            other => return Err(NotABody::Kind(other)),
        };
        message.filter(|_| rest.0.is_empty()).ok_or(NotABody::Form)
    }
}

/// Why bytes are no body.
pub(crate) enum NotABody {
    /// Nobody here knows that kind.
    Kind(u8),
    /// They are not formed as their kind is.
    Form,
}

impl Readings {
    fn body(&self, put: &mut impl FnMut(&[u8])) {
        put(&self.source.to_le_bytes());
        put(&self.time_ms.to_le_bytes());
        put(&[u8::try_from(self.readings.len()).unwrap_or(u8::MAX)]);
        for reading in &self.readings {
            let questionable = if reading.questionable { QUESTIONABLE } else { 0 };
            match reading.value {
                Ok(value) => {
                    put(&[reading.sign, questionable]);
                    put(&value.to_le_bytes());
                }
                Err(why) => put(&[reading.sign, questionable | ABSENT, why]),
            }
        }
    }
}

/// What of a body has not been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn alerts(&mut self) -> Option<Alerts> {
        let [highest, open] = self.bytes()?;
        Some(Alerts { highest, open, alert: self.u64()? })
    }

    fn readings(&mut self) -> Option<Readings> {
        let source = self.bytes().map(u32::from_le_bytes)?;
        let time_ms = self.u64()?;
        let [count] = self.bytes()?;
        let mut readings = Vec::new();
        for _ in 0..count {
            readings.push(self.reading()?).ok()?;
        }
        Some(Readings { source, time_ms, readings })
    }

    fn reading(&mut self) -> Option<Reading> {
        let [sign, status] = self.bytes()?;
        if status & !(ABSENT | QUESTIONABLE) != 0 {
            return None;
        }
        let value = if status & ABSENT == 0 {
            Ok(self.bytes().map(i32::from_le_bytes)?)
        } else {
            let [why] = self.bytes()?;
            Err(why)
        };
        Some(Reading { sign, value, questionable: status & QUESTIONABLE != 0 })
    }
}
