//! Requests that are still in flight when the time to finish them has run out get a 503.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};

use crate::http::Error;
use crate::http::service::Running;

/// Answers as soon as the service is overdue; what the request was doing is dropped, and with it its compute.
pub(in crate::http) async fn answer_when_overdue(
    running: &Running,
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    tokio::select! {
        response = next(request) => response,
        () = running.overdue.cancelled() => Error::ShuttingDown.into_response(),
    }
}
