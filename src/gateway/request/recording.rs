//! A recording for a backend: a form that is written anew for each one, since the model has another name at each. The
//! recording itself stays where the upload put it, and is read from there as it is sent.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::audio::AudioSource;
use crate::billing::Usage;
use crate::domain::Millis;

/// How much of a recording is read at once, in bytes.
const PIECE: usize = 256 << 10;

/// A recording and what is wanted of it.
#[derive(Clone)]
pub struct Recording {
    /// The model, as the caller names it.
    pub model: String,
    /// The other fields of the form, by their names on the wire.
    pub fields: Vec<(String, String)>,
    /// The recording.
    pub file: AudioSource,
    /// The ending of its name, by which some backends tell its container: letters and digits.
    pub ending: String,
    /// Its length, as we have decoded it: what a backend says of it is not believed.
    pub duration: Millis,
    /// Its channels.
    pub channels: u16,
}

/// A form on its way.
pub(super) struct Form {
    pub content_type: String,
    pub length: u64,
    pub bytes: std::pin::Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>,
}

impl Recording {
    /// What is billed.
    pub(super) fn usage(&self) -> Usage {
        let audio_ms = i64::try_from(self.duration.0).unwrap_or(i64::MAX);
        Usage { audio_ms, channels: self.channels, ..Usage::default() }
    }

    /// Whether the answer comes as events.
    pub(super) fn is_streamed(&self) -> bool {
        let says = |text: &str| matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1");
        self.fields.iter().any(|(name, text)| name == "stream" && says(text))
    }

    /// The form (RFC 7578) for a backend that calls the model `upstream`.
    pub(super) fn form(&self, upstream: &str) -> Form {
        // A new one each time: nobody can have put it into a recording.
        let boundary = format!("minuted-{}", uuid::Uuid::now_v7().simple());
        let mut head = String::new();
        let fields = self.fields.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        for (name, text) in [("model", upstream)].into_iter().chain(fields) {
            head.push_str(&part(&boundary, name, text));
        }
        head.push_str(&opening(&boundary, &self.ending));
        let tail = format!("\r\n--{boundary}--\r\n");
        Form {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            length: (head.len() + tail.len()) as u64 + self.file.len(),
            bytes: Box::pin(once(head).chain(pieces(self.file.clone())).chain(once(tail))),
        }
    }
}

fn part(boundary: &str, name: &str, text: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
}

/// What stands before the bytes of the recording.
fn opening(boundary: &str, ending: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"recording.{ending}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
}

fn once(text: String) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    stream::iter([Ok(Bytes::from(text))])
}

fn pieces(file: AudioSource) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    stream::try_unfold((file, 0), |(file, position)| async move {
        let read = tokio::task::spawn_blocking(move || file.peek(position, PIECE).map(|bytes| (bytes, file)));
        let (bytes, file) = read.await.map_err(io::Error::other)??;
        let end = position + bytes.len() as u64;
        Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), (file, end))))
    })
}
