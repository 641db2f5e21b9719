//! Every destination with its courier: the ends that the configuration names, and what comes back from them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;

use super::callees::Callees;
use super::doors::{bind, serve_once};
use super::ends::{self, Ends, Foundation, Phones};
use super::measured::Measured;
use super::{HouseFault, Hub, Rooms, glass};
use crate::board;
use crate::delivery::frappe::{self, Closings, Frappe, FrappePhone, Look, SentByHis};
use crate::delivery::hook::Hook;
use crate::delivery::mllp::{Mllp, Pcd04};
use crate::delivery::route::Sender;
use crate::delivery::tap::Taps;
use crate::delivery::whatsapp::Whatsapp;
use crate::delivery::{self, HttpFault, courier};
use crate::owed::Destination;
use crate::sandbox::whatsapp::WhatsApp;
use crate::traffic::Traffic;

impl Rooms {
    /// Every destination with its courier.
    pub(super) async fn deliver(&self, http: SocketAddr) -> Result<Hub, HouseFault> {
        let foundation = Foundation {
            settings: &self.blueprint.gateway,
            ward: &self.blueprint.ward,
            clock: &self.clock,
            tasks: &self.tasks,
            view: self.view.clone(),
        };
        let ends = Ends::set_up(&foundation).await?;
        self.read_rosters(&ends.frappe)?;
        let known = glass::End::all(&ends, &self.blueprint.gateway.delivery);
        let callees = Arc::new(self.callees());
        let sent = SentByHis::default();
        let sender = match &ends.whatsapp {
            Phones::Cloud(_) => Sender::Gateway(Taps::of(ends.secret.clone(), callees.clone())),
            Phones::ByHis(..) => Sender::His(sent.clone()),
        };
        let webhook = delivery::route::router(ends.keys, sender, self.door.clone(), self.strangers.clone());
        if let Some(phones) = ends.phones {
            let at = self.webhooks_of_the_sandbox(http, webhook.clone()).await?;
            self.subscribe(phones, at);
        }
        let of = |to| glass::End::traffic(&known, to);
        let his = Arc::new(Frappe::new(ends.frappe)?);
        let closings = Closings::of(Arc::clone(&his), callees, self.clock.clone());
        self.follow("tasks closed in the HIS", Arc::new(closings));
        self.courier("delivery to frappe", his, of(Destination::Frappe));
        self.courier("delivery to mllp", Arc::new(Mllp::new(ends.mllp)?), of(Destination::Mllp));
        self.phones(ends.whatsapp, sent, of(Destination::Whatsapp))?;
        if let Some(peer) = ends.alarms {
            let end = Arc::new(Pcd04::new(peer)?);
            self.courier("delivery to pcd04", end, of(Destination::Pcd04));
        }
        if let Some(peer) = ends.hook {
            let end = Arc::new(Hook::new(peer, self.clock.clone())?);
            self.courier("delivery to webhook", end, of(Destination::Webhook));
        }
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
    fn subscribe(&self, phones: WhatsApp, http: SocketAddr) {
        let url = format!("http://{http}/webhooks/whatsapp");
        self.tasks.supervise("sandbox webhooks", move || {
            let (phones, url) = (phones.clone(), url.clone());
            async move { phones.subscribe(&url, ends::SANDBOX_KEY).await.map_err(|fault| fault.to_string()) }
        });
    }

    /// The way to phones that the configuration names.
    fn phones(&self, way: Phones, sent: SentByHis, traffic: Arc<Traffic>) -> Result<(), HttpFault> {
        match way {
            Phones::Cloud(account) => {
                self.courier("delivery to whatsapp", Arc::new(Whatsapp::new(account)?), traffic);
            }
            Phones::ByHis(site, by) => {
                let phones = Arc::new(FrappePhone::new(site, by, sent, self.clock.clone())?);
                self.follow("receipts from the HIS", Arc::clone(&phones));
                self.courier("delivery to whatsapp", phones, traffic);
            }
        }
        Ok(())
    }

    /// By whom an answer from afar is known.
    fn callees(&self) -> Callees {
        Callees {
            plan: Arc::clone(&self.blueprint.ward),
            view: self.view.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Asks the HIS every while for what it tells nobody.
    fn follow(&self, name: &'static str, at: Arc<impl Look + 'static>) {
        let (door, stop) = (self.door.clone(), self.tasks.stop().clone());
        self.tasks.supervise(name, move || frappe::follow(Arc::clone(&at), door.clone(), stop.clone()));
    }

    pub(super) fn courier(
        &self,
        name: &'static str,
        end: Arc<impl delivery::End + 'static>,
        traffic: Arc<Traffic>,
    ) {
        let end = Arc::new(Measured { end, clock: self.clock.clone(), traffic });
        let (journal, clock, door) = (self.journal.clone(), self.clock.clone(), self.door.clone());
        let stop = self.tasks.stop().clone();
        self.tasks.supervise(name, move || {
            courier::run(journal.clone(), Arc::clone(&end), clock.clone(), door.clone(), stop.clone())
        });
    }
}
