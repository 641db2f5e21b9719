//! What the board is shown of the rest of the house: the store's rows, the sound, the endpoints, the codes.
//!
//! It reads and translates; it decides nothing and waits for nothing but the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use rules::Sign;
use tokio::sync::watch;

use super::Addresses;
use super::access::{BrokerEnd, DialledEnd, Entrances};
use super::canary::{NAME as CANARY, Rounds};
use super::ends::Ends;
use super::heartbeat::Beats;
use super::sounds::STATION;
use super::workstations::{Workstations, heard};
use crate::annunciator::{State, Status};
use crate::board::accounts::{Account, AccountRole, Accounts, Asked, Unreadable};
use crate::board::archive::{
    AlertQuery, Archive, AuditLink, DeliveryRow, DeliveryState, MessageQuery, MessageRow, MessageWhole,
    PastAlert, Stretch,
};
use crate::board::plumbing::{
    AnnunciatorView, Codes, Direction, EndpointState, EndpointView, Plumbing, SoundState, TransportView,
};
use crate::clock::Clock;
use crate::config::destinations::Delivery;
use crate::delivery::ANSWER_MOST;
use crate::delivery::mllp::ACK_MOST;
use crate::figures::Shifts;
use crate::ingest::bearer::{Standing, Tokens};
use crate::ingest::intake::Counts as Hl7Counts;
use crate::ingest::mllp;
use crate::ingest::mqtt::Counts as MqttCounts;
use crate::ingest::terminology;
use crate::journal::{Journal, JournalError, Queue};
use crate::owed::Destination;
use crate::record::{AlertChange, AlertRecord};
use crate::strangers::{Strangers, Tried};
use crate::tls::Entrance;
use crate::traffic::{Figures, Line, Traffic};

/// One destination, as the hub shows it.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) to: Destination,
    address: String,
    live: bool,
    authentication: &'static str,
    time_out: Duration,
    retries: &'static str,
    pub(super) traffic: Arc<Traffic>,
}

/// Who tries again where a chart waits for it, and where a person does.
const UNTIL_DELIVERED: &str = "every minute at the latest, until it is delivered";
const FOR_A_WHILE: &str = "every few seconds for some eight minutes; what is not high each minute, for a \
                           quarter of an hour";

const TWO_HOURS: &str = "every minute at the latest, for some two hours";

impl End {
    /// Every destination, as it was set up.
    pub(super) fn all(ends: &Ends, delivery: &Delivery) -> Vec<Self> {
        let end = |to, address: &str, live| Self {
            to,
            address: address.to_owned(),
            live,
            authentication: "token",
            time_out: ANSWER_MOST,
            retries: UNTIL_DELIVERED,
            traffic: Arc::default(),
        };
        let by_hl7 = |end: Self| Self { authentication: "none", time_out: ACK_MOST, ..end };
        let phones = end(Destination::Whatsapp, ends.whatsapp.address(), delivery.phones_are_live());
        let alarms = ends.alarms.as_ref().map(|peer| by_hl7(end(Destination::Pcd04, &peer.address, true)));
        let hook = ends.hook.as_ref().map(|peer| end(Destination::Webhook, &peer.address(), true));
        let hook = hook.map(|end| Self { authentication: "signature", retries: TWO_HOURS, ..end });
        let always = [
            end(Destination::Frappe, &ends.frappe.base_url, delivery.frappe.is_live()),
            by_hl7(end(Destination::Mllp, &ends.mllp.address, delivery.mllp.is_live())),
            Self { retries: FOR_A_WHILE, ..phones },
        ];
        always.into_iter().chain(alarms).chain(hook).collect()
    }

    /// The figures of one destination.
    pub(super) fn traffic(ends: &[Self], to: Destination) -> Arc<Traffic> {
        ends.iter().find(|end| end.to == to).map(|end| Arc::clone(&end.traffic)).unwrap_or_default()
    }
}

/// All that the board may look at.
#[derive(Debug)]
pub(super) struct Glass {
    pub(super) journal: Journal,
    pub(super) sound: watch::Receiver<Status>,
    pub(super) workstations: Workstations,
    pub(super) addresses: Addresses,
    pub(super) entrances: Entrances,
    /// The listeners that others can reach without TLS, and why that is right.
    pub(super) plaintext: Vec<(&'static str, String)>,
    /// Whether devices must be known to use the MQTT port.
    pub(super) knows_devices: bool,
    pub(super) mqtt: Arc<MqttCounts>,
    pub(super) hl7: Vec<(&'static str, Arc<Hl7Counts>)>,
    pub(super) dialled: Vec<DialledEnd>,
    pub(super) broker: Option<BrokerEnd>,
    pub(super) ends: Vec<End>,
    pub(super) queues: watch::Receiver<Vec<Queue>>,
    pub(super) clock: Clock,
    pub(super) shifts: Shifts,
    /// Where it is told that somebody was turned away.
    pub(super) strangers: Strangers,
    pub(super) canary: Rounds,
    pub(super) heartbeat: Option<Beats>,
}

fn asked<'a, T>(answer: impl Future<Output = Result<T, JournalError>> + Send + 'a) -> Asked<'a, T> {
    Box::pin(async move { answer.await.map_err(|fault| Unreadable(fault.to_string())) })
}

