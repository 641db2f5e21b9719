//! What the rest of the gateway says of itself when the board asks: sound, endpoints, health, figures, codes.
//!
//! Everything here is answered at once, from what is known already; nothing waits.

use std::time::Duration;

use rules::{Priority, Sign};

use crate::clock::Wall;

/// The codes by which the API names a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The MDC reference id.
    pub mdc: &'static str,
    /// The LOINC code; several signs may share one.
    pub loinc: &'static str,
}

/// Whether an annunciator can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundState {
    /// Its device takes samples.
    Ok,
    /// It does not.
    Failed,
    /// The configuration wants no sound.
    Off,
}

/// One annunciator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnunciatorView {
    /// Its name.
    pub id: String,
    /// Its sound device.
    pub device: String,
    /// Whether it can be heard.
    pub state: SoundState,
    /// What went wrong and what to do, where it failed.
    pub why: Option<String>,
    /// The alert, as text, that it sounds for now, and the priority of its burst.
    pub playing: Option<(String, Priority)>,
    /// How many bursts it has played since its start.
    pub bursts: u64,
    /// The last word of a person who tested it, where they heard it.
    pub last_self_test: Option<SelfTest>,
}

/// A self-test that somebody heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// Who.
    pub by: String,
    /// When.
    pub at: Wall,
    /// Whether that was in the shift of now.
    pub is_of_this_shift: bool,
}

/// Which way messages go at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

/// Whether an endpoint works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// It works, or nothing has been asked of it since it last did.
    Up,
    /// It does not.
    Down,
    /// Its messages go to the stand-in inside this gateway.
    Sandbox,
}

/// One endpoint: a listener of ours, or somebody we speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointView {
    /// Its name.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// Its address; no credentials.
    pub address: String,
    /// Whether it works.
    pub state: EndpointState,
    /// Why not, where it does not.
    pub why: Option<String>,
    /// When the last message passed.
    pub last_message_at: Option<Wall>,
    /// Messages taken or delivered since the start.
    pub passed: u64,
    /// Messages refused since the start: by us (in); by them, or tries that came to nothing (out).
    pub refused: u64,
    /// Messages in the last minute.
    pub a_minute: u64,
    /// From a message's arrival to its acknowledgement (in), or from the try to its answer (out): what half
    /// of them take at most, and 99 of 100. `None` before the first.
    pub processing: Option<(Duration, Duration)>,
    /// Messages that wait.
    pub queued: u64,
    /// How old the oldest of them is, in seconds.
    pub queue_age_s: Option<u64>,
    /// How long the other side is waited for.
    pub time_out: Option<Duration>,
    /// Who tries again, how often and for how long.
    pub retries: &'static str,
    /// How the two sides know each other: `none`, `token`, `client certificate` …
    pub authentication: String,
    /// How it is secured.
    pub transport: TransportView,
}

/// How an endpoint is secured on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportView {
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Until when our certificate may be used there.
    pub certificate_expires_at: Option<Wall>,
    /// Connections since the start that did not get through their handshake.
    pub handshakes_failed: u64,
    /// Why the last of them did not.
    pub last_handshake_fault: Option<String>,
    /// Why it is right that others can reach it without TLS, where they can.
    pub plaintext_reason: Option<String>,
}

/// The rest of the gateway, as far as the board shows it.
pub trait Plumbing: Send + Sync {
    /// The annunciators.
    fn annunciators(&self) -> Vec<AnnunciatorView>;

    /// The endpoints.
    fn endpoints(&self) -> Vec<EndpointView>;

    /// Why this gateway is not ready, one sentence each; empty when it is.
    fn faults(&self) -> Vec<String>;

    /// The figures in the text format of Prometheus.
    fn metrics(&self) -> String;

    /// The codes of a sign.
    fn codes(&self, sign: Sign) -> Codes;
}
