//! Who a device is, and what it may do for it: publish below its own topic, hear of its own bed.
//!
//! With no device configured and on loopback alone anybody may do everything, as the sample has it. Passwords
//! are checked one at a time and away from the connections' loop; nothing here keeps or shows one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use tokio::sync::Semaphore;

use super::topic::{Beds, DeviceTopic};

/// How many passwords are checked at once. One takes 19 MiB and some 50 ms of a core: strangers never get
/// more than that one core.
const CHECKS_AT_ONCE: usize = 1;

/// How long a client may wait for its password's turn. Beyond it it is told to come again.
const TURN_PATIENCE: Duration = Duration::from_secs(10);

/// The longest password that is looked at, in bytes.
const PASSWORD_MOST: usize = 1_024;

/// What an unknown user's password is checked against, so that the time it takes does not tell who is known:
/// the usual parameters, and a hash that no password has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A device as the configuration knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The bed whose topics are its own.
    pub bed: String,
    /// Its name in those topics.
    pub device: String,
    /// By what it is known.
    pub by: Proof,
}

/// By what a device is known.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The common name of the certificate by which TLS let it in.
    Certificate(String),
    /// Its user name, and the PHC string of its password.
    Password(String, String),
}

/// Whom the port lets in.
#[derive(Debug)]
pub enum Admission {
    /// Anybody: loopback alone, and no device configured.
    Anybody,
    /// The devices that are known, and nobody else.
    Identified(Devices),
}

/// The devices that are known.
#[derive(Debug)]
pub struct Devices {
    by_certificate: HashMap<String, Rights>,
    by_user: HashMap<String, (Rights, String)>,
    checks: Semaphore,
}

/// What an identified device may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) bed: String,
    pub(super) device: String,
}

/// What a client shows when it connects.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Vec<u8>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why a client is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAdmitted {
    /// It is nobody who is known here, or not who it says.
    Unknown,
    /// Its password could not be checked in time.
    Busy,
}

impl Admission {
    /// The admission of a listener at `address`.
    #[must_use]
    pub fn new(address: SocketAddr, known: Vec<Known>) -> Self {
        if known.is_empty() && address.ip().is_loopback() {
            return Self::Anybody;
        }
        let (mut by_certificate, mut by_user) = (HashMap::new(), HashMap::new());
        for Known { bed, device, by } in known {
            let rights = Rights { bed, device };
            match by {
                Proof::Certificate(name) => drop(by_certificate.insert(name, rights)),
                Proof::Password(user, hash) => drop(by_user.insert(user, (rights, hash))),
            }
        }
        Self::Identified(Devices { by_certificate, by_user, checks: Semaphore::new(CHECKS_AT_ONCE) })
    }

    /// What a client may do; `None` for everything.
    ///
    /// A user name is a claim and must hold, whatever certificate comes with it.
    pub(super) async fn judge(
        &self,
        certificate: Option<&str>,
        login: Login,
    ) -> Result<Option<Rights>, NotAdmitted> {
        let Self::Identified(devices) = self else { return Ok(None) };
        let known = match (login.user, certificate) {
            (Some(user), _) => devices.by_password(&user, login.password).await?,
            (None, Some(name)) => devices.by_certificate.get(name),
            (None, None) => None,
        };
        known.cloned().map(Some).ok_or(NotAdmitted::Unknown)
    }
}

impl Devices {
    async fn by_password(&self, user: &str, password: Vec<u8>) -> Result<Option<&Rights>, NotAdmitted> {
        let known = self.by_user.get(user);
        let hash = known.map_or(NOBODY, |(_, hash)| hash.as_str()).to_owned();
        let turn = tokio::time::timeout(TURN_PATIENCE, self.checks.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(NotAdmitted::Busy) };
        let check = move || {
            password.len() <= PASSWORD_MOST
                && Argon2::default().verify_password(&password, hash.as_str()).is_ok()
        };
        let right = tokio::task::spawn_blocking(check).await.map_err(|_| NotAdmitted::Busy)?;
        Ok(known.filter(|_| right).map(|(rights, _)| rights))
    }
}

