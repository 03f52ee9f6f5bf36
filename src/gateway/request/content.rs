//! A walk over everything that a model will read, in whatever shape: how much text, which pictures, and from where.
//!
//! Backends read JSON differently where a key stands twice or a value is written with escapes. The walk looks at every
//! key and every decoded value, and takes something for a picture if any reading does.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Content {
    /// Bytes of text.
    pub text_bytes: u64,
    /// Numbers, which are tokens in place of text.
    pub tokens: u64,
    /// Pictures.
    pub pictures: u32,
    /// Bytes of media that are no pictures.
    pub media_bytes: u64,
    /// Media that are no pictures and stand elsewhere, and whatever else is read and not sent.
    pub unseen: u32,
    /// Whether a picture, a recording or a film is named by an address.
    pub links: bool,
    /// Whether a picture stands in the form `{"type": "image", "image": …}`, which backends do not know.
    pub odd_pictures: bool,
}

/// Types of a part that is a picture.
const PICTURE_TYPES: [&str; 3] = ["image_url", "input_image", "image"];

/// Keys that hold a picture.
const PICTURE_KEYS: [&str; 2] = ["image_url", "image"];

/// Keys that hold other media, or their address.
const MEDIA_KEYS: [&str; 4] = ["video_url", "audio_url", "file_url", "video"];

/// Keys that hold media themselves, or an address in the forms that single engines know.
const INLINE_KEYS: [&str; 2] = ["file_data", "input_audio"];

/// Keys that hold media or their address in the forms that single engines know: a part's, or a message's.
const ENGINE_KEYS: [&str; 3] = ["url", "data", "images"];

/// Keys of a tool under which a schema stands, or all that is said of a function.
const SCHEMA_KEYS: [&str; 2] = ["function", "parameters"];

/// What a value is, and so what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Messages and the like: text, and media under the keys of media.
    Said,
    /// A string here may be the address of media.
    Address,
    /// Tools: a backend's own may be given media, and in a schema a key is the name of a parameter.
    Tools,
    /// A schema, of which everything is text, whatever its parameters are named.
    Schema,
}

impl Content {
    /// Adds what stands in a value.
    pub(super) fn add(&mut self, value: &RawValue, part: Part) -> serde_json::Result<()> {
        let mut deserializer = serde_json::Deserializer::from_str(value.get());
        Walk { content: self, part }.deserialize(&mut deserializer)
    }
}

/// Through text.
struct Walk<'c> {
    content: &'c mut Content,
    part: Part,
}

impl Walk<'_> {
    /// A number is a token in place of text, but for one in a schema.
    fn number(self) {
        match self.part {
            Part::Schema => self.content.text_bytes += 1,
            _ => self.content.tokens += 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.content.text_bytes += text.len() as u64;
        self.content.links |= self.part == Part::Address && is_address(text);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.number();
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.number();
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.number();
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Walk { content: self.content, part: self.part })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut picture = false;
        while let Some(Key(key)) = entries.next_key::<Key<'de>>()? {
            // A name of a parameter counts as text where it is part of a tool's description.
            self.content.text_bytes += key.len() as u64;
            match &*key {
                name if self.part == Part::Schema || (self.part == Part::Tools && SCHEMA_KEYS.contains(&name)) => {
                    entries.next_value_seed(Walk { content: self.content, part: Part::Schema })?;
                }
                "type" => {
                    let Kind(kind) = entries.next_value::<Kind<'de>>()?;
                    picture |= PICTURE_TYPES.contains(&&*kind);
                    self.content.odd_pictures |= kind == "image";
                }
                name if PICTURE_KEYS.contains(&name) => {
                    let mut medium = Content::default();
                    picture |= entries.next_value_seed(Medium(&mut medium))?;
                    self.content.links |= medium.links;
                }
                name if MEDIA_KEYS.contains(&name) => {
                    entries.next_value_seed(Medium(self.content))?;
                }
                name if INLINE_KEYS.contains(&name) => {
                    let mut medium = Content::default();
                    entries.next_value_seed(Walk { content: &mut medium, part: Part::Address })?;
                    self.content.links |= medium.links;
                    self.content.unseen += u32::from(medium.links);
                    self.content.media_bytes += medium.text_bytes;
                }
                "file_id" => {
                    entries.next_value::<IgnoredAny>()?;
                    self.content.unseen += 1;
                }
                name => {
                    let part = match self.part {
                        _ if ENGINE_KEYS.contains(&name) => Part::Address,
                        Part::Tools => Part::Tools,
                        _ => Part::Said,
                    };
                    entries.next_value_seed(Walk { content: self.content, part })?;
                }
            }
        }
        self.content.pictures += u32::from(picture);
        Ok(())
    }
}

/// Through what stands under a key of media: a string, or an object that holds it. True if there is any.
struct Medium<'c>(&'c mut Content);

impl<'de> DeserializeSeed<'de> for Medium<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Medium<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        let is_link = is_link(text);
        self.0.links |= is_link;
        self.0.unseen += u32::from(is_link);
        self.0.media_bytes += text.len() as u64;
        Ok(true)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(found) = items.next_element_seed(Medium(self.0))? {
            any |= found;
        }
        Ok(any)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(Key(key)) = entries.next_key::<Key<'de>>()? {
            // Beside the address stand wishes: how closely to look, in which format.
            if matches!(&*key, "detail" | "format" | "filename" | "type" | "media_type") {
                entries.next_value::<IgnoredAny>()?;
            } else {
                any |= entries.next_value_seed(Medium(self.0))?;
            }
        }
        Ok(any)
    }
}

/// Whether a backend would have to fetch it: it is no `data:` URI.
fn is_link(text: &str) -> bool {
    !text.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// Whether a text is an address that a backend could fetch.
fn is_address(text: &str) -> bool {
    let scheme = text.trim_start().split(':').next().filter(|scheme| scheme.len() < text.trim_start().len());
    let known = |scheme: &str| ["http", "https", "file", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    scheme.is_some_and(known)
}

/// A key, without a copy where it has no escapes.
#[derive(Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// What stands under `type`: a string, or something that says nothing here.
struct Kind<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Kind<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        let text = serde_json::from_str::<Key<'de>>(raw.get());
        Ok(Self(text.map_or(Cow::Borrowed(""), |Key(text)| text)))
    }
}

#[cfg(test)]
mod tests;
