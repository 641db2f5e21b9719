//! One sentence for each reason, as a nurse would say it at the moment of the call: the value, whose limit it
//! crossed, for how long, and who measured it when. It knows no bed and no patient; it is given what it says.

use jiff::tz::TimeZone;
use rules::alert::{Crossed, Quantity, Side};
use rules::limit::{self, Band};
use rules::score::Points;
use rules::score::maternal::Criterion;
use rules::score::npews::Level;
use rules::{Absence, Sign, Span};

use super::{comparator, sign_value};
use crate::clock::Wall;

/// Who said a value, and how old it was then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The device; empty where a person entered it.
    pub source: &'a str,
    /// How old.
    pub age: Span,
}

impl Seen<'_> {
    /// In brackets behind the sentence: ` (monitor, 3 s old)`.
    fn said(self) -> String {
        let age = span(self.age);
        match self.source {
            "" => format!(" (entered {age} before)"),
            source => format!(" ({source}, {age} old)"),
        }
    }
}

/// Whose limit a value crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The ward's, for that age.
    Wards(Band),
    /// The patient's own: by whom, and until when.
    Own {
        /// Who set it.
        by: &'a str,
        /// Until when, as a clock on the wall shows it.
        until: &'a str,
    },
}

/// A sign beyond its limit.
#[derive(Clone, Copy, Debug)]
pub struct Beyond<'a> {
    /// What is beyond.
    pub name: &'a str,
    /// Its value.
    pub value: &'a Quantity,
    /// The limit.
    pub crossed: &'a Crossed,
    /// Which of the two limits of that side.
    pub level: limit::Level,
    /// Whose.
    pub whose: Whose<'a>,
    /// For how long.
    pub lasted: Span,
    /// Who says so.
    pub seen: Seen<'a>,
}

/// `SpO₂ 76 % is below 80 %, the ward's red limit, for 10 s (monitor, 3 s old)`.
#[must_use]
pub fn beyond(beyond: &Beyond<'_>) -> String {
    let level = match beyond.level {
        limit::Level::Yellow => "yellow",
        limit::Level::Red => "red",
    };
    let whose = match beyond.whose {
        Whose::Wards(Band::Adult) => format!("the ward's {level} limit"),
        Whose::Wards(Band::Infant) => format!("the ward's {level} limit for an infant"),
        Whose::Wards(band) => format!("the ward's {level} limit for a {}", band.word()),
        Whose::Own { by, until } => format!("this patient's own {level} limit, set by {by} until {until}"),
    };
    let lasted = match beyond.lasted.whole_seconds() {
        0 => String::new(),
        _ => format!(", for {}", span(beyond.lasted)),
    };
    let (name, value, crossed) = (beyond.name, spoken(beyond.value), crossed(beyond.crossed));
    format!("{name} {value} is {crossed}, {whose}{lasted}{}", beyond.seen.said())
}

/// A heart or a chest that stands still by its own sign: `heart rate 0 /min, and nothing else shows a pulse`.
#[must_use]
pub fn stopped(name: &str, value: &Quantity, and: &str, seen: Seen<'_>) -> String {
    format!("{name} {}, and {and}{}", spoken(value), seen.said())
}

/// A pressure in the arterial line that perfuses nothing.
#[must_use]
pub fn flat(mean: &Quantity, crossed_at: &Crossed, seen: Seen<'_>) -> String {
    let (mean, crossed) = (spoken(mean), crossed(crossed_at));
    format!("arterial mean {mean} is {crossed} and nothing shows a pulse{}", seen.said())
}

/// An alarm of a device's own.
#[must_use]
pub fn raised(device: &str, text: &str) -> String {
    format!("{device} itself calls: {text}")
}

/// A whole device that is no longer heard.
#[must_use]
pub fn silent(device: &str, lasted: Span) -> String {
    let lasted = span(lasted);
    format!("{device} has been silent for {lasted}: what it measured counts only until it is too old")
}

/// A sign that its device no longer sends.
#[must_use]
pub fn no_longer_sent(sign: Sign, seen: Seen<'_>) -> String {
    let (name, device, age) = (sign.word(), seen.source, span(seen.age));
    format!("{name} is not judged: {device} no longer sends it, and its last value is {age} old")
}

