//! The house joined together: every room is made here, given what it needs, and started.
//!
//! The order is the order of safety: the record first, then the ward, then what is heard and seen, and only
//! then the doors through which anything arrives. Nothing here decides or speaks a wire format.

mod access;
mod auditor;
mod certificates;
mod doors;
mod ends;
mod glass;
mod heartbeat;
mod judging;
mod measured;
mod paper;
mod recovery;
mod replays;
mod room;
mod strangers;
mod watch_over;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::annunciator::{self, Annunciator, Device};
use crate::board;
use crate::clock::Clock;
use crate::config::Faults;
use crate::config::gateway::GatewaySettings;
use crate::config::ward::WardPlan;
use crate::delivery::heartbeat::Heartbeat;
use crate::delivery::{self, HttpFault, courier};
use crate::event::{Door, Knocks};
use crate::ingest::fhir::{self, FhirIntake};
use crate::ingest::intake::Hl7Intake;
use crate::ingest::mllp::Called;
use crate::ingest::mqtt::identity::Admission;
use crate::ingest::mqtt::{self, DevicePort, broker};
use crate::ingest::profile::{Profiles, Site};
use crate::ingest::{http, mllp};
use crate::journal::{Journal, JournalError};
use crate::strangers::Strangers;
use crate::tasks::{TaskFault, Tasks};
use crate::traffic::{Line, Traffic};
use crate::view::{Signal, WardView};
use crate::ward::driver::{Driver, Outlets};

use access::{BrokerEnd, DialledEnd, Entrances};
use auditor::Auditor;
use doors::{Doors, bind, serve_once};
use ends::{EndFault, Ends, Foundation};
use glass::Glass;
use heartbeat::{Beats, Heart};
use judging::Judging;
use measured::Measured;
use recovery::Reopened;
use replays::Desk;

/// How long tasks may take to end what they have. SIGTERM ends the program within ten seconds.
const DRAIN_MOST: Duration = Duration::from_secs(6);

/// What a house is built from.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// IT's file.
    pub gateway: GatewaySettings,
    /// The ward's file.
    pub ward: Arc<WardPlan>,
    /// How its devices speak.
    pub profiles: Profiles,
    /// This very program, of which the annunciator's child is made.
    pub program: PathBuf,
    /// How fast the ward's time runs; 1 beside real beds.
    pub speed: u32,
}

