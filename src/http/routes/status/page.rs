//! `GET /status`, its feed, and badges: for people.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFRESH};
use axum::http::{HeaderValue, Uri};
use axum::response::Response;

use super::told;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;
use crate::status::Page;

/// The page has a style of its own, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// How the service is doing, as a page.
///
/// With `?live` a browser loads it again each minute: for a screen on a wall, since who reads would lose their place.
#[utoipa::path(get, path = "/status", tag = "Status", operation_id = "statusPage",
    responses((status = 200, description = "A page for people", body = String, content_type = "text/html")))]
pub(in crate::http) async fn show(State(running): State<Shared>, uri: Uri) -> Result<Response, Error> {
    let mut response = told(&running, &Page::Html, "text/html; charset=utf-8")?;
    if uri.query() == Some("live") {
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("60"));
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}

/// Incidents and maintenance, as a feed.
#[utoipa::path(get, path = "/status/feed.atom", tag = "Status", operation_id = "statusFeed",
    responses((status = 200, description = "Atom", body = String, content_type = "application/atom+xml")))]
pub(in crate::http) async fn feed(State(running): State<Shared>) -> Result<Response, Error> {
    told(&running, &Page::Atom, "application/atom+xml; charset=utf-8")
}

/// A model's availability in 90 days (`MODEL.svg`), or its time to the first byte (`MODEL/latency.svg`), as a picture.
#[utoipa::path(get, path = "/badge/{*id}", tag = "Status", operation_id = "statusBadge",
    params(("id" = String, Path, description = "`MODEL.svg` or `MODEL/latency.svg`; a model's name may hold slashes")),
    responses(
        (status = 200, description = "A badge", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "No such model", body = ErrorBody),
    ))]
pub(in crate::http) async fn badge(
    State(running): State<Shared>,
    uri: Uri,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    // A name that is not UTF-8 is told as it was sent.
    let id = id.map_or_else(|_| uri.path().replacen("/badge/", "", 1), |Path(id)| id);
    let name = id.strip_suffix(".svg").unwrap_or(&id);
    let page = match name.strip_suffix("/latency") {
        Some(model) => Page::LatencyBadge(running.id_of(model)),
        None => Page::AvailabilityBadge(running.id_of(name)),
    };
    told(&running, &page, "image/svg+xml")
}
