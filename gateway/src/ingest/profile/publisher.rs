//! How a foreign program publishes over MQTT: on which topics, and where in its JSON time, code, value and
//! unit stand; or that its payload is HL7.
//!
//! Only the description and its topics are here; what reads a payload by it is in the MQTT room.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The longest name of a bed or a device in a topic, in bytes.
const NAME_MOST: usize = 64;

/// What a payload is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payload {
    /// A JSON object or array.
    #[default]
    Json,
    /// An HL7 message.
    Hl7,
}

/// A text that stands in the profile, or in the payload under a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The same for every message.
    Always(String),
    /// Under a pointer (RFC 6901).
    At(String),
}

/// One value that every item may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueAt {
    /// Its code.
    pub code: Said,
    /// Where the value is. An item without it has no such value.
    pub value: String,
    /// Its unit.
    pub unit: Said,
}

/// How a foreign program publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// Its topics.
    pub topic: TopicPattern,
    /// What it sends there.
    pub payload: Payload,
    /// Where the items are: an array, whose own arrays are read as one, or a single object. Empty is the
    /// payload itself.
    pub items: String,
    /// Where an item's time is; empty for none.
    pub time: String,
    /// The form of that time (`%Y-%m-%d %H:%M:%S`); empty for RFC 3339.
    pub time_format: String,
    /// Where an item names its device; empty where the topic alone does.
    pub device: String,
    /// Where an item's status is; empty for none.
    pub status: String,
    /// What its words of status are in the contract's. A word that is not here is passed on as it is.
    pub words: BTreeMap<String, String>,
    /// The values.
    pub values: Vec<ValueAt>,
}

/// Topics with `{bed}` and, where the device is named there, `{device}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPattern(Vec<Level>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    Word(String),
    Bed,
    Device,
}

/// The bed and the device of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereof<'a> {
    /// The bed's label.
    pub bed: &'a str,
    /// The device; `None` where the pattern does not name it.
    pub device: Option<&'a str>,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// Nothing says which bed.
    #[error("one level must be {{bed}}: nothing else says where the values belong")]
    NoBed,
    /// `{bed}` or `{device}` twice, or another word in braces.
    #[error("{{bed}} and {{device}} may each be one whole level, once; other braces and wildcards may not")]
    Level,
    /// It would take the place of our own topics.
    #[error("topics below wardlight/ are the contract's own")]
    Ours,
}

impl std::str::FromStr for TopicPattern {
    type Err = PatternFault;

    fn from_str(text: &str) -> Result<Self, PatternFault> {
        let levels: Vec<Level> = text.split('/').map(level).collect::<Result<_, _>>()?;
        let count = |wanted: &Level| levels.iter().filter(|level| *level == wanted).count();
        match (count(&Level::Bed), count(&Level::Device)) {
            (0, _) => Err(PatternFault::NoBed),
            (1, 0 | 1) if text.starts_with("wardlight/") => Err(PatternFault::Ours),
            // A broker's own topics begin with a mark that no wildcard matches.
            (1, 0 | 1) if !text.starts_with('$') => Ok(Self(levels)),
            _ => Err(PatternFault::Level),
        }
    }
}

fn level(text: &str) -> Result<Level, PatternFault> {
    match text {
        "{bed}" => Ok(Level::Bed),
        "{device}" => Ok(Level::Device),
        word if word.contains(['{', '}', '+', '#', '\0']) => Err(PatternFault::Level),
        word => Ok(Level::Word(word.to_owned())),
    }
}

impl TopicPattern {
    /// The bed and the device, where the topic is one of these.
    #[must_use]
    pub fn read<'a>(&self, topic: &'a str) -> Option<Whereof<'a>> {
        let mut levels = topic.split('/');
        let (mut bed, mut device) = (None, None);
        for wanted in &self.0 {
            let found = levels.next()?;
            match wanted {
                Level::Word(word) if word == found => {}
                Level::Word(_) => return None,
                Level::Bed => bed = Some(found).filter(|name| is_name(name)),
                Level::Device => device = Some(found).filter(|name| is_name(name)),
            }
        }
        let named = device.is_some() || !self.0.contains(&Level::Device);
        (levels.next().is_none() && named).then_some(Whereof { bed: bed?, device })
    }

    /// The filter by which a broker is asked for these topics.
    #[must_use]
    pub fn filter(&self) -> String {
        let level = |level: &Level| match level {
            Level::Word(word) => word.clone(),
            Level::Bed | Level::Device => "+".to_owned(),
        };
        self.0.iter().map(level).collect::<Vec<_>>().join("/")
    }
}

fn is_name(text: &str) -> bool {
    let plain = |letter: char| !letter.is_control() && !matches!(letter, '+' | '#');
    !text.is_empty() && text.len() <= NAME_MOST && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_names_bed_and_device_in_any_order() {
        let pattern: TopicPattern = "/hospital/{device}/x/{bed}".parse().unwrap();
        let whereof = Whereof { bed: "07", device: Some("mon-1") };
        assert_eq!(pattern.read("/hospital/mon-1/x/07"), Some(whereof));
        assert_eq!(pattern.filter(), "/hospital/+/x/+");
        for other in ["/hospital/mon-1/y/07", "/hospital/mon-1/x/07/z", "/hospital//x/07", "hospital/m/x/07"]
        {
            assert_eq!(pattern.read(other), None, "{other}");
        }
        let bedside: TopicPattern = "tele/{bed}".parse().unwrap();
        assert_eq!(bedside.read("tele/07"), Some(Whereof { bed: "07", device: None }));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, fault) in [
            ("a/b", PatternFault::NoBed),
            ("a/{bed}/{bed}", PatternFault::Level),
            ("a/{bed}/#", PatternFault::Level),
            ("a/x{bed}", PatternFault::Level),
            ("$share/{bed}", PatternFault::Level),
            ("wardlight/v1/icu/{bed}/{device}/readings", PatternFault::Ours),
        ] {
            assert_eq!(text.parse::<TopicPattern>(), Err(fault), "{text}");
        }
    }
}
