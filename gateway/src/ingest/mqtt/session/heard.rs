//! What a client can say, the same for both versions of the protocol.

use mqtt_protocol_core::mqtt::common::ArcPayload;
use mqtt_protocol_core::mqtt::packet::{Packet, Property, Qos, RetainHandling, SubEntry, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::{DisconnectReasonCode, MqttError};

use super::super::identity::Login;

/// One thing that a client said.
#[derive(Debug)]
pub(in super::super) enum Heard {
    /// CONNECT.
    Hello(Hello),
    /// PUBLISH.
    Publication(Publication),
    /// SUBSCRIBE.
    Subscribe { packet: u16, wanted: Vec<Wanted> },
    /// UNSUBSCRIBE.
    Unsubscribe { packet: u16, filters: Vec<String> },
    /// PINGREQ and acknowledgements: a sign of life and nothing else.
    Alive,
    /// DISCONNECT; in 5.0 a client may ask for its last will all the same.
    Goodbye { with_will: bool },
    /// Not the protocol.
    Broken(MqttError),
}

/// What a client says of itself when it connects.
#[derive(Debug)]
pub(in super::super) struct Hello {
    pub(in super::super) client: String,
    /// Whether it wants nothing of an earlier session.
    pub(in super::super) clean: bool,
    /// How long its session is to outlive its connection, in seconds.
    pub(in super::super) keep_session_s: u32,
    /// The longest pause it will make between two packets, in seconds; 0 is unlimited.
    pub(in super::super) keep_alive_s: u16,
    pub(in super::super) will: Option<Will>,
    /// As whom it wants to be known.
    pub(in super::super) login: Login,
}

/// What is to be published for a client that dies.
#[derive(Debug)]
pub(in super::super) struct Will {
    pub(in super::super) topic: String,
    pub(in super::super) payload: Vec<u8>,
}

/// What a client publishes. Its RETAIN flag does not matter here: everything is live, nothing is stored for
/// others.
#[derive(Debug)]
pub(in super::super) struct Publication {
    pub(in super::super) topic: String,
    pub(in super::super) payload: ArcPayload,
    pub(in super::super) qos: Qos,
    pub(in super::super) packet: Option<u16>,
}

/// One filter of a SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    pub(in super::super) filter: String,
    /// 5.0: keep the RETAIN flag on what is told later.
    pub(in super::super) retain_as_published: bool,
    /// Whether the present state is wanted at once.
    pub(in super::super) state_now: StateNow,
}

/// When a subscriber wants the present state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum StateNow {
    Always,
    IfNew,
    Never,
}

/// A session of 3.1.1 that is not clean is to be kept without end.
const WITHOUT_END_S: u32 = u32::MAX;

impl Heard {
    /// What a packet says.
    pub(super) fn of(packet: Packet) -> Self {
        match packet {
            Packet::V3_1_1Connect(hello) => Self::Hello(Hello::v3(&hello)),
            Packet::V5_0Connect(hello) => Self::Hello(Hello::v5(&hello)),
            Packet::V3_1_1Publish(publish) => Self::Publication(Publication {
                topic: publish.topic_name().to_owned(),
                payload: publish.payload().clone(),
                qos: publish.qos(),
                packet: publish.packet_id(),
            }),
            Packet::V5_0Publish(publish) => Self::Publication(Publication {
                topic: publish.topic_name().to_owned(),
                payload: publish.payload().clone(),
                qos: publish.qos(),
                packet: publish.packet_id(),
            }),
            Packet::V3_1_1Subscribe(subscribe) => Self::Subscribe {
                packet: subscribe.packet_id(),
                wanted: subscribe.entries().iter().map(Wanted::of).collect(),
            },
            Packet::V5_0Subscribe(subscribe) => Self::Subscribe {
                packet: subscribe.packet_id(),
                wanted: subscribe.entries().iter().map(Wanted::of).collect(),
            },
            Packet::V3_1_1Unsubscribe(unsubscribe) => Self::Unsubscribe {
                packet: unsubscribe.packet_id(),
                filters: unsubscribe.entries().iter().map(|filter| filter.as_str().to_owned()).collect(),
            },
            Packet::V5_0Unsubscribe(unsubscribe) => Self::Unsubscribe {
                packet: unsubscribe.packet_id(),
                filters: unsubscribe.entries().iter().map(|filter| filter.as_str().to_owned()).collect(),
            },
            Packet::V3_1_1Disconnect(_) => Self::Goodbye { with_will: false },
            Packet::V5_0Disconnect(goodbye) => Self::Goodbye {
                with_will: goodbye
                    .reason_code()
                    .is_some_and(|reason| reason != DisconnectReasonCode::NormalDisconnection),
            },
            // No authentication method was agreed on, so there is nothing to exchange.
            Packet::V5_0Auth(_) => Self::Broken(MqttError::ProtocolError),
            _ => Self::Alive,
        }
    }
}

impl Hello {
    fn v3(hello: &v3_1_1::Connect) -> Self {
        Self {
            client: hello.client_id().to_owned(),
            clean: hello.clean_session(),
            keep_session_s: if hello.clean_session() { 0 } else { WITHOUT_END_S },
            keep_alive_s: hello.keep_alive(),
            will: Will::of(hello.will_topic(), hello.will_payload()),
            login: login(hello.user_name(), hello.password()),
        }
    }

    fn v5(hello: &v5_0::Connect) -> Self {
        let keep_session_s = hello.props().iter().find_map(|property| match property {
            Property::SessionExpiryInterval(seconds) => Some(seconds.val()),
            _ => None,
        });
        Self {
            client: hello.client_id().to_owned(),
            clean: hello.clean_start(),
            keep_session_s: keep_session_s.unwrap_or(0),
            keep_alive_s: hello.keep_alive(),
            will: Will::of(hello.will_topic(), hello.will_payload()),
            login: login(hello.user_name(), hello.password()),
        }
    }
}

fn login(user: Option<&str>, password: Option<&[u8]>) -> Login {
    Login { user: user.map(str::to_owned), password: password.unwrap_or_default().to_vec() }
}

impl Will {
    fn of(topic: Option<&str>, payload: Option<&[u8]>) -> Option<Self> {
        topic.map(|topic| Self { topic: topic.to_owned(), payload: payload.unwrap_or_default().to_vec() })
    }
}

impl Wanted {
    fn of(entry: &SubEntry) -> Self {
        let options = entry.sub_opts();
        Self {
            filter: entry.topic_filter().to_owned(),
            retain_as_published: options.rap(),
            state_now: match options.rh() {
                RetainHandling::SendRetained => StateNow::Always,
                RetainHandling::SendRetainedIfNotExists => StateNow::IfNew,
                RetainHandling::DoNotSendRetained => StateNow::Never,
            },
        }
    }
}
