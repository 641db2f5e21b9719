//! The canary's frame: the bytes that a monitor publishes for a patient without a heartbeat, read by the very
//! code that reads a monitor's. It goes to no bed of the ward, and nobody publishes it.

use super::payload::{Sender, take};
use crate::clock::Wall;
use crate::event::{DeviceFrame, Event, Round};
use crate::ingest::profile::Site;

/// Under which name it would publish, at a bed of the same name.
const NAME: &str = "canary";

/// The frame of one round; `None` where device frames cannot be read.
#[must_use]
pub fn canary(ward: &str, site: &Site, round: Round, arrived: Wall) -> Option<DeviceFrame> {
    let topic = format!("wardlight/v1/{ward}/{NAME}/{NAME}/readings");
    let payload = format!(
        r#"{{"seq":{},"readings":[{{"code":"MDC_ECG_HEART_RATE","value":0,"unit":"/min"}}]}}"#,
        round.0
    );
    let sender = Sender { endpoint: "gateway", client: NAME, ward, arrived, rights: None };
    let events = take(sender, site, &topic, payload.as_bytes()).arrival.events;
    events.into_iter().find_map(|event| match event {
        Event::Frame(frame) => Some(frame),
        _ => None,
    })
}
