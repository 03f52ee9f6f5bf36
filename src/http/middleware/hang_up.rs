//! Says `Connection: close` in an answer that comes before the request has been read to its end.
//!
//! The server cannot find the next request behind a body that it does not read, so it will close; a client that knows
//! stops sending, and does not try the connection again. Where the request has been read, the connection is told.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::http::connection::Said;

/// Watches the body of a request on its way, and adds the header where it is due.
pub(in crate::http) async fn hang_up_if_unread(
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let said = request.extensions().get::<Said>().cloned().unwrap_or_default();
    said.set_waits(request.body().is_end_stream());
    let request = request.map(|body| Body::new(Watched { body, said: said.clone() }));
    let mut response = next(request).await;
    if said.waits() {
        said.read_to_the_end();
    } else {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

struct Watched {
    body: Body,
    said: Said,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.said.set_waits(true);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
