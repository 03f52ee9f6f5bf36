//! A multipart form as it comes off the wire: one file, streamed away, and text fields, collected.
//!
//! Fields may come in any order, the file first, last or in between, with or without a `Content-Length`. Nothing here
//! knows what a field means, only which fields anybody wants: [`known`] lists them. Every other is kept for a backend that
//! may know it, in [`Form::others`], or read past and named in [`Form::ignored`]. Checking values is the next step, in
//! [`Asked`](super::asked::Asked).

mod body;
mod known;
mod name;
mod upload;

use axum::{extract::Request, http::HeaderMap, http::header};
use multer::{Field, Multipart};

use super::{Error, Settings};
use crate::audio::{self, AudioSource};
use crate::domain::Share;
use body::BodyReader;
pub(crate) use body::whole;
pub(crate) use known::TranscriptionForm;
use known::{KNOWN, Use};
use name::Name;
use upload::Upload;

/// The most fields of a form. What OpenAI's SDKs send has a dozen.
const MAX_FIELDS: usize = 128;

/// The most bytes of a field's name: it is kept until the answer is sent, also if nobody wants the field.
const MAX_NAME: usize = 256;

/// The most bytes of a text field that somebody wants, or may want. Whisper reads 223 tokens of a prompt, a kilobyte or so.
const MAX_TEXT: usize = 64 << 10;

/// What a form held.
#[derive(Default)]
pub(crate) struct Form {
    /// The recording.
    pub file: Option<AudioSource>,
    /// The ending of the recording's name, if it is of letters and digits.
    pub ending: Option<String>,
    /// Every text field that somebody wants, in the order in which it came.
    pub values: Vec<Value>,
    /// Every other text field that can go to a backend as it is, in the order in which it came.
    pub others: Vec<Other>,
    /// Names of the fields that nobody wanted, each once, in the order in which they came.
    pub ignored: Vec<String>,
}

/// A text field.
pub(crate) struct Value {
    /// Which field of [`known`] it is.
    pub field: &'static str,
    /// What stood in brackets after the name: `type` in `chunking_strategy[type]`, nothing in `include[]`.
    pub key: String,
    /// As it was sent.
    pub text: String,
}

/// A text field of which nothing is known here.
pub(crate) struct Other {
    /// Its name, as it was sent: letters, digits and `_ - . [ ]`.
    pub name: String,
    /// The same without what stands in brackets.
    base: String,
    /// As it was sent.
    pub text: String,
}

/// Reads the whole body of a request as a form. What the recording takes of the space for uploads is added to `spooled`.
///
/// # Errors
/// If it is no form, breaks a limit, or stops coming; and if the recording cannot be stored.
pub(crate) async fn read(
    request: Request,
    audio: &audio::Settings,
    settings: &Settings,
    spooled: Share,
) -> Result<Form, Error> {
    let (head, body) = request.into_parts();
    let boundary = boundary(&head.headers)?;
    let body = BodyReader::new(&head.headers, body, audio.max_upload_bytes, settings)?;
    let parsed = body.parsed();
    let mut chunks = Box::pin(body.chunks());
    let mut parts = Multipart::new(&mut chunks, boundary);
    let mut form = Form::default();
    let mut spooled = Some(spooled);
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(refusal)? {
        parsed.catch_up();
        count += 1;
        if count > MAX_FIELDS {
            return Err(Error::TooManyParameters { limit: MAX_FIELDS });
        }
        form.take(part, audio, &parsed, &mut spooled).await?;
    }
    drop(parts);
    body::drain(chunks, &parsed).await?;
    Ok(form)
}

