//! SQLite's numbers are signed; the ward's moments, keys and counts are not. Only the translation, nothing
//! else.

use rules::Moment;

/// A moment as a column. Moments beyond what a column holds (292 million years) stop there.
pub(super) fn from_moment(moment: Moment) -> i64 {
    i64::try_from(moment.0).unwrap_or(i64::MAX)
}

/// A column as a moment.
pub(super) fn to_moment(column: i64) -> Moment {
    Moment(u64::try_from(column).unwrap_or(0))
}

/// A count as a column, for `LIMIT`.
pub(super) fn from_count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
