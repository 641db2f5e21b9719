//! One sign that comes several times in one message: which of its values is judged.
//!
//! A monitor sends a respiratory rate from the chest and one from the airway under one code; only where they
//! stand tells them apart. The family's order decides, else the first that has a value. The others are kept
//! and exported, and not judged.

use std::rc::Rc;

use super::Remarks;
use super::family::Family;
use crate::event::Measured;

/// A reading with where it stood.
pub(super) struct Taken {
    pub(super) reading: Measured,
    /// OBX-4.
    pub(super) place: String,
    /// Its own codes.
    pub(super) codes: [String; 2],
    /// The codes of the rows above it: its channel, its device.
    pub(super) above: Vec<Rc<[String; 2]>>,
}

/// Lets one reading of each sign and time be judged.
pub(super) fn one_of_each(mut taken: Vec<Taken>, family: &Family, remarks: &mut Remarks) -> Vec<Measured> {
    let winners: Vec<bool> = (0..taken.len()).map(|at| wins(&taken, at, family)).collect();
    for (one, wins) in taken.iter_mut().zip(winners) {
        if let (false, Some((sign, ..))) = (wins, one.reading.judged) {
            one.reading.judged = None;
            remarks.add(&format!("{} comes twice: the one at {} is not judged", sign.word(), one.place));
        }
    }
    taken.into_iter().map(|taken| taken.reading).collect()
}

/// Whether no other reading of the same sign and time goes before this one.
fn wins(taken: &[Taken], at: usize, family: &Family) -> bool {
    let Some(one) = taken.get(at) else { return false };
    let Some((sign, ..)) = one.reading.judged else { return true };
    let rank = |at: usize, other: &Taken| {
        let has_none = other.reading.judged.is_none_or(|(_, value, _)| value.is_err());
        let order = family.preference(sign).iter().position(|mark| other.fits(mark));
        (has_none, order.unwrap_or(usize::MAX), at)
    };
    let own = rank(at, one);
    let same = |other: &Taken| {
        other.reading.judged.is_some_and(|(found, ..)| found == sign)
            && other.reading.taken == one.reading.taken
    };
    taken.iter().enumerate().filter(|(_, other)| same(other)).all(|(at, other)| rank(at, other) >= own)
}

impl Taken {
    fn fits(&self, mark: &str) -> bool {
        let above = self.above.iter().flat_map(|codes| codes.iter());
        self.codes.iter().chain(above).any(|code| code == mark) || is_below(&self.place, mark)
    }
}

/// Whether OBX-4 `place` stands below `head`, level by level.
pub(super) fn is_below(place: &str, head: &str) -> bool {
    !head.is_empty() && place.strip_prefix(head).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::super::family::Twice;
    use super::*;
    use rules::{Absence, Quality, Sign};

    fn rate(place: &str, value: Result<i32, Absence>, above: &str) -> Taken {
        let judged = Some((Sign::RespRate, value, Quality::Good));
        let nothing = || CompactString::const_new("");
        let (text, unit, status) = (nothing(), nothing(), nothing());
        let reading = Measured { code: place.into(), text, unit, status, taken: None, judged };
        let codes = ["151562".to_owned(), "MDC_RESP_RATE".to_owned()];
        Taken {
            reading,
            place: place.to_owned(),
            codes,
            above: vec![Rc::new([above.to_owned(), String::new()])],
        }
    }

    fn judged(taken: Vec<Taken>, prefer: &[&str]) -> Vec<CompactString> {
        let prefer = prefer.iter().map(|mark| (*mark).to_owned()).collect();
        let twice = vec![Twice { means: Sign::RespRate, prefer }];
        let family = Family { twice, ..Family::default() };
        let readings = one_of_each(taken, &family, &mut Remarks::default());
        readings.into_iter().filter(|reading| reading.judged.is_some()).map(|reading| reading.code).collect()
    }

    #[test]
    fn the_family_s_order_decides_else_the_first_with_a_value() {
        let both = || vec![rate("1.2.1.1", Ok(30), "IMPEDANCE"), rate("1.13.1.1", Ok(18), "AIRWAY")];
        assert_eq!(judged(both(), &[]), ["1.2.1.1"]);
        assert_eq!(judged(both(), &["1.13"]), ["1.13.1.1"]);
        assert_eq!(judged(both(), &["AIRWAY", "IMPEDANCE"]), ["1.13.1.1"]);
        let off = || vec![rate("1.2.1.1", Err(Absence::ProbeOff), ""), rate("1.13.1.1", Ok(18), "")];
        assert_eq!(judged(off(), &["1.2"]), ["1.13.1.1"], "what is preferred must have a value");
    }

    #[test]
    fn a_level_is_a_whole_number() {
        assert!(is_below("1.13.1.1", "1.13") && is_below("1.13", "1.13"));
        assert!(!is_below("1.13.1.1", "1.1") && !is_below("1.1", "1.13") && !is_below("1.1", ""));
    }
}
