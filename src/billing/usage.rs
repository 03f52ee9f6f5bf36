//! What a request used.

use serde::{Deserialize, Serialize};

use super::export::seconds;
use super::{TariffId, Unit};

/// What kind of work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Speech to text in its own language.
    Transcription,
    /// Speech to English text.
    Translation,
    /// Text from text or images: chat, completions, responses.
    Completion,
    /// Vectors.
    Embedding,
    /// Anything else that is delegated: reranking, moderation, images, speech.
    Other,
}

impl Service {
    /// Its name, as it is sealed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcription => "transcription",
            Self::Translation => "translation",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Other => "other",
        }
    }
}

/// Where the figures of a usage come from. A usage that nobody knows is estimated; it is never zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Counted by us, or told by the backend that did the work.
    #[default]
    Reported,
    /// Worked out from what was sent and received.
    Estimated,
}

/// What a request used: measured, before any rounding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Length of the decoded recording, in milliseconds.
    pub audio_ms: i64,
    /// Its channels, before they were mixed down; 0 where there is no audio.
    pub channels: u16,
    /// Tokens read, those from a cache included.
    pub input_tokens: i64,
    /// Those of them that a backend had cached.
    pub cached_tokens: i64,
    /// Tokens written, those of reasoning included.
    pub output_tokens: i64,
    /// Those of them that were reasoning.
    pub reasoning_tokens: i64,
    /// Whether nothing came out: a recording without a word.
    pub empty: bool,
    /// Whether it was one file of a batch.
    pub batch: bool,
    /// Where these figures come from.
    pub origin: Origin,
}

/// A part of what a request costs: so much of one unit at one tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it was priced by.
    pub tariff: TariffId,
    /// What was counted.
    pub unit: Unit,
    /// How much was used, before rounding: milliseconds of audio, tokens, or requests.
    pub quantity: i64,
    /// How much is billed, after rounding: seconds, minutes, tokens or requests, as `unit` says.
    pub billed: i64,
    /// What that costs, in nanos of the charge's currency.
    pub nanos: i64,
}

impl Line {
    /// How much was used, as a decimal number, and in what.
    #[must_use]
    pub fn measured(&self) -> (String, &'static str) {
        match self.unit {
            Unit::Second | Unit::StartedMinute => (seconds(self.quantity), "seconds"),
            Unit::InputToken | Unit::CachedToken | Unit::OutputToken => (self.quantity.to_string(), "tokens"),
            Unit::Request => (self.quantity.to_string(), "requests"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_name_that_is_sealed() {
        use Service::{Completion, Embedding, Other, Transcription, Translation};
        for service in [Transcription, Translation, Completion, Embedding, Other] {
            assert_eq!(serde_json::json!(service), service.as_str());
        }
    }
}
