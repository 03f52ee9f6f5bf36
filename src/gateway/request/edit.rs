//! The few places at which a body is changed on its way to a backend: the model's name there, the wish to be told what
//! was used, the wish that nothing be kept, and pictures in a form that backends know. Everything else stays, to the
//! byte.

use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Asked;
use crate::gateway::endpoint::Endpoint;
use crate::gateway::kind::Quirks;

/// What replaces a stretch of the body.
type Edit = (Range<usize>, String);

impl Asked {
    /// Whether a stream will say more at its end than the caller asked for.
    pub(in crate::gateway) fn forces_usage(&self, endpoint: Endpoint, quirks: Quirks) -> bool {
        self.stream && endpoint.has_stream_options() && quirks.include_usage && !self.wants_usage
    }

    /// The body for a backend that calls the model `upstream`.
    pub(in crate::gateway) fn body_for(&self, endpoint: Endpoint, upstream: &str, quirks: Quirks) -> Bytes {
        let mut edits: Vec<Edit> = self.spans.pictures.clone();
        if upstream != self.model {
            edits.push((self.spans.model.clone(), Value::from(upstream).to_string()));
        }
        if self.forces_usage(endpoint, quirks) {
            edits.push(self.with_usage());
        }
        if endpoint == Endpoint::Responses && quirks.keeps_answers {
            edits.push(match &self.spans.store {
                Some(span) => (span.clone(), "false".to_owned()),
                None => self.insert(r#""store":false,"#),
            });
        }
        if edits.is_empty() { self.body.clone() } else { spliced(&self.body, edits) }
    }

    fn with_usage(&self) -> Edit {
        let Some(span) = &self.spans.stream_options else {
            return self.insert(r#""stream_options":{"include_usage":true},"#);
        };
        let options: Option<Value> = serde_json::from_slice(&self.body[span.clone()]).ok();
        let mut options = options.filter(Value::is_object).unwrap_or_else(|| json!({}));
        options["include_usage"] = true.into();
        (span.clone(), options.to_string())
    }

    fn insert(&self, field: &str) -> Edit {
        (self.spans.start..self.spans.start, field.to_owned())
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
