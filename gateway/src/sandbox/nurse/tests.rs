//! The staff from outside, against an API that keeps what it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use serde_json::Value;

use super::*;
use crate::sandbox::door::Door;
use crate::sandbox::rig::Rig;
use crate::sandbox::{held, serve};

/// An API that takes everything, after the answers it was told to give first.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct Api {
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
    calls: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Api {
    pub(in crate::sandbox) async fn start() -> (Self, Rig) {
        let api = Self::default();
        let router = Router::new().fallback(take).with_state(api.clone());
        let rig = Rig::start(|listener, shutdown| serve(listener, Door::default(), router, shutdown)).await;
        (api, rig)
    }

    fn answers_first(&self, answers: &[StatusCode]) {
        held(&self.answers).extend(answers);
    }

    /// Every call so far: its path and its body.
    pub(in crate::sandbox) fn calls(&self) -> Vec<(String, Value)> {
        held(&self.calls).clone()
    }
}

async fn take(State(api): State<Api>, uri: Uri, body: String) -> StatusCode {
    held(&api.calls).push((uri.path().to_owned(), serde_json::from_str(&body).unwrap()));
    held(&api.answers).pop_front().unwrap_or(StatusCode::OK)
}

async fn staff() -> (Staff, Api, Rig) {
    let (api, rig) = Api::start().await;
    let account = |name: &str, pin: &str| Account::from((name.to_owned(), pin.to_owned()));
    (Staff::new(rig.at, account("nurse.demo", "1234"), account("dr.demo", "5678")).unwrap(), api, rig)
}

#[tokio::test]
async fn a_spontaneously_breathing_patient_needs_the_nurse_alone() {
    let (staff, api, _rig) = staff().await;
    staff.look_after("01", false).await.unwrap();
    let calls = api.calls();
    let told: Vec<_> = calls.iter().map(|(_, body)| (&body["code"], &body["value"], &body["by"])).collect();
    assert_eq!(
        told,
        [
            (&"consciousness".into(), &"A".into(), &"nurse.demo".into()),
            (&"oxygen".into(), &"air".into(), &"nurse.demo".into()),
        ]
    );
    assert!(calls.iter().all(|(path, body)| path == "/api/v1/beds/01/observations" && body["pin"] == "1234"));
}

#[tokio::test]
async fn a_ventilated_patient_needs_the_doctor_too() {
    let (staff, api, _rig) = staff().await;
    staff.look_after("04", true).await.unwrap();
    let told: Vec<_> = api
        .calls()
        .iter()
        .map(|(_, body)| format!("{} {} {}", body["by"], body["code"], body["value"]).replace('"', ""))
        .collect();
    let expected = ["nurse.demo consciousness A", "dr.demo ventilation invasive", "nurse.demo oxygen oxygen"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_busy_gateway_is_asked_again_and_a_refusal_is_not() {
    let (staff, api, _rig) = staff().await;
    api.answers_first(&[StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK, StatusCode::FORBIDDEN]);
    let refused = staff.look_after("01", false).await.unwrap_err();
    assert!(matches!(refused, EntryFault::Refused { call: "oxygen", status: StatusCode::FORBIDDEN }));
    assert!(!refused.to_string().contains("1234"));
    assert_eq!(api.calls().len(), 3);
}

#[tokio::test]
async fn an_acknowledgement_that_comes_too_late_is_no_fault() {
    let (staff, api, _rig) = staff().await;
    api.answers_first(&[StatusCode::CONFLICT, StatusCode::NOT_FOUND]);
    staff.acknowledge("02").await.unwrap();
    assert!(staff.acknowledge("02").await.is_err());
    let (path, body) = api.calls().remove(0);
    assert_eq!(path, "/api/v1/beds/02/acknowledge");
    assert_eq!((&body["by"], &body["pin"]), (&"nurse.demo".into(), &"1234".into()));
    assert!(body["station"].is_string() && body.get("code").is_none());
}
