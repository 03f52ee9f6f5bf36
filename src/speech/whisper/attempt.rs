//! One text that a window was given: is it good, how far does it reach, what goes into the answer.

use super::segments::{self, RawSegment, Token};
use super::vocabulary::Vocabulary;
use crate::domain::Millis;
use crate::speech::words::Aligner;
use crate::speech::{DecodeOptions, quality};
use crate::transcript::{Piece, Segment, WarningKind};

/// What one decoding of a window gave.
pub struct Attempt {
    segments: Vec<RawSegment>,
    temperature: f32,
    avg_logprob: f32,
    no_speech_prob: f32,
}

impl Attempt {
    /// Of the tokens that were decoded at a temperature, in a window of this length.
    pub fn new(
        tokens: &[Token],
        vocabulary: &Vocabulary,
        length: Millis,
        temperature: f32,
        no_speech_prob: f32,
    ) -> Self {
        Self {
            avg_logprob: mean(tokens.iter().map(|token| token.logprob)),
            segments: segments::split(tokens, vocabulary, length),
            temperature,
            no_speech_prob,
        }
    }

    /// What is suspicious about it, if anything.
    pub fn doubt(&self) -> Option<WarningKind> {
        quality::doubt(&self.text(), self.avg_logprob)
    }

    /// The mean natural logarithm of its tokens' probabilities.
    pub fn avg_logprob(&self) -> f32 {
        self.avg_logprob
    }

    /// Ends before the first time of at least `hole` in which nothing was heard: a window is speech from end to end.
    pub fn end_at_hole(&mut self, hole: Millis) {
        if let Some(index) = self.segments.windows(2).position(|pair| pair[1].start - pair[0].end >= hole) {
            self.segments.truncate(index + 1);
        }
    }

    /// Ends with the first segment whose words cannot fill its time, where they may end.
    pub fn end_at_gap(&mut self) {
        let gap = |segment: &RawSegment| quality::before_gap(&segment.text, segment.end - segment.start);
        if let Some((index, length)) = self.segments.iter().enumerate().find_map(|(i, s)| Some((i, gap(s)?))) {
            self.segments.truncate(index + 1);
            self.segments[index].end = self.segments[index].start + length;
        }
    }

    /// Where its last segment ends.
    pub fn heard(&self) -> Option<Millis> {
        self.segments.last().map(|segment| segment.end)
    }

    fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    /// With words timed by the window's samples, if they are wanted.
    pub fn into_piece(self, samples: &[f32], options: &DecodeOptions) -> Piece {
        let mut piece = Piece::default();
        let aligner = options.words.then(|| Aligner::new(samples));
        for raw in self.segments {
            if let Some(aligner) = &aligner {
                piece.words.extend(aligner.align(&raw.text, raw.start, raw.end));
            }
            piece.segments.push(Segment {
                start: raw.start,
                end: raw.end,
                compression_ratio: quality::compression_ratio(&raw.text),
                avg_logprob: mean(raw.logprobs.iter().map(|token| token.logprob)),
                text: raw.text,
                tokens: raw.tokens,
                temperature: self.temperature,
                no_speech_prob: self.no_speech_prob,
                seek: Millis(0),
            });
            if options.logprobs {
                piece.logprobs.extend(raw.logprobs);
            }
        }
        piece
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 448 tokens")]
fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len();
    if count == 0 { 0.0 } else { values.sum::<f32>() / count as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start: u64, end: u64, text: &str) -> RawSegment {
        let (start, end) = (Millis(start), Millis(end));
        RawSegment { start, end, text: text.to_owned(), tokens: Vec::new(), logprobs: Vec::new() }
    }

    #[test]
    fn a_text_ends_with_the_segment_that_cannot_fill_its_time() {
        let sparse = segment(4000, 28_000, " The budget for security is $");
        let segments =
            vec![segment(0, 3000, " Good morning everyone."), sparse, segment(28_000, 29_000, " Thank you.")];
        let mut attempt = Attempt { segments, temperature: 0.0, avg_logprob: -0.1, no_speech_prob: 0.0 };
        attempt.end_at_gap();
        assert_eq!((attempt.segments.len(), attempt.heard()), (2, Some(Millis(6750))));
        attempt.end_at_gap();
        assert_eq!(attempt.heard(), Some(Millis(6750)), "what is whole stays as it is");
    }

    #[test]
    fn a_text_ends_where_a_sentence_was_left_out() {
        let segments = vec![segment(0, 3000, " Yes."), segment(4000, 5000, " No."), segment(8000, 9000, " Why?")];
        let mut attempt = Attempt { segments, temperature: 0.0, avg_logprob: -0.1, no_speech_prob: 0.0 };
        attempt.end_at_hole(Millis(3001));
        assert_eq!(attempt.heard(), Some(Millis(9000)));
        attempt.end_at_hole(Millis(3000));
        assert_eq!(attempt.heard(), Some(Millis(5000)));
    }
}
