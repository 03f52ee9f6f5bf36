//! The two requests that are sent: a chat that is answered with a document, and the same as a stream.

use std::fmt::Write;
use std::sync::Arc;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Document,
    Stream,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Document, Self::Stream];

    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "JSON",
            Self::Stream => "stream",
        }
    }

    /// The body: half a kilobyte, as a short question with some instructions is.
    fn body(self) -> String {
        let stream = self == Self::Stream;
        let system = "You answer in one short sentence. ".repeat(12);
        format!(
            "{{\"model\":\"small\",\"max_tokens\":64,\"stream\":{stream},\"messages\":[\
             {{\"role\":\"system\",\"content\":\"{system}\"}},{{\"role\":\"user\",\"content\":\"Say hello.\"}}]}}"
        )
    }

    /// Head and body, with the key where one is needed.
    pub fn request(self, key: Option<&str>) -> Arc<[u8]> {
        let body = self.body();
        let mut head = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n".to_owned();
        if let Some(key) = key {
            let _ = write!(head, "authorization: Bearer {key}\r\n");
        }
        let length = body.len();
        format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes().into()
    }
}
