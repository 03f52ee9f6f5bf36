//! One card of the catalogue.

use serde::{Deserialize, Serialize};

use super::Life;

/// What customers read of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What callers name it by.
    pub id: String,
    /// Further names of the same model, such as those of its quantised files.
    pub aliases: Vec<String>,
    /// Who made it.
    pub vendor: String,
    /// What to expect of it, in a sentence; empty if nothing is said.
    pub description: String,
    /// How many weights it has.
    pub parameters: Option<u64>,
    /// The most tokens that it reads and writes together.
    pub context_tokens: Option<u32>,
    /// SPDX expression of the licence of its weights, or the licence's own name.
    pub licence: String,
    /// Where the text of that licence is: a URL.
    pub licence_file: Option<String>,
    /// ISO 639-1 codes; or `multilingual` for all that Whisper knows.
    pub languages: Vec<String>,
    /// What it can be asked for.
    pub capabilities: Vec<Capability>,
    /// Where it computes, in the operator's words.
    pub location: Option<String>,
    /// What the operator or the vendor stands in for, in their words.
    pub indemnification: Option<String>,
    /// Its dates.
    pub life: Life,
    /// The id of the model that takes its place.
    pub successor: Option<String>,
}

impl Card {
    /// Id and aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.id].into_iter().chain(&self.aliases).map(String::as_str)
    }

    /// The id under which the model is served: what `served` makes of the first of the card's names that it knows; the
    /// card's own where it knows none.
    #[must_use]
    pub fn served_as(&self, served: impl Fn(&str) -> Option<String>) -> String {
        self.names().find_map(served).unwrap_or_else(|| self.id.clone())
    }
}

/// What a model can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Recordings to text.
    Transcription,
    /// Recordings to English text.
    Translation,
    /// Text to text.
    Chat,
    /// Pictures in what it is asked.
    Vision,
    /// Calls of functions.
    Tools,
    /// Thinking before it answers.
    Reasoning,
    /// Text to vectors.
    Embeddings,
    /// Texts in order of how well they answer a question.
    Rerank,
    /// Texts judged.
    Moderation,
    /// Text to pictures.
    Images,
    /// Text to speech.
    Speech,
}

impl Capability {
    /// As the file and the API write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcription => "transcription",
            Self::Translation => "translation",
            Self::Chat => "chat",
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::Reasoning => "reasoning",
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Moderation => "moderation",
            Self::Images => "images",
            Self::Speech => "speech",
        }
    }
}
