//! The model's tokens → segments, cut at its timestamp tokens.
//!
//! Where a text ends early is not asked here: the recogniser listens again from there.

use super::vocabulary::Vocabulary;
use crate::domain::Millis;
use crate::transcript::TokenLogprob;

/// A token as it was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its id in the model's vocabulary.
    pub id: u32,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// Its bytes, which may be a part of a character.
    pub bytes: Vec<u8>,
}

/// A segment on the window's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSegment {
    /// Where it starts in the window.
    pub start: Millis,
    /// Where it ends in the window.
    pub end: Millis,
    /// Its words cannot fill the time that it was given: where it ends is a guess.
    pub end_is_guess: bool,
    /// With the model's leading space.
    pub text: String,
    /// Ids, timestamps included.
    pub tokens: Vec<u32>,
    /// The text tokens with their probabilities.
    pub logprobs: Vec<TokenLogprob>,
}

/// Cuts one window's tokens into segments; none of them is empty, and none ends after `length`.
///
/// A segment without a timestamp before it starts where the one before it ended; one without a timestamp after it ends
/// with the window. Bytes of a character that is split by a timestamp go to the segment that completes it.
#[must_use]
pub fn split(tokens: &[Token], vocabulary: &Vocabulary, length: Millis) -> Vec<RawSegment> {
    let mut segments = Vec::new();
    let mut open = Open::at(Millis(0));
    for token in tokens {
        if token.id >= vocabulary.first_timestamp {
            let at = Millis(u64::from(token.id - vocabulary.first_timestamp) * 20).min(length);
            open.tokens.push(token.id);
            if open.has_text() {
                let end = at.max(open.start);
                open = open.close(end, &mut segments);
            } else {
                open.start = open.start.max(at);
            }
        } else if token.id < vocabulary.end {
            open.push(token);
        }
    }
    open.finish(length, &mut segments);
    segments
}

/// Where a sentence begins that the window's end cuts off, if there is one: a model ends with its start alone.
#[must_use]
pub fn cut_sentence(tokens: &[Token], vocabulary: &Vocabulary) -> Option<Millis> {
    let time = |token: &Token| token.id.checked_sub(vocabulary.first_timestamp);
    match tokens.split(|token| token.id == vocabulary.end).next()? {
        [.., before, last] if time(before).is_some() => time(last).map(|steps| Millis(u64::from(steps) * 20)),
        _ => None,
    }
}

/// A segment whose end has not been seen.
struct Open {
    start: Millis,
    bytes: Vec<u8>,
    tokens: Vec<u32>,
    logprobs: Vec<TokenLogprob>,
}

impl Open {
    fn at(start: Millis) -> Self {
        Self { start, bytes: Vec::new(), tokens: Vec::new(), logprobs: Vec::new() }
    }

    fn has_text(&self) -> bool {
        !self.logprobs.is_empty()
    }

    fn push(&mut self, token: &Token) {
        self.bytes.extend_from_slice(&token.bytes);
        self.tokens.push(token.id);
        self.logprobs.push(TokenLogprob { bytes: token.bytes.clone(), logprob: token.logprob });
    }

    /// Ends the segment here; the next one inherits the bytes of an unfinished character.
    fn close(mut self, end: Millis, segments: &mut Vec<RawSegment>) -> Self {
        let mut next = Self::at(end);
        let whole = self.bytes.len() - unfinished(&self.bytes);
        next.bytes = self.bytes.split_off(whole);
        self.finish(end, segments);
        next
    }

    fn finish(self, end: Millis, segments: &mut Vec<RawSegment>) {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        if !text.trim().is_empty() {
            let end = end.max(self.start);
            let Self { start, tokens, logprobs, .. } = self;
            segments.push(RawSegment { start, end, end_is_guess: false, text, tokens, logprobs });
        }
    }
}

