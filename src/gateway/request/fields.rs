//! The fields of a body that anything depends on. Of two with the same name the body is refused, and so is one whose name
//! is written in other letters: some backends do not tell upper and lower case apart, and could take that one.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::content::{Key, Part};
use super::{Endpoint, Error};

macro_rules! fields {
    ($($name:ident)*) => {
        /// What is read of the body's object; the rest is passed over.
        #[derive(Default)]
        pub(super) struct Fields<'a> {
            $(pub $name: Option<&'a RawValue>,)*
        }

        const NAMES: &[&str] = &[$(stringify!($name)),*];

        impl<'a> Fields<'a> {
            fn place(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
                $(if name == stringify!($name) {
                    return Some(&mut self.$name);
                })*
                None
            }
        }
    };
}

fields! {
    model stream stream_options store
    max_tokens max_completion_tokens max_output_tokens n_predict n best_of echo
    messages prompt input instructions suffix query documents tools functions response_format text
    previous_response_id conversation web_search_options
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Key(key)) = entries.next_key::<Key<'de>>()? {
            if let Some(place) = fields.place(&key) {
                if place.replace(entries.next_value()?).is_some() {
                    return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
                }
            } else if let Some(name) = NAMES.iter().find(|name| is_the_same_to_some(&key, name)) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`, in other letters")));
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

/// Whether a key is a name to programs that do not tell upper and lower case apart, as those written in Go. In Unicode two
/// letters that are not ASCII are such forms of one that is.
fn is_the_same_to_some(key: &str, name: &str) -> bool {
    let plain = |letter: char| match letter {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.len() >= name.len() && key.chars().map(plain).eq(name.chars())
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// A tool, which a caller has or a backend.
#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    r#type: Key<'a>,
}

impl<'a> Fields<'a> {
    /// What a model reads.
    pub(super) fn read(&self) -> impl Iterator<Item = (&'a RawValue, Part)> {
        let said = [self.messages, self.prompt, self.input, self.instructions, self.suffix, self.query, self.documents];
        let schemas = [self.functions, self.response_format, self.text];
        let said = said.into_iter().flatten().map(|raw| (raw, Part::Said));
        let tools = self.tools.into_iter().map(|raw| (raw, Part::Tools));
        said.chain(tools).chain(schemas.into_iter().flatten().map(|raw| (raw, Part::Schema)))
    }

    pub(super) fn model(&self) -> Result<String, Error> {
        value(self.model, "`model` is not a string")?.ok_or(Error::Missing("model"))
    }

    pub(super) fn stream(&self) -> Result<bool, Error> {
        Ok(value(self.stream, "`stream` is neither true nor false")?.unwrap_or(false))
    }

    pub(super) fn wants_usage(&self) -> bool {
        let options = self.stream_options.and_then(|raw| serde_json::from_str::<StreamOptions>(raw.get()).ok());
        options.and_then(|options| options.include_usage) == Some(true)
    }

    /// The largest of the maxima: a backend may heed any of them. One below zero is none, as llama.cpp has it.
    pub(super) fn max_output(&self) -> Result<Option<i64>, Error> {
        let named = [self.max_tokens, self.max_completion_tokens, self.max_output_tokens, self.n_predict];
        let mut largest = None;
        for raw in named {
            match value::<i64>(raw, "a maximum of tokens is no whole number, or too large")? {
                Some(..0) => return Ok(None),
                most => largest = largest.max(most),
            }
        }
        Ok(largest)
    }

    /// How many answers are written to a prompt, of which a caller may see fewer.
    pub(super) fn answers(&self) -> Result<i64, Error> {
        let number = |raw| value::<i64>(raw, "`n` or `best_of` is no whole number, or too large");
        let (n, best_of) = (number(self.n)?, number(self.best_of)?);
        Ok(n.max(best_of).unwrap_or(1).max(1))
    }

    /// How many prompts are written on, where each is: `prompt` is a text, tokens, or a list of either.
    pub(super) fn prompts(&self) -> i64 {
        let list = self.prompt.and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
        let is_whole =
            |item: &&&RawValue| !item.get().starts_with(|first: char| first.is_ascii_digit() || first == '-');
        let count = list.map_or(1, |list| list.iter().filter(is_whole).count());
        i64::try_from(count.max(1)).unwrap_or(i64::MAX)
    }

    /// Whether the prompt comes back before what is written.
    pub(super) fn echoes(&self) -> bool {
        self.echo.is_some_and(|raw| raw.get() == "true")
    }

    /// The field that names what a backend should have kept. It was told to keep nothing, and what it has under such a
    /// name may be another caller's.
    pub(super) fn kept(&self, endpoint: Endpoint) -> Option<&'static str> {
        let named = [("previous_response_id", self.previous_response_id), ("conversation", self.conversation)];
        let mut named = named.into_iter().filter(|(_, raw)| raw.is_some_and(is_there));
        named.next().map(|(name, _)| name).filter(|_| endpoint == Endpoint::Responses)
    }

    /// Whether a model reads more than is sent: a template that its backend has, or what that looks up by tools of its own.
    pub(super) fn reads_more(&self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::Chat => self.web_search_options.is_some_and(is_there),
            Endpoint::Responses => self.prompt.is_some_and(is_there) || self.has_tools_of_a_backend(),
            _ => false,
        }
    }

    fn has_tools_of_a_backend(&self) -> bool {
        let tools = self.tools.and_then(|raw| serde_json::from_str::<Vec<Tool<'_>>>(raw.get()).ok());
        tools.into_iter().flatten().any(|tool| !matches!(&*tool.r#type.0, "function" | "custom"))
    }

    pub(super) fn has_tools(&self) -> bool {
        let some = |raw: &RawValue| !matches!(raw.get().trim(), "[]" | "null");
        self.tools.is_some_and(some) || self.functions.is_some_and(some)
    }
}

fn is_there(raw: &RawValue) -> bool {
    raw.get() != "null"
}

/// A value of a type; none where there is `null`.
fn value<T: DeserializeOwned>(raw: Option<&RawValue>, otherwise: &str) -> Result<Option<T>, Error> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map_err(|_| Error::Body(otherwise.to_owned()))
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
