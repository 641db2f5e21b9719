//! Which protocol the first bytes of a connection speak, so that a peer at the wrong port is told so by name.
//!
//! It only names; whatever it does not know is for the port's own protocol to judge.

/// How many bytes of the start of a connection tell what it speaks.
pub(super) const FIRST_BYTES: usize = 16;

/// What was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// A TLS record of a handshake (`16 03 …`).
    Tls,
    /// An HTTP request.
    Http,
    /// An MLLP block, or an HL7 message without one.
    Hl7,
    /// An MQTT CONNECT.
    Mqtt,
}

/// What a port speaks, for the sentence that says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// TLS, whatever is inside.
    Tls,
    /// MQTT without TLS.
    PlainMqtt,
}

impl Speech {
    /// What `first`, the first bytes of a connection, speak; `None` where they are too few or nothing known.
    #[must_use]
    pub fn of(first: &[u8]) -> Option<Self> {
        const METHODS: [&[u8]; 8] =
            [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"PRI * HTTP/2"];
        match first {
            [0x16, 0x03, ..] => Some(Self::Tls),
            [0x0B, ..] | [b'M', b'S', b'H', ..] => Some(Self::Hl7),
            [0x10, ..] => Some(Self::Mqtt),
            _ => METHODS.iter().any(|method| first.starts_with(method)).then_some(Self::Http),
        }
    }

    /// What to tell whoever spoke this to a port that wants something else; `None` where it is what the port
    /// wants.
    #[must_use]
    pub const fn at_the_wrong_port(self, wanted: Wanted) -> Option<&'static str> {
        Some(match (wanted, self) {
            (Wanted::Tls, Self::Tls) | (Wanted::PlainMqtt, Self::Mqtt) => return None,
            (Wanted::Tls, Self::Http) => {
                "HTTP was spoken without TLS to a TLS port: use https:// at the sender"
            }
            (Wanted::Tls, Self::Hl7) => {
                "HL7 was spoken without TLS to a TLS port: switch TLS on at the sender"
            }
            (Wanted::Tls, Self::Mqtt) => {
                "MQTT was spoken without TLS to a TLS port: switch TLS on at the device"
            }
            (Wanted::PlainMqtt, Self::Tls) => {
                "TLS was spoken to the plain MQTT port: use the TLS port, or switch TLS off at the device"
            }
            (Wanted::PlainMqtt, Self::Http) => {
                "HTTP was spoken to the MQTT port: the board and the API are on the HTTP port"
            }
            (Wanted::PlainMqtt, Self::Hl7) => {
                "HL7 was spoken to the MQTT port: HL7 goes to the MLLP port, or to POST /hl7"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_name_their_protocol() {
        for (first, speech) in [
            (&b"\x16\x03\x01\x02\x00"[..], Some(Speech::Tls)),
            (b"GET / HTTP/1.1\r\n", Some(Speech::Http)),
            (b"\x0bMSH|^~\\&|", Some(Speech::Hl7)),
            (b"\x10\x10\x00\x04MQTT", Some(Speech::Mqtt)),
            (b"\x16", None),
            (b"SSH-2.0-", None),
            (b"", None),
        ] {
            assert_eq!(Speech::of(first), speech, "{first:?}");
        }
    }

    #[test]
    fn what_a_port_wants_is_not_wrong_there() {
        assert_eq!(Speech::Tls.at_the_wrong_port(Wanted::Tls), None);
        assert_eq!(Speech::Mqtt.at_the_wrong_port(Wanted::PlainMqtt), None);
        let told = Speech::Mqtt.at_the_wrong_port(Wanted::Tls).unwrap();
        assert!(told.contains("MQTT was spoken without TLS"), "{told}");
    }
}
