//! The site's two faces over HTTP: `/api/resource` and `/api/v2`. It unpacks requests, asks the site, and
//! packs answers.

use axum::body::Bytes;
use axum::extract::{Path, Query as UrlQuery, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::access::{Account, authenticate, is_open_to, permit, permit_one};
use super::doctype::Document;
use super::query::Query;
use super::refusal::{Api, Exception, Refusal};
use super::site::{Site, Stamp};
use super::{His, held};
use crate::sandbox::script::{AnswerLost, Turn};

/// The routes of the site.
pub(super) fn router(his: His) -> Router {
    let list = get(list).post(create);
    let one = get(read).put(update).patch(update);
    Router::new()
        .route("/api/method/ping", get(ping))
        .route("/api/v2/method/ping", get(ping))
        .route("/api/method/frappe.auth.get_logged_user", get(logged_user))
        .route("/api/resource/{doctype}", list.clone())
        .route("/api/v2/document/{doctype}", list)
        .route("/api/resource/{doctype}/{*name}", one.clone())
        .route("/api/v2/document/{doctype}/{*name}", one)
        .route("/api/v2/doctype/{doctype}/meta", get(meta))
        .layer(from_fn_with_state(his.clone(), turnstile))
        .with_state(his)
}

/// Before every request: the rate limiter, then what the script has planned for a write.
async fn turnstile(State(his): State<His>, api: Api, request: Request, next: Next) -> Response {
    let (headers, limited) = match held(&his.inner.rate).as_mut() {
        Some(rate) => rate.charge(his.now()),
        None => (HeaderMap::new(), None),
    };
    let writes = request.method() != Method::GET;
    let turn = if writes && limited.is_none() { his.inner.script.take() } else { None };
    let mut response = match (limited, turn) {
        (Some(refusal), _) | (None, Some(Turn::Answer(refusal))) => refusal.answer(api),
        (None, planned) => {
            let mut response = next.run(request).await;
            if planned.is_some() {
                response.extensions_mut().insert(AnswerLost);
            }
            response
        }
    };
    response.headers_mut().extend(headers);
    response
}

async fn ping(State(his): State<His>, api: Api, headers: HeaderMap) -> Response {
    match authenticate(&his.inner.accounts, &headers) {
        Err(refusal) => refusal.answer(api),
        Ok(_) if api == Api::V1 => Json(json!({"message": "pong"})).into_response(),
        Ok(_) => Json(json!({"data": "pong"})).into_response(),
    }
}

async fn logged_user(State(his): State<His>, api: Api, headers: HeaderMap) -> Response {
    match signed_in(&his, &headers) {
        Ok(account) => Json(json!({"message": account.user})).into_response(),
        Err(refusal) => refusal.answer(api),
    }
}

async fn meta(State(his): State<His>, api: Api, Path(doctype): Path<String>, headers: HeaderMap) -> Response {
    answer(api, signed_in(&his, &headers).and_then(|_| Ok(json!(*held(&his.inner.site).doctype(&doctype)?))))
}

async fn list(
    State(his): State<His>,
    api: Api,
    Path(doctype): Path<String>,
    UrlQuery(query): UrlQuery<Query>,
    headers: HeaderMap,
) -> Response {
    answer(
        api,
        within(&his, &headers, &doctype, |site, account| {
            let kind = site.doctype(&doctype)?;
            let open = site.documents(&doctype).iter().filter(|one| is_open_to(account, &kind, one));
            query.run(&kind, open)
        }),
    )
}

async fn read(
    State(his): State<His>,
    api: Api,
    Path((doctype, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(
        api,
        within(&his, &headers, &doctype, |site, account| {
            let mut document = site.read(&doctype, &name)?.clone();
            permit_one(account, &*site.doctype(&doctype)?, &document)?;
            document.retain(|_, value| !value.is_null());
            Ok(document.into())
        }),
    )
}

async fn create(
    State(his): State<His>,
    api: Api,
    Path(doctype): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(
        api,
        within(&his, &headers, &doctype, |site, account| {
            let stamp = Stamp { user: &account.user, now: his.now() };
            let document = parsed(&body)?;
            permit_one(account, &*site.doctype(&doctype)?, &document)?;
            Ok(site.insert(&doctype, document, &stamp)?.into())
        }),
    )
}

async fn update(
    State(his): State<His>,
    api: Api,
    Path((doctype, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(
        api,
        within(&his, &headers, &doctype, |site, account| {
            let stamp = Stamp { user: &account.user, now: his.now() };
            permit_one(account, &*site.doctype(&doctype)?, site.read(&doctype, &name)?)?;
            Ok(site.update(&doctype, &name, parsed(&body)?, &stamp)?.into())
        }),
    )
}

/// Does one step on the site for an account that may.
fn within(
    his: &His,
    headers: &HeaderMap,
    doctype: &str,
    step: impl FnOnce(&mut Site, &Account) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let account = signed_in(his, headers)?;
    let mut site = held(&his.inner.site);
    let account = permit(Some(account), &*site.doctype(doctype)?)?;
    step(&mut site, account)
}

fn signed_in<'a>(his: &'a His, headers: &HeaderMap) -> Result<&'a Account, Refusal> {
    authenticate(&his.inner.accounts, headers)?
        .ok_or_else(|| Refusal::new(Exception::Permission, "Login to access"))
}

fn parsed(body: &Bytes) -> Result<Document, Refusal> {
    serde_json::from_slice(body)
        .map_err(|_| Refusal::new(Exception::JsonDecode, "Expecting value: line 1 column 1 (char 0)"))
}

fn answer(api: Api, outcome: Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(data) => Json(json!({"data": data})).into_response(),
        Err(refusal) => refusal.answer(api),
    }
}