/// One part of a score: `consciousness C (new confusion) gives 3 points (entered 5 min before)`.
#[must_use]
pub fn part(name: &str, value: Option<(&str, Seen<'_>)>, points: Points) -> String {
    match points {
        Points::Known(points) => {
            let value = value.map(|(text, seen)| (format!(" {text}"), seen.said())).unwrap_or_default();
            format!("{name}{} gives {}{}", value.0, counted(points), value.1)
        }
        Points::Missing { least, most, why } => {
            format!("{name} is missing ({}): it can give {least} to {}", why.word(), counted(most))
        }
    }
}

/// One criterion of a chart that counts none: `pulse rate 125 /min meets its criterion (monitor, 0 s old)`.
#[must_use]
pub fn criterion(name: &str, value: Option<(&str, Seen<'_>)>, stands: Criterion) -> String {
    let stands = match stands {
        Criterion::Met => "meets its criterion",
        Criterion::NotMet => "does not meet its criterion",
        Criterion::NotJudged => "says nothing of its criterion, which is one of air",
        Criterion::Unknown(why) => return format!("{name} is not known ({})", why.word()),
    };
    let value = value.map(|(text, seen)| (format!(" {text}"), seen.said())).unwrap_or_default();
    format!("{name}{} {stands}{}", value.0, value.1)
}

/// What calls without points: `pupils abnormal: calls for level emergency without points (entered 3 min
/// before)`.
#[must_use]
pub fn trigger(name: &str, value: Option<(&str, Seen<'_>)>, level: Level) -> String {
    let value = value.map(|(text, seen)| (format!(" {text}"), seen.said())).unwrap_or_default();
    format!("{name}{}: calls for level {} without points{}", value.0, level.word(), value.1)
}

fn counted(points: u8) -> String {
    if points == 1 { "1 point".to_owned() } else { format!("{points} points") }
}

/// A laboratory's result.
#[derive(Clone, Copy, Debug)]
pub struct Result<'a> {
    /// The analyte, as the laboratory calls it.
    pub name: &'a str,
    /// The value with its unit, as they came.
    pub value: &'a str,
    /// The limit that it crossed, and whose that is.
    pub crossed: Option<(&'a Crossed, &'a str)>,
    /// The laboratory's flags, where it calls the value critical itself.
    pub flags: &'a str,
    /// Whether it only repeats what was answered.
    pub repeats: bool,
    /// The accession number; empty where there is none.
    pub specimen: &'a str,
    /// How long before the call the specimen was taken, where the laboratory says so.
    pub age: Option<Span>,
}

/// `Potassium 7.1 mmol/L is above 6.2 mmol/L, our limit by the adult row; the laboratory calls it critical,
/// too (HH); new within 24 h; specimen ACC1, 14 min old`.
#[must_use]
pub fn result(result: &Result<'_>) -> String {
    let flags = result.flags;
    let judged = match (result.crossed, flags) {
        (Some((limit, whose)), "") => format!("is {}, {whose}", crossed(limit)),
        (Some((limit, whose)), flags) => {
            format!("is {}, {whose}; the laboratory calls it critical, too ({flags})", crossed(limit))
        }
        (None, flags) => {
            format!("is critical by the laboratory's own flag ({flags}), not by a limit of ours")
        }
    };
    let again = if result.repeats { "a repeat of what was answered within 24 h" } else { "new within 24 h" };
    let specimen = specimen(result.specimen, result.age);
    format!("{} {} {judged}; {again}; {specimen}", result.name, result.value)
}

/// `this patient's own limit, set by rao until 16:40`.
#[must_use]
pub fn own_limit(by: &str, until: &str) -> String {
    format!("this patient's own limit, set by {by} until {until}")
}

/// `specimen ACC1, 14 min old`.
#[must_use]
pub fn specimen(number: &str, age: Option<Span>) -> String {
    let number = if number.is_empty() { "without a number" } else { number };
    match age {
        Some(age) => format!("specimen {number}, {} old", span(age)),
        None => format!("specimen {number}, time of sampling not given"),
    }
}

/// Why a sign is not judged, and what is judged in its place: `heart rate is not judged: another live sign
/// contradicts it; pulse (SpO₂ probe) 72 /min is used instead`.
#[must_use]
pub fn not_judged(sign: Sign, why: Absence, instead: Option<(Sign, i32)>) -> String {
    let instead = instead.map_or_else(String::new, |(other, value)| {
        let value = with_spoken(&sign_value(other, value), other.facts().unit.ucum());
        format!("; {} {value} is used instead", other.word())
    });
    format!("{} is not judged: {}{instead}", sign.word(), because(sign, why))
}

fn because(sign: Sign, why: Absence) -> &'static str {
    match why {
        Absence::Contradicted if sign.is_of_the_line() => {
            "the line is in somebody's hands: open to the air, zeroed or flushed"
        }
        Absence::Contradicted if sign == Sign::SpO2 => "0 % is no reading of a patient",
        Absence::Contradicted => "another live sign contradicts it",
        Absence::ProbeOff => "a probe or lead is off",
        Absence::Unavailable => "the device has no value",
        Absence::Invalid => "the device says that its value is not valid",
        Absence::Stale => "its last value is too old",
        other => other.word(),
    }
}

/// A span as people say it: `10 s`, `14 min`, `6 h`.
#[must_use]
pub fn span(span: Span) -> String {
    match span.whole_seconds() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// A time within the next day as a clock on the wall shows it: `16:40`, or `07:00 tomorrow`.
#[must_use]
pub fn until(at: Wall, now: Wall, zone: &TimeZone) -> String {
    let [at, now] = [at, now].map(|wall| wall.timestamp().to_zoned(zone.clone()));
    let tomorrow = if at.date() == now.date() { "" } else { " tomorrow" };
    format!("{}{tomorrow}", at.strftime("%H:%M"))
}

/// Beyond which limit: `below 80 %`.
fn crossed(crossed: &Crossed) -> String {
    let side = if crossed.side == Side::Low { "below" } else { "above" };
    format!("{side} {}", with_spoken(&crossed.limit.to_string(), crossed.unit.ucum()))
}

/// A number with its unit as it is said at a bed: `94 mmHg`.
#[must_use]
pub fn spoken(quantity: &Quantity) -> String {
    let number = format!("{}{}", comparator(quantity.comparator), quantity.value);
    with_spoken(&number, quantity.unit.ucum())
}

/// A number with the unit of that UCUM code, as it is said at a bed.
#[must_use]
pub fn with_spoken(number: &str, ucum: &str) -> String {
    let unit = match ucum {
        "mm[Hg]" => "mmHg",
        "cm[H2O]" => "cmH₂O",
        "Cel" => "°C",
        other => other,
    };
    super::with_unit(number, unit)
}

#[cfg(test)]
mod tests;
