//! A TCP connection with patience, and with an end to it.
//!
//! An error can be answered while the client still sends its recording. If the server then closed the socket with bytes
//! unread, the system would send a reset, and the answer could be lost on its way: the client would see a broken
//! connection instead of a 413. So after the last word, what still comes is read and thrown away, until the client has
//! finished or had its time. A client whose request was read to its end has no more to send, and is not listened to: it
//! may keep its connection open for its next request, and a stop would wait for it. And a client that does not take what
//! it is sent is not waited for forever: its request has a place in the house.
//!
//! hyper stops reading, and so does not see a client hang up, once it holds a byte of what comes after the request at
//! hand. [`Line`] sees it all the same, unless more than the socket holds was sent by then: the client's end waits behind
//! that, and is seen when the request at hand has been answered.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};

/// How long a client that is still sending after its answer is listened to.
const LINGER: Duration = Duration::from_secs(30);

/// Between two looks at a client that has sent something which nobody reads yet.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Reads of one turn, after which other connections get theirs.
const READS: usize = 32;

/// The address that a request was sent from. What a proxy says of it in headers is not believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub IpAddr);

/// What is known of what the client has said. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Known>);

#[derive(Default)]
struct Known {
    anything: AtomicBool,
    unread: AtomicBool,
    waits: watch::Sender<bool>,
}

impl Said {
    /// Whether a byte has come.
    pub(super) fn anything(&self) -> bool {
        self.0.anything.load(Ordering::Relaxed)
    }

    /// Whether the latest request has been read to its end, so that its client has nothing to do but wait.
    pub(super) fn waits(&self) -> bool {
        *self.0.waits.borrow()
    }

    /// Says so when a request begins, and when it has been read to its end.
    pub(super) fn set_waits(&self, waits: bool) {
        self.0.waits.send_if_modified(|before| std::mem::replace(before, waits) != waits);
    }

    /// All that the client has sent has been read to the end of a request.
    pub(super) fn read_to_the_end(&self) {
        self.0.unread.store(false, Ordering::Relaxed);
    }

    fn more(&self) {
        self.0.anything.store(true, Ordering::Relaxed);
        self.0.unread.store(true, Ordering::Relaxed);
    }

    fn unread(&self) -> bool {
        self.0.unread.load(Ordering::Relaxed)
    }
}

/// A TCP connection that lingers, and that gives up on a client that stalls.
pub(super) struct Connection {
    from: Arc<OwnedReadHalf>,
    to: OwnedWriteHalf,
    said: Said,
    stall: Duration,
    /// Runs while the client does not take what it is sent.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once the last word is said.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Around a stream whose client may let at most `stall` pass before it takes more of an answer.
    pub(super) fn new(stream: TcpStream, stall: Duration) -> Self {
        let (from, to) = stream.into_split();
        Self { from: Arc::new(from), to, said: Said::default(), stall, stalled: None, lingering: None }
    }

    /// What the client says from now on.
    pub(super) fn said(&self) -> Said {
        self.said.clone()
    }

    /// Where the client's hanging up is seen.
    pub(super) fn line(&self) -> Line {
        Line { from: self.from.clone(), waits: self.said.0.waits.subscribe() }
    }

    /// Passes on what a write came to, unless it has been waiting for too long.
    fn unless_stalled<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall = self.stall;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        timer.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_receive(&self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!((*self.from).as_ref().poll_read_ready(context))?;
            match self.from.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|_| ())),
            }
        }
    }

    /// Reads and throws away, to the end of what comes.
    fn poll_discard(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut waste = [0; 16 << 10];
        for _ in 0..READS {
            let mut buffer = ReadBuf::new(&mut waste);
            match ready!(self.poll_receive(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.to).poll_write(context, bytes);
        self.unless_stalled(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.to).poll_write_vectored(context, slices);
        self.unless_stalled(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.to.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.to).poll_shutdown(context))?;
            if !self.said.unread() {
                return Poll::Ready(Ok(()));
            }
        }
        let lingering = self.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if lingering.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        self.poll_discard(context).map(Ok)
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.poll_receive(context, buffer);
        if buffer.filled().len() > before {
            self.said.more();
        }
        read
    }
}

/// The way from the client, watched beside its reader.
pub(super) struct Line {
    from: Arc<OwnedReadHalf>,
    waits: watch::Receiver<bool>,
}

impl Line {
    /// Ends when the client has hung up on an answer that it should be waiting for.
    pub(super) async fn hung_up(mut self) {
        while self.waits.wait_for(|waits| *waits).await.is_ok() {
            let closed = self.from.ready(Interest::READABLE).await.map_or(true, Ready::is_read_closed);
            if closed && *self.waits.borrow() {
                return;
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair(stall: Duration) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Connection::new(listener.accept().await.unwrap().0, stall), client)
    }

    #[tokio::test]
    async fn the_last_word_arrives_though_the_client_still_sends() {
        let (mut server, mut client) = pair(LINGER).await;
        client.write_all(b"first").await.unwrap();
        let last_word = tokio::spawn(async move {
            server.read_u8().await.unwrap();
            server.write_all(b"too large").await.unwrap();
            server.shutdown().await.unwrap();
        });
        for _ in 0..100 {
            client.write_all(&[0; 16_000]).await.unwrap();
        }
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "too large");
        last_word.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_whose_request_was_read_is_not_waited_for() {
        let (mut server, mut client) = pair(LINGER).await;
        client.write_all(b"request").await.unwrap();
        server.read_exact(&mut [0; 7]).await.unwrap();
        server.said().read_to_the_end();
        let start = tokio::time::Instant::now();
        server.shutdown().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(client);
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (mut server, client) = pair(Duration::from_millis(10)).await;
        let error = loop {
            if let Err(error) = server.write_all(&[0; 16_000]).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }
}
