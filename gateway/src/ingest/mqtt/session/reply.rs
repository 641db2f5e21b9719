//! What we can answer, as packets of the client's own version.

use mqtt_protocol_core::mqtt::packet::{
    AssignedClientIdentifier, MaximumQos, Packet, Property, Qos, ReasonString, ReceiveMaximum,
    SessionExpiryInterval, SharedSubscriptionAvailable, SubscriptionIdentifierAvailable, v3_1_1, v5_0,
};
use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, MqttError, PubackReasonCode,
    SubackReasonCode, SubackReturnCode, UnsubackReasonCode,
};

use super::super::identity::NotAdmitted;
use super::super::payload::Fault;
use super::{IN_FLIGHT_MOST, Session};

/// What a client is told when it is let in.
#[derive(Debug, Default)]
pub(in super::super) struct Welcome {
    /// Whether we still know its session.
    pub(in super::super) session_present: bool,
    /// The id it was given, where it brought none.
    pub(in super::super) assigned: Option<String>,
    /// How long its session will really be kept, where that is less than it asked for.
    pub(in super::super) keep_session_s: Option<u32>,
}

/// Why we end a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Closing {
    /// Another connection with the same client id has come.
    TakenOver,
    /// Nothing heard within one and a half keep-alive intervals.
    Silent,
    /// QoS 2, which was ruled out in the CONNACK.
    QosNotSupported,
    /// It could not be stored now: come back and send it again.
    NotNow,
    /// The gateway is stopping.
    Stopping,
}

impl Closing {
    /// The code, and the sentence that goes with it. The sentence is also there because paho reads no code
    /// without one.
    const fn reason(self) -> (DisconnectReasonCode, &'static str) {
        match self {
            Self::TakenOver => {
                (DisconnectReasonCode::SessionTakenOver, "another connection has this client id")
            }
            Self::Silent => {
                (DisconnectReasonCode::KeepAliveTimeout, "nothing heard for 1.5 keep-alive intervals")
            }
            Self::QosNotSupported => (DisconnectReasonCode::QosNotSupported, "publish at QoS 0 or 1"),
            Self::NotNow => (DisconnectReasonCode::ServerBusy, "not stored: connect again and send it again"),
            Self::Stopping => (DisconnectReasonCode::ServerShuttingDown, "the gateway is stopping"),
        }
    }
}

/// The reason code of a publication that was kept but cannot be used.
const fn puback_reason(fault: &Fault) -> PubackReasonCode {
    match fault {
        Fault::Topic(_) => PubackReasonCode::TopicNameInvalid,
        Fault::NotAllowed { .. } => PubackReasonCode::NotAuthorized,
        Fault::Unreadable(_) => PubackReasonCode::PayloadFormatInvalid,
        Fault::TooMany(_) | Fault::TooLarge(_) => PubackReasonCode::ImplementationSpecificError,
    }
}

impl Session {
    /// CONNACK: come in.
    pub(in super::super) fn welcome(&mut self, welcome: &Welcome) {
        let packet = if self.is_v5() {
            welcome_properties(welcome).and_then(|props| {
                v5_0::Connack::builder()
                    .session_present(welcome.session_present)
                    .reason_code(ConnectReasonCode::Success)
                    .props(props)
                    .build()
                    .map(Packet::from)
            })
        } else {
            v3_1_1::Connack::builder()
                .session_present(welcome.session_present)
                .return_code(ConnectReturnCode::Accepted)
                .build()
                .map(Packet::from)
        };
        self.send(packet);
    }

    /// CONNACK: not with this client id.
    pub(in super::super) fn refuse_client(&mut self) {
        let packet = if self.is_v5() {
            v5_0::Connack::builder()
                .session_present(false)
                .reason_code(ConnectReasonCode::ClientIdentifierNotValid)
                .build()
                .map(Packet::from)
        } else {
            v3_1_1::Connack::builder()
                .session_present(false)
                .return_code(ConnectReturnCode::IdentifierRejected)
                .build()
                .map(Packet::from)
        };
        self.send(packet);
    }

