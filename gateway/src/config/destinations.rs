//! The destinations in `gateway.toml`: where each is, who it takes us for, and whether it is the real one.

use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;
use toml::Table;

use super::Faults;
use crate::owed::Destination;

/// Whether a destination is the real one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The strict stand-in inside this binary.
    #[default]
    Sandbox,
    /// The real one.
    Live,
}

/// The HIS by REST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Frappe {
    /// Real or stand-in; an address alone makes it real.
    pub mode: Option<Mode>,
    /// The site's base URL.
    pub url: Option<String>,
    /// The file that holds `key:secret`.
    pub token_file: Option<PathBuf>,
    /// The company that documents belong to.
    pub company: String,
    /// The site's time zone, an IANA name.
    pub time_zone: String,
}

/// The HIS by HL7.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MllpOut {
    /// Real or stand-in; an address alone makes it real.
    pub mode: Option<Mode>,
    /// HOST:PORT of the receiver.
    pub address: Option<String>,
    /// MSH-5 and MSH-6 of what is sent.
    pub receiving_application: String,
    /// The receiving facility.
    pub receiving_facility: String,
}

/// What of an alert a phone may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Bed, priority, code and link.
    #[default]
    Minimal,
    /// The value with its unit, too. Never a name.
    Value,
}

/// Who sends messages to phones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// This gateway, by Meta's Cloud API.
    #[default]
    Cloud,
    /// The HIS at `delivery.frappe`, by its `WhatsApp Message`.
    Frappe,
}

/// WhatsApp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Whatsapp {
    /// Real or stand-in; an address alone makes it real.
    pub mode: Option<Mode>,
    /// The Cloud API's base URL.
    pub url: Option<String>,
    /// The version of its interface: `v23.0`.
    pub version: String,
    /// The file that holds the access token.
    pub token_file: Option<PathBuf>,
    /// The file that holds the app secret, which signs webhooks.
    pub app_secret_file: Option<PathBuf>,
    /// The file that holds the token by which Meta checks the webhook's owner.
    pub verify_token_file: Option<PathBuf>,
    /// The sending number's id.
    pub phone_number_id: String,
    /// The approved template.
    pub template: String,
    /// Its language.
    pub language: String,
    /// What a message may show.
    pub content: Content,
    /// Who sends the messages.
    pub by: Carrier,
    /// The proxy through which Meta is reached.
    pub proxy: Option<String>,
    /// The board's address as a phone in the hospital reaches it, for the link.
    pub link: String,
}

/// An alarm manager by HL7, in the manner of IHE PCD-04. There is none without an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pcd04 {
    /// HOST:PORT of the alarm manager.
    pub address: Option<String>,
    /// MSH-5 of what is sent.
    pub receiving_application: String,
    /// MSH-6.
    pub receiving_facility: String,
}

/// The hospital's own webhook. There is none without an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhook {
    /// Where it listens.
    pub url: Option<String>,
    /// The file that holds the secret which signs.
    pub secret_file: Option<PathBuf>,
}

/// All destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// The HIS by REST.
    pub frappe: Frappe,
    /// The HIS by HL7.
    pub mllp: MllpOut,
    /// Phones.
    pub whatsapp: Whatsapp,
    /// An alarm manager.
    pub pcd04: Pcd04,
    /// The hospital's own webhook.
    pub webhook: Webhook,
}

/// Reads the destinations.
pub(super) fn read(table: &mut Table, faults: &mut Faults) -> Delivery {
    let Some(mut sections) = faults.sections(table, "", "delivery") else { return Delivery::default() };
    let mut read = Delivery::default();
    if let Some(value) = sections.remove("frappe") {
        read.frappe = faults.read("delivery.frappe", value).unwrap_or_default();
    }
    if let Some(value) = sections.remove("mllp") {
        read.mllp = faults.read("delivery.mllp", value).unwrap_or_default();
    }
    if let Some(value) = sections.remove("whatsapp") {
        read.whatsapp = faults.read("delivery.whatsapp", value).unwrap_or_default();
    }
    if let Some(value) = sections.remove("pcd04") {
        read.pcd04 = faults.read("delivery.pcd04", value).unwrap_or_default();
    }
    if let Some(value) = sections.remove("webhook") {
        read.webhook = faults.read("delivery.webhook", value).unwrap_or_default();
    }
    faults.refuse_unknown("delivery.", &sections);
    read
}

/// Holds the destinations' addresses against what is allowed.
pub(super) fn check(delivery: &Delivery, faults: &mut Faults) {
    let (frappe, whatsapp, webhook) = (&delivery.frappe.url, &delivery.whatsapp.url, &delivery.webhook.url);
    for (name, url) in [("frappe", frappe), ("whatsapp", whatsapp), ("webhook", webhook)] {
        if url.as_deref().is_some_and(|url| !may_be_spoken_to(url)) {
            faults.add(
                format!("delivery.{name}.url"),
                "http:// is taken toward this machine only; use https://",
            );
        }
    }
    let live_nowhere = [
        ("frappe", delivery.frappe.mode, frappe.is_some()),
        ("mllp", delivery.mllp.mode, delivery.mllp.address.is_some()),
        ("whatsapp", delivery.whatsapp.mode, whatsapp.is_some() || delivery.whatsapp.by == Carrier::Frappe),
    ];
    for (name, _, _) in live_nowhere.iter().filter(|(_, mode, there)| *mode == Some(Mode::Live) && !there) {
        faults.add(format!("delivery.{name}.mode"), "live needs an address: without one nobody is reached");
    }
    let by_his = delivery.whatsapp.by == Carrier::Frappe;
    if by_his && delivery.whatsapp.mode == Some(Mode::Sandbox) && delivery.frappe.is_live() {
        faults.add(
            "delivery.whatsapp.mode",
            "with by = \"frappe\" the HIS sends, and it is live: real phones would be called; set \
             delivery.frappe.mode = \"sandbox\" too, or leave this out",
        );
    }
    let keys = (&delivery.whatsapp.app_secret_file, &delivery.whatsapp.verify_token_file);
    if by_his && matches!(keys, (None, Some(_))) {
        faults.add(
            "delivery.whatsapp.app_secret_file",
            "a forwarded webhook is believed by its signature alone: name the file of the app secret, too",
        );
    }
    if webhook.is_some() && delivery.webhook.secret_file.is_none() {
        faults.add(
            "delivery.webhook.secret_file",
            "an unsigned webhook is not sent: name the file of its secret",
        );
    }
}

