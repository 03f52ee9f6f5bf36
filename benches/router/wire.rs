//! HTTP/1.1 at its barest: bytes that are ready are sent, and an answer is read to its end. What measures must cost less
//! than what is measured.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A message: where its head ends in the buffer that it was read into.
pub struct Message {
    pub head: usize,
}

/// Reads one message, head and body, into `buffer`, and shows what is there whenever more of it has come; `None` where the
/// other side has closed before it.
pub async fn read(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    mut show: impl FnMut(&[u8]),
) -> io::Result<Option<Message>> {
    buffer.clear();
    let mut head = None;
    loop {
        if head.is_none() {
            head = buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        }
        if let Some(head) = head
            && is_whole(&buffer[..head], &buffer[head..])
        {
            return Ok(Some(Message { head }));
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        show(buffer);
    }
}

/// No body that is sent here has the end of chunks within it.
fn is_whole(head: &[u8], body: &[u8]) -> bool {
    if let Some(length) = header(head, "content-length") {
        return length.parse().is_ok_and(|length| body.len() >= length);
    }
    header(head, "transfer-encoding").is_none() || body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n")
}

fn header<'a>(head: &'a [u8], wanted: &str) -> Option<&'a str> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then_some(value.trim())
    })
}

/// A client's connection, which is kept.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and reads its answer, which is an error unless it is a 200, and is shown as it comes.
    pub async fn exchange(&mut self, request: &[u8], show: impl FnMut(&[u8])) -> io::Result<()> {
        let outcome = self.answered(request, show).await;
        if !matches!(outcome, Ok(true)) {
            *self = Self::open(self.address).await?;
        }
        outcome.map(|_| ())
    }

    /// Whether the connection can be used again.
    async fn answered(&mut self, request: &[u8], show: impl FnMut(&[u8])) -> io::Result<bool> {
        self.stream.write_all(request).await?;
        let Some(message) = read(&mut self.stream, &mut self.buffer, show).await? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let (head, body) = self.buffer.split_at(message.head);
        if !head.starts_with(b"HTTP/1.1 200 ") {
            return Err(io::Error::other(String::from_utf8_lossy(&[head, body].concat()).into_owned()));
        }
        Ok(header(head, "connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")))
    }
}
