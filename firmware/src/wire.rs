//! From the wire's numbers to the rules' words.

use rules::vital::{MessageKey, Quality};
use rules::{Absence, Priority, Reading, Sign, Span};

/// The readings of a frame that the rules know. A sign that is newer than this node is left to the gateway,
/// which gets the frame as it came.
pub(crate) fn readings(sent: &frame::Readings) -> heapless::Vec<Reading, { frame::READINGS_MOST }> {
    sent.readings.iter().filter_map(reading).collect()
}

fn reading(sent: &frame::Reading) -> Option<Reading> {
    let sign = Sign::numbered(sent.sign)?;
    let read = match sent.value {
        Ok(value) => Reading::fresh(sign, value),
        // A reason that this node does not know is still no value.
        Err(why) => Reading::absent(sign, Absence::numbered(why).unwrap_or(Absence::Invalid)),
    };
    let quality = if sent.questionable { Quality::Questionable } else { Quality::Good };
    // Over a line of a few metres a reading is as old as it is young.
    Some(Reading { quality, age: Span::ZERO, ..read })
}

/// The stable key of a set of readings: its device and that device's time, which tell it from every other.
pub(crate) fn key(sent: &frame::Readings) -> MessageKey {
    /// Milliseconds since 1970 need 41 bits until the year 2039, and 44 until 2527.
    const TIME_BITS: u32 = 44;
    MessageKey((u64::from(sent.source) << TIME_BITS) ^ sent.time_ms)
}

/// A priority as [`frame::Alerts`] numbers it. What is beyond the highest is the highest.
pub(crate) const fn priority(number: u8) -> Option<Priority> {
    match number {
        0 => None,
        1 => Some(Priority::Low),
        2 => Some(Priority::Medium),
        3.. => Some(Priority::High),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sign: u8, value: Result<i32, u8>) -> frame::Readings {
        let reading = frame::Reading { sign, value, questionable: false };
        frame::Readings { source: 1, time_ms: 5, readings: core::iter::once(reading).collect() }
    }

    #[test]
    fn numbers_are_words_again() {
        let heart = Sign::HeartRate.number();
        assert_eq!(readings(&sent(heart, Ok(72)))[0], Reading::fresh(Sign::HeartRate, 72));
        let off = Absence::ProbeOff;
        assert_eq!(readings(&sent(heart, Err(off.number())))[0], Reading::absent(Sign::HeartRate, off));
    }

    #[test]
    fn what_a_newer_sender_says_is_not_guessed_at() {
        assert!(readings(&sent(200, Ok(1))).is_empty());
        assert_eq!(readings(&sent(0, Err(200)))[0].value, Err(Absence::Invalid));
        assert_eq!(readings(&sent(0, Ok(9_999)))[0].value, Err(Absence::Implausible));
    }

    #[test]
    fn the_key_tells_devices_and_times_apart() {
        let at = |source, time_ms| key(&frame::Readings { source, time_ms, ..sent(0, Ok(1)) });
        assert_ne!(at(1, 5), at(1, 6));
        assert_ne!(at(1, 5), at(2, 5));
        assert_eq!(at(1, 5), at(1, 5));
    }
}
