//! The requests that are sent: a chat that is answered with a document, as a stream, or as a slow stream.

use std::fmt::Write;
use std::sync::Arc;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Document,
    Stream,
    /// Its few events come one after the other, each with the time at which it was sent.
    Slow,
}

/// What asks for a slow stream.
pub const SLOWLY: &str = "Say hello slowly.";

impl Kind {
    /// Those that are sent as fast as can be, and at half of that.
    pub const LOADS: [Self; 2] = [Self::Document, Self::Stream];

    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "JSON",
            Self::Stream => "stream",
            Self::Slow => "slow stream",
        }
    }

    /// The body: half a kilobyte, as a short question with some instructions is.
    fn body(self) -> String {
        let stream = self != Self::Document;
        let question = if self == Self::Slow { SLOWLY } else { "Say hello." };
        let system = "You answer in one short sentence. ".repeat(12);
        format!(
            "{{\"model\":\"small\",\"max_tokens\":64,\"stream\":{stream},\"messages\":[\
             {{\"role\":\"system\",\"content\":\"{system}\"}},{{\"role\":\"user\",\"content\":\"{question}\"}}]}}"
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
