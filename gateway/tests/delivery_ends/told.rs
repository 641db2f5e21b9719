//! What becomes of an alert, told to an alarm manager and to a webhook: in order, known again, and signed.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use gateway::clock::Wall;
use gateway::delivery::Token;
use gateway::delivery::hook::{Hook, HookPeer};
use gateway::delivery::mllp::{MllpPeer, Pcd04};
use gateway::event::Uhid;
use gateway::journal::DeliveryState;
use gateway::owed::{Alarm, AlarmPhase, Destination, Owed, Parcel};
use gateway::sandbox::receiver::{Nack, Receiver};
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::date;
use rules::alert::AlertState;
use rules::{Kind, Moment, Priority};
use sha2::Sha256;

use crate::rig::{ALERT, AT, Rig, free_port};

const PHASES: [AlarmPhase; 3] = [AlarmPhase::Start, AlarmPhase::Continue, AlarmPhase::End];

/// The start, a change and the end of one alert.
fn told(to: Destination) -> impl Iterator<Item = Owed> {
    PHASES.into_iter().zip(0..).map(move |(phase, later_s)| {
        let alarm = Alarm {
            patient: Some(Uhid("MRN0042".into())),
            bed: "07".into(),
            alert: "00000000000000ab".into(),
            phase,
            kind: Kind::Laboratory,
            code: "lab.2823-3".into(),
            title: "Potassium 6.8 mmol/L > 6.2 mmol/L (HH)".into(),
            value: "6.8 mmol/L".into(),
            priority: Priority::High,
            state: AlertState::Active,
            at: Wall(AT.0 + later_s * 1_000),
        };
        let key = format!("alarm-00000000000000ab-{later_s}-{}", to.word());
        let (alert, due) = (Some((ALERT, 0)), Moment(0));
        Owed { key, destination: to, alert, due, parcel: Parcel::Alarm(alarm) }
    })
}

#[tokio::test]
async fn an_alarm_manager_hears_start_change_and_end_in_order() {
    let mut rig = Rig::new();
    let receiver = Receiver::new(|| date(2026, 11, 21).at(9, 0, 0, 0));
    let (listener, at) = free_port().await;
    let (served, stop) = (receiver.clone(), rig.stop.clone());
    rig.running.spawn(async move { served.run(listener, stop).await.unwrap() });
    let peer = MllpPeer {
        address: at.to_string(),
        sending_application: "WARDLIGHT".into(),
        sending_facility: "icu-1".into(),
        receiving_application: "AM".into(),
        receiving_facility: "HOSP".into(),
        point_of_care: "ICU-1".into(),
        uhid_authority: "HOSP".into(),
        zone: "Asia/Kolkata".into(),
        training: false,
    };
    rig.deliver(Pcd04::new(peer).unwrap());
    receiver.script().lose_next(1);
    receiver.script().fail_next(1, &Nack::Error);
    rig.owe(told(Destination::Pcd04));
    let rows = rig.settled().await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
    let kept: Vec<String> =
        receiver.received().iter().map(|message| String::from_utf8(message.clone()).unwrap()).collect();
    assert_eq!(kept[0], kept[1], "the lost answer made a resend, byte for byte");
    let phases = kept.iter().skip(1).zip(["|start|", "|continue|", "|end|"]);
    for (message, phase) in phases {
        assert!(message.contains("|ORU^R40^ORU_R40|") && message.contains(phase), "{message}");
    }
    assert!(kept[3].contains("|^00000000000000ab&WARDLIGHT\r"), "the end names the start: {}", kept[3]);
}

/// What a webhook saw: id, time, signature and body of each call.
type Calls = Arc<Mutex<Vec<[String; 4]>>>;

/// Refuses the first call, as a server does that starts.
async fn hear(State(calls): State<Calls>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    let names = ["X-Wardlight-Id", "X-Wardlight-Timestamp", "X-Wardlight-Signature"];
    let [id, at, signature] = names.map(header);
    let mut calls = calls.lock().unwrap();
    calls.push([id, at, signature, String::from_utf8(body.to_vec()).unwrap()]);
    if calls.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn a_webhook_is_signed_and_known_again_on_every_try() {
    let mut rig = Rig::new();
    let (listener, at) = free_port().await;
    let calls = Calls::default();
    let routes: Router = Router::new().route("/wardlight", post(hear)).with_state(Arc::clone(&calls));
    rig.running.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let peer = HookPeer { url: format!("http://{at}/wardlight"), secret: Token::of("shared") };
    rig.deliver(Hook::new(peer, rig.clock()).unwrap());
    rig.owe(told(Destination::Webhook));
    let rows = rig.settled().await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Done), "{rows:?}");
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 4, "one was refused and sent again");
    assert_eq!((&calls[0][0], &calls[0][3]), (&calls[1][0], &calls[1][3]), "the same id, the same body");
    for [_, at, signature, body] in calls.iter() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"shared").unwrap();
        mac.update(format!("{at}.{body}").as_bytes());
        let code = gateway::hex::of(&mac.finalize().into_bytes());
        assert_eq!(*signature, format!("v1={code}"));
    }
    let phases: Vec<bool> = ["start", "continue", "end"]
        .iter()
        .zip(&calls[1..])
        .map(|(phase, call)| call[3].contains(phase))
        .collect();
    assert_eq!(phases, [true; 3]);
}
