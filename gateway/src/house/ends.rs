//! The other side of each destination: the real one that the configuration names, or the strict stand-in
//! inside this binary.
//!
//! A stand-in is served on a free port of this machine and spoken to over that port, so that the sandbox and
//! the hospital see the same bytes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::destinations::{Carrier, Content, Delivery};
use crate::config::gateway::GatewaySettings;
use crate::config::ward::WardPlan;
use crate::delivery::frappe::{ByHis, FrappeSite};
use crate::delivery::hook::HookPeer;
use crate::delivery::mllp::MllpPeer;
use crate::delivery::route::WebhookKeys;
use crate::delivery::whatsapp::{Secret, WhatsappAccount};
use crate::delivery::{Token, Wording};
use crate::journal::{self, JournalError};
use crate::sandbox::his::{self, CustomFields, His};
use crate::sandbox::receiver::Receiver;
use crate::sandbox::whatsapp::{self, Template, WhatsApp};
use crate::tasks::Tasks;
use crate::view::WardView;

/// Why a destination could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EndFault {
    /// A file that holds a secret cannot be read.
    #[error("{path}: {fault}; {key} must name a file that the gateway may read")]
    Secret {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: String,
        /// Why.
        fault: io::Error,
    },
    /// The store's own secret cannot be had.
    #[error(transparent)]
    OfTheStore(#[from] JournalError),
    /// A live destination lacks the file that holds its secret.
    #[error("{0} is needed for a live destination")]
    Missing(&'static str),
    /// A stand-in could not be started.
    #[error("the sandbox could not be started: {0}")]
    Sandbox(String),
}

/// How each destination is spoken to.
pub(super) struct Ends {
    /// The HIS by REST.
    pub(super) frappe: FrappeSite,
    /// The HIS by HL7.
    pub(super) mllp: MllpPeer,
    /// Phones.
    pub(super) whatsapp: Phones,
    /// The store's own secret, by which a tap on a phone is known.
    pub(super) secret: Secret,
    /// An alarm manager, where there is one.
    pub(super) alarms: Option<MllpPeer>,
    /// The hospital's own webhook, where there is one.
    pub(super) hook: Option<HookPeer>,
    /// By what a webhook of the provider is known, also where it forwards what became of the HIS's messages.
    pub(super) keys: WebhookKeys,
    /// The stand-in for phones, to be told where its webhooks go.
    pub(super) phones: Option<WhatsApp>,
}

/// How phones are reached.
pub(super) enum Phones {
    /// By Meta's Cloud API.
    Cloud(WhatsappAccount),
    /// By the HIS.
    ByHis(FrappeSite, ByHis),
}

impl Phones {
    /// Where that is.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Cloud(account) => &account.base_url,
            Self::ByHis(site, _) => &site.base_url,
        }
    }
}

/// The credentials of the stand-ins. They open nothing but the sandbox of this process.
pub(super) const SANDBOX_KEY: &str = "sandbox";

impl Ends {
    /// Sets up every destination; stand-ins are run by `tasks` until they end.
    ///
    /// # Errors
    /// A secret that cannot be read, or a stand-in that cannot be started.
    pub(super) async fn set_up(house: &Foundation<'_>) -> Result<Self, EndFault> {
        let delivery = &house.settings.delivery;
        let frappe =
            if delivery.frappe.is_live() { live_site(delivery)? } else { house.sandbox_site().await? };
        let mllp = if delivery.mllp.is_live() { house.live_peer() } else { house.sandbox_peer().await? };
        let secret = house.secret()?;
        let of_store = secret.clone();
        let (whatsapp, keys, phones) = match delivery.whatsapp.by {
            Carrier::Frappe => (house.by_his(&frappe.base_url)?, live_keys(delivery)?, None),
            Carrier::Cloud if delivery.whatsapp.is_live() => {
                (Phones::Cloud(live_account(delivery, of_store)?), live_keys(delivery)?, None)
            }
            Carrier::Cloud => {
                let (account, phones) = house.sandbox_account(of_store).await?;
                (Phones::Cloud(account), WebhookKeys::of(SANDBOX_KEY, SANDBOX_KEY), Some(phones))
            }
        };
        let (alarms, hook) = (house.pcd04(), live_hook(delivery)?);
        Ok(Self { frappe, mllp, whatsapp, secret, alarms, hook, keys, phones })
    }
}

