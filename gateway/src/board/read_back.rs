//! What a person typed when they read a value back, as the rules compare it. It compares nothing itself.

mod choices;

use rules::alert::{Comparator, Kind, Quantity};
use rules::{Decimal, Unit};

use crate::record::AlertRecord;
pub(super) use choices::choices;

/// The number as typed: an optional comparator, then a decimal with a point or a comma. `None` where it is no
/// number.
///
/// The unit is not read back.
pub(super) fn quantity(typed: &str) -> Option<Quantity> {
    let typed = typed.trim();
    let (comparator, number) = comparator_of(typed);
    let number = number.trim().replacen(',', ".", 1);
    let value = Decimal::parse(number.as_bytes())?;
    Some(Quantity { comparator, value, unit: Unit::Missing })
}

/// Whether what was typed is the text of a result that is no number: the same words, whatever their case and
/// blanks.
pub(super) fn is_its_text(typed: &str, record: &AlertRecord) -> bool {
    own_text(record).is_some_and(|text| words(text) == words(typed))
}

/// The text of a laboratory's result that is no number; `None` where it is one, or says nothing.
fn own_text(record: &AlertRecord) -> Option<&str> {
    let is_coded = record.kind == Kind::Laboratory && record.alert.evidence.quantity.is_none();
    let text = record.reasons.first().and_then(|reason| reason.value.as_deref());
    text.filter(|text| is_coded && !words(text).is_empty())
}

/// The words of a text in small letters.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn comparator_of(typed: &str) -> (Comparator, &str) {
    const WRITTEN: [(&str, Comparator); 6] = [
        ("<=", Comparator::AtMost),
        (">=", Comparator::AtLeast),
        ("≤", Comparator::AtMost),
        ("≥", Comparator::AtLeast),
        ("<", Comparator::Below),
        (">", Comparator::Above),
    ];
    let written =
        WRITTEN.iter().find_map(|(sign, comparator)| Some((*comparator, typed.strip_prefix(sign)?)));
    written.unwrap_or((Comparator::Exactly, typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(comparator: Comparator, digits: i64, places: u8) -> Quantity {
        Quantity { comparator, value: Decimal::new(digits, places), unit: Unit::Missing }
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        assert_eq!(quantity(" 6.80 "), Some(of(Comparator::Exactly, 68, 1)));
        assert_eq!(quantity("6,8"), Some(of(Comparator::Exactly, 68, 1)));
        assert_eq!(quantity("> 10"), Some(of(Comparator::Above, 10, 0)));
        assert_eq!(quantity(">=10"), Some(of(Comparator::AtLeast, 10, 0)));
        assert_eq!(quantity("≤0,5"), Some(of(Comparator::AtMost, 5, 1)));
    }

    #[test]
    fn what_is_no_number_reads_nothing_back() {
        for typed in ["", "six", "6.8 mmol/L", "1,234,5", ">", "NaN"] {
            assert_eq!(quantity(typed), None, "{typed}");
        }
    }
}
