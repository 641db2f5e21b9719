//! `fall`, `rise` and `within_s` beside the limits of `ward.toml`: the rate of change at which a parameter
//! calls. None ships; what is given is taken within bounds that are checked here.

use rules::Span;
use rules::limit::Limits;
use rules::sign::Parameter;
use rules::trend::Trend;
use toml::Value;

use super::{Faults, decimal};
use crate::words;

/// The bounds of the time: shorter is noise, longer is a course that people see on a chart.
const WITHIN_S: std::ops::RangeInclusive<u32> = 60..=3_600;

/// As many yellow delays the time must be long at least: what has fallen must stand for one of them, while
/// the value that it fell from is still within the time.
const DELAYS_LEAST: u32 = 2;

/// A rate of change as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    pub(super) fall: Option<&'a Value>,
    pub(super) rise: Option<&'a Value>,
    pub(super) within_s: Option<u32>,
}

/// Reads the rate of change of one parameter, whose limits are read already. Nothing, where nothing is given.
pub(super) fn read(
    given: Given<'_>,
    parameter: Parameter,
    limits: &Limits,
    path: &str,
    faults: &mut Faults,
) -> Trend {
    let facts = parameter.facts();
    let range = limits.margin.max(0) + 1..=facts.most - facts.least;
    let mut far = |key: &str, value: Option<&Value>| {
        let by = decimal(value?).and_then(|by| words::whole_units(parameter, by, range.clone()));
        if by.is_none() {
            let unit = facts.unit.ucum();
            faults.add(format!("{path}.{key}"), format!("a distance in {unit}, more than the margin"));
        }
        by
    };
    let (fall, rise) = (far("fall", given.fall), far("rise", given.rise));
    let Some(within_s) = given.within_s else {
        if given.fall.is_some() || given.rise.is_some() {
            faults.add(format!("{path}.within_s"), "within how many seconds must it have moved?");
        }
        return Trend::default();
    };
    let within = Span::seconds(within_s);
    if let Some(fault) = wrong_time(given, within_s, limits) {
        faults.add(format!("{path}.within_s"), fault);
    }
    Trend { fall, rise, within }
}

fn wrong_time(given: Given<'_>, within_s: u32, limits: &Limits) -> Option<String> {
    let delay_s = limits.yellow_delay.whole_seconds();
    if given.fall.is_none() && given.rise.is_none() {
        return Some("needs a fall or a rise beside it".to_owned());
    }
    if !WITHIN_S.contains(&within_s) {
        return Some(format!("between {} and {} s", WITHIN_S.start(), WITHIN_S.end()));
    }
    let is_short = within_s < delay_s.saturating_mul(DELAYS_LEAST);
    is_short.then(|| format!("at least {DELAYS_LEAST} times the yellow delay of {delay_s} s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ward;
    use rules::limit::Band;

    const SAMPLE: &str = include_str!("../../../deploy/ward.toml");

    /// The rate of change of the mean pressure with these lines beside its limits, and the paths of what is
    /// wrong with them.
    fn read_with(lines: &str) -> (Trend, Vec<String>) {
        let mut faults = Faults::default();
        let text = format!("{SAMPLE}\n[limits.mean_pressure]\n{lines}\n");
        let plan = ward::read(text.parse().unwrap(), &mut faults);
        let trend = *plan.policy.trend(Band::Adult, Parameter::MeanPressure);
        (trend, faults.0.into_iter().map(|fault| fault.path).collect())
    }

    fn paths(lines: &str) -> Vec<String> {
        read_with(lines).1
    }

    #[test]
    fn it_reaches_the_policy() {
        let within = Span::minutes(5);
        let falls = (Trend { fall: Some(30), rise: None, within }, Vec::new());
        assert_eq!(read_with("fall = 30\nwithin_s = 300"), falls);
        let both = (Trend { fall: Some(30), rise: Some(45), within }, Vec::new());
        assert_eq!(read_with("fall = 30\nrise = 45\nwithin_s = 300"), both);
        assert_eq!(read_with("margin = 4"), (Trend::default(), Vec::new()), "none ships");
    }

    #[test]
    fn it_is_of_one_age() {
        let mut faults = Faults::default();
        let text = format!("{SAMPLE}\n[limits.child.temperature]\nrise = 1.5\nwithin_s = 3600\n");
        let plan = ward::read(text.parse().unwrap(), &mut faults);
        assert_eq!(faults.0, []);
        assert_eq!(plan.policy.trend(Band::Child, Parameter::Temperature).rise, Some(15), "tenths");
        assert!(!plan.policy.has_trends(Band::Adult) && !plan.policy.has_limits(Band::Child));
    }

    #[test]
    fn the_time_is_bounded() {
        for (seconds, good) in [(59, false), (60, true), (3_600, true), (3_601, false)] {
            let found = paths(&format!("fall = 30\nwithin_s = {seconds}"));
            assert_eq!(found.is_empty(), good, "{seconds}: {found:?}");
            assert!(found.iter().all(|path| path == "limits.mean_pressure.within_s"));
        }
        let delayed = |seconds| paths(&format!("yellow_delay_s = 100\nfall = 30\nwithin_s = {seconds}"));
        assert_eq!(delayed(199), ["limits.mean_pressure.within_s"]);
        assert!(delayed(200).is_empty());
    }

    #[test]
    fn a_move_is_a_distance_beyond_the_margin() {
        let with = |fall: &str| paths(&format!("fall = {fall}\nwithin_s = 300"));
        assert!(with("6").is_empty() && with("400").is_empty());
        for fall in ["5", "0", "-30", "401", "\"far\""] {
            assert_eq!(with(fall), ["limits.mean_pressure.fall"], "{fall}");
        }
        assert_eq!(paths("margin = 0\nrise = 0\nwithin_s = 300"), ["limits.mean_pressure.rise"]);
    }

    #[test]
    fn neither_goes_without_the_other() {
        assert_eq!(paths("fall = 30"), ["limits.mean_pressure.within_s"]);
        assert_eq!(paths("within_s = 300"), ["limits.mean_pressure.within_s"]);
    }
}