/// What the ends are built on.
pub(super) struct Foundation<'a> {
    /// IT's file.
    pub(super) settings: &'a GatewaySettings,
    /// The ward's file.
    pub(super) ward: &'a WardPlan,
    /// The time.
    pub(super) clock: &'a Clock,
    /// Who runs the stand-ins.
    pub(super) tasks: &'a Tasks,
    /// The ward as it may be seen: its patients are registered with the stand-in of the HIS.
    pub(super) view: watch::Receiver<Arc<WardView>>,
}

impl Foundation<'_> {
    /// The stand-in of a Frappe site, with our custom fields installed.
    async fn sandbox_site(&self) -> Result<FrappeSite, EndFault> {
        let delivery = &self.settings.delivery.frappe;
        let zone = TimeZone::get(&delivery.time_zone).unwrap_or(TimeZone::UTC);
        let account = his::Account {
            api_key: SANDBOX_KEY.to_owned(),
            api_secret: SANDBOX_KEY.to_owned(),
            user: "wardlight@example.org".to_owned(),
            roles: ["Nursing User", "Desk User", "HR User", "System Manager"].map(str::to_owned).to_vec(),
        };
        let setup = his::Setup {
            accounts: vec![account],
            custom_fields: CustomFields::Installed,
            rate_limit_us: None,
        };
        let clock = self.clock.clone();
        let now = move || clock.wall().timestamp().to_zoned(zone.clone()).datetime();
        let his = His::new(setup, now).map_err(|fault| EndFault::Sandbox(fault.to_string()))?;
        self.seed(&his, &delivery.company);
        let (listener, address) = free_port().await?;
        let (served, stop) = (his.clone(), self.tasks.stop().clone());
        self.run("sandbox HIS", listener, move |listener| served.clone().run(listener, stop.clone()));
        let (view, stop) = (self.view.clone(), self.tasks.stop().clone());
        self.tasks.supervise("sandbox registrar", move || register(his.clone(), view.clone(), stop.clone()));
        Ok(self.sandbox_site_at(format!("http://{address}")))
    }

    fn sandbox_site_at(&self, base_url: String) -> FrappeSite {
        let delivery = &self.settings.delivery;
        FrappeSite {
            base_url,
            token: Token::of(&format!("{SANDBOX_KEY}:{SANDBOX_KEY}")),
            company: delivery.frappe.company.clone(),
            zone: delivery.frappe.time_zone.clone(),
            board_url: delivery.whatsapp.link.clone(),
        }
    }

    /// The HIS at `base_url` as the way to phones: a second account of the same site.
    fn by_his(&self, base_url: &str) -> Result<Phones, EndFault> {
        let delivery = &self.settings.delivery;
        let live = delivery.frappe.is_live();
        let site = if live { live_site(delivery)? } else { self.sandbox_site_at(base_url.to_owned()) };
        let (template, language) = (delivery.whatsapp.template.clone(), delivery.whatsapp.language.clone());
        Ok(Phones::ByHis(site, ByHis { template, language, wording: wording(delivery) }))
    }

    /// What the stand-in must know so that links hold: the company, and everybody of the roster.
    fn seed(&self, his: &His, company: &str) {
        let mut users: Vec<&str> = self.ward.roster.his_users().collect();
        users.dedup();
        let company = (!company.is_empty()).then(|| ("Company", json!({ "company_name": company })));
        let users = users.into_iter().map(|user| ("User", json!({ "email": user, "first_name": "Sample" })));
        for (doctype, document) in company.into_iter().chain(users) {
            // A site that cannot be seeded refuses what links there, and the outbox shows it.
            let _ = his.seed(doctype, &document);
        }
        let whatsapp = &self.settings.delivery.whatsapp;
        let _ = his.grant(&whatsapp.template, &whatsapp.language, 4);
    }

    /// The receiver of HL7 as the configuration names it.
    fn live_peer(&self) -> MllpPeer {
        let mllp = &self.settings.delivery.mllp;
        MllpPeer {
            address: mllp.address.clone().unwrap_or_default(),
            sending_application: "WARDLIGHT".to_owned(),
            sending_facility: self.ward.name.clone(),
            receiving_application: mllp.receiving_application.clone(),
            receiving_facility: mllp.receiving_facility.clone(),
            point_of_care: self.ward.name.to_uppercase(),
            uhid_authority: self.settings.adt.uhid_authority.clone(),
            zone: self.settings.delivery.frappe.time_zone.clone(),
            training: false,
        }
    }

    /// The alarm manager as the configuration names it.
    fn pcd04(&self) -> Option<MllpPeer> {
        let pcd04 = &self.settings.delivery.pcd04;
        Some(MllpPeer {
            address: pcd04.address.clone()?,
            receiving_application: pcd04.receiving_application.clone(),
            receiving_facility: pcd04.receiving_facility.clone(),
            ..self.live_peer()
        })
    }

    /// The store's own secret, by which a tap is known.
    fn secret(&self) -> Result<Secret, EndFault> {
        Ok(Secret(journal::secret(&self.settings.store.path)?))
    }

    async fn sandbox_peer(&self) -> Result<MllpPeer, EndFault> {
        let clock = self.clock.clone();
        let receiver = Receiver::new(move || clock.wall().timestamp().to_zoned(TimeZone::UTC).datetime());
        let (listener, address) = free_port().await?;
        let stop = self.tasks.stop().clone();
        self.run("sandbox HL7 receiver", listener, move |listener| {
            receiver.clone().run(listener, stop.clone())
        });
        Ok(MllpPeer { address: address.to_string(), training: true, ..self.live_peer() })
    }

    async fn sandbox_account(&self, secret: Secret) -> Result<(WhatsappAccount, WhatsApp), EndFault> {
        let delivery = &self.settings.delivery.whatsapp;
        let template = Template {
            name: delivery.template.clone(),
            language: delivery.language.clone(),
            body_parameters: 4,
            quick_replies: vec!["Acknowledge".to_owned()],
        };
        let account = whatsapp::Account {
            phone_number_id: delivery.phone_number_id.clone(),
            access_token: SANDBOX_KEY.to_owned(),
            app_secret: SANDBOX_KEY.to_owned(),
            templates: vec![template],
            seed: 1,
            lateness_ms: 500,
        };
        let clock = self.clock.clone();
        let phones = WhatsApp::new(account, reqwest::Client::new(), move || clock.wall().timestamp());
        let (listener, address) = free_port().await?;
        let (served, stop) = (phones.clone(), self.tasks.stop().clone());
        self.run("sandbox WhatsApp", listener, move |listener| served.clone().run(listener, stop.clone()));
        let account = WhatsappAccount {
            base_url: format!("http://{address}"),
            token: Token::of(SANDBOX_KEY),
            proxy: None,
            ..account_of(&self.settings.delivery, secret)
        };
        Ok((account, phones))
    }

    /// Runs a stand-in on its listener. It is not made anew: its port would be another.
    fn run<F>(
        &self,
        name: &'static str,
        listener: TcpListener,
        serve: impl FnOnce(TcpListener) -> F + Send + 'static,
    ) where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let mut once = Some((listener, serve));
        self.tasks.supervise(name, move || {
            let started = once.take().map(|(listener, serve)| serve(listener));
            async move {
                match started {
                    Some(running) => running.await,
                    None => Ok(()),
                }
            }
        });
    }
}

