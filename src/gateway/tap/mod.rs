//! What an answer says of its usage, read while it passes. The bytes go on as they came; only the event that a caller
//! did not ask for is taken out of a stream. Memory is bounded, whatever a backend sends.

mod answer;
mod blame;
mod reckon;
mod sse;
mod whole;

use bytes::Bytes;

pub(super) use blame::Blame;
pub(super) use reckon::{Report, Seen, reckon};
use sse::Events;
use whole::Whole;

/// One answer, watched.
#[derive(Debug)]
pub(super) enum Tap {
    /// Server-sent events.
    Events(Events),
    /// One JSON document.
    Whole(Whole),
    /// Bytes that are not read: speech, pictures, errors, and whatever is encoded.
    Opaque(Seen),
}

impl Tap {
    /// For an answer of this media type. With `hide` the event that says what was used is for us alone.
    pub(super) fn new(media_type: &str, encoded: bool, hide: bool) -> Self {
        let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            _ if encoded => Self::Opaque(Seen::default()),
            "text/event-stream" => Self::Events(Events::new(hide)),
            "application/json" => Self::Whole(Whole::default()),
            _ => Self::Opaque(Seen::default()),
        }
    }

    /// Takes the next bytes and gives what goes on to the caller; that may be nothing.
    pub(super) fn take(&mut self, chunk: Bytes) -> Bytes {
        match self {
            Self::Events(events) => events.take(chunk),
            Self::Whole(whole) => {
                whole.take(&chunk);
                chunk
            }
            Self::Opaque(seen) => {
                seen.bytes += chunk.len() as u64;
                seen.unread_bytes += chunk.len() as u64;
                chunk
            }
        }
    }

    /// The answer is over; what is still to go on.
    pub(super) fn finish(&mut self) -> Bytes {
        match self {
            Self::Events(events) => events.finish(),
            Self::Whole(whole) => {
                whole.finish();
                Bytes::new()
            }
            Self::Opaque(_) => Bytes::new(),
        }
    }

    /// What was seen until now.
    pub(super) fn seen(&self) -> &Seen {
        match self {
            Self::Events(events) => events.seen(),
            Self::Whole(whole) => whole.seen(),
            Self::Opaque(seen) => seen,
        }
    }

    /// How much of what [`take`](Self::take) gave last belongs to the first event that ended in it, if one did.
    pub(super) fn first_end(&self) -> Option<usize> {
        match self {
            Self::Events(events) => events.first_end(),
            Self::Whole(_) | Self::Opaque(_) => None,
        }
    }

    /// Whether an event can be added here: the answer is a stream, and no event is under way.
    pub(super) fn is_between_events(&self) -> bool {
        matches!(self, Self::Events(events) if events.is_between())
    }

    /// Whether it is a stream, of which every part is worth something by itself.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self, Self::Events(_))
    }
}
