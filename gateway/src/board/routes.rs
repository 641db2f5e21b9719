//! Every call in one table, the bounds and headers that hold for all of them, and the check against the
//! description.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::handler::Handler;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};

use super::problem::Problem;
use super::{Shared, api, events, page};

/// No call of the API needs more; `/hl7` has a bound of its own.
const BODY_MOST: usize = 64 * 1024;

/// The description of the API.
const OPENAPI: &str = include_str!("openapi.json");

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// One call: its method, its address, and what it leads to.
type Route = (Method, &'static str, MethodRouter<Shared>);

fn reads<T: 'static>(path: &'static str, to: impl Handler<T, Shared>) -> Route {
    (Method::GET, path, get(to))
}

fn does<T: 'static>(path: &'static str, to: impl Handler<T, Shared>) -> Route {
    (Method::POST, path, post(to))
}

fn ends<T: 'static>(path: &'static str, to: impl Handler<T, Shared>) -> Route {
    (Method::DELETE, path, delete(to))
}

fn sets<T: 'static>(path: &'static str, to: impl Handler<T, Shared>) -> Route {
    (Method::PUT, path, put(to))
}

/// Every call; the description lists the same.
fn routes() -> Vec<Route> {
    vec![
        reads("/", page::index),
        reads("/page/{*file}", page::asset),
        reads("/openapi.json", openapi),
        reads("/healthz", api::status::healthz),
        reads("/readyz", api::status::readyz),
        reads("/metrics", api::status::metrics),
        does("/api/v1/session", api::session::sign_in),
        ends("/api/v1/session", api::session::sign_out),
        reads("/api/v1/beds", api::beds::all),
        reads("/api/v1/beds/{bed}", api::beds::one),
        does("/api/v1/beds/{bed}/acknowledge", api::answers::acknowledge_bed),
        does("/api/v1/beds/{bed}/observations", api::observations::enter),
        sets("/api/v1/beds/{bed}/limits", api::limits::set),
        does("/api/v1/beds/{bed}/audio-pause", api::quiet::pause),
        ends("/api/v1/beds/{bed}/audio-pause", api::quiet::end_pause),
        does("/api/v1/audio-pause", api::quiet::pause_all),
        ends("/api/v1/audio-pause", api::quiet::end_all_pauses),
        does("/api/v1/beds/{bed}/standby", api::quiet::stand_by),
        ends("/api/v1/beds/{bed}/standby", api::quiet::end_standby),
        reads("/api/v1/beds/{bed}/bindings", api::bindings::of_bed),
        does("/api/v1/beds/{bed}/bindings/settle", api::bindings::settle),
        reads("/api/v1/alerts", api::alerts::some),
        reads("/api/v1/alerts/{id}", api::alerts::one),
        does("/api/v1/alerts/{id}/acknowledge", api::answers::acknowledge),
        does("/api/v1/alerts/{id}/accept", api::answers::accept),
        does("/api/v1/alerts/{id}/reject", api::answers::reject),
        does("/api/v1/alerts/{id}/shelve", api::answers::shelve),
        reads("/api/v1/deliveries", api::deliveries::some),
        does("/api/v1/deliveries/{id}/retry", api::deliveries::retry),
        does("/api/v1/deliveries/{id}/cancel", api::deliveries::cancel),
        reads("/api/v1/roster", api::roster::roster),
        reads("/api/v1/audit", api::audit::rows),
        reads("/api/v1/figures", api::figures::figures),
        reads("/api/v1/figures/register", api::figures::register),
        reads("/api/v1/messages", api::messages::some),
        reads("/api/v1/messages/{id}", api::messages::one),
        does("/api/v1/messages/{id}/replay", api::messages::replay),
        reads("/api/v1/endpoints", api::status::endpoints),
        reads("/api/v1/annunciators", api::status::annunciators),
        does("/api/v1/annunciators/{id}/test", api::annunciators::test),
        does("/api/v1/annunciators/{id}/heartbeat", api::annunciators::heartbeat),
        reads("/api/v1/events", events::events),
    ]
}

pub(super) fn router(board: Shared) -> Router {
    let calls = routes().into_iter().fold(Router::new(), |calls, (_, path, to)| calls.route(path, to));
    calls
        .fallback(|| async { Problem::not_found("this address") })
        .method_not_allowed_fallback(|| async {
            let detail = "this address does not take this method; /openapi.json says which it takes";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        })
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .layer(map_response(with_headers))
        .with_state(board)
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        // A page that needs less than the board says so itself.
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

async fn openapi(State(_): State<Shared>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], OPENAPI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_call_is_described_and_every_description_is_a_call() {
        let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<(String, String)> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let verbs = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
                verbs.map(|verb| (path.clone(), verb.to_uppercase())).collect::<Vec<_>>()
            })
            .collect();
        let there: BTreeSet<(String, String)> =
            routes().iter().map(|(verb, path, _)| (path.replace("{*", "{"), verb.to_string())).collect();
        assert_eq!(there, described);
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        for reference in OPENAPI.split("\"$ref\"").skip(1) {
            let pointer = reference.split('"').nth(1).unwrap().trim_start_matches('#');
            assert!(described.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
