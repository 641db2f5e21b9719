//! The topics of the contract: what a device may publish to and what a node may subscribe to. Nothing here
//! reads a payload.

/// What a device says on a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// `…/readings`
    Readings,
    /// `…/alarm`
    Alarm,
    /// `…/status`
    Status,
}

impl Subject {
    /// The last level of its topic.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::Alarm => "alarm",
            Self::Status => "status",
        }
    }
}

/// `wardlight/v1/{ward}/{bed}/{device}/{readings|alarm|status}`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceTopic {
    pub(super) bed: String,
    pub(super) device: String,
    pub(super) subject: Subject,
}

/// Why a topic is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TopicFault {
    #[error("the topic is not wardlight/v1/{{ward}}/{{bed}}/{{device}}/readings, …/alarm or …/status")]
    NotOurs,
    #[error("the topic names another ward than {0}: correct the ward in the device's settings")]
    OtherWard(String),
    #[error(
        "the {0} in the topic is empty, longer than 64 bytes, or holds a wildcard or a control character"
    )]
    Name(&'static str),
}

/// The longest name of a bed or a device.
const NAME_MOST: usize = 64;

impl DeviceTopic {
    /// Reads the topic of a publication for `ward`.
    pub(super) fn read(topic: &str, ward: &str) -> Result<Self, TopicFault> {
        let mut levels = topic.split('/');
        if levels.next() != Some("wardlight") || levels.next() != Some("v1") {
            return Err(TopicFault::NotOurs);
        }
        let named = levels.next().ok_or(TopicFault::NotOurs)?;
        let (bed, device) = (levels.next(), levels.next());
        let subject = match levels.next() {
            Some("readings") => Subject::Readings,
            Some("alarm") => Subject::Alarm,
            Some("status") => Subject::Status,
            _ => return Err(TopicFault::NotOurs),
        };
        if levels.next().is_some() {
            return Err(TopicFault::NotOurs);
        }
        if named != ward {
            return Err(TopicFault::OtherWard(ward.to_owned()));
        }
        Ok(Self { bed: name(bed, "bed")?, device: name(device, "device")?, subject })
    }
}

fn name(level: Option<&str>, what: &'static str) -> Result<String, TopicFault> {
    let level =
        level.filter(|name| !name.is_empty() && name.len() <= NAME_MOST && name.chars().all(is_plain));
    level.map(str::to_owned).ok_or(TopicFault::Name(what))
}

fn is_plain(of: char) -> bool {
    !of.is_control() && !matches!(of, '+' | '#')
}

/// Whose alert state a subscriber wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beds {
    /// `wardlight/v1/{ward}/+/alerts`
    All,
    /// `wardlight/v1/{ward}/{bed}/alerts`
    One(String),
}

impl Beds {
    /// Reads a topic filter for `ward`; `None` for everything else, which nobody may subscribe to here.
    pub(super) fn read(filter: &str, ward: &str) -> Option<Self> {
        let rest = filter.strip_prefix("wardlight/v1/")?.strip_prefix(ward)?.strip_prefix('/')?;
        match rest.strip_suffix("/alerts")? {
            "+" => Some(Self::All),
            bed => (!bed.contains('/')).then(|| name(Some(bed), "bed").ok()).flatten().map(Self::One),
        }
    }

    /// Whether `bed` is among them.
    pub(super) fn include(&self, bed: &str) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == bed,
        }
    }
}

/// The topic on which the alert state of a bed is told.
pub(super) fn alerts_topic(ward: &str, bed: &str) -> String {
    format!("wardlight/v1/{ward}/{bed}/alerts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_ours_is_read() {
        let read = DeviceTopic::read("wardlight/v1/icu/07/monitor-a/readings", "icu");
        let expected =
            DeviceTopic { bed: "07".into(), device: "monitor-a".into(), subject: Subject::Readings };
        assert_eq!(read, Ok(expected));
        assert_eq!(
            DeviceTopic::read("wardlight/v1/icu/07/m/status", "icu").map(|topic| topic.subject),
            Ok(Subject::Status)
        );
    }

    #[test]
    fn a_topic_that_is_not_ours_says_why() {
        let long = format!("wardlight/v1/icu/{}/m/alarm", "7".repeat(65));
        let rows = [
            ("home/kitchen", TopicFault::NotOurs),
            ("wardlight/v2/icu/07/m/readings", TopicFault::NotOurs),
            ("wardlight/v1/icu/07/m", TopicFault::NotOurs),
            ("wardlight/v1/icu/07/m/readings/extra", TopicFault::NotOurs),
            ("wardlight/v1/icu/07/m/waveform", TopicFault::NotOurs),
            ("wardlight/v1/other/07/m/readings", TopicFault::OtherWard("icu".into())),
            ("wardlight/v1/icu//m/readings", TopicFault::Name("bed")),
            ("wardlight/v1/icu/07//readings", TopicFault::Name("device")),
            ("wardlight/v1/icu/07/m\u{7}/readings", TopicFault::Name("device")),
            ("wardlight/v1/icu/+/m/readings", TopicFault::Name("bed")),
            (long.as_str(), TopicFault::Name("bed")),
        ];
        for (topic, fault) in rows {
            assert_eq!(DeviceTopic::read(topic, "icu"), Err(fault), "{topic}");
        }
    }

    #[test]
    fn only_alert_topics_may_be_subscribed_to() {
        assert_eq!(Beds::read("wardlight/v1/icu/+/alerts", "icu"), Some(Beds::All));
        assert_eq!(Beds::read("wardlight/v1/icu/07/alerts", "icu"), Some(Beds::One("07".into())));
        for filter in [
            "#",
            "wardlight/v1/icu/#",
            "wardlight/v1/+/+/alerts",
            "wardlight/v1/other/07/alerts",
            "wardlight/v1/icu/07/m/readings",
            "wardlight/v1/icu//alerts",
            "$share/x/wardlight/v1/icu/+/alerts",
        ] {
            assert_eq!(Beds::read(filter, "icu"), None, "{filter}");
        }
        assert!(Beds::One("07".into()).include("07") && !Beds::One("07".into()).include("08"));
    }
}
