//! What must be known of a request's body before it is passed on: which model, whether it is streamed, how much may be
//! written, and whether there are pictures. The bytes stay as they came, but for the few places that [`edit`] names.

mod content;
mod edit;
mod fields;
mod recording;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use bytes::Bytes;

use super::Error;
use super::endpoint::Endpoint;
use super::estimate::Expected;
use crate::billing::Usage;
pub(super) use content::Content;
pub(super) use edit::Outgoing;
use fields::Fields;
pub use recording::Recording;

/// How much of a prompt says which cache is warm, in bytes: a system prompt of usual length.
const PREFIX: usize = 2_048;

/// A body and what is known of it.
pub struct Asked {
    source: Source,
    /// The model that is to answer.
    pub(super) model: String,
    /// The same, as the body names it.
    named: String,
    /// Whether the answer comes as events.
    pub(super) stream: bool,
    /// Whether the caller wants to be told at the end of a stream what was used.
    pub(super) wants_usage: bool,
    /// The most tokens of an answer, if it says so.
    pub(super) max_output: Option<i64>,
    /// How many answers are written.
    pub(super) answers: i64,
    /// How many times the prompt comes back.
    echoes: u64,
    /// Whether there are tools to call.
    pub(super) tools: bool,
    /// What is to be read.
    pub(super) content: Content,
    /// Stands for how the prompt begins.
    pub(super) prefix: u64,
}

/// What is sent.
enum Source {
    Json(Bytes, Spans),
    Form(Box<Recording>),
}

/// Where in the body what may have to be edited stands.
#[derive(Debug, Default)]
struct Spans {
    /// Behind the opening brace.
    start: usize,
    model: Range<usize>,
    stream_options: Option<Range<usize>>,
    store: Option<Range<usize>>,
    /// Pictures in a form that backends do not know, and the form that they know.
    pictures: Vec<(Range<usize>, String)>,
}

impl Asked {
    /// Of a JSON body.
    ///
    /// # Errors
    /// [`Error::Body`], [`Error::Missing`], [`Error::Kept`].
    pub(super) fn of(endpoint: Endpoint, body: Bytes) -> Result<Self, Error> {
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::Body("the body is not a JSON object".to_owned()));
        }
        let fields: Fields<'_> =
            serde_json::from_slice(&body).map_err(|error| Error::Body(fields::without_values(&error)))?;
        let model: String = fields.model()?;
        if let Some(field) = fields.kept(endpoint) {
            return Err(Error::Kept(field));
        }
        let span = |raw: &serde_json::value::RawValue| {
            let start = raw.get().as_ptr().addr() - body.as_ptr().addr();
            start..start + raw.get().len()
        };
        let mut content = Content::default();
        for (raw, part) in fields.read() {
            content.add(raw, part).map_err(|error| Error::Body(fields::without_values(&error)))?;
        }
        content.unseen += u32::from(fields.reads_more(endpoint));
        let pictures = match fields.messages.filter(|_| content.odd_pictures) {
            Some(messages) => edit::known_pictures(messages).into_iter().map(|(raw, new)| (span(raw), new)).collect(),
            None => Vec::new(),
        };
        let spans = Spans {
            start: body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1),
            model: fields.model.map(span).unwrap_or_default(),
            stream_options: fields.stream_options.map(span),
            store: fields.store.map(span),
            pictures,
        };
        let prompt = fields.messages.or(fields.input).or(fields.prompt).map_or("", |raw| raw.get());
        // Only here there is more than one prompt, or one that comes back.
        let is_completion = endpoint == Endpoint::Completions;
        let answers = fields.answers()?;
        let mut hasher = DefaultHasher::new();
        (&model, &prompt.as_bytes()[..prompt.len().min(PREFIX)]).hash(&mut hasher);
        Ok(Self {
            stream: fields.stream()?,
            wants_usage: endpoint.has_stream_options() && fields.wants_usage(),
            max_output: fields.max_output()?,
            answers: if is_completion { answers.saturating_mul(fields.prompts()) } else { answers },
            echoes: if is_completion && fields.echoes() { answers.unsigned_abs() } else { 0 },
            tools: fields.has_tools(),
            prefix: hasher.finish(),
            named: model.clone(),
            model,
            content,
            source: Source::Json(body, spans),
        })
    }

    /// The model that a body names, though nothing else of it may be right; `None` if that cannot be read.
    #[must_use]
    pub fn model_of(body: &[u8]) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            model: String,
        }
        serde_json::from_slice(body).ok().map(|Named { model }| model)
    }

    /// The model that is to answer.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Has another model answer than the one that is named.
    pub fn answer_by(&mut self, model: String) {
        self.model = model;
    }

    /// Of a recording, whose form has been read.
    #[must_use]
    pub fn of_recording(recording: Recording) -> Self {
        Self {
            model: recording.model.clone(),
            named: recording.model.clone(),
            stream: recording.is_streamed(),
            wants_usage: false,
            max_output: None,
            answers: 1,
            echoes: 0,
            tools: false,
            content: Content::default(),
            prefix: 0,
            source: Source::Form(Box::new(recording)),
        }
    }

    /// What of its usage is known before it is answered.
    pub(super) fn measured(&self) -> Usage {
        match &self.source {
            Source::Json(..) => Usage::default(),
            Source::Form(recording) => recording.usage(),
        }
    }

    /// What it will use, at most, of a model that writes at most `ceiling` tokens where nobody says otherwise.
    pub(super) fn expected(&self, endpoint: Endpoint, ceiling: i64) -> Expected {
        let each = self.max_output.unwrap_or(ceiling);
        let output = if endpoint.writes() { each.saturating_mul(self.answers) } else { 0 };
        let expected = Expected::of(&self.content, output, self.echoes);
        // A backend may read the beginning of a text alone, and make its vector of that.
        if endpoint == Endpoint::Embeddings { Expected { least_input: 0, ..expected } } else { expected }
    }
}

#[cfg(test)]
mod tests;
