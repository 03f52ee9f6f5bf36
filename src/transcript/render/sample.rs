//! A transcript for the tests of this folder.

use crate::domain::{Language, Millis};
use crate::transcript::{Piece, Segment, Task, TokenLogprob, Transcript, Word};

/// A segment of `text` from `start` to `end` milliseconds.
pub(super) fn segment(start: u64, end: u64, text: &str) -> Segment {
    Segment {
        start: Millis(start),
        end: Millis(end),
        text: text.to_owned(),
        tokens: vec![50_363, 440, 50_530],
        temperature: 0.2,
        avg_logprob: -0.286,
        compression_ratio: 1.236,
        no_speech_prob: 0.01,
        seek: Millis(start),
    }
}

/// Two sentences, the second past one hour, with one word and one token.
pub(super) fn transcript() -> Transcript {
    let mut transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
    transcript.push(Piece {
        segments: vec![segment(0, 3320, " The budget is <fine>."), segment(3_903_250, 3_905_000, " Next & last.")],
        words: vec![Word { text: "The".to_owned(), start: Millis(0), end: Millis(240) }],
        logprobs: vec![TokenLogprob { bytes: b" The".to_vec(), logprob: -0.25 }],
        warnings: Vec::new(),
    });
    transcript.duration = Millis(3_905_470);
    transcript
}
