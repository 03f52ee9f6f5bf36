//! Gives every request a name, which its answer and its lines in the log carry.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::domain::RequestId;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the name that the client or a proxy gave, if it can stand in a log, or else makes one.
pub(in crate::http) async fn identify(mut request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let given = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    let id: RequestId = given.unwrap_or_default();
    let value = HeaderValue::from_str(id.as_str());
    request.extensions_mut().insert(id);
    let mut response = next(request).await;
    if let Ok(value) = value {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}