impl Accounts for Glass {
    fn account<'a>(&'a self, name: &'a str) -> Asked<'a, Option<Account>> {
        asked(self.journal.account(name))
    }

    fn holder<'a>(&'a self, badge: &'a str) -> Asked<'a, Option<Account>> {
        asked(self.journal.holder(badge))
    }

    fn token(&self, hash: [u8; 32]) -> Asked<'_, Option<AccountRole>> {
        asked(self.role_of_token(hash))
    }

    fn guessed(&self) {
        self.strangers.tell(Tried::Pins);
    }
}

impl Tokens for Glass {
    fn standing(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<Standing, String>> {
        Box::pin(async move {
            Ok(match self.role_of_token(hash).await.map_err(|fault| fault.to_string())? {
                None => Standing::Unknown,
                Some(AccountRole::Viewer) => Standing::LooksOnly,
                Some(_) => Standing::MaySend,
            })
        })
    }
}

impl Archive for Glass {
    fn alerts(&self, query: AlertQuery) -> Asked<'_, Vec<AlertRecord>> {
        asked(self.journal.alerts(query))
    }

    fn alert<'a>(&'a self, id: &'a str) -> Asked<'a, Option<AlertRecord>> {
        asked(self.journal.alert(id))
    }

    fn alert_beds(&self) -> Asked<'_, Vec<Option<String>>> {
        asked(self.journal.alert_beds())
    }

    fn past_alerts(&self, stretch: Stretch) -> Asked<'_, Vec<PastAlert>> {
        asked(self.journal.past_alerts(stretch))
    }

    fn changes<'a>(&'a self, id: &'a str) -> Asked<'a, Vec<AlertChange>> {
        asked(self.journal.changes(id))
    }

    fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Asked<'_, Vec<DeliveryRow>> {
        asked(self.journal.deliveries(state, most))
    }

    fn delivery(&self, id: i64) -> Asked<'_, Option<DeliveryRow>> {
        asked(self.journal.delivery(id))
    }

    fn audit(&self, before: Option<i64>, most: usize) -> Asked<'_, Vec<AuditLink>> {
        asked(self.journal.audit_links(before, most))
    }

    fn messages(&self, query: MessageQuery) -> Asked<'_, Vec<MessageRow>> {
        asked(self.journal.messages(query))
    }

    fn message(&self, id: i64) -> Asked<'_, Option<MessageWhole>> {
        asked(self.journal.message(id))
    }
}

impl Plumbing for Glass {
    fn annunciators(&self) -> Vec<AnnunciatorView> {
        let status = self.sound.borrow();
        let began = self.shifts.began(self.clock.wall());
        let state = match status.state {
            State::Ok => SoundState::Ok,
            State::Failed => SoundState::Failed,
            State::Off => SoundState::Off,
        };
        let own = AnnunciatorView {
            id: STATION.to_owned(),
            device: status.device.clone(),
            state,
            why: (!status.why.is_empty()).then(|| status.why.clone()),
            playing: status.playing.as_ref().map(|signal| (signal.alert.clone(), signal.priority)),
            bursts: status.bursts,
            last_self_test: heard(status.tested.as_ref(), began),
        };
        std::iter::once(own).chain(self.workstations.views(began)).collect()
    }

    fn endpoints(&self) -> Vec<EndpointView> {
        let mut endpoints = vec![self.devices()];
        endpoints.extend(self.broker.iter().map(|end| self.outside_broker(end)));
        endpoints.extend(self.hl7.iter().map(|(name, counts)| self.hl7_listener(name, counts)));
        endpoints.extend(self.dialled.iter().map(|end| self.dialled(end)));
        endpoints.extend(self.ends.iter().map(|end| self.destination(end)));
        endpoints.push(self.own_canary());
        endpoints.extend(self.heartbeat.iter().map(|beats| self.outside_watch(beats)));
        endpoints
    }

