//! A client that speaks HTTP by hand: it can stop in the middle, send on after an answer, or hang up.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const BOUNDARY: &str = "cut-here";

/// The part of a form that is a file.
pub fn file_part(content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// The part of a form that is a text field.
pub fn text_part(name: &str, text: &str) -> Vec<u8> {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").into_bytes()
}

/// What ends a form.
pub fn closing() -> Vec<u8> {
    format!("--{BOUNDARY}--\r\n").into_bytes()
}

/// The head of a request to one of the audio routes, with this header on its length.
pub fn head(path: &str, length: &str) -> Vec<u8> {
    let form = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    format!("POST {path} HTTP/1.1\r\nHost: minuted\r\n{form}\r\n{length}\r\n\r\n").into_bytes()
}

/// One connection.
pub struct Wire(TcpStream);

impl Wire {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("the server listens"))
    }

    /// Begins a request for a transcript with this header on its length.
    pub async fn begin(address: SocketAddr, length: &str) -> Self {
        Self::begin_at(address, "/v1/audio/transcriptions", length).await
    }

    /// Begins a request to one of the audio routes.
    pub async fn begin_at(address: SocketAddr, path: &str, length: &str) -> Self {
        let mut wire = Self::connect(address).await;
        wire.send(&head(path, length)).await.expect("the head is read");
        wire
    }

    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Sends a chunk of a body without a length.
    pub async fn send_chunk(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let frame = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.send(&frame).await
    }

    /// Everything that the server sends until it closes.
    pub async fn read_to_end(&mut self) -> std::io::Result<String> {
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// What the server sends until it has sent `mark`.
    pub async fn read_until(&mut self, mark: &str) -> String {
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains(mark) {
            let mut buffer = [0; 4096];
            let count = self.0.read(&mut buffer).await.expect("the connection holds");
            assert!(count > 0, "closed before {mark:?}: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}
