//! Counts and times every answer, for the metrics and for the client's `openai-processing-ms`.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, gauge, histogram};

const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");

/// Measures up to the head of the answer.
pub(in crate::http) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let in_flight = InFlight::enter();
    let start = Instant::now();
    let mut response = next.run(request).await;
    let elapsed = start.elapsed();
    drop(in_flight);
    let status = response.status().as_u16().to_string();
    counter!("minuted_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    histogram!("minuted_http_request_duration_seconds", "route" => route).record(elapsed.as_secs_f64());
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    response.headers_mut().insert(PROCESSING_MS, HeaderValue::from(milliseconds));
    response
}

/// A client can make up methods; a metric must not have a series for each.
fn known(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::PATCH, "PATCH"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, name)| name)
}

/// A request without an answer, whether one comes or the client goes.
struct InFlight;

impl InFlight {
    fn enter() -> Self {
        gauge!("minuted_http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!("minuted_http_requests_in_flight").decrement(1.0);
    }
}