impl Form {
    async fn take(
        &mut self,
        mut part: Field<'_>,
        audio: &audio::Settings,
        parsed: &body::Parsed,
        spooled: &mut Option<Share>,
    ) -> Result<(), Error> {
        let Some(name) = part.name() else {
            return Err(Error::InvalidForm("a field has no name".to_owned()));
        };
        if name.len() > MAX_NAME {
            return Err(Error::InvalidForm(format!("the name of a field is longer than {MAX_NAME} bytes")));
        }
        let passes = part.file_name().is_none() && may_pass(name);
        let (as_sent, name) = (name.to_owned(), Name::parse(name));
        let known = KNOWN.iter().find(|field| field.name == name.base);
        match known {
            Some(field) if field.usage == Use::File => {
                // There is one share, for one file.
                let share = spooled.take().ok_or(Error::DuplicateParameter(field.name))?;
                self.ending = part.file_name().and_then(ending);
                let mut upload = Upload::new(audio, share);
                while let Some(chunk) = next_chunk(&mut part, parsed).await? {
                    upload.push(&chunk).await?;
                }
                self.file = Some(upload.finish().await?);
            }
            Some(field) if field.usage != Use::Ignored => {
                let mut bytes = Vec::new();
                while let Some(chunk) = next_chunk(&mut part, parsed).await? {
                    bytes.extend_from_slice(&chunk);
                    if bytes.len() > MAX_TEXT {
                        return Err(Error::ParameterTooLong { param: field.name, limit: MAX_TEXT });
                    }
                }
                let text = String::from_utf8(bytes)
                    .map_err(|_| Error::InvalidValue { param: field.name, why: "it is not UTF-8".to_owned() })?;
                self.values.push(Value { field: field.name, key: name.key, text });
            }
            _ => {
                let mut bytes = passes.then(Vec::new);
                while let Some(chunk) = next_chunk(&mut part, parsed).await? {
                    bytes = bytes.filter(|bytes| bytes.len() + chunk.len() <= MAX_TEXT);
                    if let Some(bytes) = &mut bytes {
                        bytes.extend_from_slice(&chunk);
                    }
                }
                match bytes.map(String::from_utf8) {
                    Some(Ok(text)) => self.others.push(Other { name: as_sent, base: name.base, text }),
                    _ => self.ignore(&name.base),
                }
            }
        }
        Ok(())
    }

    /// Nobody wants the fields of which nothing is known here either.
    pub(crate) fn ignore_others(&mut self) {
        for other in std::mem::take(&mut self.others) {
            self.ignore(&other.base);
        }
    }

    /// Remembers that a field was sent and nobody wanted it.
    pub(crate) fn ignore(&mut self, name: &str) {
        if !self.ignored.iter().any(|known| known == name) {
            self.ignored.push(name.to_owned());
        }
    }
}

/// Whether a field of this name can go to a backend, which cannot take it for one that is read here, nor for another
/// recording, which it would fetch.
fn may_pass(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    let base = name.split(['[', ']']).next().unwrap_or_default();
    let is_read = |known: &known::Known| known.usage != Use::Ignored && known.name.eq_ignore_ascii_case(base);
    let lower = base.to_ascii_lowercase();
    let is_address = ["url", "urls", "uri", "file_id"].iter().any(|end| lower.ends_with(end));
    !base.is_empty() && name.bytes().all(plain) && !is_address && !KNOWN.iter().any(is_read)
}

/// What stands behind the last dot of a name.
fn ending(name: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let plain = (1..=8).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| ending.to_ascii_lowercase())
}

async fn next_chunk(part: &mut Field<'_>, parsed: &body::Parsed) -> Result<Option<bytes::Bytes>, Error> {
    let chunk = part.chunk().await.map_err(refusal)?;
    parsed.catch_up();
    Ok(chunk)
}

fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(Error::encoded(encoding));
    }
    let Some(media_type) = text(header::CONTENT_TYPE) else {
        return Err(Error::UnsupportedContentType { found: "none".to_owned() });
    };
    multer::parse_boundary(&media_type)
        .map_err(|_| Error::UnsupportedContentType { found: format!("'{media_type:.100}'") })
}

/// The parser's errors in our terms; an error of the body itself comes back out as it went in.
fn refusal(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Error>() {
            Ok(own) => *own,
            Err(_) => Error::Internal,
        },
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => Error::InvalidForm("it ends before its closing boundary".to_owned()),
        other => Error::InvalidForm(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
