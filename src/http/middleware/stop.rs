//! Requests that are still in flight when the time to finish them has run out get a 503.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::Error;
use crate::http::service::Shared;

/// Answers as soon as the service is overdue; what the request was doing is dropped, and with it its compute.
pub(in crate::http) async fn answer_when_overdue(
    State(running): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = running.overdue.cancelled() => Error::ShuttingDown.into_response(),
    }
}
