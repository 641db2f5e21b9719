//! FHIR over HTTP: `POST /fhir/r4`, and the addresses of the two types that are judged.
//!
//! Every answer is FHIR in JSON, refusals of the transport too. Nobody can read or search here, and the
//! CapabilityStatement says so.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};

use super::answer::{Answer, FHIR_JSON, Preferred};
use super::intake::{FhirIntake, Posted};
use crate::ingest::bearer::{self, Gate, Tokens};

/// The most bytes of one body, as for HL7.
const BODY_MOST: usize = 16 * 1024 * 1024;

/// The header of a conditional create.
const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

/// The header by which a client says what it wants back.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The day on which what this face can do last changed.
const SINCE: &str = "2026-11-25";

const NOT_HERE: &str = "this gateway takes resources in and gives none out: POST a Bundle to /fhir/r4, \
                        or an Observation or DiagnosticReport to its own address";

/// The routes, to be merged into the gateway's own. From other machines it takes only who has a token.
pub fn router(intake: FhirIntake, tokens: Arc<dyn Tokens>) -> Router {
    let gate = Gate::new(tokens, intake.counts(), |status, why| turned_away(status, why).into_response());
    let taking = |wanted: Option<&'static str>| {
        post(move |state, peer, headers, body| take(wanted, state, peer, headers, body))
            .fallback(|| not_here(StatusCode::METHOD_NOT_ALLOWED))
    };
    Router::new()
        .route("/fhir/r4", taking(None))
        .route("/fhir/r4/", taking(None))
        .route("/fhir/r4/Observation", taking(Some("Observation")))
        .route("/fhir/r4/DiagnosticReport", taking(Some("DiagnosticReport")))
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .route_layer(from_fn_with_state(gate, bearer::check))
        .route("/fhir/r4/metadata", get(metadata).fallback(|| not_here(StatusCode::METHOD_NOT_ALLOWED)))
        .route("/fhir/r4/{*elsewhere}", any(|| not_here(StatusCode::NOT_FOUND)))
        .with_state(intake)
}

async fn take(
    wanted: Option<&'static str>,
    State(intake): State<FhirIntake>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let from = peer.ip().to_string();
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let (status, why) = (rejection.status(), rejection.body_text());
            return intake.turn_away(&from, &[], &why, turned_away(status, &why)).await;
        }
    };
    if let Some(why) = unsupported(text_of(&headers, &header::CONTENT_TYPE)) {
        let answer = turned_away(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
        return intake.turn_away(&from, &body, why, answer).await;
    }
    let condition = Some(text_of(&headers, &IF_NONE_EXIST)).filter(|condition| !condition.is_empty());
    let preferred = preferred(text_of(&headers, &PREFER));
    intake.take(Posted { from: &from, wanted, condition, preferred, body: &body }).await
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Why a media type is not taken.
fn unsupported(sent_as: &str) -> Option<&'static str> {
    match sent_as.split(';').next().map(|kind| kind.trim().to_ascii_lowercase()).as_deref() {
        Some(FHIR_JSON | "application/json") => None,
        Some(kind) if kind.contains("xml") => {
            Some("FHIR as XML is not read here: send JSON, as application/fhir+json")
        }
        _ => Some("send FHIR R4 in JSON, as application/fhir+json"),
    }
}

fn preferred(prefer: &str) -> Preferred {
    match prefer.split([';', ',']).find_map(|part| part.trim().strip_prefix("return=")) {
        Some("minimal") => Preferred::Minimal,
        Some("OperationOutcome") => Preferred::OperationOutcome,
        _ => Preferred::Representation,
    }
}

fn turned_away(status: StatusCode, why: &str) -> Answer {
    let code = match status {
        StatusCode::UNAUTHORIZED => "login",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::PAYLOAD_TOO_LARGE => "too-costly",
        StatusCode::SERVICE_UNAVAILABLE => "transient",
        StatusCode::BAD_REQUEST => "structure",
        _ => "not-supported",
    };
    Answer::turned_away(status, code, why)
}

fn not_here(status: StatusCode) -> std::future::Ready<Answer> {
    std::future::ready(turned_away(status, NOT_HERE))
}

async fn metadata() -> Response {
    ([(header::CONTENT_TYPE, FHIR_JSON)], capabilities().to_string()).into_response()
}