/// Registers every patient of the ward with the stand-in of the HIS, as a HIS would know them from its own
/// admission.
async fn register(
    his: His,
    mut view: watch::Receiver<Arc<WardView>>,
    stop: CancellationToken,
) -> Result<(), std::convert::Infallible> {
    let mut known = std::collections::BTreeSet::new();
    loop {
        let beds = view.borrow_and_update().beds.clone();
        for patient in beds.iter().filter_map(|bed| bed.binding.patient.clone()) {
            if known.insert(patient.clone()) {
                let document = json!({ "first_name": "Sandbox", "sex": "Other", "uid": patient.0 });
                let _ = his.seed("Patient", &document);
            }
        }
        tokio::select! {
            changed = view.changed() => if changed.is_err() { return Ok(()) },
            () = stop.cancelled() => return Ok(()),
        }
    }
}

async fn free_port() -> Result<(TcpListener, SocketAddr), EndFault> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(|fault| EndFault::Sandbox(fault.to_string()))?;
    let address = listener.local_addr().map_err(|fault| EndFault::Sandbox(fault.to_string()))?;
    Ok((listener, address))
}

fn live_site(delivery: &Delivery) -> Result<FrappeSite, EndFault> {
    let frappe = &delivery.frappe;
    Ok(FrappeSite {
        base_url: frappe.url.clone().unwrap_or_default(),
        token: secret("delivery.frappe.token_file", frappe.token_file.as_deref())?,
        company: frappe.company.clone(),
        zone: frappe.time_zone.clone(),
        board_url: delivery.whatsapp.link.clone(),
    })
}