    /// CONNACK: not this client, or not now.
    pub(in super::super) fn refuse_entry(&mut self, why: NotAdmitted) {
        let packet = if self.is_v5() {
            let code = match why {
                NotAdmitted::Unknown => ConnectReasonCode::NotAuthorized,
                NotAdmitted::Busy => ConnectReasonCode::ServerBusy,
            };
            v5_0::Connack::builder().session_present(false).reason_code(code).build().map(Packet::from)
        } else {
            let code = match why {
                NotAdmitted::Unknown => ConnectReturnCode::NotAuthorized,
                NotAdmitted::Busy => ConnectReturnCode::ServerUnavailable,
            };
            v3_1_1::Connack::builder().session_present(false).return_code(code).build().map(Packet::from)
        };
        self.send(packet);
    }

    /// PUBACK: it is durable. In 5.0 the client also learns why it could not be used.
    pub(in super::super) fn acknowledge(&mut self, packet: u16, fault: Option<&Fault>) {
        let answer = if self.is_v5() {
            let builder = v5_0::Puback::builder().packet_id(packet);
            match fault {
                Some(fault) => builder.reason_code(puback_reason(fault)),
                None => builder,
            }
            .build()
            .map(Packet::from)
        } else {
            v3_1_1::Puback::builder().packet_id(packet).build().map(Packet::from)
        };
        self.send(answer);
    }

    /// SUBACK: which of the filters were granted. All are granted at QoS 0: what is told is the whole state,
    /// so the next telling makes a lost one good.
    pub(in super::super) fn granted(&mut self, packet: u16, granted: &[bool]) {
        let answer = if self.is_v5() {
            let code = |granted: &bool| match granted {
                true => SubackReasonCode::GrantedQos0,
                false => SubackReasonCode::NotAuthorized,
            };
            let codes: Vec<_> = granted.iter().map(code).collect();
            v5_0::Suback::builder().packet_id(packet).reason_codes(codes).build().map(Packet::from)
        } else {
            let code = |granted: &bool| match granted {
                true => SubackReturnCode::SuccessMaximumQos0,
                false => SubackReturnCode::Failure,
            };
            let codes: Vec<_> = granted.iter().map(code).collect();
            v3_1_1::Suback::builder().packet_id(packet).return_codes(codes).build().map(Packet::from)
        };
        self.send(answer);
    }

    /// UNSUBACK: which of the filters had been subscribed to.
    pub(in super::super) fn released(&mut self, packet: u16, existed: &[bool]) {
        let answer = if self.is_v5() {
            let code = |existed: &bool| match existed {
                true => UnsubackReasonCode::Success,
                false => UnsubackReasonCode::NoSubscriptionExisted,
            };
            let codes: Vec<_> = existed.iter().map(code).collect();
            v5_0::Unsuback::builder().packet_id(packet).reason_codes(codes).build().map(Packet::from)
        } else {
            v3_1_1::Unsuback::builder().packet_id(packet).build().map(Packet::from)
        };
        self.send(answer);
    }

    /// PUBLISH, at QoS 0.
    pub(in super::super) fn tell(&mut self, topic: &str, payload: &[u8], retain: bool) {
        let packet = if self.is_v5() {
            v5_0::Publish::builder().topic_name(topic).and_then(|builder| {
                builder.qos(Qos::AtMostOnce).retain(retain).payload(payload).build().map(Packet::from)
            })
        } else {
            v3_1_1::Publish::builder().topic_name(topic).and_then(|builder| {
                builder.qos(Qos::AtMostOnce).retain(retain).payload(payload).build().map(Packet::from)
            })
        };
        self.send(packet);
    }

    /// DISCONNECT with its reason, where the version has one.
    pub(in super::super) fn close(&mut self, why: Closing) {
        if self.is_v5() {
            let (code, sentence) = why.reason();
            let packet = ReasonString::new(sentence).and_then(|sentence| {
                let builder = v5_0::Disconnect::builder().reason_code(code);
                builder.props(vec![sentence.into()]).build().map(Packet::from)
            });
            self.send(packet);
        }
    }
}

fn welcome_properties(welcome: &Welcome) -> Result<Vec<Property>, MqttError> {
    let mut properties = vec![
        MaximumQos::new(1)?.into(),
        ReceiveMaximum::new(IN_FLIGHT_MOST)?.into(),
        SharedSubscriptionAvailable::new(0)?.into(),
        SubscriptionIdentifierAvailable::new(0)?.into(),
    ];
    if let Some(assigned) = &welcome.assigned {
        properties.push(AssignedClientIdentifier::new(assigned.as_str())?.into());
    }
    if let Some(seconds) = welcome.keep_session_s {
        properties.push(SessionExpiryInterval::new(seconds)?.into());
    }
    Ok(properties)
}
