//! What a call says on a phone, and how patiently it is made, whoever carries it: the provider or the HIS.
//!
//! Bed, priority, code and a link, and the value only where IT has said so: no name, no diagnosis. It sends
//! nothing.

use rules::Span;

use super::{Due, LostAnswers, Outcome, Pace, short};
use crate::owed::Parcel;

/// How a call is worded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// Where a phone finds the ward board; it may be an address inside the hospital alone.
    pub board_url: String,
    /// Whether the value stands behind the code.
    pub shows_value: bool,
}

/// One message in so long to one phone is what WhatsApp takes for ever; it lends some at once.
pub(crate) const APART: Span = Span::seconds(6);

/// A call that is high is tried every few seconds and given up after some eight minutes: the ladder has gone
/// on long since, and a page that comes late frightens for nothing.
const HIGH: Pace = Pace { pause_most: Span::seconds(8), tries_most: Some(60) };

/// Any other is given up after some quarter of an hour.
const CALM: Pace = Pace { pause_most: Span::minutes(1), tries_most: Some(20) };

/// The longest text of one parameter; a phone shows no more without a tap.
const TEXT_MOST: usize = 400;

/// Why a call is not made a third time.
pub(super) const TWICE: &str = "it was lost twice, so the phone may have been told twice";

/// How patiently a call is made.
pub(crate) const fn pace(due: &Due) -> Pace {
    if is_high(due) { HIGH } else { CALM }
}

/// Tries a call, unless it may have been made twice already. After a second try whose answer was lost too,
/// the step is left to the ladder: the phone may have rung twice.
pub(crate) async fn at_most_twice(due: &Due, attempt: impl Future<Output = Outcome>) -> Outcome {
    if due.lost == LostAnswers::Two {
        return Outcome::Never { why: format!("the gateway stopped before the answer came; {TWICE}") };
    }
    let outcome = attempt.await;
    if due.lost.is_any() { once_more_only(outcome) } else { outcome }
}

/// What comes of a second try.
pub(super) fn once_more_only(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotNow { why, uncertain: true, .. } | Outcome::Doubtful { why, uncertain: true } => {
            Outcome::Never { why: format!("{why}; {TWICE}") }
        }
        other => other,
    }
}

/// The number that is called; `None` where the parcel is not for a phone or belongs to no alert.
pub(super) fn number(due: &Due) -> Option<&str> {
    match &due.owed.parcel {
        Parcel::Phone { number, .. } if due.owed.alert.is_some() => Some(number),
        _ => None,
    }
}

/// A phone number as WhatsApp writes it: digits alone.
pub(super) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The four parameters of the template: bed, priority, code, link. A call that goes `with` the first is named
/// behind its code, after how many there are. None is empty, each is one line without runs of blanks.
pub(super) fn texts(due: &Due, with: &[Due], wording: &Wording) -> Option<[String; 4]> {
    let Parcel::Phone { bed, alert, .. } = &due.owed.parcel else { return None };
    let link = format!("{}/?alert={alert}", wording.board_url.trim_end_matches('/'));
    let texts = [bed.clone(), priority(due).to_owned(), codes(due, with, wording), link];
    Some(
        texts.map(|text| short(&text, TEXT_MOST)).map(|text| if text.is_empty() { "-".into() } else { text }),
    )
}

fn codes(due: &Due, with: &[Due], wording: &Wording) -> String {
    let first = code(due, wording);
    if with.is_empty() {
        return first;
    }
    let other = |row: &Due| {
        let bed = if let Parcel::Phone { bed, .. } = &row.owed.parcel { bed.as_str() } else { "" };
        format!("{bed} {} {}", priority(row), code(row, wording))
    };
    let others: Vec<String> = with.iter().map(other).collect();
    format!("{first} (+{} more: {})", with.len(), others.join("; "))
}

fn code(due: &Due, wording: &Wording) -> String {
    match &due.owed.parcel {
        Parcel::Phone { code, value, .. } if wording.shows_value => format!("{} {value}", code.trim()),
        Parcel::Phone { code, .. } => code.trim().to_owned(),
        _ => String::new(),
    }
}

const fn priority(due: &Due) -> &'static str {
    if is_high(due) { "HIGH" } else { "medium" }
}

pub(super) const fn is_high(due: &Due) -> bool {
    matches!(due.owed.parcel, Parcel::Phone { high: true, .. })
}
