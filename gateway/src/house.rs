//! The house joined together: every room is made here, given what it needs, and started.
//!
//! The order is the order of safety: the record first, then the ward, then what is heard and seen, and only
//! then the doors through which anything arrives. Nothing here decides or speaks a wire format.

mod access;
mod auditor;
mod callees;
mod canary;
mod certificates;
mod deliver;
mod doors;
mod ends;
mod glass;
mod heartbeat;
mod judging;
mod lane;
mod measured;
mod mending;
mod paper;
mod recovery;
mod replays;
mod room;
mod roster;
mod sounds;
#[cfg(test)]
mod storm;
mod strangers;
mod watch_over;
mod workstations;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::annunciator::{self, Annunciator, Device, TestDesk};
use crate::board;
use crate::clock::Clock;
use crate::config::Faults;
use crate::config::gateway::GatewaySettings;
use crate::config::ward::WardPlan;
use crate::delivery::HttpFault;
use crate::delivery::heartbeat::Heartbeat;
use crate::delivery::loopback::Loopback;
use crate::event::{Door, Knocks};
use crate::figures::Shifts;
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
use crate::traffic::Line;
use crate::view::{Desired, WardView};
use crate::ward::driver::{Driver, Outlets};

use access::{BrokerEnd, DialledEnd, Entrances};
use auditor::Auditor;
use canary::{Keeper, Rounds};
use doors::{Doors, serve_once};
use ends::EndFault;
use glass::Glass;
use heartbeat::{Beats, Heart};
use judging::Judging;
use mending::Mending;
use recovery::Reopened;
use replays::Desk;
use sounds::Sounds;
use watch_over::SoundWatch;
use workstations::Workstations;

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
        ward.tells(blueprint.gateway.delivery.told_of_alarms());
        let (door, knocks) = Door::new();
        let (tasks, faults) = Tasks::new(CancellationToken::new());
        let (views, view) = watch::channel(Arc::new(WardView::default()));
        let (desired, wanted) = watch::channel(Desired::default());
        let turns = Arc::new(AtomicU64::new(0));
        let outlets = Outlets { views, desired, turns: Arc::clone(&turns) };
        let driver = Driver::new(ward, clock.clone(), journal.clone(), outlets);
        let addresses = doors.addresses();
        let judging = Judging::new(door.clone());
        let (strangers, heard) = Strangers::new();
        strangers::watch(&tasks, &door, heard);
        let rooms =
            Rooms { blueprint, entrances, journal, door, judging, strangers, clock, tasks, view, turns };
        rooms.watch_over(faults, found);
        let sound = rooms.annunciator(wanted).await;
        let hub = rooms.deliver(addresses.http).await?;
        rooms.audit(&hub.ends);
        let rounds = rooms.canary(&sound);
        let beats = rooms.heartbeat(&sound.status, &rounds)?;
        rooms.open(doors, sound, hub, Watches { rounds, beats })?;
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
    ends: Vec<glass::End>,
    webhook: Router,
}

/// The watches over the whole, for the hub.
struct Watches {
    rounds: Rounds,
    beats: Option<Beats>,
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

    /// The canary, and the loopback on which it arrives.
    fn canary(&self, sounds: &Sounds) -> Rounds {
        let (arrived, back) = watch::channel(None);
        self.courier("delivery to ourselves", Arc::new(Loopback { arrived }), Arc::default());
        let keeper = Keeper {
            ward: self.blueprint.ward.name.clone(),
            site: Arc::new(self.site()),
            door: self.door.clone(),
            clock: self.clock.clone(),
            judging: self.judging.clone(),
            store: self.journal.health(),
            desired: sounds.desired.clone(),
            sound: sounds.status.clone(),
            arrived: back,
        };
        canary::watch(&self.tasks, keeper)
    }

    /// The heartbeat for a watch outside, where there is one.
    fn heartbeat(
        &self,
        sound: &watch::Receiver<annunciator::Status>,
        rounds: &Rounds,
    ) -> Result<Option<Beats>, HttpFault> {
        let Some(url) = &self.blueprint.gateway.watch.heartbeat_url else { return Ok(None) };
        let (turns, store) = (Arc::clone(&self.turns), self.journal.health());
        let heart = Heart { turns, store, sound: sound.clone(), canary: rounds.missed.clone() };
        Ok(Some(heartbeat::watch(&self.tasks, heart, Heartbeat::new(url)?, self.clock.clone())))
    }