/// Why a house could not be built. Each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum HouseFault {
    /// The record cannot be had.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A destination cannot be set up.
    #[error(transparent)]
    End(#[from] EndFault),
    /// A destination's configuration cannot be used.
    #[error(transparent)]
    Http(#[from] HttpFault),
    /// Certificates, keys or passwords that cannot be used.
    #[error(transparent)]
    Access(#[from] Faults),
    /// A listener cannot have its address.
    #[error("{name} cannot listen on {address}: {fault}; is another program there?")]
    Listen {
        /// Which listener.
        name: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        fault: io::Error,
    },
}

/// Where the house can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Board and API.
    pub http: SocketAddr,
    /// HL7 over MLLP.
    pub mllp: Option<SocketAddr>,
    /// Devices.
    pub mqtt: Option<SocketAddr>,
}

/// A house that is built, listens, and waits to be lived in.
#[derive(Debug)]
pub struct House {
    /// Where it can be reached.
    pub addresses: Addresses,
    /// The record, for whoever sets a demonstration up.
    pub journal: Journal,
    /// The time in the house.
    pub clock: Clock,
    /// Who runs what; further tasks may be added.
    pub tasks: Tasks,
    driver: Driver<Journal>,
    knocks: Knocks,
    ward_stop: CancellationToken,
}

impl House {
    /// Builds the house: the record opened, the ward brought back, every task started.
    ///
    /// # Errors
    /// When something that it cannot be without is not to be had.
    pub async fn build(blueprint: Blueprint) -> Result<Self, HouseFault> {
        let entrances = Entrances::open(&blueprint.gateway)?;
        let doors = Doors::bind(&blueprint.gateway).await?;
        let store = blueprint.gateway.store.path.clone();
        let Reopened { journal, mut ward, clock, found } =
            recovery::reopen(&blueprint.ward, &store, blueprint.speed)?;
        ward.sound_is_off(blueprint.gateway.audio.device == "none");
        let (door, knocks) = Door::new();
        let (tasks, faults) = Tasks::new(CancellationToken::new());
        let (views, view) = watch::channel(Arc::new(WardView::default()));
        let (signals, signal) = watch::channel(None);
        let turns = Arc::new(AtomicU64::new(0));
        let outlets = Outlets { views, signals, turns: Arc::clone(&turns) };
        let driver = Driver::new(ward, clock.clone(), journal.clone(), outlets);
        let addresses = doors.addresses();
        let judging = Judging::new(door.clone());
        let (strangers, heard) = Strangers::new();
        strangers::watch(&tasks, &door, heard);
        let rooms =
            Rooms { blueprint, entrances, journal, door, judging, strangers, clock, tasks, view, turns };
        rooms.watch_over(faults, found);
        let sound = rooms.annunciator(signal);
        let hub = rooms.deliver(addresses.http).await?;
        rooms.audit(&hub.ends);
        let beats = rooms.heartbeat(&sound)?;
        rooms.open(doors, sound, hub, beats)?;
        let Rooms { journal, clock, tasks, .. } = rooms;
        Ok(Self { addresses, journal, clock, tasks, driver, knocks, ward_stop: CancellationToken::new() })
    }

    /// Lives until the tasks' stop is told, then lets everything that is under way come to its end.
    pub async fn live(self) {
        let (tasks, ward_stop) = (self.tasks, self.ward_stop.clone());
        let drained = async move {
            tasks.stop().cancelled().await;
            tasks.drain(DRAIN_MOST).await;
            ward_stop.cancel();
        };
        tokio::join!(self.driver.run(self.knocks, self.ward_stop), drained);
        if let Err(fault) = self.journal.flush().await {
            tracing::error!(%fault, "the last entries could not be written");
        }
    }
}

/// What every room is given.
struct Rooms {
    blueprint: Blueprint,
    entrances: Entrances,
    journal: Journal,
    door: Door,
    judging: Judging,
    strangers: Strangers,
    clock: Clock,
    tasks: Tasks,
    view: watch::Receiver<Arc<WardView>>,
    turns: Arc<AtomicU64>,
}

/// What came of setting delivery up, for the hub and the webhook's route.
struct Hub {
    ends: [glass::End; 3],
    webhook: Router,
}

impl Rooms {
    /// The watch over the house itself: its tasks, its store, its sound, and its own loop.
    fn watch_over(&self, faults: mpsc::Receiver<TaskFault>, found: Vec<String>) {
        let stop = self.tasks.stop();
        watch_over::announce(&self.tasks, self.judging.clone(), found);
        watch_over::tasks(&self.tasks, self.judging.clone(), faults);
        watch_over::store(&self.tasks, self.door.clone(), self.journal.health());
        let (journal, clock, bound_gb) =
            (self.journal.clone(), self.clock.clone(), self.blueprint.gateway.store.bound_gb);
        watch_over::retention(&self.tasks, journal, clock, self.door.clone(), bound_gb);
        watch_over::turning(&self.tasks, Arc::clone(&self.turns), stop.clone());
        let (door, clock) = (self.door.clone(), self.clock.clone());
        certificates::watch(&self.tasks, door, clock, self.entrances.named());
        access::audit_plaintext(&self.blueprint.gateway, &self.journal, &self.clock);
    }

    /// The auditor, which looks whether what must happen next does.
    fn audit(&self, ends: &[glass::End]) {
        let auditor = Auditor {
            view: self.view.clone(),
            clock: self.clock.clone(),
            judging: self.judging.clone(),
            door: self.door.clone(),
        };
        let ends = ends.iter().map(|end| (end.to, Arc::clone(&end.traffic))).collect();
        auditor::watch(&self.tasks, auditor, self.journal.clone(), ends);
    }

    /// The heartbeat for a watch outside, where there is one.
    fn heartbeat(&self, sound: &watch::Receiver<annunciator::Status>) -> Result<Option<Beats>, HttpFault> {
        let Some(url) = &self.blueprint.gateway.watch.heartbeat_url else { return Ok(None) };
        let (turns, store) = (Arc::clone(&self.turns), self.journal.health());
        let heart = Heart { turns, store, sound: sound.clone() };
        Ok(Some(heartbeat::watch(&self.tasks, heart, Heartbeat::new(url)?, self.clock.clone())))
    }

    fn annunciator(&self, signal: watch::Receiver<Option<Signal>>) -> watch::Receiver<annunciator::Status> {
        let device = Device::parse(&self.blueprint.gateway.audio.device);
        let (status, seen) = watch::channel(annunciator::Status::unknown(&device));
        let annunciator = Annunciator::new(self.blueprint.program.clone(), device, self.clock.clone());
        let stop = self.tasks.stop().clone();
        self.tasks.supervise("annunciator", move || {
            annunciator.clone().run(signal.clone(), status.clone(), stop.clone())
        });
        watch_over::sound(&self.tasks, self.door.clone(), seen.clone());
        seen
    }

    /// Every destination with its courier.
    async fn deliver(&self, http: SocketAddr) -> Result<Hub, HouseFault> {
        let foundation = Foundation {
            settings: &self.blueprint.gateway,
            ward: &self.blueprint.ward,
            clock: &self.clock,
            tasks: &self.tasks,
            view: self.view.clone(),
        };
        let ends = Ends::set_up(&foundation).await?;
        let known = glass::End::all(&ends, &self.blueprint.gateway.delivery);
        let webhook = delivery::route::router(ends.keys, self.door.clone(), self.strangers.clone());
        if let Some(phones) = ends.phones {
            let at = self.webhooks_of_the_sandbox(http, webhook.clone()).await?;
            self.subscribe(phones, at);
        }
        let [frappe, mllp, whatsapp] = known.each_ref().map(|end| Arc::clone(&end.traffic));
        self.courier("delivery to frappe", delivery::frappe::Frappe::new(ends.frappe)?, frappe);
        self.courier("delivery to mllp", delivery::mllp::Mllp::new(ends.mllp)?, mllp);
        self.courier("delivery to whatsapp", delivery::whatsapp::Whatsapp::new(ends.whatsapp)?, whatsapp);
        Ok(Hub { ends: known, webhook })
    }

    /// Where the stand-in for phones finds the webhook: at the board's own port, or, where that speaks TLS
    /// with a certificate that the stand-in has no reason to trust, at one of this machine's own.
    async fn webhooks_of_the_sandbox(
        &self,
        http: SocketAddr,
        webhook: Router,
    ) -> Result<SocketAddr, HouseFault> {
        if self.entrances.http.is_none() {
            return Ok(http);
        }
        let (listener, address) = bind("sandbox webhooks", SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let stop = self.tasks.stop().clone();
        serve_once(&self.tasks, "sandbox webhooks", listener, move |listener| {
            board::serve(listener, None, webhook, stop)
        });
        Ok(address)
    }

    /// Tells the stand-in for phones where its webhooks go, once the board answers there.
    fn subscribe(&self, phones: crate::sandbox::whatsapp::WhatsApp, http: SocketAddr) {
        let url = format!("http://{http}/webhooks/whatsapp");
        self.tasks.supervise("sandbox webhooks", move || {
            let (phones, url) = (phones.clone(), url.clone());
            async move { phones.subscribe(&url, ends::SANDBOX_KEY).await.map_err(|fault| fault.to_string()) }
        });
    }

    fn courier(&self, name: &'static str, end: impl delivery::End + 'static, traffic: Arc<Traffic>) {
        let end = Arc::new(Measured { end, clock: self.clock.clone(), traffic });
        let (journal, clock, door) = (self.journal.clone(), self.clock.clone(), self.door.clone());
        let stop = self.tasks.stop().clone();
        self.tasks.supervise(name, move || {
            courier::run(journal.clone(), Arc::clone(&end), clock.clone(), door.clone(), stop.clone())
        });
    }

    /// Opens the doors: from here on anything may arrive.
    fn open(
        &self,
        doors: Doors,
        sound: watch::Receiver<annunciator::Status>,
        hub: Hub,
        heartbeat: Option<Beats>,
    ) -> Result<(), Faults> {
        let settings = &self.blueprint.gateway;
        let site = Arc::new(self.site());
        let intake =
            |endpoint| Hl7Intake::new(endpoint, self.door.clone(), Arc::clone(&site), self.clock.clone());
        let (over_mllp, over_http) = (intake("mllp"), intake("http"));
        let in_fhir = FhirIntake::new(self.door.clone(), Arc::clone(&site), self.clock.clone());
        let port = self.device_port(Arc::clone(&site));
        let calls = access::calls(&settings.mllp.dial)?;
        let dialled =
            calls.into_iter().map(|(name, called)| self.dial(name, called, intake("mllp"))).collect();
        let glass = Glass {
            journal: self.journal.clone(),
            sound,
            addresses: doors.addresses(),
            entrances: self.entrances.clone(),
            plaintext: settings.plaintext_beyond_loopback(),
            mqtt: Arc::clone(&port.counts),
            knows_devices: !settings.mqtt.device.is_empty(),
            hl7: vec![("mllp", over_mllp.counts()), ("http", over_http.counts()), ("fhir", in_fhir.counts())],
            dialled,
            broker: access::broker(&settings.mqtt)?.map(|access| self.join_broker(access, &port)),
            ends: hub.ends,
            queues: watch_over::queues(&self.tasks, self.journal.clone()),
            clock: self.clock.clone(),
            strangers: self.strangers.clone(),
            heartbeat,
        };
        let glass = Arc::new(glass);
        let over_http = http::router(over_http, glass.clone()).merge(fhir::router(in_fhir, glass.clone()));
        let desk = Desk {
            plan: Arc::clone(&self.blueprint.ward),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            intake: intake("replay"),
        };
        self.serve_board(doors.http.0, glass, Arc::new(desk), hub.webhook.merge(over_http));
        if let Some((listener, _)) = doors.mllp {
            self.serve_mllp(listener, over_mllp);
        }
        if let Some((listener, address)) = doors.mqtt {
            let admission = access::admission(&settings.mqtt, address)?;
            self.serve_mqtt(listener, admission, port);
        }
        Ok(())
    }

    fn device_port(&self, site: Arc<Site>) -> DevicePort {
        DevicePort {
            ward: self.blueprint.ward.name.clone(),
            door: self.door.clone(),
            clock: self.clock.clone(),
            site,
            view: self.view.clone(),
            counts: Arc::default(),
        }
    }

    /// Joins the hospital's own broker, whose messages are counted by themselves.
    fn join_broker(&self, access: broker::Access, port: &DevicePort) -> BrokerEnd {
        let (line, seen) = watch::channel(Line::not_yet());
        let port = DevicePort { counts: Arc::default(), ..port.clone() };
        let end = BrokerEnd { access: access.clone(), counts: Arc::clone(&port.counts), line: seen };
        let stop = self.tasks.stop().clone();
        self.tasks.supervise("mqtt broker", move || {
            broker::run(access.clone(), port.clone(), line.clone(), stop.clone())
        });
        end
    }

    /// Calls a gateway that waits for us, and watches over the line.
    fn dial(&self, name: String, called: Called, intake: Hl7Intake) -> DialledEnd {
        let (line, seen) = watch::channel(Line::not_yet());
        let end = DialledEnd { name, called: called.clone(), counts: intake.counts(), line: seen };
        watch_over::dialled(&self.tasks, self.door.clone(), end.clone());
        let stop = self.tasks.stop().clone();
        self.tasks.supervise("mllp dial", move || {
            let call = mllp::dial(called.clone(), intake.clone(), line.clone(), stop.clone());
            async move {
                call.await;
                Ok::<(), Infallible>(())
            }
        });
        end
    }

    fn site(&self) -> Site {
        let settings = &self.blueprint.gateway;
        Site {
            zone: settings.zone(),
            uhid_authority: settings.adt.uhid_authority.clone(),
            profiles: self.blueprint.profiles.clone(),
        }
    }

    fn serve_board(&self, listener: TcpListener, glass: Arc<Glass>, replays: Arc<Desk>, also: Router) {
        let deps = board::Deps {
            door: self.door.clone(),
            clock: self.clock.clone(),
            view: self.view.clone(),
            turns: Arc::clone(&self.turns),
            accounts: glass.clone(),
            archive: glass.clone(),
            plumbing: glass,
            replays,
            access: board::Access { over_tls: self.entrances.http.is_some(), ..board::Access::default() },
            stop: self.tasks.stop().clone(),
        };
        let router = board::router(deps).merge(also);
        let stop = self.tasks.stop().clone();
        let entrance = self.entrances.http.clone();
        serve_once(&self.tasks, "board", listener, move |listener| {
            board::serve(listener, entrance, router, stop)
        });
    }

    fn serve_mllp(&self, listener: TcpListener, intake: Hl7Intake) {
        let stop = self.tasks.stop().clone();
        let entrance = self.entrances.mllp.clone();
        serve_once(&self.tasks, "mllp", listener, move |listener| async move {
            mllp::serve(listener, entrance, intake, mllp::Limits::default(), stop).await;
            Ok::<(), Infallible>(())
        });
    }

    fn serve_mqtt(&self, listener: TcpListener, admission: Admission, port: DevicePort) {
        let stop = self.tasks.stop().clone();
        let gate = mqtt::listener::Gate { entrance: self.entrances.mqtt.clone(), admission };
        serve_once(&self.tasks, "mqtt", listener, move |listener| {
            mqtt::listener::serve(listener, gate, port, stop)
        });
    }
}
