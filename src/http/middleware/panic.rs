//! A panic while a request is answered is a 500 for that request, and for nobody else.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::Error;

type Answer = fn(Box<dyn Any + Send>) -> Response;

/// The layer. What the panic said is in the log already, through the process's own hook.
pub(in crate::http) fn layer() -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(answer as Answer)
}

fn answer(_: Box<dyn Any + Send>) -> Response {
    Error::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Request, routing::get};
    use tower::ServiceExt;

    async fn fail() {
        panic!("on purpose");
    }

    #[tokio::test]
    async fn a_panic_is_told_in_openais_shape() {
        let router: Router = Router::new().route("/", get(fail)).layer(super::layer());
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "internal_error");
    }
}
