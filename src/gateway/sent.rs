//! Whether a backend has got anything of a request: its body is asked for once a connection stands, and not before.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::Body;

/// Known to a try and to the body that it sends.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    /// Whether the body has been asked for.
    pub(super) fn is_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The same body, which tells when it is asked for.
    pub(super) fn told_by(&self, body: Body) -> Body {
        Body::wrap(Telling { body, sent: self.clone() })
    }
}

struct Telling {
    body: Body,
    sent: Sent,
}

impl http_body::Body for Telling {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.sent.0.store(true, Ordering::Relaxed);
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
