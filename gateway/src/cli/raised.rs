//! A device's own alarm beside its row: what `export` writes of it, and `replay` reads again.

use rules::Priority;
use rules::event::About;
use serde::{Deserialize, Serialize};

use crate::event::DeviceRaised;
use crate::ingest::terminology::events;
use crate::record;

/// The value of a row of an alarm that begins, or goes on.
const START: &str = "start";

/// The value of a row of an alarm that is over.
const END: &str = "end";

/// All that a device says of an alarm beside its event and whether it is on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Raised {
    #[serde(with = "AboutWord")]
    pub(super) about: About,
    #[serde(with = "record::priority")]
    pub(super) priority: Priority,
    pub(super) source: String,
    pub(super) text: String,
    pub(super) episode: Option<String>,
    pub(super) passing: bool,
    pub(super) inactivation: String,
}

/// The words for what an alarm is about.
#[derive(Serialize, Deserialize)]
#[serde(remote = "About", rename_all = "lowercase")]
enum AboutWord {
    Immediate,
    Patient,
    Device,
}

impl Raised {
    pub(super) fn of(alarm: &DeviceRaised) -> Self {
        Self {
            about: alarm.about,
            priority: alarm.priority,
            source: alarm.source.clone(),
            text: alarm.text.clone(),
            episode: alarm.episode.clone(),
            passing: alarm.passing,
            inactivation: alarm.inactivation.clone(),
        }
    }

    /// Of an alarm of which only the event is known. What is not said is taken as the gateway takes it: the
    /// gravest.
    pub(super) fn assumed(event: &str) -> Self {
        Self {
            about: events::about(event, ""),
            priority: Priority::High,
            source: String::new(),
            text: String::new(),
            episode: None,
            passing: false,
            inactivation: String::new(),
        }
    }
}

/// The value of an alarm's row.
pub(super) const fn phase(on: bool) -> &'static str {
    if on { START } else { END }
}

/// Whether the value of an alarm's row says that it is on. What is no end is a beginning.
pub(super) fn is_on(phase: &str) -> bool {
    phase != END
}
