//! The people of the simulated ward, at the gateway's API with name and PIN: a nurse who enters what no
//! monitor knows and acknowledges, a doctor who records ventilation.
//!
//! A PIN never reaches a log; a refusal names the call and the status alone.

#[cfg(test)]
pub(super) mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::Serialize;

use super::pause::Pause;

/// How long a call may take.
const ANSWER_MOST: Duration = Duration::from_secs(10);

/// How often a call is tried: for about half a minute.
const TRIES: u32 = 8;

/// Where they stand, in the gateway's record.
const STATION: &str = "simulated ward";

/// Why something could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum EntryFault {
    /// No answer.
    #[error("the gateway's API does not answer; check that its HTTP port listens")]
    Line(#[from] reqwest::Error),
    /// It asks to come again.
    #[error("the gateway's API asks to come again later (HTTP {0})")]
    NotNow(StatusCode),
    /// It refuses.
    #[error("the gateway's API refuses {call} (HTTP {status}); check the demonstration's accounts and beds")]
    Refused {
        /// Which call.
        call: &'static str,
        /// With which status.
        status: StatusCode,
    },
}

/// An account of the gateway.
#[derive(Clone, Serialize)]
pub(super) struct Account {
    by: String,
    pin: String,
}

impl From<(String, String)> for Account {
    fn from((by, pin): (String, String)) -> Self {
        Self { by, pin }
    }
}

#[derive(Serialize)]
struct Observation<'a> {
    code: &'static str,
    value: &'static str,
    station: &'static str,
    #[serde(flatten)]
    account: &'a Account,
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    station: &'static str,
    #[serde(flatten)]
    account: &'a Account,
}

/// Nurse and doctor of the ward.
#[derive(Clone)]
pub(super) struct Staff {
    web: Client,
    gateway: SocketAddr,
    nurse: Account,
    doctor: Account,
}

impl Staff {
    /// Staff that speaks to the API at `gateway`.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub(super) fn new(gateway: SocketAddr, nurse: Account, doctor: Account) -> Result<Self, EntryFault> {
        // Plain HTTP is all this speaks, yet the client asks for a provider. Whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plan = || Client::builder().timeout(ANSWER_MOST).no_proxy();
        // A machine without any certificate authority can still speak to itself.
        let web = plan().build().or_else(|_| plan().tls_certs_only([]).build())?;
        Ok(Self { web, gateway, nurse, doctor })
    }

    /// What is found at a bed: the patient is alert, and breathes air or, at a ventilator, oxygen.
    ///
    /// # Errors
    /// The first entry that is not taken.
    pub(super) async fn look_after(&self, bed: &str, ventilated: bool) -> Result<(), EntryFault> {
        self.enter(bed, &self.nurse, "consciousness", "A").await?;
        if ventilated {
            self.enter(bed, &self.doctor, "ventilation", "invasive").await?;
        }
        self.enter(bed, &self.nurse, "oxygen", if ventilated { "oxygen" } else { "air" }).await
    }

    /// The nurse acknowledges all of a bed but laboratory criticals. That somebody was faster, or that there
    /// is nothing left, is no fault.
    ///
    /// # Errors
    /// It is not taken.
    pub(super) async fn acknowledge(&self, bed: &str) -> Result<(), EntryFault> {
        let body = Acknowledgement { station: STATION, account: &self.nurse };
        match self.call(self.address(bed, "acknowledge"), "an acknowledgement", &body).await {
            Err(EntryFault::Refused { status: StatusCode::CONFLICT, .. }) => Ok(()),
            done => done,
        }
    }

    async fn enter(
        &self,
        bed: &str,
        account: &Account,
        code: &'static str,
        value: &'static str,
    ) -> Result<(), EntryFault> {
        let body = Observation { code, value, station: STATION, account };
        self.call(self.address(bed, "observations"), code, &body).await
    }

    fn address(&self, bed: &str, what: &str) -> String {
        format!("http://{}/api/v1/beds/{bed}/{what}", self.gateway)
    }

    /// Makes a call until it is answered for good, for about half a minute at most.
    async fn call(
        &self,
        address: String,
        call: &'static str,
        body: &impl Serialize,
    ) -> Result<(), EntryFault> {
        let mut pause = Pause::new();
        for _ in 1..TRIES {
            match self.call_once(&address, call, body).await {
                Err(EntryFault::Line(_) | EntryFault::NotNow(_)) => tokio::time::sleep(pause.grow()).await,
                done => return done,
            }
        }
        self.call_once(&address, call, body).await
    }

    async fn call_once(
        &self,
        address: &str,
        call: &'static str,
        body: &impl Serialize,
    ) -> Result<(), EntryFault> {
        let status = self.web.post(address).json(body).send().await?.status();
        if status.is_success() {
            Ok(())
        } else if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            Err(EntryFault::NotNow(status))
        } else {
            Err(EntryFault::Refused { call, status })
        }
    }
}
