//! What parent and child say to each other: one JSON line each. The parent says what must sound, and now and
//! then a mark of the canary; the child gives proof.

use std::collections::BTreeMap;

use rules::Priority;
use serde::{Deserialize, Serialize};

use crate::config::loudness::FULL_PERCENT;
use crate::event::Round;
use crate::view::Signal;

/// The longest line either side takes, in bytes. One that is longer is no line of ours.
pub(super) const LINE_MOST: usize = 4 * 1_024;

/// A line of the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Word {
    /// A mark among the samples, which nobody hears.
    Canary {
        /// Of which round.
        canary: Round,
    },
    /// What must sound; `null` for silence.
    Sound(Option<Asked>),
}

/// What must sound, and how loud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    /// What.
    #[serde(flatten)]
    pub(super) of: Announced,
    /// How loud, in hundredths of full.
    #[serde(default = "full")]
    pub(super) percent: u8,
}

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Announced {
    /// The alert, as text.
    pub(super) alert: String,
    /// Which burst.
    pub(super) priority: Priority,
}

impl From<Signal> for Announced {
    fn from(signal: Signal) -> Self {
        Self { alert: signal.alert, priority: signal.priority }
    }
}

const fn full() -> u8 {
    FULL_PERCENT
}

/// A line of the child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    /// The device is open and silence plays.
    Opened {
        /// Which device it is, by the name that its host gives it.
        device: String,
    },
    /// The device took samples.
    Pulled {
        /// All that it took since it was opened, at 48 kHz.
        samples: u64,
        /// How often it said that something went wrong, by kind.
        errors: BTreeMap<String, u64>,
    },
    /// A burst began.
    Begun {
        /// The alert that it announces; none when the child sounds by itself because its parent is silent.
        alert: Option<String>,
        /// Which burst.
        priority: Priority,
        /// The first of its samples, counted as in `pulled`.
        at: u64,
    },
    /// The mark of a round of the canary stands among the samples.
    Canary {
        /// Of which round.
        round: Round,
        /// Before which of its samples, counted as in `pulled`.
        at: u64,
    },
    /// The child cannot sound, and ends.
    Failed {
        /// Why, and what to do.
        why: String,
    },
}

/// What the parent says, with the line's end.
#[must_use]
pub(super) fn asked(signal: Option<&Signal>, percent: u8) -> String {
    line(&Word::Sound(signal.cloned().map(|signal| Asked { of: signal.into(), percent })))
}

/// The mark of the canary, with the line's end.
#[must_use]
pub(super) fn mark(canary: Round) -> String {
    line(&Word::Canary { canary })
}

fn line(word: &Word) -> String {
    // Strings and plain variants always have a JSON form. If one had none, the empty line would count as no
    // word of the parent, and the child would sound.
    let mut line = serde_json::to_string(word).unwrap_or_default();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_says_a_signal_or_null() {
        let signal = Signal { alert: "00ff\n".to_owned(), priority: Priority::High };
        let line = asked(Some(&signal), 60);
        assert_eq!(line.matches('\n').count(), 1, "one line, whatever the alert is called");
        let of = Announced::from(signal);
        let read = |line: &str| serde_json::from_str::<Word>(line).unwrap();
        assert_eq!(read(&line), Word::Sound(Some(Asked { of: of.clone(), percent: 60 })));
        let without = r#"{"alert":"00ff\n","priority":"High"}"#;
        let full = Word::Sound(Some(Asked { of, percent: 100 }));
        assert_eq!(read(without), full, "what says nothing is full");
        assert_eq!((asked(None, 60).as_str(), read("null")), ("null\n", Word::Sound(None)));
        assert_eq!(read(&mark(Round(7))), Word::Canary { canary: Round(7) });
    }

    #[test]
    fn a_report_reads_back_as_it_was_said() {
        let reports = [
            Report::Opened { device: "pulse:nurse".to_owned() },
            Report::Pulled { samples: 96_000, errors: [("Xrun".to_owned(), 2)].into() },
            Report::Begun { alert: None, priority: Priority::High, at: 17 },
            Report::Canary { round: Round(1_763_671_380_000), at: 18 },
        ];
        for report in reports {
            let line = serde_json::to_string(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&line).unwrap(), report);
        }
    }
}
