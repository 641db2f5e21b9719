//! The sandbox: what the ward talks to, in one binary, as strict as the real ends. It never judges.
//!
//! Every end takes a listener that is already bound (port 0 will do), serves until its token is cancelled,
//! and is steered through its handle: a `Door` that can be shut, a `Script` of answers to come, and what it
//! has received. The `story` is the other direction: simulated devices, laboratory and people who speak to a
//! running gateway through its own ports.

mod bedside;
#[cfg(test)]
mod chart;
mod courier;
pub mod door;
pub mod his;
pub mod labelled;
mod laboratory;
mod monitor;
mod nurse;
mod pause;
mod physiology;
mod publisher;
mod readings;
pub mod receiver;
mod registry;
#[cfg(test)]
mod rig;
pub mod script;
pub mod sending;
mod stopwatch;
pub mod story;
mod timeline;
mod ventilator;
pub mod whatsapp;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use door::{Cut, Door, DoorListener, Outage};
use script::AnswerLost;

/// Serves `router` behind `door` until `shutdown` is cancelled and what was under way has ended.
///
/// # Errors
/// The listener has no local address any more.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let gate = Gate { door: door.clone(), shutdown: shutdown.clone() };
    let router = router.layer(from_fn_with_state(gate, pass));
    let service = router.into_make_service_with_connect_info::<Cut>();
    axum::serve(DoorListener::new(listener, door)?, service)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

/// What stands before every request: the door, and the end of the day.
#[derive(Clone)]
struct Gate {
    door: Door,
    shutdown: CancellationToken,
}

/// Lets a request through, or treats it as the outage says; cuts the line where an answer is to be lost.
async fn pass(
    State(gate): State<Gate>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    match gate.door.outage() {
        Some(Outage::Busy) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Outage::Silent) => {
            tokio::select! {
                () = gate.door.leaves(Outage::Silent) => {}
                () = gate.shutdown.cancelled() => {}
            }
            cut.now();
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        // A line kept open from before the outage dies like the port did.
        Some(Outage::Refused) => {
            cut.now();
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        None => {}
    }
    let response = next.run(request).await;
    if response.extensions().get::<AnswerLost>().is_some() {
        cut.now();
    }
    response
}

/// Locks what only short, synchronous steps touch. A poisoned lock is taken all the same: the value behind it
/// is a sandbox's, and the panic that poisoned it has failed the test already.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
