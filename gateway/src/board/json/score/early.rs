//! The early warning of a bed as JSON, by the chart that speaks there. It scores nothing.

use rules::Absence;
use rules::bed::EarlyWarning;
use rules::score::choice::{Chart, Mode};
use rules::score::maternal::{self, Criterion, Maternal};
use rules::score::news2::{self, News2};
use rules::score::npews::{self, Npews};
use serde_json::Number;

use super::{PartJson, ScoreJson, TriggerJson, parts};
use crate::view::BedView;

impl ScoreJson<'_> {
    /// With the name of its page.
    pub(super) fn early_warning(bed: &BedView) -> (&'static str, Self) {
        let (page, chart) = match bed.choice.chart {
            Chart::News2 => ("news2", news2::CHART),
            Chart::Npews => ("npews", npews::CHART),
            Chart::Maternal => ("maternal", maternal::CHART),
        };
        let named = Self { mode: word(bed.choice.mode), baseline: bed.baseline, ..Self::named(chart) };
        let score = match &bed.early {
            EarlyWarning::News2(score) => named.with_news2(score),
            EarlyWarning::Npews(score) => named.with_npews(score),
            EarlyWarning::Maternal(criteria) => named.with_maternal(*criteria),
        };
        (page, score)
    }

    fn with_news2(self, score: &News2) -> Self {
        Self {
            total: score.total().map(Number::from),
            lower: Some(score.lower()),
            upper: Some(score.upper()),
            missing: score.missing().map(|(part, _)| part.word()).collect(),
            risk: Some(score.risk().word()),
            parts: parts(news2::Part::ALL.map(news2::Part::word), &score.parts),
            ..self
        }
    }

    /// The level is that of the lowest total, and of what raises it without points.
    fn with_npews(self, score: &Npews) -> Self {
        let trigger = |(trigger, level): (npews::Trigger, Result<npews::Level, Absence>)| TriggerJson {
            trigger: trigger.word(),
            level: level.ok().map(npews::Level::word),
            why: level.err().map(Absence::word),
        };
        Self {
            total: score.total().map(Number::from),
            lower: Some(score.lower()),
            upper: Some(score.upper()),
            missing: score.missing().map(|(part, _)| part.word()).collect(),
            finding: Some(score.level().word()),
            parts: parts(npews::Part::ALL.map(npews::Part::word), &score.parts),
            triggers: npews::Trigger::ALL.into_iter().zip(score.triggers).map(trigger).collect(),
            advice: (score.think_sepsis == Ok(true)).then_some("think sepsis: the temperature asks for it"),
            ..self
        }
    }

    /// Criteria that are met count one each.
    fn with_maternal(self, criteria: Maternal) -> Self {
        let part = |(part, stands): (maternal::Part, Criterion)| PartJson {
            part: part.word(),
            points: (!stands.is_open()).then(|| u8::from(stands.is_met())),
            most: u8::from(stands.is_met() || stands.is_open()),
            why: match stands {
                Criterion::Unknown(why) => Some(why.word()),
                Criterion::Met | Criterion::NotMet | Criterion::NotJudged => None,
            },
            stands: Some(stands.word()),
        };
        Self {
            total: criteria.total().map(Number::from),
            lower: Some(criteria.lower()),
            upper: Some(criteria.upper()),
            missing: criteria.missing().map(|(part, _)| part.word()).collect(),
            finding: Some(criteria.finding().word()),
            parts: maternal::Part::ALL.into_iter().zip(criteria.parts).map(part).collect(),
            ..self
        }
    }
}

const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Calls => "calls",
        Mode::OnARise => "on-a-rise",
        Mode::Shown => "shown",
    }
}
