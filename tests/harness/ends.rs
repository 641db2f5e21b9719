//! The other side of each destination, run by the story itself, so that it can be shut and read from outside
//! the gateway: a HIS, an HL7 receiver, phones. They are the product's own strict stand-ins; nothing else of
//! the product's inside is used.

use std::future::Future;
use std::net::SocketAddr;

use gateway::sandbox::his::{self, CustomFields, His};
use gateway::sandbox::receiver::Receiver;
use gateway::sandbox::whatsapp::{self, Template, WhatsApp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::header::AUTHORIZATION;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Plan, figures};

/// What opens the stand-ins, and nothing else.
const KEY: &str = "sandbox";

/// The company of the shipped sample.
const COMPANY: &str = "Sample Hospital";

/// The HIS user of the shipped roster.
const DOCTOR: &str = "dr.sample@example.org";

/// All three ends, on free ports, until they go out of sight.
pub struct Ends {
    /// The HIS.
    pub his: His,
    /// The HL7 receiver.
    pub receiver: Receiver,
    /// The phones.
    pub phones: WhatsApp,
    addresses: [SocketAddr; 3],
    folder: TempDir,
    _stop: DropGuard,
}

impl Ends {
    /// Starts all three, with `patients` admitted to the HIS by their UHIDs.
    ///
    /// # Errors
    /// No free port, or the stand-in of the HIS refuses what it is furnished with.
    pub async fn start(patients: &[String]) -> anyhow::Result<Self> {
        let his = his()?;
        for patient in patients {
            his.seed("Patient", &json!({"first_name": "Sample", "sex": "Other", "uid": patient}))?;
        }
        let receiver = Receiver::new(|| civil("UTC"));
        let phones = phones();
        let stop = CancellationToken::new();
        let addresses = [
            serve(|listener| his.clone().run(listener, stop.clone())).await?,
            serve(|listener| receiver.clone().run(listener, stop.clone())).await?,
            serve(|listener| phones.clone().run(listener, stop.clone())).await?,
        ];
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("his"), format!("{KEY}:{KEY}\n"))?;
        std::fs::write(folder.path().join("phones"), KEY)?;
        Ok(Self { his, receiver, phones, addresses, folder, _stop: stop.drop_guard() })
    }

    /// The doctor of the shipped roster closes a `ToDo` in the HIS, by their own account; gives the status.
    ///
    /// # Errors
    /// No answer.
    pub async fn doctor_closes(&self, task: &str) -> anyhow::Result<u16> {
        let [his, ..] = self.addresses;
        let request = crate::http::client().put(format!("http://{his}/api/resource/ToDo/{task}"));
        let request = request.header(AUTHORIZATION, format!("token {DOCTOR}:{KEY}"));
        Ok(request.json(&json!({"status": "Closed"})).send().await?.status().as_u16())
    }

    /// The same plan, delivering to these ends.
    #[must_use]
    pub fn serve(&self, plan: Plan) -> Plan {
        let [his, receiver, phones] = self.addresses;
        let token = |name| self.folder.path().join(name).display().to_string();
        plan.set(format!("delivery.frappe.url=http://{his}"))
            .set(format!("delivery.frappe.token_file={}", token("his")))
            .set(format!("delivery.mllp.address={receiver}"))
            .set(format!("delivery.whatsapp.url=http://{phones}"))
            .set(format!("delivery.whatsapp.token_file={}", token("phones")))
    }
}

fn his() -> anyhow::Result<His> {
    let account = |api_key: &str, user: &str, roles: &[&str]| his::Account {
        api_key: api_key.to_owned(),
        api_secret: KEY.to_owned(),
        user: user.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    let accounts = vec![
        account(KEY, "wardlight@example.org", &["Nursing User", "Desk User", "HR User"]),
        account(DOCTOR, DOCTOR, &["Desk User"]),
    ];
    let setup = his::Setup { accounts, custom_fields: CustomFields::Installed, rate_limit_us: None };
    let his = His::new(setup, || civil("Asia/Kolkata"))?;
    his.seed("Company", &json!({"company_name": COMPANY}))?;
    Ok(his)
}

/// The account of the shipped sample. It has no webhook: it takes messages and tells nothing of them.
fn phones() -> WhatsApp {
    let template = Template {
        name: "icu_critical_alert".to_owned(),
        language: "en".to_owned(),
        body_parameters: 4,
        quick_replies: vec!["Acknowledge".to_owned()],
    };
    let account = whatsapp::Account {
        phone_number_id: "100000000000001".to_owned(),
        access_token: KEY.to_owned(),
        app_secret: KEY.to_owned(),
        templates: vec![template],
        seed: 1,
        lateness_ms: 0,
    };
    WhatsApp::new(account, crate::http::client(), figures::now)
}

fn civil(zone: &str) -> DateTime {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    figures::now().to_zoned(zone).datetime()
}

#[expect(clippy::disallowed_methods, reason = "a story is outside the product and has no `Tasks`")]
async fn serve<F>(run: impl FnOnce(TcpListener) -> F) -> std::io::Result<SocketAddr>
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(run(listener));
    Ok(address)
}
