//! Why an alert is there: each value with its limit, the row of its chart, and the message it came from.
//!
//! A number never travels without its reasons. They are taken down when the alert is raised or worsens, and
//! stay.

use rules::alert::{Alert, Analyte, Condition, Quantity, Side, Technical};
use rules::bed::Heart;
use rules::critical::{Band, Known, Verdict};
use rules::ladder::Class;
use rules::score::Points;
use rules::score::choice::{Mode, RISE_LEAST};
use rules::score::news2::{CHART as NEWS2_CHART, News2, Part};
use rules::{Bed, Sign, Span};

use super::reports::Matched;
use super::{Named, Now, WardBed};
use crate::config::signed::Signed;
use crate::event::{LabItem, LabReport};
use crate::record::Reason;
use crate::words::{self, Context};

/// The report that an event came from, for alerts of the laboratory.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReportContext<'a> {
    pub(super) report: &'a LabReport,
    pub(super) item: &'a LabItem,
    /// Whose it is.
    pub(super) matched: &'a Matched,
}

/// The sentence for an alert.
pub(super) fn title(
    bed: &WardBed,
    device: &str,
    alert: &Alert,
    report: Option<&ReportContext<'_>>,
    now: Now,
) -> String {
    let news2 = bed.bed.news2(now.moment);
    let pulse = match bed.bed.heart(now.moment) {
        Heart::Beats(sign, rate) if sign != Sign::HeartRate => Some((sign, rate)),
        _ => None,
    };
    let named = number_in(alert.condition).and_then(|number| bed.names.get(&number));
    let name = match alert.condition {
        Condition::Technical(Technical::DeviceSilent(_)) => device,
        _ => named.map_or("", |named: &Named| named.name.as_str()),
    };
    let change: String;
    let told = match (report, alert.condition) {
        (Some(context), Condition::Laboratory(..)) => context.item.flags.as_str(),
        (Some(context), Condition::Technical(Technical::Unjudged(_))) => unjudged(context.item),
        (Some(context), Condition::Technical(Technical::Changed(_))) => {
            change = format!("{} {}", context.item.text, changed(context.item));
            &change
        }
        (None, Condition::DeviceRaised(_) | Condition::Technical(_)) => {
            named.map_or("", |named| named.name.as_str())
        }
        _ => "",
    };
    let why = match alert.condition {
        Condition::Technical(Technical::NotRead(sign)) => bed.bed.vital(sign).value.err(),
        _ => None,
    };
    let within = match alert.condition {
        Condition::Change(parameter, _) => bed.bed.trend(parameter).within,
        _ => Span::ZERO,
    };
    words::title(alert, &Context { news2: Some(&news2), name, told, pulse, why, within })
}

/// The reasons for an alert.
pub(super) fn reasons(
    bed: &WardBed,
    alert: &Alert,
    report: Option<&ReportContext<'_>>,
    signed: &Signed,
    now: Now,
) -> Vec<Reason> {
    match (alert.condition, report) {
        (
            Condition::Laboratory(..) | Condition::Technical(Technical::Unjudged(_) | Technical::Changed(_)),
            Some(context),
        ) => {
            vec![of_laboratory(bed, alert, context, signed)]
        }
        (Condition::News2, _) => of_score(&bed.bed, signed, now),
        _ => vec![of_evidence(bed, alert, signed)],
    }
}

fn of_laboratory(bed: &WardBed, alert: &Alert, context: &ReportContext<'_>, signed: &Signed) -> Reason {
    let item = context.item;
    let crossed = alert.evidence.crossed.as_ref().map(|crossed| match check_unit(alert) {
        Some(check) => format!("{}, {check}", words::limit(crossed)),
        None => words::limit(crossed),
    });
    Reason {
        code: item.code.clone(),
        value: Some(item.text.clone()),
        unit: item.unit.clone(),
        limit: crossed
            .or_else(|| (!item.flags.is_empty()).then(|| format!("{} by the laboratory", item.flags))),
        chart: format!(
            "critical laboratory values,{} {}, rules {}",
            rows_of(bed, alert),
            signed.mark_in_force("critical-values"),
            rules::VERSION
        ),
        message: context.report.message.clone(),
    }
}

