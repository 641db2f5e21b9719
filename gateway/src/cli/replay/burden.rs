//! The alarm burden of a replay: how many alarms people would have heard, where, of what, and when. It counts
//! episodes that others found, and judges nothing.

use std::collections::BTreeMap;

use rules::Kind;
use serde::Serialize;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// An audible alarm that is over sooner than this asked nothing of anybody (a delay of 14 s removed half of
/// such alarms: Görges, Anesth Analg 2009;108:1546).
const SHORT_MS: i64 = 15_000;

/// What is counted of one episode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted<'a> {
    /// The bed; empty for the ward's own.
    pub(super) bed: &'a str,
    pub(super) code: &'a str,
    pub(super) kind: Kind,
    /// When it began, and when it was over, in milliseconds of wall time.
    pub(super) raised_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) audible: bool,
}

/// The burden of a run. Shares are of the audible alarms, from 0 to 1; without any they are 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Burden {
    pub(super) bed_days: f64,
    pub(super) alerts: usize,
    pub(super) technical: usize,
    pub(super) audible: usize,
    pub(super) audible_per_bed_day: f64,
    pub(super) share_technical: f64,
    /// Over within 15 s.
    pub(super) share_short: f64,
    /// Of the tenth of the beds that alarmed most, one bed at least.
    pub(super) share_of_worst_tenth: f64,
    pub(super) beds: Vec<OfBed>,
    /// Audible alarms by condition, the most frequent first.
    pub(super) codes: Vec<OfCode>,
    /// Audible alarms by the hour of the day (UTC) in which they began.
    pub(super) hours: [usize; 24],
}

/// One bed, the one with the most audible alarms first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct OfBed {
    pub(super) bed: String,
    pub(super) bed_days: f64,
    pub(super) audible: usize,
    pub(super) audible_per_bed_day: f64,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct OfCode {
    pub(super) code: String,
    pub(super) audible: usize,
}

