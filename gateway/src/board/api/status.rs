//! How the gateway itself is: alive, ready, its figures, its endpoints, its sound.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::board::Shared;
use crate::board::access::Reader;
use crate::board::json::rfc3339;
use crate::board::plumbing::{AnnunciatorView, Direction, EndpointState, EndpointView, SoundState};
use crate::record::priority;
use crate::view::SilentPeer;

/// `GET /healthz`: the process answers.
pub(in crate::board) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: it judges, hears and keeps; else why not.
pub(in crate::board) async fn readyz(State(board): State<Shared>) -> Response {
    let faults = board.deps.plumbing.faults();
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": faults.is_empty(), "faults": faults }))).into_response()
}

/// `GET /metrics`.
pub(in crate::board) async fn metrics(State(board): State<Shared>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], board.deps.plumbing.metrics())
}

/// `GET /endpoints`.
pub(in crate::board) async fn endpoints(_reader: Reader, State(board): State<Shared>) -> Response {
    let endpoints = board.deps.plumbing.endpoints();
    let ward = Arc::clone(&board.deps.view.borrow());
    let shown = endpoints.iter().map(|endpoint| EndpointJson::of(endpoint, &ward.silent));
    Json(shown.collect::<Vec<_>>()).into_response()
}

/// `GET /annunciators`.
pub(in crate::board) async fn annunciators(_reader: Reader, State(board): State<Shared>) -> Response {
    let annunciators = board.deps.plumbing.annunciators();
    Json(annunciators.iter().map(AnnunciatorJson::of).collect::<Vec<_>>()).into_response()
}

/// One annunciator.
#[derive(Debug, Serialize)]
pub(in crate::board) struct AnnunciatorJson<'a> {
    id: &'a str,
    device: &'a str,
    state: &'static str,
    why: Option<&'a str>,
    playing: Option<PlayingJson<'a>>,
    bursts: u64,
    last_self_test: Option<String>,
    last_self_test_by: Option<&'a str>,
    tested_in_this_shift: bool,
}

#[derive(Debug, Serialize)]
struct PlayingJson<'a> {
    alert: &'a str,
    priority: &'static str,
}

impl<'a> AnnunciatorJson<'a> {
    pub(in crate::board) fn of(view: &'a AnnunciatorView) -> Self {
        let playing = |(alert, level): &'a (String, rules::Priority)| PlayingJson {
            alert,
            priority: priority::word(*level),
        };
        let last = view.last_self_test.as_ref();
        Self {
            id: &view.id,
            device: &view.device,
            state: match view.state {
                SoundState::Ok => "ok",
                SoundState::Failed => "failed",
                SoundState::Off => "off",
            },
            why: view.why.as_deref(),
            playing: view.playing.as_ref().map(playing),
            bursts: view.bursts,
            last_self_test: last.map(|last| rfc3339(last.at)),
            last_self_test_by: last.map(|last| last.by.as_str()),
            tested_in_this_shift: last.is_some_and(|last| last.is_of_this_shift),
        }
    }
}

#[derive(Serialize)]
struct EndpointJson<'a> {
    id: &'a str,
    direction: &'static str,
    address: &'a str,
    state: &'static str,
    why: Option<&'a str>,
    silent: Vec<&'a str>,
    last_message_at: Option<String>,
    passed: u64,
    refused: u64,
    success_rate: Option<f64>,
    rate_per_min: u64,
    processing_p50_ms: Option<f64>,
    processing_p99_ms: Option<f64>,
    queued: u64,
    queue_age_s: Option<u64>,
    time_out_s: Option<u64>,
    retries: &'static str,
    authentication: &'a str,
    tls: bool,
    certificate_expires_at: Option<String>,
    handshakes_failed: u64,
    last_handshake_fault: Option<&'a str>,
    plaintext_reason: Option<&'a str>,
}

impl<'a> EndpointJson<'a> {
    fn of(view: &'a EndpointView, silent: &'a [SilentPeer]) -> Self {
        let silent = silent.iter().filter(|peer| peer.endpoint == view.id);
        Self {
            id: &view.id,
            direction: match view.direction {
                Direction::In => "in",
                Direction::Out => "out",
            },
            address: &view.address,
            state: match view.state {
                EndpointState::Up => "up",
                EndpointState::Down => "down",
                EndpointState::Sandbox => "sandbox",
            },
            why: view.why.as_deref(),
            silent: silent.map(|peer| peer.text.as_str()).collect(),
            last_message_at: view.last_message_at.map(rfc3339),
            passed: view.passed,
            refused: view.refused,
            success_rate: success_rate(view.passed, view.refused),
            rate_per_min: view.a_minute,
            processing_p50_ms: view.processing.map(|(middle, _)| millis(middle)),
            processing_p99_ms: view.processing.map(|(_, slow)| millis(slow)),
            queued: view.queued,
            queue_age_s: view.queue_age_s,
            time_out_s: view.time_out.map(|time_out| time_out.as_secs()),
            retries: view.retries,
            authentication: &view.authentication,
            tls: view.transport.tls,
            certificate_expires_at: view.transport.certificate_expires_at.map(rfc3339),
            handshakes_failed: view.transport.handshakes_failed,
            last_handshake_fault: view.transport.last_handshake_fault.as_deref(),
            plaintext_reason: view.transport.plaintext_reason.as_deref(),
        }
    }
}

/// The share of messages that were taken, to a thousandth; none before the first.
#[expect(clippy::cast_precision_loss, reason = "a share to a thousandth needs no more than a float holds")]
fn success_rate(passed: u64, refused: u64) -> Option<f64> {
    let all = passed.saturating_add(refused);
    (all > 0).then(|| (passed as f64 * 1_000.0 / all as f64).round() / 1_000.0)
}

fn millis(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_times_are_rounded_for_people() {
        assert_eq!(success_rate(0, 0), None);
        assert_eq!(success_rate(2, 1), Some(0.667));
        assert_eq!(success_rate(5, 0), Some(1.0));
        assert!((millis(Duration::from_nanos(1_234_567)) - 1.235).abs() < 1e-9);
    }
}
