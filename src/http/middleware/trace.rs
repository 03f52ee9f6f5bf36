//! One span and one line in the log for each request: method, route, status, an error's code, time. No header, no query, no content.
//! What machines ask every few seconds is logged only for those who debug.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, debug, info, info_span};

use super::measure::known;
use crate::domain::RequestId;
use crate::http::error::Code;

/// Puts whatever is logged for a request under its name.
pub(in crate::http) async fn trace(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let routine = matches!(route, "/healthz" | "/readyz" | "/metrics");
    // The door says whose request it is, if it asks.
    let span = info_span!("request", id, method = %known(request.method()), route, account = Empty, key = Empty);
    async move {
        let mut line = Line { start: Instant::now(), routine, status: None, code: None };
        let response = next(request).await;
        line.status = Some(response.status().as_u16());
        line.code = response.extensions().get().map(|&Code(code)| code);
        response
    }
    .instrument(span)
    .await
}

/// The line, written when it is dropped: with the answer, or because the client has gone and nobody waits for one.
struct Line {
    start: Instant,
    routine: bool,
    status: Option<u16>,
    code: Option<&'static str>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let code = self.code;
        let milliseconds = self.start.elapsed().as_millis();
        match self.status {
            Some(status) if self.routine => debug!(status, code, milliseconds, "answered"),
            Some(status) => info!(status, code, milliseconds, "answered"),
            None => info!(client_gone = true, milliseconds, "not answered"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::future::{pending, poll_fn};
    use std::io::{Read, Seek};
    use std::sync::Arc;
    use std::task::Poll;

    use axum::middleware::{Next, from_fn};
    use axum::{Router, body::Body, routing::any};
    use tower::ServiceExt;

    use super::*;

    /// What is logged of a request with this method, whose client goes.
    async fn logged(method: &str) -> String {
        let log: Arc<File> = tempfile::tempfile().unwrap().into();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        let guard = tracing::subscriber::set_default(lines);
        let layer = from_fn(|request, next: Next| trace(request, |request| next.run(request)));
        let router: Router = Router::new().route("/wait", any(pending::<()>)).layer(layer);
        let request = Request::builder().method(method).uri("/wait").extension("gone".parse::<RequestId>().unwrap());
        let mut answer = Box::pin(router.oneshot(request.body(Body::empty()).unwrap()));
        let waiting = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_pending())).await;
        assert!(waiting, "nobody answers");
        drop(answer);
        drop(guard);
        let mut log = log.as_ref();
        log.rewind().unwrap();
        let mut told = String::new();
        log.read_to_string(&mut told).unwrap();
        told
    }

    #[tokio::test]
    async fn a_method_that_somebody_made_up_is_not_logged() {
        let told = logged(&"X".repeat(1000)).await;
        assert!(told.contains(r#"method=other route="/wait""#) && !told.contains("XX"), "{told}");
    }

    #[tokio::test]
    async fn a_client_that_goes_leaves_a_line() {
        let told = logged("POST").await;
        assert!(told.contains(r#"id="gone" method=POST route="/wait""#) && told.contains("client_gone=true"), "{told}");
    }
}
