//! Why a score calls: one reason for each part of its chart, each trigger that calls, and the baseline over
//! which it rose.

mod parts;

use rules::alert::Quantity;
use rules::bed::EarlyWarning;
use rules::score::choice::{Chart, Mode, RISE_LEAST};
use rules::score::maternal::{self, Criterion};
use rules::score::npews::{self, Level, Trigger};
use rules::score::{Points, news2};
use rules::{Absence, Decimal, Moment, Sign};

use super::{Scene, signs};
use crate::record::Reason;
use crate::words::sentence::{self, Seen};

/// What a part of the score stands on.
struct Found {
    value: String,
    unit: &'static str,
    /// The value as it is said at a bed.
    said: String,
    taken: Moment,
    /// The sign that was measured; none where a person entered it.
    sign: Option<Sign>,
}

impl Found {
    fn measured(scene: &Scene<'_>, signs: &[Sign]) -> Option<Self> {
        let bed = &scene.bed.bed;
        signs.iter().find_map(|sign| {
            let value = bed.believed(*sign, scene.now.moment).ok()?;
            let facts = sign.facts();
            let quantity = Quantity::exactly(Decimal::new(i64::from(value), facts.places), facts.unit);
            Some(Self {
                value: quantity.value.to_string(),
                unit: facts.unit.ucum(),
                said: sentence::spoken(&quantity),
                taken: bed.vital(*sign).taken,
                sign: Some(*sign),
            })
        })
    }

    /// The value as it is said, and who said it when.
    fn seen<'a>(&'a self, scene: &Scene<'a>) -> (&'a str, Seen<'a>) {
        let entered = Seen { source: "", age: scene.now.moment.since(self.taken) };
        (self.said.as_str(), self.sign.map_or(entered, |sign| signs::seen(scene, sign)))
    }
}

/// The reasons of the score that calls.
pub(super) fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = match scene.bed.bed.warning_as_called(scene.now.moment) {
        EarlyWarning::News2(score) => {
            let parts = news2::Part::ALL.into_iter().zip(score.parts);
            parts.map(|(part, points)| of_news2(scene, part, points)).collect()
        }
        EarlyWarning::Npews(score) => {
            let parts = npews::Part::ALL.into_iter().zip(score.parts);
            let parts = parts.map(|(part, points)| of_npews(scene, part, points));
            let triggers = Trigger::ALL.into_iter().zip(score.triggers);
            parts.chain(triggers.filter_map(|(trigger, level)| of_trigger(scene, trigger, level))).collect()
        }
        EarlyWarning::Maternal(criteria) => {
            let parts = maternal::Part::ALL.into_iter().zip(criteria.parts);
            parts.map(|(part, stands)| of_criterion(scene, part, stands)).collect()
        }
    };
    reasons.extend(of_rise(scene));
    reasons
}

/// Which chart in which edition, and by whom its page is signed.
fn chart(scene: &Scene<'_>) -> String {
    let (page, chart) = match scene.bed.bed.choice(scene.now.moment).chart {
        Chart::News2 => ("news2", news2::CHART),
        Chart::Npews => ("npews", npews::CHART),
        Chart::Maternal => ("maternal", maternal::CHART),
    };
    format!("{chart}, {}, rules {}", scene.signed().mark(page), rules::VERSION)
}

fn of_news2(scene: &Scene<'_>, part: news2::Part, points: Points) -> Reason {
    of_points(scene, (part.word(), parts::name_of_news2(part)), points, parts::of_news2(scene, part))
}

fn of_npews(scene: &Scene<'_>, part: npews::Part, points: Points) -> Reason {
    of_points(scene, (part.word(), parts::name_of_npews(part)), points, parts::of_npews(scene, part))
}

/// A part by its code and its name. What was found behind one that is missing counts no longer.
fn of_points(scene: &Scene<'_>, (code, name): (&str, &str), points: Points, found: Option<Found>) -> Reason {
    let limit = match points {
        Points::Known(points) => format!("{points} points"),
        Points::Missing { least, most, why } => format!("missing ({}), {least} to {most} points", why.word()),
    };
    let found = found.filter(|_| points.known().is_some());
    let said = sentence::part(name, found.as_ref().map(|found| found.seen(scene)), points);
    reason(scene, code, limit, said, found)
}

fn of_criterion(scene: &Scene<'_>, part: maternal::Part, stands: Criterion) -> Reason {
    let (limit, found) = match stands {
        Criterion::Unknown(why) => (format!("not known ({})", why.word()), None),
        stands => (stands.word().to_owned(), parts::of_maternal(scene, part)),
    };
    let name = parts::name_of_maternal(part);
    let said = sentence::criterion(name, found.as_ref().map(|found| found.seen(scene)), stands);
    reason(scene, part.word(), limit, said, found)
}

/// A trigger that calls; one that does not, or of which nothing is known, is no reason.
fn of_trigger(scene: &Scene<'_>, trigger: Trigger, level: Result<Level, Absence>) -> Option<Reason> {
    let level = level.ok().filter(|level| *level > Level::None)?;
    let found = parts::of_trigger(scene, trigger);
    let said = sentence::trigger(trigger.word(), found.as_ref().map(|found| found.seen(scene)), level);
    Some(reason(scene, trigger.word(), format!("level {}", level.word()), said, found))
}

fn reason(scene: &Scene<'_>, code: &str, limit: String, sentence: String, found: Option<Found>) -> Reason {
    let sign = found.as_ref().and_then(|found| found.sign);
    Reason {
        code: code.to_owned(),
        sentence,
        laboratory: None,
        limit: Some(limit),
        chart: chart(scene),
        message: sign.map_or_else(String::new, |sign| signs::key_text(scene.bed.bed.vital(sign).key)),
        source: sign.map_or("", |sign| signs::source(scene, sign)).to_owned(),
        taken_at: found.as_ref().map(|found| scene.now.wall_of(found.taken)),
        unit: found.as_ref().map_or("", |found| found.unit).to_owned(),
        value: found.map(|found| found.value),
    }
}

/// Over which total it rose, where only a rise calls.
fn of_rise(scene: &Scene<'_>) -> Option<Reason> {
    let bed = &scene.bed.bed;
    let choice = bed.choice(scene.now.moment);
    let baseline = bed.baseline().filter(|_| choice.mode == Mode::OnARise)?;
    let from = baseline.saturating_add(RISE_LEAST);
    let total = scene.alert.evidence.quantity.map(|total| total.value.to_string()).unwrap_or_default();
    let name = choice.chart.word();
    Some(Reason {
        value: Some(baseline.to_string()),
        ..reason(
            scene,
            "baseline",
            format!("calls from {from} on: ventilated or sedated"),
            format!(
                "{name} {total} has risen over the {baseline} that a doctor accepted as this patient's own: \
                 ventilated or sedated, it calls from {from} on"
            ),
            None,
        )
    })
}
