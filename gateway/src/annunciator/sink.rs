//! Opens the one sound device that was named, and no other: a nurses' station must not fall silent into a
//! monitor's speaker that nobody switched on.

use std::sync::Arc;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, DeviceId, HostId};
use rodio::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink};

use super::feed::{Desk, Feed};

/// The sink that sound servers invent when they have none: what goes there is heard by nobody.
const DUMMY: &str = "auto_null";

/// Frames in each of the two halves of the device's buffer, 85 ms at 48 kHz. A busy machine that comes late
/// tears no pulse, and an alert is still heard some 200 ms after it was asked for.
const BUFFER_FRAMES: u32 = 4_096;

/// Why a device cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum SinkError {
    /// The name is none of ours.
    #[error(
        "`{0}` names no sound device; write default, none, alsa:plughw:CARD=…,DEV=0 (see `aplay -L`) or \
         pulse:SINK (see `pactl list short sinks`) into audio.device"
    )]
    Name(String),
    /// The sound system does not answer.
    #[error(
        "the sound system `{host}` does not answer ({why}); start it in this user's session, see that its \
         cookie ~/.config/pulse/cookie can be read, or name an alsa: device in audio.device"
    )]
    NoHost {
        /// Which.
        host: &'static str,
        /// What it said.
        why: cpal::Error,
    },
    /// The device is not there.
    #[error(
        "there is no sound device `{device}` (connected: {there}); connect it, or name another in \
         audio.device"
    )]
    NotThere {
        /// Which was wanted.
        device: String,
        /// Which there are.
        there: String,
    },
    /// The sound server has no real device.
    #[error(
        "the sound server has no device but its dummy output; connect a speaker, see \
         `pactl list short sinks`"
    )]
    Dummy,
    /// It is there and does not open.
    #[error(
        "the sound device `{device}` does not open ({why}); check that a speaker is connected, that \
         `aplay -L` lists it, that no other program holds it and that this user is in the group `audio`"
    )]
    Closed {
        /// Which.
        device: String,
        /// What it said.
        why: String,
    },
}

/// An open device. Dropping it may hang for ever where its backend has failed, hence nobody here ever does.
pub(super) struct Sink {
    host: cpal::Host,
    id: Option<DeviceId>,
    name: String,
    _stream: std::mem::ManuallyDrop<MixerDeviceSink>,
}

impl Sink {
    /// Opens the named device and lets it pull the feed from now on.
    ///
    /// # Errors
    /// When the device is not there, or does not open.
    pub(super) fn open(name: &str, feed: Feed, desk: Arc<Desk>) -> Result<Self, SinkError> {
        let (host, device) = find(name)?;
        let id = device.id().ok();
        if id.as_ref().is_some_and(|id| id.id() == DUMMY) {
            return Err(SinkError::Dummy);
        }
        let name = id.as_ref().map_or_else(|| name.to_owned(), DeviceId::to_string);
        let stream = DeviceSinkBuilder::from_device(device)
            .map(|builder| builder.with_buffer_size(BufferSize::Fixed(BUFFER_FRAMES)))
            .map(|builder| builder.with_error_callback(move |error: cpal::Error| desk.count(error.kind())))
            .and_then(DeviceSinkBuilder::open_stream)
            .map_err(|fault| SinkError::Closed { device: name.clone(), why: innermost(&fault) })?;
        stream.mixer().add(feed);
        Ok(Self { host, id, name, _stream: std::mem::ManuallyDrop::new(stream) })
    }

    /// The device's name, with that of its host.
    #[must_use]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the device is still where the sound goes.
    ///
    /// A sound server moves a stream whose sink has gone to any other sink, to a dummy too, and says nothing.
    /// So its list of sinks is asked. ALSA moves nothing, and says when a card is unplugged.
    ///
    /// # Errors
    /// When the sink has gone.
    pub(super) fn still_there(&self) -> Result<(), SinkError> {
        let Some(id) = self.id.as_ref().filter(|id| id.host() == HostId::PulseAudio) else { return Ok(()) };
        match self.host.device_by_id(id) {
            Some(_) => Ok(()),
            None => Err(SinkError::NotThere { device: self.name.clone(), there: names(&self.host) }),
        }
    }
}

fn find(name: &str) -> Result<(cpal::Host, cpal::Device), SinkError> {
    if name == "default" {
        let host = cpal::default_host();
        let device = host.default_output_device().ok_or(SinkError::Dummy)?;
        return Ok((host, device));
    }
    let (host, device) = name.split_once(':').ok_or_else(|| SinkError::Name(name.to_owned()))?;
    let host_id = match host {
        "alsa" => HostId::Alsa,
        "pulse" | "pulseaudio" => HostId::PulseAudio,
        _ => return Err(SinkError::Name(name.to_owned())),
    };
    let host = cpal::host_from_id(host_id).map_err(|why| SinkError::NoHost { host: host_id.name(), why })?;
    match host.device_by_id(&DeviceId::new(host_id, device)) {
        Some(device) => Ok((host, device)),
        None => Err(SinkError::NotThere { device: name.to_owned(), there: names(&host) }),
    }
}

/// The devices of a host that a nurse could hear, for a sentence: of ALSA's many names only those of a card.
fn names(host: &cpal::Host) -> String {
    let devices = host.output_devices().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    let ids = devices.iter().filter_map(|device| device.id().ok());
    let audible = ids.filter(|id| match id.host() {
        HostId::Alsa => id.id().starts_with("plughw:"),
        HostId::PulseAudio => id.id() != DUMMY,
    });
    let names: Vec<String> = audible.map(|id| id.to_string()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What the backend itself said: rodio's own sentences name the step, not the cause.
fn innermost(fault: &DeviceSinkError) -> String {
    let mut cause: &dyn std::error::Error = fault;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_says_what_a_name_is() {
        for name in ["", "speaker", "jack:system", "HDMI:0"] {
            let fault = find(name).err().map(|fault| fault.to_string()).unwrap_or_default();
            assert!(fault.contains("audio.device"), "{name}: {fault}");
        }
    }
}
