//! The body of a request as chunks, counted and timed.
//!
//! Three bounds meet here: the bytes of a body, announced or counted; the wait for the next bytes and for all of them,
//! with a pace that keeps a trickle from holding a place; and how far the body may run ahead of the form's parser, which
//! would otherwise keep a boundary or a header that never ends in memory, and search all of it again for each packet.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, body::BodyDataStream, http::HeaderMap, http::header::CONTENT_LENGTH};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use crate::domain::Share;
use crate::gateway;
use crate::http::{Error, Settings};

/// The most bytes of which the parser may have made nothing before it is given more. The longest thing in the header of a
/// field is a file's name: a path of 4 KiB that is told twice, with three bytes for each of its own, has 24 KiB.
const MAX_UNPARSED: usize = 64 << 10;

/// The fewest bytes a second of a body that takes longer than [`GRACE`].
const PACE: u64 = 1 << 10;

/// How long a body may come as slowly as it likes: at its start, and again once it has made up for it. However much came
/// before, it pays for no more.
const GRACE: Duration = Duration::from_mins(1);

/// Reads one body.
pub(super) struct BodyReader {
    body: BodyDataStream,
    limit: u64,
    /// Its length, as the headers have it.
    announced: Option<u64>,
    seen: u64,
    idle: Duration,
    start: Instant,
    longest: Duration,
    /// How long it may come slowly: [`GRACE`], or as long as it may be silent.
    grace: Duration,
    /// Until when what has come is enough.
    paid_until: Instant,
    parsed: Parsed,
}

/// Shared with the parser, which says when it has made something of what it was given.
#[derive(Clone, Default)]
pub(super) struct Parsed(Arc<AtomicUsize>);

impl Parsed {
    /// The parser has let go of what it held.
    pub(super) fn catch_up(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn hand_over(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The parser takes all that is ready before it looks at any of it, and one read of a socket may bring far more than it
    /// may hold: so it is made to look first.
    async fn wait(&self) -> Result<(), Error> {
        if self.is_stuck() {
            yield_now().await;
        }
        if self.is_stuck() {
            let why = format!("a boundary or the header of a field does not end within {MAX_UNPARSED} bytes");
            return Err(Error::InvalidForm(why));
        }
        Ok(())
    }

    fn is_stuck(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MAX_UNPARSED
    }
}

impl BodyReader {
    /// Of the body that came with these headers and has at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the `Content-Length` says so already.
    pub(super) fn new(headers: &HeaderMap, body: Body, limit: u64, settings: &Settings) -> Result<Self, Error> {
        let announced: Option<u64> = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if let Some(seen) = announced.filter(|&length| length > limit) {
            return Err(Error::TooLarge { limit, seen, announced: true });
        }
        let (start, grace) = (Instant::now(), GRACE.max(settings.body_idle_timeout));
        Ok(Self {
            body: body.into_data_stream(),
            limit,
            announced,
            seen: 0,
            idle: settings.body_idle_timeout,
            start,
            longest: settings.body_timeout,
            grace,
            paid_until: start + grace,
            parsed: Parsed::default(),
        })
    }

    /// The handle through which the parser says how far it is.
    pub(super) fn parsed(&self) -> Parsed {
        self.parsed.clone()
    }

    /// The chunks for the parser, up to the end or the first error.
    pub(super) fn chunks(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        stream::try_unfold(self, |mut reader| async move {
            reader.parsed.wait().await?;
            let chunk = reader.next().await?;
            reader.parsed.hand_over(chunk.as_ref().map_or(0, Bytes::len));
            Ok(chunk.map(|chunk| (chunk, reader)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let deadline = self.start + self.longest;
        let until = deadline.min(Instant::now() + self.idle);
        let Ok(chunk) = timeout_at(until, self.body.next()).await else {
            return Err(Error::RequestTimeout(if until == deadline {
                format!("it took more than {} s", self.longest.as_secs())
            } else {
                format!("nothing came for {} s", self.idle.as_secs())
            }));
        };
        let Some(chunk) = chunk else { return Ok(None) };
        let chunk = chunk.map_err(|_| Error::InvalidForm("the connection ended before the body did".to_owned()))?;
        self.seen += chunk.len() as u64;
        if self.seen > self.limit {
            return Err(Error::TooLarge { limit: self.limit, seen: self.seen, announced: false });
        }
        let (now, paid) = (Instant::now(), Duration::from_micros(chunk.len() as u64 * 1_000_000 / PACE));
        self.paid_until = (self.paid_until + paid).min(now + self.grace);
        if self.paid_until < now {
            return Err(Error::RequestTimeout(format!("it came at less than {PACE} bytes a second")));
        }
        Ok(Some(chunk))
    }
}

/// Reads a body that is no form, as a whole. Each chunk takes its bytes of `memory`, which is held until nobody has the
/// body any more.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::RequestTimeout`], [`Error::InvalidForm`] for one that breaks off, and [`Error::Gateway`]
/// where there is no memory left.
pub(crate) async fn whole(
    headers: &HeaderMap,
    body: Body,
    limit: u64,
    settings: &Settings,
    mut memory: Share,
) -> Result<Bytes, Error> {
    let mut reader = BodyReader::new(headers, body, limit, settings)?;
    let announced = reader.announced.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(chunk) = reader.next().await? {
        memory.take(chunk.len() as u64).map_err(gateway::Error::from)?;
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            // So that it never grows: nothing is written to what has not come yet, and so it takes no memory.
            all.reserve_exact(announced);
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&chunk);
    }
    let bytes = if all.is_empty() { first } else { all.into() };
    Ok(Bytes::from_owner(Kept { bytes, _memory: memory }))
}

/// A body with the memory that it takes.
struct Kept {
    bytes: Bytes,
    _memory: Share,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads what stands after the closing boundary and throws it away. Only a body that was read to its end lets the
/// connection be used again, and lets the server notice that the client has gone.
pub(super) async fn drain(
    mut chunks: Pin<Box<impl Stream<Item = Result<Bytes, Error>>>>,
    parsed: &Parsed,
) -> Result<(), Error> {
    loop {
        parsed.catch_up();
        match chunks.next().await {
            Some(chunk) => drop(chunk?),
            None => return Ok(()),
        }
    }
}