    fn faults(&self) -> Vec<String> {
        let store = self.journal.health().borrow().clone();
        let sound = Some(self.sound.borrow())
            .filter(|status| status.state == State::Failed)
            .map(|status| status.why.clone());
        let lost = self.workstations.faults();
        let lost = lost.into_iter().map(|(id, why)| format!("annunciator {id}: {why}"));
        store.into_iter().chain(sound).chain(lost).collect()
    }

    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("wardlight");
        let (received, refused) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
        registry.register("messages_received", "Messages that arrived since the start", received.clone());
        registry.register("messages_refused", "Messages that were refused since the start", refused.clone());
        for endpoint in self.endpoints().into_iter().filter(|endpoint| endpoint.id != CANARY) {
            let labels = vec![("endpoint".to_owned(), endpoint.id)];
            let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            received.get_or_create(&labels).set(whole(endpoint.passed.saturating_add(endpoint.refused)));
            refused.get_or_create(&labels).set(whole(endpoint.refused));
        }
        let bursts = Gauge::<i64>::default();
        bursts.set(i64::try_from(self.sound.borrow().bursts).unwrap_or(i64::MAX));
        registry.register("annunciator_bursts", "Bursts begun since the start", bursts);
        let heard = "Whether an annunciator can be heard: 1, or 0 where it failed or is off";
        registry.register("annunciator_ok", heard, sounding(&self.annunciators()));
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

/// Each annunciator with whether it can be heard.
fn sounding(annunciators: &[AnnunciatorView]) -> Family<Labels, Gauge> {
    let all = Family::<Labels, Gauge>::default();
    for one in annunciators {
        let labels = vec![("annunciator".to_owned(), one.id.clone())];
        all.get_or_create(&labels).set(i64::from(one.state == SoundState::Ok));
    }
    all
}

/// Who tries again where we are the ones who listen.
const THEIRS: &str = "the sender tries again until it is acknowledged";

impl Glass {
    /// The role of a token; that nobody knows it is told to the watch over the house.
    async fn role_of_token(&self, hash: [u8; 32]) -> Result<Option<AccountRole>, JournalError> {
        let role = self.journal.token(&hash).await?.map(|token| token.role);
        if role.is_none() {
            self.strangers.tell(Tried::Token);
        }
        Ok(role)
    }

    fn devices(&self) -> EndpointView {
        let address = self.addresses.mqtt.map_or_else(|| "off".to_owned(), |address| address.to_string());
        let view = self.published("mqtt", address, &self.mqtt);
        let view = self.secured(view, self.entrances.mqtt.as_ref());
        if !self.knows_devices {
            return view;
        }
        EndpointView { authentication: "certificate or password".to_owned(), ..view }
    }

    /// The hospital's own broker: its devices' messages come to us, though we made the connection.
    fn outside_broker(&self, end: &BrokerEnd) -> EndpointView {
        let (state, why) = standing(&end.line);
        let authentication = if end.access.login.is_some() { "password" } else { "none" };
        let view = self.published("broker", end.access.url.clone(), &end.counts);
        let transport = TransportView { tls: end.access.tls.is_some(), ..TransportView::default() };
        EndpointView { state, why, transport, authentication: authentication.to_owned(), ..view }
    }

    /// Where publications come in, with what was counted of them.
    fn published(&self, name: &str, address: String, counts: &MqttCounts) -> EndpointView {
        let view = listener(name, address, &counts.traffic().figures(self.clock.wall()));
        let counts = counts.read();
        EndpointView { passed: counts.accepted, refused: counts.refused, ..view }
    }

    fn hl7_listener(&self, name: &str, counts: &Hl7Counts) -> EndpointView {
        let known = if name == "mllp" { "none" } else { "token, from other machines" };
        let address = match name {
            "mllp" => self.addresses.mllp.map_or_else(|| "off".to_owned(), |address| address.to_string()),
            "fhir" => format!("{}/fhir/r4", self.addresses.http),
            _ => format!("{}/hl7", self.addresses.http),
        };
        let view = self.counted(counts, name, address);
        let time_out = (name == "mllp").then(|| mllp::Limits::default().stall);
        let view = EndpointView { time_out, authentication: known.to_owned(), ..view };
        let entrance = if name == "mllp" { &self.entrances.mllp } else { &self.entrances.http };
        self.secured(view, entrance.as_ref())
    }

    /// A listener of HL7 or FHIR with what it has counted.
    fn counted(&self, counts: &Hl7Counts, name: &str, address: String) -> EndpointView {
        let refused = counts.refused.load(Ordering::Relaxed);
        let received = counts.received.load(Ordering::Relaxed);
        let view = listener(name, address, &counts.traffic.figures(self.clock.wall()));
        EndpointView { passed: received.saturating_sub(refused), refused, ..view }
    }