    async fn annunciator(&self, desired: watch::Receiver<Desired>) -> Arc<Sounds> {
        let audio = &self.blueprint.gateway.audio;
        let device = Device::parse(&audio.device);
        let (status, seen) = watch::channel(annunciator::Status::unknown(&device));
        let last = sounds::last_tested(&self.journal, sounds::STATION).await;
        let tests = TestDesk::new(last, self.clock.clone());
        let (program, clock) = (self.blueprint.program.clone(), self.clock.clone());
        let loudness = self.blueprint.ward.loudness.clone();
        let (_, volume) = watch::channel(loudness.clone());
        let annunciator = Annunciator::new(program, device, clock.clone(), volume, tests.clone());
        let (stop, wanted) = (self.tasks.stop().clone(), desired.clone());
        self.tasks.supervise("annunciator", move || {
            annunciator.clone().run(wanted.clone(), status.clone(), stop.clone())
        });
        let known = sounds::all_tested(&self.journal, &audio.workstations).await;
        let workstations = Workstations::new(known, clock.clone());
        let watch = SoundWatch::new(self.door.clone());
        watch_over::sound(&self.tasks, watch.clone(), seen.clone());
        watch_over::workstations(&self.tasks, watch, workstations.clone());
        let (journal, expected) = (self.journal.clone(), audio.workstations.clone());
        let (status, door) = (seen, self.door.clone());
        Arc::new(Sounds { tests, status, workstations, expected, desired, loudness, journal, clock, door })
    }

    /// Opens the doors: from here on anything may arrive.
    fn open(&self, doors: Doors, sounds: Arc<Sounds>, hub: Hub, watches: Watches) -> Result<(), Faults> {
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
            sound: sounds.status.clone(),
            workstations: sounds.workstations.clone(),
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
            shifts: Shifts::of_zone(settings.zone()),
            strangers: self.strangers.clone(),
            canary: watches.rounds,
            heartbeat: watches.beats,
        };
        let glass = Arc::new(glass);
        let over_http = http::router(over_http, glass.clone()).merge(fhir::router(in_fhir, glass.clone()));
        let desk = Desk {
            plan: Arc::clone(&self.blueprint.ward),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            intake: intake("replay"),
        };
        let router = board::router(self.board(glass, sounds, Arc::new(desk)));
        self.serve_board(doors.http.0, router.merge(hub.webhook.merge(over_http)));
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

    fn board(&self, glass: Arc<Glass>, annunciators: Arc<Sounds>, replays: Arc<Desk>) -> board::Deps {
        let (journal, clock, door) = (glass.journal.clone(), self.clock.clone(), self.door.clone());
        board::Deps {
            outbox: Arc::new(Mending { journal, clock, door }),
            zone: self.blueprint.gateway.zone(),
            door: self.door.clone(),
            clock: self.clock.clone(),
            view: self.view.clone(),
            turns: Arc::clone(&self.turns),
            accounts: glass.clone(),
            archive: glass.clone(),
            plumbing: glass,
            annunciators,
            replays,
            access: self.access(),
            stop: self.tasks.stop().clone(),
        }
    }

    fn access(&self) -> board::Access {
        let http = &self.blueprint.gateway.http;
        let (stations, names) = (http.station.clone(), http.names);
        board::Access { stations, names, over_tls: self.entrances.http.is_some() }
    }

    fn serve_board(&self, listener: TcpListener, router: Router) {
        let stop = self.tasks.stop().clone();
        let entrance = self.entrances.http.clone();
        serve_once(&self.tasks, "board", listener, move |listener| {
            board::serve(listener, entrance, router, stop)
        });
    }

    fn serve_mllp(&self, listener: TcpListener, intake: Hl7Intake) {
        let stop = self.tasks.stop().clone();
        let entrance = self.entrances.mllp.clone();
        serve_once(&self.tasks, "mllp", listener, move |listener| {
            let intake = mllp::LargeAside::on(Handle::current(), intake);
            lane::serve("mllp", listener, move |listener| {
                mllp::serve(listener, entrance, intake, mllp::Limits::default(), stop)
            })
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
