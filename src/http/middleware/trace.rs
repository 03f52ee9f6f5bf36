//! One span and one line in the log for each request: method, route, status, time. No header, no query, no content.
//! What machines ask every few seconds is logged only for those who debug.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, debug, info, info_span};

use crate::domain::RequestId;

/// Puts whatever is logged for a request under its name.
pub(in crate::http) async fn trace(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let routine = matches!(route, "/healthz" | "/readyz" | "/metrics");
    let span = info_span!("request", id, method = %request.method(), route);
    async move {
        let start = Instant::now();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let milliseconds = start.elapsed().as_millis();
        if routine {
            debug!(status, milliseconds, "answered");
        } else {
            info!(status, milliseconds, "answered");
        }
        response
    }
    .instrument(span)
    .await
}