    /// A gateway that we dial: its messages come to us, whoever made the connection.
    fn dialled(&self, end: &DialledEnd) -> EndpointView {
        let (state, why) = standing(&end.line);
        let view = self.counted(&end.counts, &format!("mllp:{}", end.name), end.called.address.clone());
        let transport = TransportView { tls: end.called.tls.is_some(), ..TransportView::default() };
        EndpointView { state, why, transport, ..view }
    }

    fn destination(&self, end: &End) -> EndpointView {
        let figures = end.traffic.figures(self.clock.wall());
        let queue = self.queues.borrow().iter().find(|queue| queue.to == end.to).copied();
        let now = self.clock.now();
        EndpointView {
            direction: Direction::Out,
            state: match (end.live, &figures.why) {
                (true, Some(_)) => EndpointState::Down,
                (true, None) => EndpointState::Up,
                (false, _) => EndpointState::Sandbox,
            },
            why: figures.why.clone(),
            queued: queue.map_or(0, |queue| queue.waiting.into()),
            queue_age_s: queue.map(|queue| now.since(queue.since).whole_seconds().into()),
            time_out: Some(end.time_out),
            retries: end.retries,
            authentication: end.authentication.to_owned(),
            ..listener(end.to.endpoint(), end.address.clone(), &figures)
        }
    }

    /// The gateway's own test alert, from the bytes of a frame to the sound device and to delivery.
    fn own_canary(&self) -> EndpointView {
        let figures = self.canary.traffic.figures(self.clock.wall());
        let state = if figures.why.is_some() { EndpointState::Down } else { EndpointState::Up };
        EndpointView {
            state,
            why: figures.why.clone(),
            retries: "every minute; two in a row that do not come through are an alert",
            ..listener(CANARY, "through this gateway".to_owned(), &figures)
        }
    }

    /// The watch outside, which hears our heartbeat.
    fn outside_watch(&self, beats: &Beats) -> EndpointView {
        let figures = beats.traffic.figures(self.clock.wall());
        let state = if figures.why.is_some() { EndpointState::Down } else { EndpointState::Up };
        let tls = beats.address.starts_with("https:");
        EndpointView {
            direction: Direction::Out,
            state,
            why: figures.why.clone(),
            time_out: Some(ANSWER_MOST),
            retries: "every minute; the watch outside alarms when it hears nothing",
            transport: TransportView { tls, ..TransportView::default() },
            ..listener("heartbeat", beats.address.clone(), &figures)
        }
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
        let transport = TransportView {
            tls: true,
            certificate_expires_at: entrance.expires(),
            handshakes_failed,
            last_handshake_fault,
            plaintext_reason: None,
        };
        if entrance.asks_for_certificates() {
            return EndpointView { authentication: "client certificate".to_owned(), transport, ..view };
        }
        EndpointView { transport, ..view }
    }
}

/// How a line that we keep is.
fn standing(line: &watch::Receiver<Line>) -> (EndpointState, Option<String>) {
    match &*line.borrow() {
        Line::Up => (EndpointState::Up, None),
        Line::Down(why) => (EndpointState::Down, Some(why.clone())),
    }
}

fn listener(id: &str, address: String, figures: &Figures) -> EndpointView {
    EndpointView {
        id: id.to_owned(),
        direction: Direction::In,
        address,
        state: EndpointState::Up,
        why: None,
        last_message_at: figures.last,
        passed: figures.passed,
        refused: figures.failed,
        a_minute: figures.a_minute,
        processing: figures.p50.zip(figures.p99),
        queued: 0,
        queue_age_s: None,
        time_out: None,
        retries: THEIRS,
        authentication: "none".to_owned(),
        transport: TransportView::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_annunciator_is_a_figure_of_its_own() {
        let one = |id: &str, state| AnnunciatorView {
            id: id.to_owned(),
            device: String::new(),
            state,
            why: None,
            playing: None,
            bursts: 0,
            last_self_test: None,
        };
        let all = [
            one("station", SoundState::Off),
            one("desk-1", SoundState::Ok),
            one("desk-2", SoundState::Failed),
        ];
        let mut registry = Registry::with_prefix("wardlight");
        registry.register("annunciator_ok", "Whether", sounding(&all));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for (id, value) in [("station", 0), ("desk-1", 1), ("desk-2", 0)] {
            let line = format!("wardlight_annunciator_ok{{annunciator=\"{id}\"}} {value}\n");
            assert!(text.contains(&line), "{text}");
        }
    }
}