/// What this face can do, and nothing more.
fn capabilities() -> Value {
    let taken = |kind: &str| {
        json!({
            "type": kind,
            "interaction": [{"code": "create"}],
            "versioning": "no-version",
            "readHistory": false,
            "conditionalCreate": true,
        })
    };
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Wardlight", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "Takes readings and laboratory results of a ward in"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{
            "mode": "server",
            "documentation": NOT_HERE,
            "security": {"description": "Authorization: Bearer from other machines"},
            "resource": [taken("Observation"), taken("DiagnosticReport")],
            "interaction": [{"code": "transaction"}, {"code": "batch"}],
        }],
    })
}

#[cfg(test)]
mod tests {
    use axum::extract::connect_info::MockConnectInfo;
    use futures_util::future::BoxFuture;
    use jiff::tz::TimeZone;
    use rules::Moment;
    use sha2::{Digest, Sha256};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::clock::Clock;
    use crate::event::Door;
    use crate::ingest::bearer::Standing;
    use crate::ingest::profile::{Profiles, Site};

    #[test]
    fn json_is_taken_and_xml_is_refused_by_name() {
        for kind in ["application/fhir+json", "application/json; charset=utf-8", "Application/FHIR+JSON"] {
            assert_eq!(unsupported(kind), None, "{kind}");
        }
        for kind in ["application/fhir+xml", "text/xml"] {
            assert!(unsupported(kind).is_some_and(|why| why.contains("XML")), "{kind}");
        }
        assert!(unsupported("").is_some() && unsupported("text/plain").is_some());
    }

    struct One;

    impl Tokens for One {
        fn standing(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<Standing, String>> {
            let known = hash == <[u8; 32]>::from(Sha256::digest(b"good"));
            let standing = if known { Standing::MaySend } else { Standing::Unknown };
            Box::pin(std::future::ready(Ok(standing)))
        }
    }

    /// Sends a request over a socket of its own, as if it came from another machine.
    async fn from_afar(request: &str) -> String {
        let (door, behind) = Door::new();
        drop(behind);
        let site = Site { zone: TimeZone::UTC, uhid_authority: String::new(), profiles: Profiles::shipped() };
        let intake = FhirIntake::new(door, Arc::new(site), Clock::starting_after(Moment(0)));
        let afar: SocketAddr = "10.0.0.5:9".parse().unwrap();
        let router = router(intake, Arc::new(One)).layer(MockConnectInfo(afar));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = axum::serve(listener, router);
        let asking = async {
            let mut line = TcpStream::connect(address).await.unwrap();
            line.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            line.read_to_string(&mut answer).await.unwrap();
            answer
        };
        tokio::select! {
            answer = asking => answer,
            ended = serving.into_future() => panic!("{ended:?}"),
        }
    }

    fn post_with(headers: &str) -> String {
        format!(
            "POST /fhir/r4/Observation HTTP/1.1\r\nhost: ward\r\nconnection: close\r\ncontent-length: 2\r\n\
             content-type: application/fhir+json\r\n{headers}\r\n{{}}"
        )
    }

    #[tokio::test]
    async fn from_another_machine_a_token_is_needed_to_send_and_none_to_look() {
        let without = from_afar(&post_with("")).await;
        assert!(
            without.starts_with("HTTP/1.1 401") && without.contains("www-authenticate: Bearer"),
            "{without}"
        );
        assert!(
            without.contains("OperationOutcome") && without.contains("wardlight token create"),
            "{without}"
        );
        // The ward's door is shut in this test: whoever comes so far was let in.
        let with = from_afar(&post_with("authorization: Bearer good\r\n")).await;
        assert!(with.starts_with("HTTP/1.1 503") && with.contains("retry-after: 2"), "{with}");
        let looking = "GET /fhir/r4/metadata HTTP/1.1\r\nhost: ward\r\nconnection: close\r\n\r\n";
        let metadata = from_afar(looking).await;
        assert!(
            metadata.starts_with("HTTP/1.1 200") && metadata.contains("CapabilityStatement"),
            "{metadata}"
        );
    }

    #[test]
    fn what_a_client_prefers_is_given() {
        assert_eq!(preferred("respond-async, return=minimal"), Preferred::Minimal);
        assert_eq!(preferred("return=OperationOutcome"), Preferred::OperationOutcome);
        assert_eq!(preferred(""), Preferred::Representation);
    }
}
