//! The fields of a body that anything depends on. Of two with the same name the body is refused: a backend could take
//! the other one.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// What is read of the body's object; the rest is passed over.
#[derive(Deserialize)]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub model: Option<&'a RawValue>,
    pub stream: Option<bool>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub stream_options: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub store: Option<&'a RawValue>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    max_output_tokens: Option<i64>,
    n: Option<i64>,
    best_of: Option<i64>,
    #[serde(borrow)]
    pub messages: Option<&'a RawValue>,
    #[serde(borrow)]
    pub prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    pub input: Option<&'a RawValue>,
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    suffix: Option<&'a RawValue>,
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    documents: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    functions: Option<&'a RawValue>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
}

/// A field that is `null` is there: where it stands, another value is put.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&'a RawValue>::deserialize(from).map(Some)
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl<'a> Fields<'a> {
    /// What a model reads.
    pub(super) fn read(&self) -> impl Iterator<Item = &'a RawValue> {
        [
            self.messages,
            self.prompt,
            self.input,
            self.instructions,
            self.suffix,
            self.query,
            self.documents,
            self.tools,
            self.functions,
            self.response_format,
        ]
        .into_iter()
        .flatten()
    }

    pub(super) fn wants_usage(&self) -> bool {
        let options = self.stream_options.and_then(|raw| serde_json::from_str::<StreamOptions>(raw.get()).ok());
        options.and_then(|options| options.include_usage) == Some(true)
    }

    /// The largest of the maxima: a backend may heed any of them. One below zero is none, as llama.cpp has it.
    pub(super) fn max_output(&self) -> Option<i64> {
        let named = [self.max_tokens, self.max_completion_tokens, self.max_output_tokens];
        if named.iter().flatten().any(|most| *most < 0) {
            return None;
        }
        named.into_iter().flatten().max()
    }

    /// How many answers are written, of which a caller may see fewer.
    pub(super) fn answers(&self) -> i64 {
        self.n.unwrap_or(1).max(self.best_of.unwrap_or(1))
    }

    pub(super) fn has_tools(&self) -> bool {
        let some = |raw: &RawValue| !matches!(raw.get().trim(), "[]" | "null");
        self.tools.is_some_and(some) || self.functions.is_some_and(some)
    }
}

/// What is wrong with JSON and where, without what it says: that may be part of a prompt.
pub(super) fn without_values(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "it is malformed, or nested too deeply",
        _ if text.starts_with("duplicate field") => text.split(" at line").next().unwrap_or("a field is there twice"),
        _ => "a field has a value of another type than it takes",
    };
    format!("{what}, at line {line}, column {column}")
}