impl Rights {
    /// Whether a publication on `topic` is its own.
    pub(super) fn may_publish(&self, topic: &DeviceTopic) -> bool {
        topic.bed == self.bed && topic.device == self.device
    }

    /// Whether it may subscribe to `filter`.
    pub(super) fn may_hear(&self, filter: &str, ward: &str) -> bool {
        Beds::read(filter, ward) == Some(Beds::One(self.bed.clone()))
    }

    /// Its client id among those of all devices: one device never takes another's seat or session.
    pub(super) fn seat(&self, client: &str) -> String {
        format!("{}/{}/{client}", self.bed, self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::mqtt::testing::cheap_hash;

    const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1883);

    fn known(bed: &str, by: Proof) -> Known {
        Known { bed: bed.into(), device: "m".into(), by }
    }

    fn login(user: &str, password: &str) -> Login {
        Login { user: Some(user.into()), password: password.into() }
    }

    fn two_devices() -> Admission {
        let by_user = Proof::Password("monitor-8".into(), cheap_hash("right"));
        let known = vec![known("07", Proof::Certificate("monitor-7".into())), known("08", by_user)];
        Admission::new(LOOPBACK, known)
    }

    #[tokio::test]
    async fn with_nothing_configured_loopback_asks_nobody_and_the_world_is_asked() {
        let open = Admission::new(LOOPBACK, vec![]);
        assert_eq!(open.judge(None, Login::default()).await, Ok(None));
        let beyond = Admission::new(([0, 0, 0, 0], 1883).into(), vec![]);
        assert_eq!(beyond.judge(None, Login::default()).await, Err(NotAdmitted::Unknown));
    }

    #[tokio::test]
    async fn a_device_is_known_by_its_certificate_or_its_password() {
        let admission = two_devices();
        let bed = |judged: Result<Option<Rights>, NotAdmitted>| judged.map(|rights| rights.unwrap().bed);
        assert_eq!(bed(admission.judge(Some("monitor-7"), Login::default()).await), Ok("07".into()));
        assert_eq!(bed(admission.judge(None, login("monitor-8", "right")).await), Ok("08".into()));
        for (certificate, login) in [
            (None, Login::default()),
            (Some("stranger"), Login::default()),
            (None, login("monitor-8", "wrong")),
            (None, login("monitor-7", "right")),
            (None, login("nobody", "right")),
            (Some("monitor-7"), login("monitor-8", "wrong")),
        ] {
            let judged = admission.judge(certificate, login.clone()).await;
            assert_eq!(judged, Err(NotAdmitted::Unknown), "{certificate:?} {login:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_for_the_check_is_told_to_come_again() {
        let Admission::Identified(devices) = two_devices() else { panic!("devices are known") };
        let _turn = devices.checks.acquire().await.unwrap();
        assert_eq!(devices.by_password("monitor-8", b"right".to_vec()).await, Err(NotAdmitted::Busy));
    }

    #[test]
    fn rights_end_at_the_device() {
        let rights = Rights { bed: "07".into(), device: "m".into() };
        let topic = |bed: &str, device: &str| {
            DeviceTopic::read(&format!("wardlight/v1/icu/{bed}/{device}/readings"), "icu").unwrap()
        };
        assert!(rights.may_publish(&topic("07", "m")));
        assert!(!rights.may_publish(&topic("08", "m")) && !rights.may_publish(&topic("07", "n")));
        assert!(rights.may_hear("wardlight/v1/icu/07/alerts", "icu"));
        for filter in ["wardlight/v1/icu/+/alerts", "wardlight/v1/icu/08/alerts", "#"] {
            assert!(!rights.may_hear(filter, "icu"), "{filter}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert!(!format!("{:?}", login("m", "secret-word")).contains("secret-word"));
    }
}
