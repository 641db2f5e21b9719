//! What the board is shown of the rest of the house: the store's rows, the sound, the endpoints, the codes.
//!
//! It reads and translates; it decides nothing and waits for nothing but the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use rules::Sign;
use tokio::sync::watch;

use super::Addresses;
use super::access::{DialledEnd, Entrances};
use super::ends::Ends;
use crate::annunciator::{State, Status};
use crate::board::accounts::{Account, AccountRole, Accounts, Asked, Unreadable};
use crate::board::archive::{AlertQuery, Archive, DeliveryRow, DeliveryState, MessageQuery, MessageRow};
use crate::board::plumbing::{
    AnnunciatorView, Codes, Direction, EndpointState, EndpointView, Plumbing, SoundState, TransportView,
};
use crate::config::gateway::Delivery;
use crate::ingest::intake::Counts as Hl7Counts;
use crate::ingest::mllp::Line;
use crate::ingest::mqtt::Counts as MqttCounts;
use crate::ingest::terminology;
use crate::journal::{Journal, JournalError};
use crate::record::{AlertChange, AlertRecord};
use crate::tls::Entrance;

/// One destination, as the hub shows it.
#[derive(Clone, Debug)]
pub(super) struct End {
    name: &'static str,
    address: String,
    live: bool,
    authentication: &'static str,
}

impl End {
    /// Every destination, as it was set up.
    pub(super) fn all(ends: &Ends, delivery: &Delivery) -> Vec<Self> {
        let end = |name, address: &str, live, authentication| Self {
            name,
            address: address.to_owned(),
            live,
            authentication,
        };
        vec![
            end("frappe", &ends.frappe.base_url, delivery.frappe.is_live(), "token"),
            end("mllp-out", &ends.mllp.address, delivery.mllp.is_live(), "none"),
            end("whatsapp", &ends.whatsapp.base_url, delivery.whatsapp.is_live(), "token"),
        ]
    }
}

/// All that the board may look at.
#[derive(Debug)]
pub(super) struct Glass {
    pub(super) journal: Journal,
    pub(super) sound: watch::Receiver<Status>,
    pub(super) addresses: Addresses,
    pub(super) entrances: Entrances,
    /// The listeners that others can reach without TLS, and why that is right.
    pub(super) plaintext: Vec<(&'static str, String)>,
    /// Whether devices must be known to use the MQTT port.
    pub(super) knows_devices: bool,
    pub(super) mqtt: Arc<MqttCounts>,
    pub(super) hl7: Vec<(&'static str, Arc<Hl7Counts>)>,
    pub(super) dialled: Vec<DialledEnd>,
    pub(super) ends: Vec<End>,
}

fn asked<'a, T>(answer: impl Future<Output = Result<T, JournalError>> + Send + 'a) -> Asked<'a, T> {
    Box::pin(async move { answer.await.map_err(|fault| Unreadable(fault.to_string())) })
}

impl Accounts for Glass {
    fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>> {
        asked(self.journal.account(name))
    }

    fn token(&self, hash: [u8; 32]) -> Asked<'_, Option<AccountRole>> {
        asked(async move { Ok(self.journal.token(&hash).await?.map(|token| token.role)) })
    }
}

impl Archive for Glass {
    fn alerts(&self, query: AlertQuery) -> Asked<'_, Vec<AlertRecord>> {
        asked(self.journal.alerts(query))
    }

    fn alert<'a>(&'a self, id: &'a str) -> Asked<'a, Option<AlertRecord>> {
        asked(self.journal.alert(id))
    }

    fn changes<'a>(&'a self, id: &'a str) -> Asked<'a, Vec<AlertChange>> {
        asked(self.journal.changes(id))
    }

    fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Asked<'_, Vec<DeliveryRow>> {
        asked(self.journal.deliveries(state, most))
    }

    fn messages(&self, query: MessageQuery) -> Asked<'_, Vec<MessageRow>> {
        asked(self.journal.messages(query))
    }

    fn message(&self, id: i64) -> Asked<'_, Option<(MessageRow, Vec<u8>)>> {
        asked(self.journal.message(id))
    }
}

impl Plumbing for Glass {
    fn annunciators(&self) -> Vec<AnnunciatorView> {
        let status = self.sound.borrow();
        let state = match status.state {
            State::Ok => SoundState::Ok,
            State::Failed => SoundState::Failed,
            State::Off => SoundState::Off,
        };
        vec![AnnunciatorView {
            id: "station".to_owned(),
            device: status.device.clone(),
            state,
            why: (!status.why.is_empty()).then(|| status.why.clone()),
            playing: status.playing.as_ref().map(|signal| (signal.alert.clone(), signal.priority)),
            bursts: status.bursts,
            last_self_test: None,
        }]
    }

    fn endpoints(&self) -> Vec<EndpointView> {
        let mut endpoints = vec![self.devices()];
        endpoints.extend(self.hl7.iter().map(|(name, counts)| self.hl7_listener(name, counts)));
        endpoints.extend(self.dialled.iter().map(dialled));
        endpoints.extend(self.ends.iter().map(destination));
        endpoints
    }

