//! A panic while a request is answered is a 500 for that request, and for nobody else.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::http::Error;

/// Answers in place of what panics. What the panic said is in the log already, through the process's own hook.
pub(in crate::http) async fn contain(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    // Nobody looks at what the panic has left half done: it is dropped.
    let answered = AssertUnwindSafe(next(request)).catch_unwind().await;
    answered.unwrap_or_else(|_| Error::Internal.into_response())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_in_openais_shape() {
        let response = contain(Request::new(Body::empty()), async |_| panic!("on purpose")).await;
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "internal_error");
    }
}
