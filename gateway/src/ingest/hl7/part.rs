//! A stretch of a message between separators: a field, a repeat, a component or a subcomponent.
//!
//! Nothing is divided until it is asked for, so a message of five million repeats costs no more than its
//! bytes.

use std::borrow::Cow;

use memchr::memchr_iter;

use super::escape;
use super::header::Separators;

/// The most repeats of one field that are told apart; whatever follows stays together in the last one.
pub const MOST_REPEATS: usize = 1_000;

/// Piece `at` (from 0) of what a mark divides; empty where there are fewer.
///
/// Marks are ASCII, so the byte of a mark is never a part of another character.
pub(super) fn piece(raw: &str, mark: u8, at: usize) -> &str {
    let mut marks = memchr_iter(mark, raw.as_bytes());
    let begin = match at.checked_sub(1) {
        None => Some(0),
        Some(before) => marks.nth(before).map(|last| last + 1),
    };
    let end = marks.next().unwrap_or(raw.len());
    begin.and_then(|begin| raw.get(begin..end)).unwrap_or_default()
}

/// Text between separators, as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    raw: &'a str,
    separators: Separators,
}

/// What a part says, once unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing was sent: what is known stays as it is.
    Absent,
    /// `""` was sent: what is known is to be deleted.
    Null,
    /// Text, with its escapes resolved and its blanks kept.
    Text(Cow<'a, str>),
}

impl<'a> Part<'a> {
    pub(super) const fn new(raw: &'a str, separators: Separators) -> Self {
        Self { raw, separators }
    }

    /// As it was sent, escapes and all.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Whether nothing at all was sent (`""` is something).
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        self.raw.is_empty()
    }

    /// The text with its escapes resolved; borrowed where there are none.
    #[must_use]
    pub fn unescaped(&self) -> Cow<'a, str> {
        escape::unescape(self.raw, self.separators)
    }

    /// Absent, deleted, or text.
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        match self.raw {
            "" => Value::Absent,
            "\"\"" => Value::Null,
            _ => Value::Text(self.unescaped()),
        }
    }

    /// The repeats of a field: one for a field without repetition, none for an absent one.
    pub fn repeats(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let separators = self.separators;
        let parts = self.raw.splitn(MOST_REPEATS, char::from(separators.repeat));
        parts.filter(|raw| !raw.is_empty()).map(move |raw| Part { raw, separators })
    }

    /// Component `number` (from 1) of the first repeat; absent where there are fewer.
    #[must_use]
    pub fn component(&self, number: usize) -> Part<'a> {
        self.first_repeat().nth(self.separators.component, number)
    }

    /// Subcomponent `number` (from 1) of the first component; absent where there are fewer.
    ///
    /// A sender that names no subcomponent separator has one subcomponent to each component.
    #[must_use]
    pub fn sub(&self, number: usize) -> Part<'a> {
        let first = self.component(1);
        match self.separators.subcomponent {
            Some(mark) => first.nth(mark, number),
            None if number == 1 => first,
            None => Part { raw: "", ..first },
        }
    }

    fn first_repeat(&self) -> Part<'a> {
        self.nth(self.separators.repeat, 1)
    }

    fn nth(&self, mark: u8, number: usize) -> Part<'a> {
        let at = number.checked_sub(1);
        let raw = at.map_or("", |at| piece(self.raw, mark, at));
        Part { raw, separators: self.separators }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(raw: &str) -> Part<'_> {
        Part::new(raw, Separators::USUAL)
    }

    #[test]
    fn a_field_is_divided_by_its_own_marks() {
        let field = part("a^b1&b2^c~d^e");
        assert_eq!(field.component(1).raw(), "a");
        assert_eq!(field.component(2).sub(2).raw(), "b2");
        assert_eq!(field.component(3).raw(), "c", "the next repeat is not part of the component");
        assert!(field.component(4).is_absent());
        assert!(field.component(0).is_absent());
        let second: Vec<_> = field.repeats().map(|repeat| repeat.component(2).raw().to_owned()).collect();
        assert_eq!(second, ["b1&b2", "e"]);
    }

    proptest! {
        #[test]
        fn a_piece_is_what_splitting_gives(
            raw in "[|aµ乗\u{1}~]{0,48}",
            mark in "[|a~\u{1}]",
            at in 0..24_usize,
        ) {
            let mark = mark.as_bytes()[0];
            let expected = raw.split(char::from(mark)).nth(at).unwrap_or_default();
            prop_assert_eq!(piece(&raw, mark, at), expected);
        }
    }

    #[test]
    fn nothing_deleted_and_text_are_three_things() {
        assert_eq!(part("").value(), Value::Absent);
        assert_eq!(part("\"\"").value(), Value::Null);
        assert_eq!(part("a\\T\\b").value(), Value::Text("a&b".into()));
        assert_eq!(part("").repeats().count(), 0);
    }

    #[test]
    fn repeats_beyond_the_bound_stay_together() {
        let raw = "x~".repeat(5_000);
        let repeats: Vec<_> = part(&raw).repeats().collect();
        assert_eq!(repeats.len(), MOST_REPEATS);
        assert_eq!(repeats.last().unwrap().raw().len(), raw.len() - 2 * (MOST_REPEATS - 1));
    }

    #[test]
    fn without_a_subcomponent_mark_nothing_is_divided() {
        let part = Part::new("a&b", Separators { subcomponent: None, ..Separators::USUAL });
        assert_eq!(part.sub(1).raw(), "a&b");
        assert!(part.sub(2).is_absent());
    }
}
