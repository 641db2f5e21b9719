//! An early warning in one sentence: its total or its lowest one, how grave that is and by what, and what is
//! missing. It scores nothing.

use rules::alert::Condition;
use rules::bed::EarlyWarning;
use rules::score::choice::Chart;
use rules::score::maternal::{self, Maternal};
use rules::score::news2;
use rules::score::npews::{self, Level, Npews, Trigger};

/// The title of an alert of a score; the name of its chart alone where another chart speaks by now.
#[must_use]
pub fn title(condition: Condition, early: Option<&EarlyWarning>) -> String {
    let chart = Chart::ALL.into_iter().find(|chart| chart.condition() == condition);
    match early.filter(|early| chart == Some(chart_of(early))) {
        Some(early) => said(early),
        None => chart.map_or("", Chart::word).to_owned(),
    }
}

const fn chart_of(early: &EarlyWarning) -> Chart {
    match early {
        EarlyWarning::News2(_) => Chart::News2,
        EarlyWarning::Npews(_) => Chart::Npews,
        EarlyWarning::Maternal(_) => Chart::Maternal,
    }
}

/// `NEWS2 5 (medium)`, `National PEWS at least 3 (emergency: pupils), missing oxygen`.
#[must_use]
pub fn said(early: &EarlyWarning) -> String {
    match early {
        EarlyWarning::News2(score) => {
            let missing = score.missing().map(|(part, _)| news2::Part::word(part));
            counted("NEWS2", score.total(), score.lower(), score.risk().word(), missing)
        }
        EarlyWarning::Npews(score) => {
            let missing = score.missing().map(|(part, _)| npews::Part::word(part));
            counted(Chart::Npews.word(), score.total(), score.lower(), &level(score), missing)
        }
        EarlyWarning::Maternal(criteria) => of_criteria(*criteria),
    }
}

fn counted(
    chart: &str,
    total: Option<u8>,
    lower: u8,
    grave: &str,
    missing: impl Iterator<Item = &'static str>,
) -> String {
    match total {
        Some(total) => format!("{chart} {total} ({grave})"),
        None => format!("{chart} at least {lower} ({grave}){}", listed(missing)),
    }
}

/// The level, and by which triggers, where the points alone do not make it.
fn level(score: &Npews) -> String {
    let level = score.level();
    if level == Level::of(score.lower()) {
        return level.word().to_owned();
    }
    let by = Trigger::ALL.into_iter().zip(score.triggers).filter(|(_, called)| *called == Ok(level));
    let by: Vec<&str> = by.map(|(trigger, _)| trigger.word()).collect();
    format!("{}: {}", level.word(), by.join(", "))
}

fn of_criteria(criteria: Maternal) -> String {
    let met: Vec<&str> = criteria.met().map(maternal::Part::word).collect();
    let met = if met.is_empty() { String::new() } else { format!(" met: {}", met.join(", ")) };
    let missing = criteria.missing().map(|(part, _)| maternal::Part::word(part));
    format!("{}{met} ({}){}", Chart::Maternal.word(), criteria.finding().word(), listed(missing))
}

fn listed(missing: impl Iterator<Item = &'static str>) -> String {
    let missing: Vec<&str> = missing.collect();
    if missing.is_empty() { String::new() } else { format!(", missing {}", missing.join(", ")) }
}