impl Burden {
    /// Counts a run. `watched_ms` says for how long each bed was watched.
    pub(super) fn of(episodes: &[Counted<'_>], watched_ms: &BTreeMap<String, i64>) -> Self {
        let audible: Vec<&Counted<'_>> = episodes.iter().filter(|episode| episode.audible).collect();
        let is_technical = |episode: &&Counted<'_>| episode.kind == Kind::Technical;
        let bed_days = days(watched_ms.values().sum());
        let share = |count| ratio(count, audible.len());
        let beds = beds(&audible, watched_ms);
        let worst = worst_tenth(&beds).iter().map(|bed| bed.audible).sum();
        Self {
            bed_days: rounded(bed_days, 1_000.0),
            alerts: episodes.len(),
            technical: episodes.iter().filter(is_technical).count(),
            audible: audible.len(),
            audible_per_bed_day: per_day(audible.len(), bed_days),
            share_technical: share(audible.iter().copied().filter(is_technical).count()),
            share_short: share(audible.iter().filter(|episode| is_short(episode)).count()),
            share_of_worst_tenth: share(worst),
            codes: codes(&audible),
            hours: hours(&audible),
            beds,
        }
    }
}

/// The tenth of the beds that alarmed most, one bed at least; `beds` has them first.
pub(super) fn worst_tenth(beds: &[OfBed]) -> &[OfBed] {
    beds.get(..beds.len().div_ceil(10)).unwrap_or_default()
}

fn is_short(episode: &Counted<'_>) -> bool {
    episode.ended_at.is_some_and(|ended| ended - episode.raised_at < SHORT_MS)
}

fn beds(audible: &[&Counted<'_>], watched_ms: &BTreeMap<String, i64>) -> Vec<OfBed> {
    let of_bed = |(bed, watched): (&String, &i64)| {
        let audible = audible.iter().filter(|episode| episode.bed == bed).count();
        let bed_days = days(*watched);
        OfBed {
            bed: bed.clone(),
            bed_days: rounded(bed_days, 1_000.0),
            audible,
            audible_per_bed_day: per_day(audible, bed_days),
        }
    };
    let mut beds: Vec<OfBed> = watched_ms.iter().map(of_bed).collect();
    beds.sort_by_key(|bed| std::cmp::Reverse(bed.audible));
    beds
}

fn codes(audible: &[&Counted<'_>]) -> Vec<OfCode> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for episode in audible {
        *counts.entry(episode.code).or_default() += 1;
    }
    let named = |(code, audible): (&str, usize)| OfCode { code: code.to_owned(), audible };
    let mut codes: Vec<OfCode> = counts.into_iter().map(named).collect();
    codes.sort_by_key(|code| std::cmp::Reverse(code.audible));
    codes
}

fn hours(audible: &[&Counted<'_>]) -> [usize; 24] {
    let mut hours = [0; 24];
    for episode in audible {
        let hour = usize::try_from(episode.raised_at.rem_euclid(DAY_MS) / (DAY_MS / 24)).unwrap_or_default();
        if let Some(count) = hours.get_mut(hour) {
            *count += 1;
        }
    }
    hours
}

#[expect(clippy::cast_precision_loss, reason = "a run of 285,000 years still fits a float's 52 bits")]
fn days(ms: i64) -> f64 {
    ms as f64 / DAY_MS as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of alerts are far below 2^52")]
fn per_day(count: usize, bed_days: f64) -> f64 {
    if bed_days > 0.0 { rounded(count as f64 / bed_days, 10.0) } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of alerts are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole > 0 { rounded(part as f64 / whole as f64, 1_000.0) } else { 0.0 }
}

fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = DAY_MS / 24;

    fn alarm(
        bed: &'static str,
        code: &'static str,
        begins_ms: i64,
        lasts_ms: Option<i64>,
    ) -> Counted<'static> {
        let kind = if code.starts_with("technical") { Kind::Technical } else { Kind::Physiological };
        let ended_at = lasts_ms.map(|lasts| begins_ms + lasts);
        Counted { bed, code, kind, raised_at: begins_ms, ended_at, audible: true }
    }

    fn watched(beds: &[(&str, i64)]) -> BTreeMap<String, i64> {
        beds.iter().map(|(bed, days)| ((*bed).to_owned(), days * DAY_MS)).collect()
    }

    #[test]
    fn what_is_heard_is_counted_by_bed_by_condition_and_by_hour() {
        let silent = Counted { audible: false, ..alarm("1", "news2", 0, None) };
        let episodes = [
            alarm("1", "limit.spo2.low", 0, Some(SHORT_MS - 1)),
            alarm("1", "limit.spo2.low", 23 * HOUR_MS, Some(SHORT_MS)),
            alarm("2", "technical.probe-off", DAY_MS + HOUR_MS, None),
            silent,
        ];
        let burden = Burden::of(&episodes, &watched(&[("1", 2), ("2", 1), ("3", 1)]));
        assert_eq!((burden.alerts, burden.technical, burden.audible), (4, 1, 3));
        let figures = [burden.bed_days, burden.audible_per_bed_day].map(|figure| figure.to_string());
        assert_eq!(figures, ["4", "0.8"], "3 in 4 days, to one place");
        let shares = [burden.share_technical, burden.share_short, burden.share_of_worst_tenth];
        assert_eq!(shares.map(|share| share.to_string()), ["0.333", "0.333", "0.667"], "one bed of three");
        let beds: Vec<_> = burden.beds.iter().map(|bed| (bed.bed.as_str(), bed.audible)).collect();
        assert_eq!(beds, [("1", 2), ("2", 1), ("3", 0)], "a bed that was silent counts, too");
        assert_eq!(burden.beds[0].audible_per_bed_day.to_string(), "1");
        assert_eq!(burden.codes[0], OfCode { code: "limit.spo2.low".to_owned(), audible: 2 });
        assert_eq!((burden.hours[0], burden.hours[1], burden.hours[23]), (1, 1, 1));
    }

    #[test]
    fn nothing_heard_is_no_share_of_nothing() {
        let burden = Burden::of(&[], &watched(&[]));
        assert_eq!(
            (burden.audible_per_bed_day, burden.share_short, burden.share_of_worst_tenth),
            (0.0, 0.0, 0.0)
        );
    }
}