/// What a person must ask the laboratory where a value beyond its limit is as often one of another unit.
fn check_unit(alert: &Alert) -> Option<&'static str> {
    let Condition::Laboratory(Analyte::Known(known), _) = alert.condition else { return None };
    let crossed = alert.evidence.crossed?;
    known.is_often_another_unit(crossed.side).then_some("check unit")
}

/// For whom the row was that a value crossed; nothing where the laboratory's flag called alone.
fn rows_of(bed: &WardBed, alert: &Alert) -> &'static str {
    let Condition::Laboratory(Analyte::Known(known), patient) = alert.condition else { return "" };
    let age = bed.bed.age_of(patient);
    match (alert.evidence.crossed, age, Band::of(age)) {
        (None, ..) => "",
        (_, None, _) => " adult row (age not known),",
        (_, _, Band::Child) if known.has_own_row(Band::Child) => " child's row,",
        (_, _, Band::Newborn) if known.has_own_row(Band::Newborn) => " newborn's row,",
        _ => " adult row,",
    }
}

fn of_score(bed: &Bed<'_>, signed: &Signed, now: Now) -> Vec<Reason> {
    let score: News2 = bed.news2(now.moment);
    let chart = format!("{NEWS2_CHART}, {}, rules {}", signed.mark("news2"), rules::VERSION);
    let part = |(part, points): (&Part, &Points)| {
        let limit = match points {
            Points::Known(points) => format!("{points} points"),
            Points::Missing { least, most, why } => {
                format!("missing ({}), {least} to {most} points", why.word())
            }
        };
        let vital = signs_of(*part).iter().find(|sign| bed.believed(**sign, now.moment).is_ok());
        let value = vital.and_then(|sign| {
            bed.believed(*sign, now.moment).ok().map(|value| words::sign_value(*sign, value))
        });
        Reason {
            code: part.word().to_owned(),
            value,
            unit: vital.map_or("", |sign| sign.facts().unit.ucum()).to_owned(),
            limit: Some(limit),
            chart: chart.clone(),
            message: vital.map_or_else(String::new, |sign| key_text(bed.vital(*sign).key.0)),
        }
    };
    let parts = Part::ALL.iter().zip(&score.parts).map(part);
    parts.chain(rise_of(bed, &chart, now)).collect()
}

/// Over which total it rose, where only a rise calls.
fn rise_of(bed: &Bed<'_>, chart: &str, now: Now) -> Option<Reason> {
    let baseline = bed.baseline().filter(|_| bed.choice(now.moment).mode == Mode::OnARise)?;
    Some(Reason {
        code: "baseline".to_owned(),
        value: Some(baseline.to_string()),
        unit: String::new(),
        limit: Some(format!("calls from {} on: ventilated or sedated", baseline.saturating_add(RISE_LEAST))),
        chart: chart.to_owned(),
        message: String::new(),
    })
}

const fn signs_of(part: Part) -> &'static [Sign] {
    use rules::sign::Parameter;
    match part {
        Part::RespRate => Parameter::RespRate.signs(),
        Part::SpO2 => Parameter::SpO2.signs(),
        Part::Systolic => Parameter::Systolic.signs(),
        Part::Pulse => Parameter::PulseRate.signs(),
        Part::Temperature => Parameter::Temperature.signs(),
        Part::Breathing => &[Sign::InspiredOxygen],
        Part::Consciousness => &[],
    }
}

fn of_evidence(bed: &WardBed, alert: &Alert, signed: &Signed) -> Reason {
    let evidence = &alert.evidence;
    let chart = match alert.condition {
        Condition::Limit(..) | Condition::Change(..) => {
            format!("limits, {}, rules {}", signed.mark_in_force("limits"), rules::VERSION)
        }
        _ => format!("rules {}", rules::VERSION),
    };
    Reason {
        code: super::code_of(alert.condition, &bed.names),
        value: evidence.quantity.map(|quantity| quantity.value.to_string()),
        unit: evidence.quantity.map_or("", |quantity| quantity.unit.ucum()).to_owned(),
        limit: match alert.condition {
            Condition::Change(parameter, side) => words::trend(parameter, side, bed.bed.trend(parameter)),
            _ => evidence.crossed.as_ref().map(words::limit),
        },
        chart,
        message: key_text(evidence.key.0),
    }
}

