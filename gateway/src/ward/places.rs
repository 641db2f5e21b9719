//! Which bed a sender means, and which device a reading came from.

use std::collections::HashMap;

use rules::Span;
use rules::vital::Source;
use serde::{Deserialize, Serialize};

use super::offset::Offset;
use crate::clock::Wall;
use crate::event::Place;

/// The number of a bed within the ward's list; 0 is the ward itself.
pub(super) type At = usize;

/// Beds by label and by location.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    labels: HashMap<String, At>,
    locations: HashMap<String, At>,
}

impl Places {
    /// Takes one bed with its label and locations in.
    pub(super) fn add(&mut self, at: At, label: &str, locations: &[String]) {
        self.labels.insert(label.to_owned(), at);
        for location in locations {
            self.locations.insert(point_room_bed(location), at);
        }
    }

    /// The bed that a label names.
    pub(super) fn bed(&self, label: &str) -> Option<At> {
        self.labels.get(label).copied()
    }

    /// The bed that a place means.
    pub(super) fn find(&self, place: &Place) -> Option<At> {
        match place {
            Place::Bed(label) => self.bed(label),
            Place::Location(location) | Place::WithPatient(location) => {
                self.locations.get(&point_room_bed(location)).copied()
            }
            Place::Nowhere => None,
        }
    }
}

/// Point of care, room and bed of a PL field. Facility and what follows are ignored: hospitals fill them at
/// will.
fn point_room_bed(location: &str) -> String {
    let mut parts = location.split('^').map(str::trim);
    let mut next = || parts.next().unwrap_or_default();
    let (point, room, bed) = (next(), next(), next());
    format!("{point}^{room}^{bed}")
}

/// One device, by bed and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Device {
    at: At,
    name: String,
    offset: Offset,
}

/// Every device ever heard: its number is its place in this list, and stays so over restarts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Devices {
    list: Vec<Device>,
    /// The numbers by name, for each bed.
    #[serde(skip)]
    numbers: HashMap<At, HashMap<String, u32>>,
}

/// How many devices a ward remembers; a flood of invented names shares the last number.
const DEVICES_MOST: usize = 10_000;

impl Devices {
    /// The number of a device; a new one gets the next.
    pub(super) fn number(&mut self, at: At, name: &str) -> Source {
        if self.numbers.is_empty() && !self.list.is_empty() {
            self.numbers = self.index();
        }
        if let Some(number) = self.numbers.get(&at).and_then(|names| names.get(name)) {
            return Source(*number);
        }
        if self.list.len() < DEVICES_MOST {
            self.list.push(Device { at, name: name.to_owned(), offset: Offset::default() });
            let number = u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX);
            self.numbers.entry(at).or_default().insert(name.to_owned(), number);
            return Source(number);
        }
        Source(u32::MAX)
    }

    /// The name of a device.
    pub(super) fn name(&self, source: Source) -> &str {
        self.get(source).map_or("a device", |device| device.name.as_str())
    }

    /// How late a frame of this device is.
    pub(super) fn lateness(&mut self, source: Source, sent: Wall, arrived: Wall) -> Span {
        let device = usize::try_from(source.0).ok().and_then(|at| self.list.get_mut(at));
        device.map_or(Span::ZERO, |device| device.offset.lateness(sent, arrived))
    }

    fn get(&self, source: Source) -> Option<&Device> {
        usize::try_from(source.0).ok().and_then(|at| self.list.get(at))
    }

    fn index(&self) -> HashMap<At, HashMap<String, u32>> {
        let mut numbers: HashMap<At, HashMap<String, u32>> = HashMap::new();
        for (number, device) in (0..).zip(&self.list) {
            numbers.entry(device.at).or_default().insert(device.name.clone(), number);
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_point_room_and_bed() {
        let mut places = Places::default();
        places.add(7, "07", &["ICU-1^^07".to_owned(), "ICU^BED-07^1".to_owned()]);
        let find = |text: &str| places.find(&Place::Location(text.to_owned()));
        assert_eq!(find("ICU^BED-07^1^HOSP"), Some(7));
        assert_eq!(find("ICU-1^^07^HOSP^^BED"), Some(7));
        assert_eq!(find("ICU^BED-08^1"), None);
        assert_eq!(places.find(&Place::Bed("07".to_owned())), Some(7));
        assert_eq!(places.find(&Place::Nowhere), None);
    }

    #[test]
    fn a_device_keeps_its_number_over_a_restart() {
        let mut devices = Devices::default();
        let first = devices.number(1, "monitor");
        let second = devices.number(2, "monitor");
        assert_ne!(first, second);
        let text = serde_json::to_string(&devices).unwrap();
        let mut again: Devices = serde_json::from_str(&text).unwrap();
        assert_eq!(again.number(2, "monitor"), second);
        assert_eq!(again.name(first), "monitor");
    }
}
