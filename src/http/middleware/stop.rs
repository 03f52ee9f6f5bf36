//! Requests that are still in flight when the time to finish them has run out get a 503.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;

use crate::http::Error;

/// Answers as soon as the service is overdue; what the request was doing is dropped, and with it its compute. An answer that
/// is there goes out, since it may have been charged.
pub(in crate::http) async fn answer_when_overdue(
    overdue: &CancellationToken,
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    tokio::select! {
        biased;
        response = next(request) => response,
        () = overdue.cancelled() => Error::ShuttingDown.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_there_goes_out_however_late_it_is() {
        let overdue = CancellationToken::new();
        overdue.cancel();
        for _ in 0..50 {
            let request = Request::new(Body::empty());
            let answer = answer_when_overdue(&overdue, request, |_| ready(Response::new(Body::empty()))).await;
            assert_eq!(answer.status(), 200);
        }
        let answer = answer_when_overdue(&overdue, Request::new(Body::empty()), |_| pending()).await;
        assert_eq!(answer.status(), 503);
    }
}
