//! What was said, as data: segments and words on the recording's own clock.
//!
//! A [`Transcript`] grows by one [`Piece`] for each recognised window, in order. [`render`] turns the whole into the
//! formats of the API; nothing here knows how it was recognised.

pub mod render;

use crate::domain::{Language, Millis};

/// A stretch of text between two timestamps of the model, usually a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Start on the recording's clock.
    pub start: Millis,
    /// End on the recording's clock, never before `start`.
    pub end: Millis,
    /// The text as the model wrote it, with its leading space.
    pub text: String,
    /// The model's token ids, timestamps included.
    pub tokens: Vec<u32>,
    /// The temperature at which this window was decoded in the end.
    pub temperature: f32,
    /// Mean natural logarithm of the tokens' probabilities.
    pub avg_logprob: f32,
    /// Bytes of the text over bytes of its zlib form; a loop compresses well, and this is over 2.4.
    pub compression_ratio: f32,
    /// The model's own probability that its window holds no speech.
    pub no_speech_prob: f32,
    /// Where the window that this segment was recognised in starts, on the recording's clock.
    pub seek: Millis,
}

/// One word, without spaces around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The word with its punctuation.
    pub text: String,
    /// Start on the recording's clock.
    pub start: Millis,
    /// End on the recording's clock, never before `start`.
    pub end: Millis,
}

/// A text token and how sure the model was of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    /// The token's bytes; a character can be split over several tokens.
    pub bytes: Vec<u8>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// What one window of a recording brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// In order of time; empty when nothing was understood.
    pub segments: Vec<Segment>,
    /// In order of time; empty unless words were asked for.
    pub words: Vec<Word>,
    /// In order; empty unless they were asked for.
    pub logprobs: Vec<TokenLogprob>,
    /// What the listener should doubt.
    pub warnings: Vec<Warning>,
}

impl Piece {
    /// Adds what was recognised later, on a clock that started at `offset`.
    pub fn append(&mut self, later: Self, offset: Millis) {
        self.segments.extend(later.segments.into_iter().map(|segment| Segment {
            start: offset + segment.start,
            end: offset + segment.end,
            ..segment
        }));
        self.words.extend(later.words.into_iter().map(|word| Word {
            start: offset + word.start,
            end: offset + word.end,
            ..word
        }));
        self.logprobs.extend(later.logprobs);
        self.warnings.extend(later.warnings.into_iter().map(|warning| Warning {
            start: offset + warning.start,
            end: offset + warning.end,
            ..warning
        }));
    }

    /// Whether there is not one word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(|segment| segment.text.trim().is_empty())
    }

    /// Whether words of it may not be what was said.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.warnings.iter().any(|warning| warning.kind != WarningKind::Incomplete)
    }

    /// The text of all segments, with the model's leading space.
    #[must_use]
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }
}

/// A stretch that was decoded again and still looks wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// What is wrong with it.
    pub kind: WarningKind,
    /// Start of the stretch on the recording's clock.
    pub start: Millis,
    /// End of the stretch on the recording's clock.
    pub end: Millis,
}

/// Why a stretch is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// The same words over and over.
    Repetition,
    /// The model was unsure of most words.
    LowConfidence,
    /// Somebody speaks, and there are no words for it, or far too few.
    Incomplete,
}

impl WarningKind {
    /// The name in the `x-minuted-warnings` header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repetition => "repetition",
            Self::LowConfidence => "low_confidence",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// Text in the language that was spoken.
    #[default]
    Transcribe,
    /// Text in English.
    Translate,
}

impl Task {
    /// The name in a `verbose_json` answer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcribe => "transcribe",
            Self::Translate => "translate",
        }
    }
}

/// A whole recording as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// What was asked for.
    pub task: Task,
    /// The language spoken: as given, or as detected. English when nothing was said.
    pub language: Language,
    /// Length of the decoded audio, silence included.
    pub duration: Millis,
    /// All pieces joined.
    pub body: Piece,
}

impl Transcript {
    /// A transcript to which pieces will be added.
    #[must_use]
    pub fn new(task: Task, language: Language) -> Self {
        Self { task, language, duration: Millis(0), body: Piece::default() }
    }

    /// Adds what the next window brought, its times on the recording's clock.
    pub fn push(&mut self, piece: Piece) {
        self.body.append(piece, Millis(0));
    }

    /// The text, without space around it.
    #[must_use]
    pub fn text(&self) -> String {
        self.body.text().trim().to_owned()
    }
}
