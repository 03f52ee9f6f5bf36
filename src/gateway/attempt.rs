//! One try at one backend, up to the first byte of its answer. Until then nothing has gone to the caller, and another
//! backend can be tried.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::backend::Backend;
use super::breaker::Verdict;
use super::endpoint::Endpoint;
use super::kind::Kind;
use crate::domain::retry_after;

/// The longest error that is looked into, in bytes.
const LONGEST_ERROR: usize = 64 << 10;

/// An answer that has begun.
pub(super) struct Begun {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The bytes that came first; `None` if there are none at all.
    pub first: Option<Bytes>,
    /// The others.
    pub rest: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    /// How many there are in all, if it says so.
    pub length: Option<u64>,
}

/// Why a try came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no connection, or it broke.
    Connection,
    /// It took too long.
    Silence,
    /// It says itself that it failed, or what it says makes no sense for us: our credential is wrong, or the model is
    /// not there.
    Status(StatusCode),
    /// It has no such route, as some have no `responses`. Of its other requests, which may be answered well, that says nothing:
    /// otherwise who asks for it again and again would have the backend left alone.
    Lacking,
    /// It has too much to do.
    Overloaded(Option<Duration>),
}

impl Fault {
    /// What the breaker makes of it.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Lacking => Verdict::Unknown,
            Self::Overloaded(asked) => Verdict::Overloaded(asked),
            Self::Connection | Self::Silence | Self::Status(_) => Verdict::Bad,
        }
    }

    /// Its name in metrics and logs.
    fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Silence => "timeout",
            Self::Status(_) | Self::Lacking => "status",
            Self::Overloaded(_) => "overloaded",
        }
    }

    /// Counts and logs it.
    pub(super) fn tell(self, backend: &str) {
        let labels = [("backend", backend.to_owned()), ("fault", self.name().to_owned())];
        metrics::counter!("minuted_gateway_faults_total", &labels).increment(1);
        tracing::warn!(backend, fault = ?self, "a backend did not answer");
    }
}

/// Sends a request to a backend and waits for the first byte of its answer, until a time.
pub(super) async fn attempt(
    backend: &Backend,
    endpoint: Endpoint,
    headers: HeaderMap,
    body: reqwest::Body,
    until: Instant,
) -> Result<Begun, Fault> {
    let sent = backend.client.post(backend.address(endpoint)).headers(headers).body(body).send();
    let response = timeout_at(until, sent).await.map_err(|_| Fault::Silence)?;
    let response = response.map_err(|error| if error.is_timeout() { Fault::Silence } else { Fault::Connection })?;
    if let Some(fault) = fault(response.status(), response.headers(), endpoint) {
        let refused = timeout_at(until, refusal(backend.terms.kind, response)).await.ok().flatten();
        return refused.ok_or(fault);
    }
    let (status, headers) = (response.status(), response.headers().clone());
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut rest = response.bytes_stream().boxed();
    let first = timeout_at(until, rest.next()).await.map_err(|_| Fault::Silence)?;
    let first = first.transpose().map_err(|_| Fault::Connection)?;
    if first.is_none() && status.is_success() {
        // No route has an answer without a byte, as a 204 is.
        return Err(Fault::Status(status));
    }
    Ok(Begun { status, headers, first, rest, length })
}

/// What is wrong with an answer so that another backend may do better.
fn fault(status: StatusCode, headers: &HeaderMap, endpoint: Endpoint) -> Option<Fault> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            Some(Fault::Overloaded(asked.and_then(|asked| retry_after(asked, SystemTime::now()))))
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
            if endpoint.may_be_lacking() =>
        {
            Some(Fault::Lacking)
        }
        status if status.is_success() || is_the_callers(status) => None,
        status => Some(Fault::Status(status)),
    }
}

/// An error that is the caller's, though its status says that it is the backend's: the caller is told with the status of
/// its own errors, since with the other SDKs would send it again.
async fn refusal(kind: Kind, mut response: Response) -> Option<Begun> {
    let mark = kind.quirks().refusal.filter(|_| response.status() == StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ERROR {
            return None;
        }
    }
    let is_marked = body.windows(mark.len()).any(|part| part == mark.as_bytes());
    is_marked.then(|| Begun {
        status: StatusCode::BAD_REQUEST,
        headers: response.headers().clone(),
        length: Some(body.len() as u64),
        first: Some(body.into()),
        rest: stream::empty().boxed(),
    })
}

/// Whether an error of this status is the caller's, who is told. With a 424 text-generation-inference says that its model
/// failed.
pub(super) fn is_the_callers(status: StatusCode) -> bool {
    let is_ours = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::FAILED_DEPENDENCY
            | StatusCode::TOO_MANY_REQUESTS
    );
    status.is_client_error() && !is_ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_callers_or_a_fault_of_the_backend() {
        for (status, is_callers) in [(400, true), (413, true), (415, true), (422, true), (401, false), (404, false)] {
            assert_eq!(is_the_callers(StatusCode::from_u16(status).expect("a status")), is_callers, "{status}");
        }
        for status in [200, 302, 402, 403, 405, 408, 424, 429, 500, 503] {
            assert!(!is_the_callers(StatusCode::from_u16(status).expect("a status")), "{status}");
        }
    }

    #[test]
    fn what_only_a_route_may_lack_says_nothing_of_the_backend() {
        let verdict = |status, endpoint| {
            let status = StatusCode::from_u16(status).expect("a status");
            fault(status, &HeaderMap::new(), endpoint).map(Fault::verdict)
        };
        for status in [404, 405, 501] {
            assert_eq!(verdict(status, Endpoint::Responses), Some(Verdict::Unknown), "{status}");
            assert_eq!(verdict(status, Endpoint::Chat), Some(Verdict::Bad), "{status}: its model is gone");
        }
        for status in [401, 424, 500, 503] {
            assert_eq!(verdict(status, Endpoint::Responses), Some(Verdict::Bad), "{status}");
        }
        assert_eq!(verdict(400, Endpoint::Responses), None);
    }
}
