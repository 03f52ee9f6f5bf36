//! Counts and times every request, for the metrics and for the client's `openai-processing-ms`.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use metrics::{counter, gauge, histogram};

const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");

/// Measures up to the head of the answer.
pub(in crate::http) async fn measure(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let in_flight = InFlight::enter(&request);
    let mut response = next(request).await;
    let elapsed = in_flight.answered(&response);
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    response.headers_mut().insert(PROCESSING_MS, HeaderValue::from(milliseconds));
    response
}

/// A client can make up methods, and long ones: a metric must not have a series for each, nor the log a line as long.
pub(in crate::http) fn known(method: &Method) -> &'static str {
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

/// A request without an answer. It is counted when it is dropped: with its answer, or because the client has gone.
struct InFlight {
    method: &'static str,
    route: String,
    start: Instant,
    status: String,
}

impl InFlight {
    fn enter(request: &Request) -> Self {
        gauge!("minuted_http_requests_in_flight").increment(1.0);
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
        Self { method: known(request.method()), route, start: Instant::now(), status: "client_gone".to_owned() }
    }

    /// How long it took.
    fn answered(mut self, response: &Response) -> Duration {
        let elapsed = self.start.elapsed();
        self.status = response.status().as_u16().to_string();
        histogram!("minuted_http_request_duration_seconds", "route" => self.route.clone())
            .record(elapsed.as_secs_f64());
        elapsed
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!("minuted_http_requests_in_flight").decrement(1.0);
        let (route, status) = (std::mem::take(&mut self.route), std::mem::take(&mut self.status));
        counter!("minuted_http_requests_total", "method" => self.method, "route" => route, "status" => status)
            .increment(1);
    }
}
