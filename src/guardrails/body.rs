//! A walk over a JSON body: how deep it is, how many parts it has, and every text in it.
//!
//! It reads the bytes themselves. A tree of them would keep one of two values under the same key, and which of the two
//! the next reader takes is not known.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Blocked;

/// Keys under which pictures and recordings stand. The base64 of a `data:` URI there is no text.
const MEDIA: [&str; 5] = ["url", "image_url", "image", "data", "file_data"];

/// The key of a body under which a number, or a list of them, is tokens in place of text that a model goes on from.
const TOKENS: &str = "prompt";

/// The deepest level that is reached before `serde_json` stops by itself: what is deeper could not be looked at.
pub(super) const DEEPEST: usize = 126;

/// Keys whose values say how something is meant, and not what.
const STRUCTURE: [&str; 11] = [
    "model",
    "role",
    "type",
    "id",
    "object",
    "detail",
    "encoding_format",
    "user",
    "service_tier",
    "tool_call_id",
    "effort",
];

/// Keys below which everything is text, whatever it is called there: templates write tools and forms of answers down for
/// the model as they came, with their keys.
const SCHEMA: [&str; 6] = ["tools", "functions", "function", "parameters", "response_format", "text"];

/// The longest key, role, type or the like that is taken for one, in bytes. A longer one is taken for text.
const LONGEST_WORD: usize = 64;

/// What a text is in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The name of a value.
    Key,
    /// The value of a key of [`STRUCTURE`], or what a `data:` URI says of itself.
    Structure,
    /// No text, but a number that stands for one: a token, which only its model can read.
    Token,
    /// Any other value, and below [`SCHEMA`] whatever there is.
    Value,
}

impl Place {
    /// Whether somebody may have meant this text, which stands here. Keys are not meant, nor words of structure such as
    /// roles and types, as long as they are words: a template prints a role of any kind.
    pub(super) fn is_spoken(self, text: &str) -> bool {
        self == Self::Value || !is_word(text)
    }
}

/// A body on its way.
pub(super) struct Body<F> {
    max_depth: usize,
    max_parts: usize,
    parts: usize,
    check_text: F,
    /// Why the walk was ended.
    stopped: Option<Blocked>,
}

impl<F: FnMut(&str, Place) -> Result<(), Blocked>> Body<F> {
    /// `check_text` looks at each text, keys as well, and is told of tokens in place of text.
    pub(super) fn new(max_depth: Option<usize>, max_parts: Option<usize>, check_text: F) -> Self {
        let max_depth = max_depth.unwrap_or(DEEPEST);
        Self { max_depth, max_parts: max_parts.unwrap_or(usize::MAX), parts: 0, check_text, stopped: None }
    }

    /// Walks until the end, or until something stops it. What stands behind something that cannot be read has not been
    /// looked at: a number without bounds, half a surrogate pair or bytes that are not UTF-8 would hide it, since other
    /// readers go on there.
    ///
    /// # Errors
    /// [`Blocked`].
    pub(super) fn walk(mut self, body: &[u8]) -> Result<(), Blocked> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let at = At { body: &mut self, depth: 0, in_list: false, key: Under::Other };
        let walked = at.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        walked.map_err(|_| self.stopped.unwrap_or(Blocked::Unreadable))
    }
}

/// A place in a body.
struct At<'b, F> {
    body: &'b mut Body<F>,
    /// Lists and objects around it.
    depth: usize,
    in_list: bool,
    /// The key under which it stands.
    key: Under,
}

/// A key, as far as it says what a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    /// One of [`MEDIA`].
    Media,
    /// One of [`STRUCTURE`].
    Structure,
    /// `input_audio`, of which `data` is a recording.
    Audio,
    /// That `data`.
    Recording,
    /// Under [`TOKENS`], and no object between.
    Prompt,
    /// One of [`SCHEMA`], or anything below it.
    Schema,
    Other,
}

impl Under {
    /// Of a key in an object that stands under another.
    fn of(key: &str, outer: Self) -> Self {
        if outer == Self::Schema || SCHEMA.contains(&key) {
            Self::Schema
        } else if outer == Self::Audio && key == "data" {
            Self::Recording
        } else if key == "input_audio" {
            Self::Audio
        } else if MEDIA.contains(&key) {
            Self::Media
        } else if STRUCTURE.contains(&key) {
            Self::Structure
        } else {
            Self::Other
        }
    }
}

impl<F: FnMut(&str, Place) -> Result<(), Blocked>> At<'_, F> {
    fn stop<E: serde::de::Error>(&mut self, blocked: Blocked) -> E {
        self.body.stopped = Some(blocked);
        E::custom("stopped")
    }

    /// Steps into a list or an object.
    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        let limit = self.body.max_depth;
        if self.depth > limit { Err(self.stop(Blocked::Depth { limit })) } else { Ok(()) }
    }

    fn number<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.key == Under::Prompt { self.text("", Place::Token) } else { Ok(()) }
    }

    fn text<E: serde::de::Error>(&mut self, text: &str, place: Place) -> Result<(), E> {
        (self.body.check_text)(text, place).map_err(|blocked| self.stop(blocked))
    }
}

impl<'de, F: FnMut(&str, Place) -> Result<(), Blocked>> DeserializeSeed<'de> for At<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str, Place) -> Result<(), Blocked>> Visitor<'de> for At<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(mut self, _: i64) -> Result<(), E> {
        self.number()
    }

    fn visit_u64<E: serde::de::Error>(mut self, _: u64) -> Result<(), E> {
        self.number()
    }

    fn visit_f64<E: serde::de::Error>(mut self, _: f64) -> Result<(), E> {
        self.number()
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        match (self.key, media_type(text)) {
            (Under::Media | Under::Recording, Some(said)) => {
                said.split(';').try_for_each(|word| self.text(word, Place::Structure))
            }
            (Under::Recording, None) if is_base64(text) => Ok(()),
            (Under::Structure, _) => self.text(text, Place::Structure),
            _ => self.text(text, Place::Value),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        // A recording is a text by itself.
        let key = if matches!(self.key, Under::Audio | Under::Recording) { Under::Other } else { self.key };
        let depth = self.depth;
        while items.next_element_seed(At { body: self.body, depth, in_list: true, key })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        self.enter()?;
        self.body.parts += usize::from(self.in_list);
        let limit = self.body.max_parts;
        if self.body.parts > limit {
            return Err(self.stop(Blocked::Parts { limit }));
        }
        while let Some(Key(key)) = entries.next_key::<Key<'de>>()? {
            let place = if self.key == Under::Schema { Place::Value } else { Place::Key };
            self.text::<A::Error>(&key, place)?;
            let is_prompt = self.depth == 1 && key == TOKENS;
            let key = if is_prompt { Under::Prompt } else { Under::of(&key, self.key) };
            entries.next_value_seed(At { body: self.body, depth: self.depth, in_list: false, key })?;
        }
        Ok(())
    }
}

/// Whether a text is a word by its form, such as a role or an id, and no sentence.
fn is_word(text: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-+=".contains(&byte);
    text.len() <= LONGEST_WORD && text.bytes().all(fit)
}

/// What a `data:` URI says of the base64 that is all the rest of it: `data:image/png;base64`.
fn media_type(text: &str) -> Option<&str> {
    let (said, data) = text.split_once(',')?;
    (said.starts_with("data:") && is_base64_digits(data.trim_end_matches('='))).then_some(said)
}

/// Whether a text is nothing but base64, to its end.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && is_base64_digits(digits)
}

fn is_base64_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// A key, without a copy where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