/// How many of the last bytes begin a UTF-8 character without ending it.
fn unfinished(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.len() - error.valid_up_to(),
        // Bad bytes earlier on hide the end: look at the end alone.
        Err(error) => unfinished(&bytes[error.valid_up_to() + error.error_len().unwrap_or(1)..]),
        Ok(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: Vocabulary = Vocabulary::SMALL;
    const LENGTH: Millis = Millis(5000);

    fn word(text: &[u8]) -> Token {
        Token { id: 7, logprob: -0.5, bytes: text.to_vec() }
    }

    fn time(millis: u32) -> Token {
        Token { id: V.first_timestamp + millis / 20, logprob: -0.1, bytes: Vec::new() }
    }

    fn cut(tokens: &[Token]) -> Vec<(u64, u64, String)> {
        split(tokens, &V, LENGTH).into_iter().map(|s| (s.start.0, s.end.0, s.text)).collect()
    }

    #[test]
    fn segments_lie_between_timestamps() {
        let (a, b) = (word(b" one"), word(b" two"));
        let end = Token { id: V.end, logprob: 0.0, bytes: b"[end]".to_vec() };
        let cases = [
            (
                "two",
                vec![time(0), a.clone(), time(2000), time(2500), b.clone(), time(4000), end],
                vec![(0, 2000, " one"), (2500, 4000, " two")],
            ),
            ("no timestamps", vec![a.clone(), b.clone()], vec![(0, 5000, " one two")]),
            ("no last timestamp", vec![time(200), a.clone()], vec![(200, 5000, " one")]),
            (
                "a single timestamp between",
                vec![time(0), a.clone(), time(2000), b.clone()],
                vec![(0, 2000, " one"), (2000, 5000, " two")],
            ),
            (
                "time runs backwards",
                vec![time(3000), a.clone(), time(1000), b, time(4000)],
                vec![(3000, 3000, " one"), (3000, 4000, " two")],
            ),
            ("beyond the window", vec![time(0), a, time(29_000)], vec![(0, 5000, " one")]),
            ("nothing said", vec![time(0), word(b" "), time(5000)], vec![]),
        ];
        for (case, tokens, expected) in cases {
            let expected: Vec<_> = expected.into_iter().map(|(a, b, t)| (a, b, t.to_owned())).collect();
            assert_eq!(cut(&tokens), expected, "{case}");
        }
    }

    #[test]
    fn a_start_without_words_at_the_end_is_that_of_a_cut_sentence() {
        let (a, end) = (word(b" one"), Token { id: V.end, logprob: 0.0, bytes: Vec::new() });
        let cases = [
            ("cut", vec![time(0), a.clone(), time(2000), time(2040), end.clone()], Some(2040)),
            ("the text has no end", vec![time(0), a.clone(), time(2000), time(2040)], Some(2040)),
            ("whole", vec![time(0), a.clone(), time(2000), end.clone()], None),
            ("without a time", vec![time(0), a, end.clone()], None),
            ("nothing", vec![time(0), end], None),
        ];
        for (case, tokens, start) in cases {
            assert_eq!(cut_sentence(&tokens, &V), start.map(Millis), "{case}");
        }
    }

    #[test]
    fn a_character_split_over_tokens_and_segments_stays_whole() {
        let bytes = "\u{4f1a}\u{8bae}".as_bytes();
        let whole = cut(&[word(&bytes[..2]), word(&bytes[2..])]);
        assert_eq!(whole, [(0, 5000, "\u{4f1a}\u{8bae}".to_owned())]);
        let over = cut(&[time(0), word(&bytes[..4]), time(1000), word(&bytes[4..]), time(2000)]);
        assert_eq!(over, [(0, 1000, "\u{4f1a}".to_owned()), (1000, 2000, "\u{8bae}".to_owned())]);
        let broken = cut(&[word(&[0xff, b'a', 0xe4])]);
        assert_eq!(broken, [(0, 5000, "\u{fffd}a\u{fffd}".to_owned())]);
    }
}
