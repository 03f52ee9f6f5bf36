//! The fields of an answer, or of an event of one, that say how much was written and what was used; in the shapes of
//! chat, completions, responses, embeddings and rerank alike.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Report;
use super::blame::{self, Blame};

/// What is read of an answer; the rest is passed over.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AnswerFields<'a> {
    #[serde(borrow)]
    r#type: Option<&'a RawValue>,
    code: Option<&'a RawValue>,
    error_type: Option<&'a RawValue>,
    choices: Option<Written>,
    output: Option<Written>,
    delta: Option<Written>,
    usage: Option<Value>,
    response: Option<Response>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Response {
    usage: Option<Value>,
    error: Option<Value>,
}

impl AnswerFields<'_> {
    /// Bytes of text in it.
    pub(super) fn text_bytes(&self) -> u64 {
        [&self.choices, &self.output, &self.delta].into_iter().flatten().map(|written| written.bytes).sum()
    }

    /// Who is to blame, if it says that there is no more of an answer. What the error is called stands in it, or beside
    /// it (text-generation-inference), or in the event itself where that is the error (Responses).
    pub(super) fn blame(&self) -> Option<Blame> {
        let value = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let nested = self.response.as_ref().and_then(|response| response.error.as_ref());
        if let Some(error) = self.error.as_ref().or(nested) {
            let beside = value(self.error_type);
            return Some(blame::of(error.get("code"), error.get("type").or(beside.as_ref())));
        }
        let is_error = self.r#type.is_some_and(|raw| raw.get() == r#""error""#);
        is_error.then(|| blame::of(value(self.code).as_ref(), None))
    }

    /// What it says of usage.
    pub(super) fn report(&self) -> Option<Report> {
        let nested = self.response.as_ref().and_then(|response| response.usage.as_ref());
        self.usage.as_ref().or(nested).and_then(Report::of)
    }

    /// Whether it says what was used and nothing else.
    pub(super) fn is_usage_alone(&self) -> bool {
        self.usage.as_ref().is_some_and(Value::is_object)
            && self.choices.as_ref().is_some_and(|choices| choices.items == 0)
    }
}

/// Text that a model has written, counted wherever it stands.
#[derive(Debug, Default)]
struct Written {
    bytes: u64,
    /// Entries of a list.
    items: usize,
}

/// Where text stands, in an answer of any shape.
const TEXT: [&str; 6] = ["content", "text", "refusal", "arguments", "thinking", "transcript"];

/// Two names of the same text, which some vLLMs write under both.
const REASONING: [&str; 2] = ["reasoning_content", "reasoning"];

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Count)
    }
}

struct Count;

impl<'de> Visitor<'de> for Count {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was written")
    }

    fn visit_str<E>(self, text: &str) -> Result<Written, E> {
        Ok(Written { bytes: text.len() as u64, items: 0 })
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Written, E> {
        Ok(Written::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Written, E> {
        Ok(Written::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Written, E> {
        Ok(Written::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
        Ok(Written::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Written, A::Error> {
        let mut sum = Written::default();
        while let Some(item) = items.next_element::<Written>()? {
            sum.bytes += item.bytes;
            sum.items += 1;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Written, A::Error> {
        let (mut sum, mut reasoning) = (Written::default(), 0);
        while let Some(Key(key)) = entries.next_key::<Key<'de>>()? {
            let holder = matches!(&*key, "delta" | "message" | "tool_calls" | "function" | "function_call" | "summary");
            if REASONING.contains(&&*key) {
                reasoning = entries.next_value::<Written>()?.bytes.max(reasoning);
            } else if holder || TEXT.contains(&&*key) {
                sum.bytes += entries.next_value::<Written>()?.bytes;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        sum.bytes += reasoning;
        Ok(sum)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
