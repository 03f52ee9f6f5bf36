//! The few places at which a body is changed on its way to a backend: the model's name there, the wish to be told what
//! was used, the wish that nothing be kept, and pictures in a form that backends know. Everything else stays, to the
//! byte.

use std::ops::Range;

use bytes::Bytes;
use reqwest::Body;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Asked, Source, Spans};
use crate::gateway::endpoint::Endpoint;
use crate::gateway::kind::Quirks;

/// What replaces a stretch of the body.
type Edit = (Range<usize>, String);

/// A body on its way to a backend.
pub(in crate::gateway) struct Outgoing {
    pub body: Body,
    /// Where it is not the caller's own.
    pub content_type: Option<String>,
    /// Where the body does not say it itself.
    pub length: Option<u64>,
}

impl Asked {
    /// Whether a stream will say more at its end than the caller asked for.
    pub(in crate::gateway) fn forces_usage(&self, endpoint: Endpoint) -> bool {
        self.stream && endpoint.has_stream_options() && !self.wants_usage
    }

    /// What is sent to a backend that calls the model `upstream`.
    pub(in crate::gateway) fn outgoing(&self, endpoint: Endpoint, upstream: &str, quirks: Quirks) -> Outgoing {
        match &self.source {
            Source::Json(body, spans) => {
                let body = self.edited(body, spans, endpoint, upstream, quirks).into();
                Outgoing { body, content_type: None, length: None }
            }
            Source::Form(recording) => {
                let form = recording.form(upstream);
                let body = Body::wrap_stream(form.bytes);
                Outgoing { body, content_type: Some(form.content_type), length: Some(form.length) }
            }
        }
    }

    fn edited(&self, body: &Bytes, spans: &Spans, endpoint: Endpoint, upstream: &str, quirks: Quirks) -> Bytes {
        let mut edits: Vec<Edit> = spans.pictures.clone();
        if upstream != self.named {
            edits.push((spans.model.clone(), Value::from(upstream).to_string()));
        }
        if self.forces_usage(endpoint) {
            edits.push(spans.with_usage(body));
        }
        if endpoint == Endpoint::Responses && quirks.keeps_answers {
            edits.push(match &spans.store {
                Some(span) => (span.clone(), "false".to_owned()),
                None => spans.insert(r#""store":false,"#),
            });
        }
        if edits.is_empty() { body.clone() } else { spliced(body, edits) }
    }
}

impl Spans {
    fn with_usage(&self, body: &[u8]) -> Edit {
        let Some(span) = &self.stream_options else {
            return self.insert(r#""stream_options":{"include_usage":true},"#);
        };
        let options: Option<Value> = serde_json::from_slice(&body[span.clone()]).ok();
        let mut options = options.filter(Value::is_object).unwrap_or_else(|| json!({}));
        options["include_usage"] = true.into();
        (span.clone(), options.to_string())
    }

    fn insert(&self, field: &str) -> Edit {
        (self.start..self.start, field.to_owned())
    }
}

fn spliced(body: &[u8], mut edits: Vec<Edit>) -> Bytes {
    edits.sort_by_key(|(span, _)| span.start);
    let grown: usize = edits.iter().map(|(_, text)| text.len()).sum();
    let mut new = Vec::with_capacity(body.len() + grown);
    let mut at = 0;
    for (span, text) in edits {
        new.extend_from_slice(&body[at..span.start]);
        new.extend_from_slice(text.as_bytes());
        at = span.end;
    }
    new.extend_from_slice(&body[at..]);
    new.into()
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    r#type: Option<&'a str>,
    #[serde(borrow)]
    image: Option<&'a RawValue>,
}

/// Parts of the form `{"type": "image", "image": "data:…"}`, and what they are in OpenAI's form.
pub(super) fn known_pictures(messages: &RawValue) -> Vec<(&RawValue, String)> {
    let mut found = Vec::new();
    for part in list(messages).into_iter().filter_map(content).flat_map(list) {
        let Ok(Part { r#type: Some("image"), image: Some(image) }) = serde_json::from_str(part.get()) else { continue };
        if image.get().starts_with('"') {
            found.push((part, format!(r#"{{"type":"image_url","image_url":{{"url":{}}}}}"#, image.get())));
        }
    }
    found
}

fn list(raw: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

fn content(message: &RawValue) -> Option<&RawValue> {
    serde_json::from_str::<Message<'_>>(message.get()).ok()?.content
}
