//! One text that a window was given: is it good, how far does it reach, what goes into the answer.

use super::native::MAX_TOKENS;
use super::segments::{self, RawSegment, Token};
use super::vocabulary::Vocabulary;
use crate::domain::Millis;
use crate::speech::words::Aligner;
use crate::speech::{DecodeOptions, quality};
use crate::transcript::{Piece, Segment, WarningKind};

/// So much of a sentence may have a word. A window that ends in a pause has somewhat less after its last voice.
const WORD: Millis = Millis(320);

/// What one decoding of a window gave.
pub struct Attempt {
    segments: Vec<RawSegment>,
    /// There were as many tokens as there may be, and its last segment is not over with them.
    is_cut_off: bool,
    /// Where a sentence begins that the window's end cuts off.
    cut_sentence: Option<Millis>,
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
            is_cut_off: tokens.len() >= MAX_TOKENS && tokens.last().is_some_and(|token| token.id < vocabulary.end),
            cut_sentence: segments::cut_sentence(tokens, vocabulary),
            temperature,
            no_speech_prob,
        }
    }

    /// What is suspicious about it, if anything.
    pub fn doubt(&self) -> Option<WarningKind> {
        quality::doubt(&self.text(), self.avg_logprob)
    }

    /// The same without a word, if those that it has are what the model guesses where nobody speaks.
    pub fn without_guesses_at_silence(mut self) -> Self {
        if quality::is_of_silence(self.no_speech_prob, self.avg_logprob) {
            self.segments.clear();
        }
        self
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

    /// Ends each segment whose words cannot fill its time where they may end.
    pub fn shorten(&mut self) {
        for segment in &mut self.segments {
            if let Some(length) = quality::before_gap(&segment.text, segment.end - segment.start) {
                segment.end = segment.start + length;
                segment.end_is_guess = true;
            }
        }
    }

    /// Ends before a segment that was cut off, if there is something before it, and that ends before `latest`.
    pub fn end_before_cut(&mut self, latest: Millis) {
        let before = self.segments.iter().rev().nth(1).map(|segment| segment.end);
        if self.is_cut_off && before.is_some_and(|end| end > Millis(0) && end < latest) {
            self.segments.pop();
            self.is_cut_off = false;
        }
    }

    /// The times that it may lack words for: of at least `hole` between two segments, and of a segment that was cut off.
    pub fn unheard(&self, hole: Millis) -> Vec<(Millis, Millis)> {
        let between = self.segments.windows(2).map(|pair| (pair[0].end, pair[1].start));
        let cut = self.segments.last().filter(|_| self.is_cut_off).map(|segment| (segment.start, segment.end));
        between.filter(|&(end, start)| start - end >= hole).chain(cut).collect()
    }

    /// Where its last segment ends.
    pub fn heard(&self) -> Option<Millis> {
        self.segments.last().map(|segment| segment.end)
    }

    /// Leaves out its last segment if where that ends was a guess, and the `next` text begins with the same words: they
    /// were said there.
    pub fn give_way(&mut self, next: &Self) -> bool {
        let both = self.segments.last().zip(next.segments.first());
        let gives_way = both.is_some_and(|(last, first)| last.end_is_guess && last.text == first.text);
        if gives_way {
            self.segments.pop();
        }
        gives_way
    }

    /// Whether where its first segment ends is a guess.
    pub fn begins_with_guess(&self) -> bool {
        self.segments.first().is_some_and(|segment| segment.end_is_guess)
    }

    /// Where to hear on: after its last segment, if more than `unheard` of the window comes after that, or a word or more
    /// of a sentence that the window's end cuts off.
    pub fn resume(&self, length: Millis, unheard: Millis) -> Option<Millis> {
        let is_cut = self.cut_sentence.is_some_and(|start| start + WORD < length);
        self.heard().filter(|&heard| heard + unheard < length || is_cut)
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
        let (end_is_guess, tokens, logprobs) = (false, Vec::new(), Vec::new());
        RawSegment { start, end, end_is_guess, text: text.to_owned(), tokens, logprobs }
    }

    fn attempt(segments: Vec<RawSegment>) -> Attempt {
        let (is_cut_off, cut_sentence) = (false, None);
        Attempt { segments, is_cut_off, cut_sentence, temperature: 0.0, avg_logprob: -0.1, no_speech_prob: 0.0 }
    }

    #[test]
    fn a_segment_that_its_words_cannot_fill_is_shorter_and_a_hole_follows() {
        let sparse = segment(4000, 28_000, " The budget for security is $");
        let mut attempt =
            attempt(vec![segment(0, 3000, " Good morning everyone."), sparse, segment(28_000, 29_000, " Thank you.")]);
        attempt.shorten();
        let ends: Vec<_> = attempt.segments.iter().map(|segment| segment.end.0).collect();
        assert_eq!(ends, [3000, 6750, 29_000]);
        assert_eq!(attempt.unheard(Millis(3000)), [(Millis(6750), Millis(28_000))]);
    }

    #[test]
    fn a_segment_that_was_cut_off_is_left_out_where_it_can_be_heard_again() {
        let cut_off = |segments| Attempt { is_cut_off: true, ..attempt(segments) };
        let (first, second) = (segment(0, 9000, " Yes."), segment(9000, 30_000, " No, because"));
        let latest = Millis(27_000);
        let mut two = cut_off(vec![first.clone(), second.clone()]);
        two.end_before_cut(Millis(9000));
        assert_eq!(two.unheard(Millis(3000)), [(Millis(9000), Millis(30_000))], "it is too late to hear it again");
        two.end_before_cut(latest);
        assert_eq!((two.heard(), two.unheard(Millis(3000))), (Some(Millis(9000)), vec![]));
        let mut alone = cut_off(vec![second]);
        alone.end_before_cut(latest);
        assert_eq!(alone.unheard(Millis(3000)), [(Millis(9000), Millis(30_000))], "there is nothing before it");
        let mut whole = attempt(vec![first.clone(), first]);
        whole.end_before_cut(latest);
        assert_eq!(whole.segments.len(), 2);
    }

    #[test]
    fn it_is_heard_on_where_much_was_left_out_or_a_sentence_begins() {
        let whole = attempt(vec![segment(0, 9000, " Yes.")]);
        let resume = |attempt: &Attempt, length| attempt.resume(Millis(length), Millis(3000));
        assert_eq!((resume(&whole, 12_000), resume(&whole, 12_001)), (None, Some(Millis(9000))));
        let cut = Attempt { cut_sentence: Some(Millis(9100)), ..whole };
        assert_eq!((resume(&cut, 9420), resume(&cut, 9421)), (None, Some(Millis(9000))));
        let nothing = Attempt { segments: vec![], ..cut };
        assert_eq!(resume(&nothing, 30_000), None);
    }

    #[test]
    fn words_that_are_heard_again_where_their_end_was_a_guess_are_kept_once() {
        let thanks = |end| attempt(vec![segment(0, 1000, " Yes."), segment(1000, end, " Thank you.")]);
        let mut guessed = thanks(25_000);
        guessed.shorten();
        assert!(!guessed.give_way(&attempt(vec![segment(0, 900, " Thanks.")])));
        assert!(!guessed.give_way(&attempt(vec![])));
        let again = attempt(vec![segment(0, 900, " Thank you.")]);
        assert!(!thanks(2000).give_way(&again), "it was said twice");
        assert!(guessed.give_way(&again) && !again.begins_with_guess());
        assert_eq!(guessed.heard(), Some(Millis(1000)));
    }

    #[test]
    fn a_text_ends_where_a_sentence_was_left_out() {
        let mut attempt =
            attempt(vec![segment(0, 3000, " Yes."), segment(4000, 5000, " No."), segment(8000, 9000, " Why?")]);
        attempt.end_at_hole(Millis(3001));
        assert_eq!(attempt.heard(), Some(Millis(9000)));
        attempt.end_at_hole(Millis(3000));
        assert_eq!(attempt.heard(), Some(Millis(5000)));
    }
}