/// Holds the keys of the provider's webhook against what a start needs of them, where one reads them.
pub(crate) fn check_webhook_keys(delivery: &Delivery, faults: &mut Faults) {
    let whatsapp = &delivery.whatsapp;
    if whatsapp.by == Carrier::Cloud && !whatsapp.is_live() {
        return;
    }
    let keys =
        [("app_secret_file", &whatsapp.app_secret_file), ("verify_token_file", &whatsapp.verify_token_file)];
    for (key, file) in keys.into_iter().filter_map(|(key, file)| Some((key, file.as_deref()?))) {
        let wrong = match std::fs::read_to_string(file) {
            Ok(text) if text.trim().is_empty() => "it is empty, and no webhook would be believed".to_owned(),
            Ok(_) => continue,
            Err(fault) => fault.to_string(),
        };
        faults.add(format!("delivery.whatsapp.{key}"), format!("{}: {wrong}", file.display()));
    }
}

/// Plain HTTP never leaves this machine.
pub(crate) fn may_be_spoken_to(url: &str) -> bool {
    let Ok(url) = url.parse::<Url>() else { return false };
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = bare == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match url.scheme() {
        "https" => !host.is_empty(),
        "http" => here,
        _ => false,
    }
}

impl Frappe {
    /// Whether documents go to the real site.
    #[must_use]
    pub fn is_live(&self) -> bool {
        is_live(self.mode, self.url.is_some())
    }
}

impl MllpOut {
    /// Whether messages go to the real receiver.
    #[must_use]
    pub fn is_live(&self) -> bool {
        is_live(self.mode, self.address.is_some())
    }
}

impl Whatsapp {
    /// Whether messages go to real phones.
    #[must_use]
    pub fn is_live(&self) -> bool {
        is_live(self.mode, self.url.is_some())
    }
}

impl Delivery {
    /// Who is told what becomes of alerts.
    #[must_use]
    pub fn told_of_alarms(&self) -> Vec<Destination> {
        let alarms = self.pcd04.address.is_some().then_some(Destination::Pcd04);
        let hook = self.webhook.url.is_some().then_some(Destination::Webhook);
        alarms.into_iter().chain(hook).collect()
    }

    /// Whether messages go to real phones, whoever sends them.
    #[must_use]
    pub fn phones_are_live(&self) -> bool {
        match self.whatsapp.by {
            Carrier::Cloud => self.whatsapp.is_live(),
            Carrier::Frappe => self.frappe.is_live(),
        }
    }
}

/// What is said counts; else an address alone means the real one.
fn is_live(mode: Option<Mode>, has_address: bool) -> bool {
    has_address && mode != Some(Mode::Sandbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_never_leaves_this_machine() {
        for url in
            ["http://127.0.0.1:8000", "http://localhost/x", "https://his.example.org", "http://[::1]:9/"]
        {
            assert!(may_be_spoken_to(url), "{url}");
        }
        for url in [
            "http://his.example.org",
            "ftp://127.0.0.1",
            "http://127.0.0.1.example.org",
            "http://127.0.0.1:80@his.example.org/",
            "https://",
        ] {
            assert!(!may_be_spoken_to(url), "{url}");
        }
    }

    /// The paths of all faults.
    fn read_from(text: &str) -> Vec<String> {
        let (mut faults, mut table) = (Faults::default(), text.parse().unwrap());
        let delivery = read(&mut table, &mut faults);
        check(&delivery, &mut faults);
        check_webhook_keys(&delivery, &mut faults);
        faults.0.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn a_forwarded_webhook_needs_the_secret_that_signs_and_one_that_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (good, empty) = (file("good", "secret\n"), file("empty", "\n"));
        let by_his = |keys: &str| read_from(&format!("[delivery.whatsapp]\nby = \"frappe\"\n{keys}"));
        let secret = |file: &str| format!("app_secret_file = \"{file}\"\n");
        assert!(by_his("").is_empty() && by_his(&secret(&good)).is_empty());
        let alone = format!("verify_token_file = \"{good}\"\n");
        for wrong in [alone, secret(&empty), secret("/nowhere/secret")] {
            assert_eq!(by_his(&wrong), ["delivery.whatsapp.app_secret_file"], "{wrong}");
        }
        let sandbox = "[delivery.whatsapp]\napp_secret_file = \"/nowhere/secret\"\n";
        assert!(read_from(sandbox).is_empty(), "the sandbox has keys of its own");
    }

    #[test]
    fn a_webhook_is_signed_or_is_not_sent() {
        let url = "[delivery.webhook]\nurl = \"https://hook.example.org/x\"\n";
        assert_eq!(read_from(url), ["delivery.webhook.secret_file"]);
        assert!(read_from(&format!("{url}secret_file = \"x\"\n")).is_empty());
    }
}