/// Marks that a person must see beside the value.
pub(super) fn notes(
    alert: &Alert,
    report: Option<&ReportContext<'_>>,
    at_a_bed: bool,
    now: Now,
) -> Vec<String> {
    let Some(context) = report else { return Vec::new() };
    let mut notes = Vec::new();
    notes.extend(context.matched.doubt.map(str::to_owned));
    notes.extend(context.matched.found_by.map(|number| format!("no patient id: matched by {number}")));
    if !context.matched.admitted {
        notes.push(not_admitted(context.matched, at_a_bed));
    }
    if alert.condition.kind() == rules::Kind::Laboratory {
        if context.item.unit.is_empty() && !context.item.known.is_some_and(Known::needs_no_unit) {
            notes.push("unit missing".to_owned());
        }
        notes.extend(check_unit(alert).map(str::to_owned));
        if alert.class == Class::Repeat {
            notes.push("repeats a value that was answered within 24 h".to_owned());
        }
        notes.extend(
            context.item.sampled.and_then(|sampled| age_note(now.wall().0.saturating_sub(sampled.0))),
        );
    }
    notes
}

/// How old a specimen already is, where that matters to whoever reads the value.
fn age_note(age_ms: i64) -> Option<String> {
    const HOUR_MS: i64 = 3_600_000;
    match age_ms / HOUR_MS {
        ..1 => None,
        hours @ 1..48 => Some(format!("sampled {hours} h ago")),
        hours => Some(format!("sampled {} days ago", hours / 24)),
    }
}

/// The mark of a result whose patient is on no bed of this ward.
fn not_admitted(matched: &Matched, at_a_bed: bool) -> String {
    let who = matched.patient.as_ref().map_or("the patient", |patient| patient.0.as_str());
    if at_a_bed { format!("{who} is not admitted here") } else { format!("{who} is not on a bed here") }
}

/// What the value of an analyte did since the sample before.
fn changed(item: &LabItem) -> String {
    item.known.map(words::change).unwrap_or_default()
}

fn unjudged(item: &LabItem) -> &'static str {
    match (item.quantity, item.unit.as_str()) {
        (None, _) => "not a number",
        (Some(_), "") => "unit missing",
        (Some(quantity), _) if quantity.unit == rules::Unit::Unknown => "unit unknown",
        (Some(quantity), _) if is_too_low_a_calcium(item.known, &quantity) => "ionised or mmol/L?",
        _ => "unit or value cannot be right: check with the laboratory",
    }
}

/// Whether it was sent as total calcium and is less than a body can have.
fn is_too_low_a_calcium(known: Option<Known>, quantity: &Quantity) -> bool {
    let verdict = known.map(|known| known.row(Band::Adult).judge(quantity, false));
    known == Some(Known::CalciumTotal) && verdict == Some(Verdict::Implausible(Side::Low))
}

/// The number under which the words for a condition are kept at its bed.
pub(super) const fn number_in(condition: Condition) -> Option<u32> {
    /// What is the gateway's own has one number each, from the end that no hash of a name is likely to meet.
    const OWN: u32 = u32::MAX;
    let Condition::Technical(what) = condition else {
        return match condition {
            Condition::Laboratory(Analyte::Other(number), _) | Condition::DeviceRaised(number) => {
                Some(number)
            }
            Condition::Laboratory(Analyte::Known(known), _) => Some(known as u32),
            _ => None,
        };
    };
    match what {
        Technical::Unjudged(number)
        | Technical::Changed(number)
        | Technical::Channel(number)
        | Technical::Parked(number)
        | Technical::UnknownBed(number)
        | Technical::Raised(number) => Some(number),
        Technical::Store => Some(OWN),
        Technical::Sound => Some(OWN - 1),
        Technical::Judging => Some(OWN - 2),
        Technical::ClockStepped => Some(OWN - 3),
        Technical::BindingInDoubt => Some(OWN - 4),
        Technical::StoreFilling => Some(OWN - 5),
        Technical::NotRead(_)
        | Technical::Silent(_)
        | Technical::DeviceSilent(_)
        | Technical::RatesApart
        | Technical::NoLimits
        | Technical::OwnLimitsEnded(_) => None,
    }
}

/// The text of a message key.
fn key_text(key: u64) -> String {
    format!("{key:016x}")
}
