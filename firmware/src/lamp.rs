//! What the lamp shows for a priority, by IEC 60601-1-8: red flashing 1.4 to 2.8 times a second, yellow 0.4
//! to 0.8 times, each lit for 20 to 60 % of the time; cyan steady.

use rules::Priority;

/// A colour of the lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// High priority alone.
    Red,
    /// Medium priority.
    Yellow,
    /// Low priority.
    Cyan,
}

/// How the lamp is lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lamp {
    /// Its colour.
    pub colour: Colour,
    /// How often it is lit anew, in milliseconds; equal to `lit_ms` where it is steady.
    pub period_ms: u16,
    /// How long of each period it is lit.
    pub lit_ms: u16,
}

impl Lamp {
    /// The lamp of a priority.
    #[must_use]
    pub const fn of(priority: Priority) -> Self {
        match priority {
            Priority::High => Self { colour: Colour::Red, period_ms: 500, lit_ms: 200 },
            Priority::Medium => Self { colour: Colour::Yellow, period_ms: 1_600, lit_ms: 640 },
            Priority::Low => Self { colour: Colour::Cyan, period_ms: 1_000, lit_ms: 1_000 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_within(priority: Priority, least_millihertz: u32, most_millihertz: u32) -> bool {
        let lamp = Lamp::of(priority);
        let millihertz = 1_000_000 / u32::from(lamp.period_ms);
        let lit_percent = 100 * u32::from(lamp.lit_ms) / u32::from(lamp.period_ms);
        (least_millihertz..=most_millihertz).contains(&millihertz) && (20..=60).contains(&lit_percent)
    }

    #[test]
    fn colours_and_flashes_are_the_standards() {
        assert_eq!(Lamp::of(Priority::High).colour, Colour::Red);
        assert!(is_within(Priority::High, 1_400, 2_800));
        assert_eq!(Lamp::of(Priority::Medium).colour, Colour::Yellow);
        assert!(is_within(Priority::Medium, 400, 800));
        let low = Lamp::of(Priority::Low);
        assert_eq!((low.colour, low.lit_ms), (Colour::Cyan, low.period_ms), "steady");
    }
}
