//! A [`Transcript`] as the body of an answer: one file for each format of the API, each a pure function.
//!
//! The HTTP room and the command line both call [`render`]; neither builds a body itself. Which format and which parts
//! of it were asked for is settled before this point ([`Format`], [`Detail`]). Live answers do not come through here,
//! but they share the shapes of [`Usage`] and [`Logprob`].

mod clock;
mod cue;
mod json;
mod srt;
mod text;
mod verbose_json;
mod vtt;

pub use json::{Json, Logprob, Usage};
pub use verbose_json::{VerboseJson, VerboseSegment, VerboseWord};

use super::Transcript;

/// A format that a transcript can be rendered in, named as the API's `response_format` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// The text and the seconds used, as JSON.
    #[default]
    Json,
    /// The text alone, and a line feed.
    Text,
    /// SubRip subtitles.
    Srt,
    /// Text, language, segments and words with their times, as JSON.
    VerboseJson,
    /// WebVTT subtitles.
    Vtt,
}

impl Format {
    /// Every format, in the order in which they are told to a caller.
    pub const ALL: [Self; 5] = [Self::Json, Self::Text, Self::Srt, Self::VerboseJson, Self::Vtt];

    /// From the name that the API gives it; `None` for any other.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The name that the API gives it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Srt => "srt",
            Self::VerboseJson => "verbose_json",
            Self::Vtt => "vtt",
        }
    }

    /// The media type of its body. Clients decide by it whether they parse JSON.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json | Self::VerboseJson => "application/json",
            Self::Text | Self::Srt => "text/plain; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
        }
    }
}

/// Which parts of a transcript go into its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Segments, in `verbose_json`.
    pub segments: bool,
    /// Words with their times, in `verbose_json`.
    pub words: bool,
    /// The tokens' probabilities, in `json`.
    pub logprobs: bool,
}

impl Default for Detail {
    /// Segments only, as OpenAI does when nothing is asked for.
    fn default() -> Self {
        Self { segments: true, words: false, logprobs: false }
    }
}

/// The body of an answer.
#[must_use]
pub fn render(transcript: &Transcript, format: Format, detail: Detail) -> String {
    match format {
        Format::Json => json::render(transcript, detail),
        Format::Text => text::render(transcript),
        Format::Srt => srt::render(transcript),
        Format::VerboseJson => verbose_json::render(transcript, detail),
        Format::Vtt => vtt::render(transcript),
    }
}

#[cfg(test)]
mod sample;
