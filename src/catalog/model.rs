//! One speech model: what it is called, what it understands, what its file must look like.

use std::path::PathBuf;

use serde::Deserialize;

use super::Digest;

/// A Whisper model in ggml's file format.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What callers name it by, and what answers name: `whisper-base.en`.
    pub id: String,
    /// The name of its file, on the hub and in the store.
    pub file: String,
    /// Length of the file.
    pub bytes: u64,
    /// Checksum of the file; `None` for a file of the user's own that no manifest lists.
    pub sha256: Option<Digest>,
    /// SPDX identifier of its licence; `unknown` for a file of the user's own.
    pub licence: String,
    /// What it understands. Of a file of the user's own it is not known before the model is loaded.
    pub languages: Languages,
    /// What to expect of it, in one line.
    pub description: String,
    /// Further names that callers may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Whether its bytes are part of the program.
    #[serde(default)]
    pub bundled: bool,
    /// Whether it understands a short recording without the silence that Whisper fills up half a minute with.
    #[serde(default)]
    pub short_windows: bool,
    /// Whether it was trained to translate into English. One that knows English only has nothing to translate: it writes
    /// down what it hears, as it does without being asked.
    #[serde(default = "yes")]
    pub translates: bool,
}

fn yes() -> bool {
    true
}

impl Model {
    /// Id, aliases and file name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.id, &self.file].into_iter().chain(&self.aliases).map(String::as_str)
    }

    /// Whether a caller who says `name` means this model.
    #[must_use]
    pub fn answers_to(&self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// What a model understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Languages {
    /// Nothing but English.
    #[serde(rename = "en")]
    English,
    /// Whisper's hundred languages, in varying quality.
    #[serde(rename = "multilingual")]
    Multilingual,
}

impl Languages {
    /// As the manifest writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Multilingual => "multilingual",
        }
    }
}

/// Where the bytes of a model are, once they are known to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weights {
    /// In the program itself.
    Embedded(&'static [u8]),
    /// In a file.
    File(PathBuf),
}