/// How calls are worded on phones.
fn wording(delivery: &Delivery) -> Wording {
    let whatsapp = &delivery.whatsapp;
    Wording { board_url: whatsapp.link.clone(), shows_value: whatsapp.content == Content::Value }
}

/// Everything of the account but where it is and what opens it.
fn account_of(delivery: &Delivery, secret: Secret) -> WhatsappAccount {
    let whatsapp = &delivery.whatsapp;
    WhatsappAccount {
        base_url: String::new(),
        version: whatsapp.version.clone(),
        phone_number_id: whatsapp.phone_number_id.clone(),
        template: whatsapp.template.clone(),
        language: whatsapp.language.clone(),
        token: Token::of(""),
        wording: wording(delivery),
        proxy: whatsapp.proxy.clone(),
        secret,
    }
}

fn live_account(delivery: &Delivery, of_store: Secret) -> Result<WhatsappAccount, EndFault> {
    let whatsapp = &delivery.whatsapp;
    Ok(WhatsappAccount {
        base_url: whatsapp.url.clone().unwrap_or_default(),
        token: secret("delivery.whatsapp.token_file", whatsapp.token_file.as_deref())?,
        ..account_of(delivery, of_store)
    })
}

fn live_hook(delivery: &Delivery) -> Result<Option<HookPeer>, EndFault> {
    let Some(url) = delivery.webhook.url.clone() else { return Ok(None) };
    let secret = secret("delivery.webhook.secret_file", delivery.webhook.secret_file.as_deref())?;
    Ok(Some(HookPeer { url, secret }))
}

/// The keys of the provider's webhook. Without the secret that signs none is believed, and nothing comes
/// back; where the HIS sends, what became of its messages is asked for all the same.
fn live_keys(delivery: &Delivery) -> Result<WebhookKeys, EndFault> {
    let text = |key, file: &Option<std::path::PathBuf>| match file {
        Some(file) => std::fs::read_to_string(file)
            .map(|text| text.trim().to_owned())
            .map_err(|fault| EndFault::Secret { key, path: file.display().to_string(), fault }),
        None => Ok(String::new()),
    };
    let whatsapp = &delivery.whatsapp;
    let app_secret = text("delivery.whatsapp.app_secret_file", &whatsapp.app_secret_file)?;
    let verify_token = text("delivery.whatsapp.verify_token_file", &whatsapp.verify_token_file)?;
    Ok(WebhookKeys::of(&app_secret, &verify_token))
}

fn secret(key: &'static str, file: Option<&Path>) -> Result<Token, EndFault> {
    let file = file.ok_or(EndFault::Missing(key))?;
    Token::from_file(file).map_err(|fault| EndFault::Secret { key, path: file.display().to_string(), fault })
}
