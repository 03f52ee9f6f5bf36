//! Says `Connection: close` in an answer that comes before the request has been read to its end.
//!
//! The server cannot find the next request behind a body that it does not read, so it will close; a client that knows
//! stops sending, and does not try the connection again. Where the request has been read, the connection is told.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;

use super::through::Through;
use crate::http::connection::Said;

/// Watches the body of a request on its way, and adds the header where it is due.
pub(in crate::http) async fn hang_up_if_unread(
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let said = request.extensions().get::<Said>().cloned().unwrap_or_default();
    said.set_waits(request.body().is_end_stream());
    let on_its_way = said.clone();
    let after_frame = move |is_at_its_end: bool| {
        if is_at_its_end {
            on_its_way.set_waits(true);
        }
    };
    let request = request.map(|body| Body::new(Through { body, after_frame }));
    let mut response = next(request).await;
    if said.waits() {
        said.read_to_the_end();
    } else {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
