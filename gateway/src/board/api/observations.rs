//! What a person enters at a bed because no monitor can know it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rules::event::{Breathing, Consciousness, Entry, Role, Spo2Scale};
use rules::score::news2::TOTAL_MOST;
use serde::Deserialize;
use serde_json::{Value, json};

use super::hand_over::{Credentials, hand_over};
use super::{Body, Path, bed_of};
use crate::board::Shared;
use crate::board::accounts::at_the_bed;
use crate::board::problem::Problem;
use crate::event::{BedEntry, Event, Said};

/// An observation as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::board) struct Observing {
    code: String,
    value: Value,
    #[serde(default)]
    unit: String,
    by: String,
    pin: Option<String>,
    badge: Option<String>,
    station: Option<String>,
}

impl Observing {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            by: &self.by,
            pin: self.pin.as_deref(),
            badge: self.badge.as_deref(),
            station: self.station.as_deref(),
        }
    }

    fn entry(&self) -> Result<Entry, Problem> {
        let value = match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !matches!(self.unit.as_str(), "" | "1") {
            return Err(Problem::value("unit", format!("{} has no unit: leave it out", self.code)));
        }
        entry_of(&self.code, &value)
    }
}

/// `POST /beds/{bed}/observations`.
pub(in crate::board) async fn enter(
    State(board): State<Shared>,
    Path(bed): Path<String>,
    Body(observing): Body<Observing>,
) -> Result<Response, Problem> {
    let credentials = observing.credentials();
    let account = credentials.account(&board).await?;
    bed_of(&board, &bed)?;
    let entry = observing.entry()?;
    let role = at_the_bed(account.role);
    let role = role.ok_or_else(|| Problem::forbidden("only nurses and doctors enter observations"))?;
    if is_for_doctors(entry) && role != Role::Doctor {
        return Err(Problem::forbidden(format!("{} is a doctor's decision", observing.code)));
    }
    let by = credentials.person(account, role);
    let event = Event::Entry(BedEntry { bed: bed.clone(), by, entry });
    let said = hand_over(&board, credentials.station(), vec![event]).await?;
    match said.first() {
        Some(Said::Refused(..)) => Err(Problem::not_found(&format!("bed {bed}"))),
        _ => {
            Ok(Json(json!({ "bed": bed, "code": observing.code, "value": observing.value })).into_response())
        }
    }
}

/// What changes how the score is read stays in force until somebody changes it: a doctor decides it.
const fn is_for_doctors(entry: Entry) -> bool {
    match entry {
        Entry::Consciousness(_) | Entry::Breathing(_) => false,
        Entry::Scale(_)
        | Entry::Ventilated(_)
        | Entry::Sedated(_)
        | Entry::Pregnant(_)
        | Entry::Baseline(_) => true,
    }
}

fn entry_of(code: &str, value: &str) -> Result<Entry, Problem> {
    let (entry, values) = match code {
        "consciousness" => (Consciousness::of_letter(value).map(Entry::Consciousness), "A, C, V, P or U"),
        "oxygen" => (Breathing::of_word(value).map(Entry::Breathing), "air or oxygen"),
        "spo2_scale" => (Spo2Scale::of_number(value).map(Entry::Scale), "1 or 2"),
        "ventilation" => (yes(value, "invasive", "none").map(Entry::Ventilated), "invasive or none"),
        "sedation" => (yes(value, "yes", "no").map(Entry::Sedated), "yes or no"),
        "pregnancy" => (yes(value, "yes", "no").map(Entry::Pregnant), "yes or no"),
        "baseline" => (baseline(value), "the NEWS2 total that is this patient's own, 0 to 20"),
        _ => {
            let detail = "code is one of consciousness, oxygen, spo2_scale, ventilation, sedation, \
                          pregnancy, baseline";
            return Err(Problem::value("code", detail));
        }
    };
    entry.ok_or_else(|| Problem::value("value", format!("{code} is {values}")))
}

fn baseline(value: &str) -> Option<Entry> {
    let total = value.parse().ok().filter(|total| *total <= TOTAL_MOST);
    total.map(Entry::Baseline)
}

fn yes(value: &str, yes: &str, no: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        word if word == yes => Some(true),
        word if word == no => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_by_the_contract() {
        let rows = [
            ("consciousness", "C", Entry::Consciousness(Consciousness::Confusion)),
            ("oxygen", "air", Entry::Breathing(Breathing::Air)),
            ("spo2_scale", "2", Entry::Scale(Spo2Scale::Two)),
            ("ventilation", "invasive", Entry::Ventilated(true)),
            ("sedation", "false", Entry::Sedated(false)),
            ("pregnancy", "yes", Entry::Pregnant(true)),
            ("baseline", "20", Entry::Baseline(20)),
        ];
        for (code, value, entry) in rows {
            assert_eq!(entry_of(code, value), Ok(entry), "{code}");
            assert!(entry_of(code, "perhaps").is_err(), "{code}");
        }
        assert!(entry_of("mood", "good").is_err());
        assert!(entry_of("baseline", "21").is_err(), "no total is that high");
    }

    #[test]
    fn what_changes_how_a_score_is_read_is_a_doctors() {
        assert!(is_for_doctors(Entry::Scale(Spo2Scale::Two)));
        assert!(!is_for_doctors(Entry::Breathing(Breathing::Air)));
    }
}
