//! A body that goes through as it is, watched on its way.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The body, and who is told after each look for a frame whether it is at its end. Both are dropped together.
pub(super) struct Through<F> {
    pub body: Body,
    pub after_frame: F,
}

impl<F: FnMut(bool) + Unpin> HttpBody for Through<F> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let is_at_its_end = matches!(frame, Poll::Ready(None)) || self.body.is_end_stream();
        (self.after_frame)(is_at_its_end);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
