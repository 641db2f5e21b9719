//! The scores of a bed as JSON: the early warning chart first, then what is shown beside it. It scores
//! nothing.

mod early;

use rules::bed::Beside;
use rules::score::rox::{self, Rox};
use rules::score::{Points, oxygenation, qsofa, shock_index};
use rules::{Absence, Decimal};
use serde::Serialize;
use serde_json::Number;

use crate::view::BedView;

/// One score. What it does not have is `null` or empty.
#[derive(Debug, Default, Serialize)]
pub(super) struct ScoreJson<'a> {
    chart: &'static str,
    version: &'static str,
    /// By whom its page is signed, or that it is not.
    signed: &'a str,
    total: Option<Number>,
    lower: Option<u8>,
    upper: Option<u8>,
    missing: Vec<&'static str>,
    risk: Option<&'static str>,
    /// What the chart says of it, where that is no risk.
    finding: Option<&'static str>,
    parts: Vec<PartJson>,
    /// What raises the level without points.
    triggers: Vec<TriggerJson>,
    /// What the chart asks people to think of.
    advice: Option<&'static str>,
    /// Whether it calls, calls on a rise over the baseline, or is only shown.
    mode: &'static str,
    /// Why this chart speaks for this patient.
    because: &'static str,
    /// The total that a doctor accepted as this patient's own.
    baseline: Option<u8>,
}

#[derive(Debug, Serialize)]
struct TriggerJson {
    trigger: &'static str,
    /// For which level it calls.
    level: Option<&'static str>,
    /// Why nothing is known of it.
    why: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct PartJson {
    part: &'static str,
    points: Option<u8>,
    /// The most points that it can have: more than `points` only where it is missing.
    most: u8,
    why: Option<&'static str>,
    /// How a criterion stands, where the chart has criteria and no points.
    stands: Option<&'static str>,
}

impl<'a> ScoreJson<'a> {
    pub(super) fn all(bed: &'a BedView) -> Vec<Self> {
        let beside = bed.beside.iter().flat_map(|beside| {
            let always = [
                ("qsofa", Self::of_qsofa(beside)),
                ("shock_index", Self::of_shock_index(beside)),
                ("oxygenation", Self::of_saturation(beside)),
            ];
            let pressure = Self::of_pressure(beside).map(|score| ("oxygenation", score));
            always.into_iter().chain(pressure).chain(beside.rox.map(|rox| ("rox", Self::of_rox(&rox))))
        });
        let because = bed.choice.because.word();
        let whole = |(page, score)| Self { because, signed: bed.signed.mark(page), ..score };
        std::iter::once(Self::early_warning(bed)).chain(beside).map(whole).collect()
    }

    fn of_qsofa(beside: &Beside) -> Self {
        let score = &beside.qsofa;
        Self {
            total: score.total().map(Number::from),
            lower: Some(score.lower()),
            upper: Some(score.upper()),
            missing: score.missing().map(|(part, _)| part.word()).collect(),
            finding: Some(score.finding().word()),
            parts: parts(qsofa::Part::ALL.map(qsofa::Part::word), &score.parts),
            ..Self::named(qsofa::CHART)
        }
    }

    fn of_shock_index(beside: &Beside) -> Self {
        let index = &beside.shock_index;
        Self {
            total: index.total().and_then(|hundredths| ratio(hundredths, 2)),
            missing: index.missing().map(|(part, _)| part.word()).collect(),
            finding: index.level().map(shock_index::Level::word),
            ..Self::named(shock_index::CHART)
        }
    }

    /// Without saturation or oxygen, and on the flat end of the curve, there is no ratio.
    fn of_saturation(beside: &Beside) -> Self {
        let ratio_of = beside.oxygenation.sf;
        let missing = match ratio_of {
            Err(oxygenation::NoRatio::Missing(part, _)) => vec![part.word()],
            Err(oxygenation::NoRatio::Saturated) | Ok(_) => Vec::new(),
        };
        Self {
            chart: "S/F",
            total: ratio_of.ok().and_then(|whole| ratio(whole, 0)),
            missing,
            finding: ratio_of.err().map(oxygenation::NoRatio::absence).map(Absence::word),
            ..Self::named(oxygenation::CHART)
        }
    }

    /// Nothing, where the laboratory has sent no arterial oxygen.
    fn of_pressure(beside: &Beside) -> Option<Self> {
        let oxygenation = &beside.oxygenation;
        let missing: Vec<_> =
            oxygenation.missing().filter(|(part, _)| *part != oxygenation::Part::SpO2).collect();
        let is_there = !missing.contains(&(oxygenation::Part::ArterialOxygen, Absence::NeverHeard));
        is_there.then(|| Self {
            chart: "P/F",
            total: oxygenation.pf.ok().and_then(|whole| ratio(whole, 0)),
            missing: missing.iter().map(|(part, _)| part.word()).collect(),
            finding: oxygenation.berlin().map(oxygenation::Berlin::word),
            ..Self::named(oxygenation::CHART)
        })
    }

    /// What is missing may leave no index, and still only one finding.
    fn of_rox(index: &Rox) -> Self {
        Self {
            total: index.total().and_then(|hundredths| ratio(hundredths, 2)),
            missing: index.missing().map(|(part, _)| part.word()).collect(),
            finding: index.finding().map(rox::Finding::word),
            ..Self::named(rox::CHART)
        }
    }

    /// An empty score of a chart: its name and its edition.
    fn named(chart: &'static str) -> Self {
        let (chart, edition) = chart.split_once(" (").unwrap_or((chart, ""));
        Self { chart, version: edition.trim_end_matches(')'), mode: "shown", ..Self::default() }
    }
}

fn parts<const N: usize>(words: [&'static str; N], points: &[Points; N]) -> Vec<PartJson> {
    words.into_iter().zip(points).map(|(part, points)| PartJson::of(part, *points)).collect()
}

fn ratio(whole: i32, places: u8) -> Option<Number> {
    Decimal::new(whole.into(), places).to_string().parse().ok()
}

impl PartJson {
    const fn of(part: &'static str, points: Points) -> Self {
        let (points, most, why) = match points {
            Points::Known(points) => (Some(points), points, None),
            Points::Missing { most, why, .. } => (None, most, Some(why.word())),
        };
        Self { part, points, most, why, stands: None }
    }
}

#[cfg(test)]
mod tests;
