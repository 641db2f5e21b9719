//! The calls of the API. Each reads what is known or hands something to the ward's door; none decides.

pub(super) mod alerts;
pub(super) mod annunciators;
pub(super) mod answers;
pub(super) mod audit;
pub(super) mod beds;
pub(super) mod bindings;
pub(super) mod deliveries;
mod entered;
pub(super) mod figures;
mod hand_over;
pub(super) mod limits;
pub(super) mod messages;
pub(super) mod observations;
pub(super) mod quiet;
pub(super) mod roster;
pub(super) mod session;
pub(super) mod status;

use std::sync::Arc;

use axum::Json;
use axum::body::HttpBody;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::{Board, Shared};
use crate::clock::Wall;
use crate::view::BedView;

/// A time as a call writes it.
fn time_of(text: &str) -> Result<Wall, Problem> {
    let read = text.parse::<jiff::Timestamp>().map(Wall::from);
    read.map_err(|_| Problem::value("time", "a time is written 2026-11-21T02:13:00+05:30"))
}

/// The bed of that label.
fn bed_of(board: &Board, label: &str) -> Result<Arc<BedView>, Problem> {
    let view = board.view();
    let bed = view.beds.iter().find(|bed| bed.label == label).cloned();
    bed.ok_or_else(|| Problem::not_found(&format!("bed {label}")))
}

/// A JSON body; what is wrong with it becomes a problem document.
pub(super) struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, board: &Shared) -> Result<Self, Problem> {
        let Json(body) = Json::from_request(request, board).await?;
        Ok(Self(body))
    }
}

/// A JSON body where there is one, else what stands for none.
pub(super) struct BodyIfAny<T>(T);

impl<T: DeserializeOwned + Default> FromRequest<Shared> for BodyIfAny<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, board: &Shared) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let Body(body) = Body::from_request(request, board).await?;
        Ok(Self(body))
    }
}

/// The query part of an address; what is wrong with it becomes a problem document.
pub(super) struct Query<T>(T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Problem> {
        let extract::Query(query) = extract::Query::from_request_parts(parts, board).await?;
        Ok(Self(query))
    }
}

/// The variable part of an address; what is wrong with it becomes a problem document.
pub(super) struct Path<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, board: &Shared) -> Result<Self, Problem> {
        let extract::Path(path) = extract::Path::from_request_parts(parts, board).await?;
        Ok(Self(path))
    }
}