    fn faults(&self) -> Vec<String> {
        let store = self.journal.health().borrow().clone();
        let sound = Some(self.sound.borrow())
            .filter(|status| status.state == State::Failed)
            .map(|status| status.why.clone());
        store.into_iter().chain(sound).collect()
    }

    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("wardlight");
        let (received, refused) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
        registry.register("messages_received", "Messages that arrived since the start", received.clone());
        registry.register("messages_refused", "Messages that were refused since the start", refused.clone());
        for endpoint in self.endpoints() {
            let labels = vec![("endpoint".to_owned(), endpoint.id)];
            let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            received.get_or_create(&labels).set(whole(endpoint.passed.saturating_add(endpoint.refused)));
            refused.get_or_create(&labels).set(whole(endpoint.refused));
        }
        let bursts = Gauge::<i64>::default();
        bursts.set(i64::try_from(self.sound.borrow().bursts).unwrap_or(i64::MAX));
        registry.register("annunciator_bursts", "Bursts begun since the start", bursts);
        let mut text = String::new();
        // Writing into a string fails only when a metric is malformed; then there is none to show.
        let _ = encode(&mut text, &registry);
        text
    }

    fn codes(&self, sign: Sign) -> Codes {
        Codes { mdc: terminology::mdc(sign), loinc: terminology::loinc(sign) }
    }
}

type Labels = Vec<(String, String)>;

impl Glass {
    fn devices(&self) -> EndpointView {
        let counts = self.mqtt.read();
        let address = self.addresses.mqtt.map_or_else(|| "off".to_owned(), |address| address.to_string());
        let view =
            EndpointView { passed: counts.accepted, refused: counts.refused, ..listener("mqtt", address) };
        let view = self.secured(view, self.entrances.mqtt.as_ref());
        if !self.knows_devices {
            return view;
        }
        EndpointView { authentication: "certificate or password".to_owned(), ..view }
    }

    fn hl7_listener(&self, name: &str, counts: &Hl7Counts) -> EndpointView {
        let address = match name {
            "mllp" => self.addresses.mllp.map_or_else(|| "off".to_owned(), |address| address.to_string()),
            _ => format!("{}/hl7", self.addresses.http),
        };
        let view = counted(counts, listener(name, address));
        let entrance = if name == "mllp" { &self.entrances.mllp } else { &self.entrances.http };
        self.secured(view, entrance.as_ref())
    }

    /// The view of a listener with what there is to say of its way.
    fn secured(&self, view: EndpointView, entrance: Option<&Entrance>) -> EndpointView {
        let Some(entrance) = entrance else {
            let reason = self.plaintext.iter().find(|(name, _)| *name == view.id);
            let plaintext_reason = reason.map(|(_, why)| why.clone());
            let transport = TransportView { plaintext_reason, ..TransportView::default() };
            return EndpointView { transport, ..view };
        };
        let (handshakes_failed, last_handshake_fault) = entrance.turned_away();
        let authentication = if entrance.asks_for_certificates() { "client certificate" } else { "none" };
        let transport = TransportView {
            tls: true,
            certificate_expires_at: entrance.expires(),
            handshakes_failed,
            last_handshake_fault,
            plaintext_reason: None,
        };
        EndpointView { authentication: authentication.to_owned(), transport, ..view }
    }
}

fn counted(counts: &Hl7Counts, view: EndpointView) -> EndpointView {
    let refused = counts.refused.load(Ordering::Relaxed);
    let received = counts.received.load(Ordering::Relaxed);
    EndpointView { passed: received.saturating_sub(refused), refused, ..view }
}

/// A gateway that we dial: its messages come to us, whoever made the connection.
fn dialled(end: &DialledEnd) -> EndpointView {
    let (state, why) = match &*end.line.borrow() {
        Line::Up => (EndpointState::Up, None),
        Line::Down(why) => (EndpointState::Down, Some(why.clone())),
    };
    let view = listener(&format!("mllp:{}", end.name), end.called.address.clone());
    let transport = TransportView { tls: end.called.tls.is_some(), ..TransportView::default() };
    EndpointView { state, why, transport, ..counted(&end.counts, view) }
}

fn listener(id: &str, address: String) -> EndpointView {
    EndpointView {
        id: id.to_owned(),
        direction: Direction::In,
        address,
        state: EndpointState::Up,
        why: None,
        last_message_at: None,
        passed: 0,
        refused: 0,
        queued: 0,
        queue_age_s: None,
        authentication: "none".to_owned(),
        transport: TransportView::default(),
    }
}

fn destination(end: &End) -> EndpointView {
    EndpointView {
        direction: Direction::Out,
        state: if end.live { EndpointState::Up } else { EndpointState::Sandbox },
        authentication: end.authentication.to_owned(),
        ..listener(end.name, end.address.clone())
    }
}
