//! How the service is doing, for whoever asks: no key is needed. What is told was rendered by the status room; here it
//! gets its media type, and ten seconds in which others may keep it.

pub(in crate::http) mod feeds;
pub(in crate::http) mod page;
pub(in crate::http) mod platform;

use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::Error;
use crate::http::service::Running;
use crate::status::Page;

/// A rendered page.
///
/// # Errors
/// [`Error::ModelNotFound`] if it is about a model of which nothing is known.
fn told(running: &Running, page: &Page, media_type: &'static str) -> Result<Response, Error> {
    let unknown = || match page {
        Page::PlatformOf(model) | Page::AvailabilityBadge(model) | Page::LatencyBadge(model) => {
            Error::ModelNotFound(model.chars().take(100).collect())
        }
        _ => Error::Internal,
    };
    let body = running.service.status.page(page).ok_or_else(unknown)?;
    let head = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "public, max-age=10"),
        // It is public, and dashboards on other sites may show it.
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((head, body).into_response())
}
