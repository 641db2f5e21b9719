//! Why an alert is there: each value with its limit, the row of its chart, and the message it came from.
//!
//! A number never travels without its reasons. They are taken down when the alert is raised or worsens, and
//! stay.

mod score;
mod signs;

use rules::alert::{Alert, Analyte, Condition, Quantity, Side, Technical};
use rules::bed::Heart;
use rules::critical::{Band, Known, OwnCritical, Verdict};
use rules::event::Flag;
use rules::ladder::Class;
use rules::{Moment, Sign, Span};

use super::reports::Matched;
use super::{Named, Now, Ward, WardBed};
use crate::config::signed::Signed;
use crate::event::{LabItem, LabReport};
use crate::record::{Laboratory, Reason};
use crate::words::{self, Context, sentence};

/// The report that an event came from, for alerts of the laboratory.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReportContext<'a> {
    pub(super) report: &'a LabReport,
    pub(super) item: &'a LabItem,
    /// Whose it is.
    pub(super) matched: &'a Matched,
}

/// An alert, and all that its sentences are taken from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) ward: &'a Ward,
    pub(super) bed: &'a WardBed,
    pub(super) alert: &'a Alert,
    pub(super) report: Option<&'a ReportContext<'a>>,
    pub(super) now: Now,
}

impl<'a> Scene<'a> {
    fn named(&self) -> Option<&'a Named> {
        number_in(self.alert.condition).and_then(|number| self.bed.names.get(&number))
    }

    fn signed(&self) -> &'a Signed {
        &self.ward.plan.signed
    }

    /// A time to come, as a clock on the ward's wall shows it.
    fn until(&self, at: Moment) -> String {
        sentence::until(self.now.wall_of(at), self.now.wall(), &self.ward.plan.silence.zone)
    }
}

/// The sentence for an alert.
pub(super) fn title(scene: &Scene<'_>) -> String {
    let Scene { ward, bed, alert, report, now } = *scene;
    let early = bed.bed.warning_as_called(now.moment);
    let pulse = match bed.bed.heart(now.moment) {
        Heart::Beats(sign, rate) if sign != Sign::HeartRate => Some((sign, rate)),
        _ => None,
    };
    let named = scene.named();
    let name = match alert.condition {
        Condition::Technical(Technical::DeviceSilent(source)) => ward.devices.name(source),
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
    words::title(alert, &Context { early: Some(&early), name, told, pulse, why, within })
}

/// The reasons for an alert.
pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    match (scene.alert.condition, scene.report) {
        (
            Condition::Laboratory(..) | Condition::Technical(Technical::Unjudged(_) | Technical::Changed(_)),
            Some(context),
        ) => vec![of_laboratory(scene, context)],
        (Condition::News2 | Condition::Npews | Condition::Maternal, _) => score::reasons(scene),
        _ => vec![signs::reason(scene)],
    }
}

fn of_laboratory(scene: &Scene<'_>, context: &ReportContext<'_>) -> Reason {
    let (alert, item) = (scene.alert, context.item);
    let limit = alert.evidence.crossed.as_ref().map(|crossed| match check_unit(alert) {
        Some(check) => format!("{}, {check}", words::limit(crossed)),
        None => words::limit(crossed),
    });
    Reason {
        code: item.code.clone(),
        value: Some(item.text.clone()),
        unit: item.unit.clone(),
        limit: limit
            .or_else(|| (!item.flags.is_empty()).then(|| format!("{} by the laboratory", item.flags))),
        chart: format!("{}rules {}", page_of_row(scene), rules::VERSION),
        message: context.report.message.clone(),
        taken_at: item.sampled,
        source: context.report.accession.clone(),
        sentence: result_sentence(scene, context),
        laboratory: Some(Laboratory::of(item)),
    }
}

/// The page of critical values, whose row of it, and by whom that is signed.
fn page_of_row(scene: &Scene<'_>) -> String {
    const PAGE: &str = "critical laboratory values,";
    if let Some(own) = own_critical(scene) {
        return format!("{PAGE} this patient's own limits, set by {}, ", scene.ward.name_of(own.by));
    }
    let row = row_of(scene.bed, scene.alert).map(|row| format!(" {row},")).unwrap_or_default();
    format!("{PAGE}{row} {}, ", scene.signed().mark_in_force("critical-values"))
}

fn result_sentence(scene: &Scene<'_>, context: &ReportContext<'_>) -> String {
    let Scene { bed, alert, now, .. } = *scene;
    let ReportContext { report, item, .. } = *context;
    let age = item.sampled.map(|sampled| now.moment.since(now.moment_of(sampled)));
    if !matches!(alert.condition, Condition::Laboratory(..)) {
        return format!("{}; {}", title(scene), sentence::specimen(&report.accession, age));
    }
    let whose = match own_critical(scene) {
        Some(own) => sentence::own_limit(scene.ward.name_of(own.by), &scene.until(own.until)),
        None => format!("our limit by the {}", row_of(bed, alert).unwrap_or_default()),
    };
    sentence::result(&sentence::Result {
        name: &item.name,
        value: &sentence::with_spoken(&item.text, &item.unit),
        crossed: alert.evidence.crossed.as_ref().map(|crossed| (crossed, whose.as_str())),
        flags: if item.flag == Flag::NotCritical { "" } else { &item.flags },
        repeats: alert.class == Class::Repeat,
        specimen: &report.accession,
        age,
    })
}

/// The patient's own limits, where it is one of them that was crossed.
fn own_critical(scene: &Scene<'_>) -> Option<OwnCritical> {
    let Condition::Laboratory(Analyte::Known(known), patient) = scene.alert.condition else { return None };
    let own = scene.bed.bed.own_critical(known, patient)?;
    let set = if scene.alert.evidence.crossed?.side == Side::Low { own.low } else { own.high };
    set.map(|_| own)
}

/// What a person must ask the laboratory where a value beyond its limit is as often one of another unit.
fn check_unit(alert: &Alert) -> Option<&'static str> {
    let Condition::Laboratory(Analyte::Known(known), _) = alert.condition else { return None };
    let crossed = alert.evidence.crossed?;
    known.is_often_another_unit(crossed.side).then_some("check unit")
}

/// For whom the row was that a value crossed; none where the laboratory's flag called alone.
fn row_of(bed: &WardBed, alert: &Alert) -> Option<&'static str> {
    let Condition::Laboratory(Analyte::Known(known), patient) = alert.condition else { return None };
    let _ = alert.evidence.crossed?;
    let age = bed.bed.age_of(patient);
    Some(match (age, Band::of(age)) {
        (None, _) => "adult row (age not known)",
        (_, Band::Child) if known.has_own_row(Band::Child) => "child's row",
        (_, Band::Newborn) if known.has_own_row(Band::Newborn) => "newborn's row",
        _ => "adult row",
    })
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
        | Technical::HandOver(number)
        | Technical::Raised(number) => Some(number),
        Technical::Store => Some(OWN),
        Technical::Sound => Some(OWN - 1),
        Technical::Judging => Some(OWN - 2),
        Technical::ClockStepped => Some(OWN - 3),
        Technical::BindingInDoubt => Some(OWN - 4),
        Technical::StoreFilling => Some(OWN - 5),
        Technical::Unanswered => Some(OWN - 6),
        Technical::NotRead(_)
        | Technical::Silent(_)
        | Technical::DeviceSilent(_)
        | Technical::RatesApart
        | Technical::NoLimits
        | Technical::OwnLimitsEnded(_)
        | Technical::OwnCriticalEnded(_) => None,
    }
}
