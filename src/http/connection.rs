//! A TCP connection with patience, and with an end to it.
//!
//! An error can be answered while the client still sends its recording. If the server then closed the socket with bytes
//! unread, the system would send a reset, and the answer could be lost on its way: the client would see a broken
//! connection instead of a 413. So after the last word, what still comes is read and thrown away, until the client has
//! finished or had its time. And a client that does not take what it is sent is not waited for forever: its request has
//! a place in the house.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long a client that is still sending after its answer is listened to.
const LINGER: Duration = Duration::from_secs(30);

/// Reads of one turn, after which other connections get theirs.
const READS: usize = 32;

/// A TCP connection that lingers, and that gives up on a client that stalls.
pub(super) struct Connection {
    stream: TcpStream,
    heard: Arc<AtomicBool>,
    stall: Duration,
    /// Runs while the client does not take what it is sent.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once the last word is said.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Around a stream whose client may let at most `stall` pass before it takes more of an answer.
    pub(super) fn new(stream: TcpStream, stall: Duration) -> Self {
        Self { stream, heard: Arc::default(), stall, stalled: None, lingering: None }
    }

    /// Becomes true with the first byte that the client sends.
    pub(super) fn heard(&self) -> Arc<AtomicBool> {
        self.heard.clone()
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

    /// Reads and throws away, to the end of what comes.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut waste = [0; 16 << 10];
        for _ in 0..READS {
            let mut buffer = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
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
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stalled(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.unless_stalled(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        let lingering = self.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if lingering.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        self.poll_discard(context).map(Ok)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
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
        let last_word = tokio::spawn(async move {
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
