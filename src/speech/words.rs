//! Times of words inside a segment whose start and end the model told.
//!
//! A word's share of a segment's *audible* time is its share of the segment's letters: pauses inside a sentence take
//! no share, so that the words after one are not early. The model's own cross-attention would be sharper, but
//! whisper.cpp hands it out only for the alignment heads of models that it knows.

use crate::domain::{Millis, SampleCount};
use crate::transcript::Word;

/// Length of a loudness frame: 10 ms at 16 kHz.
const FRAME: usize = 160;

/// A frame under this share of the segment's loud frames is a pause.
const PAUSE_LEVEL: f32 = 0.03;

/// Splits `text` at white space and spreads its words over `start..end` of the window's `samples`.
///
/// The words' times are in order, inside the segment, and one ends where the next begins unless a pause lies between.
#[must_use]
pub fn align(text: &str, start: Millis, end: Millis, samples: &[f32]) -> Vec<Word> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let weights: Vec<u64> = words.iter().map(|word| weight(word)).collect();
    let total: u64 = weights.iter().sum();
    let clock = Clock::new(start, end, samples);

    let mut before = 0;
    words
        .iter()
        .zip(weights)
        .map(|(word, weight)| {
            let from = clock.after(before, total);
            before += weight;
            Word { text: (*word).to_owned(), start: from, end: clock.until(before, total).max(from) }
        })
        .collect()
}

/// How long a word takes to say, on the scale of its neighbours: its letters and digits, a digit for three.
fn weight(word: &str) -> u64 {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    1 + letters as u64 + 3 * digits as u64
}

/// A segment's clock that runs only while something can be heard.
struct Clock {
    start: Millis,
    end: Millis,
    /// Index of each audible frame, counted from the segment's start.
    audible: Vec<u64>,
}

impl Clock {
    fn new(start: Millis, end: Millis, samples: &[f32]) -> Self {
        let place = |at: Millis| usize::try_from(at.to_samples().0).map_or(samples.len(), |at| at.min(samples.len()));
        let energy: Vec<f32> =
            samples[place(start)..place(end)].chunks(FRAME).map(|f| f.iter().map(|s| s * s).sum()).collect();
        let mut sorted = energy.clone();
        sorted.sort_by(f32::total_cmp);
        let loud = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
        let audible = (0u64..).zip(&energy).filter(|&(_, &e)| e > loud * PAUSE_LEVEL * PAUSE_LEVEL).map(|(i, _)| i);
        Self { start, end, audible: audible.collect() }
    }

    /// When the word begins that has `part` of `whole` before it: past a pause, if there is one.
    fn after(&self, part: u64, whole: u64) -> Millis {
        self.at(part, whole, 0)
    }

    /// When the word ends that brings the sum to `part` of `whole`: before a pause, if there is one.
    fn until(&self, part: u64, whole: u64) -> Millis {
        self.at(part, whole, 1)
    }

    /// The edge of the frame that is `part / whole` of the audible ones in; its end if `edge` is 1.
    fn at(&self, part: u64, whole: u64, edge: u64) -> Millis {
        let count = self.audible.len() as u64;
        if count == 0 || whole == 0 {
            return if edge == 0 { self.start } else { self.end };
        }
        let index = (part * count / whole).saturating_sub(edge).min(count - 1);
        let frame = usize::try_from(index).ok().and_then(|i| self.audible.get(i)).copied().unwrap_or(0) + edge;
        (self.start + SampleCount(frame * FRAME as u64).to_millis()).min(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(millis: u64, level: f32) -> Vec<f32> {
        (0..Millis(millis).to_samples().0).map(|i| if i % 2 == 0 { level } else { -level }).collect()
    }

    #[test]
    fn words_share_the_time_by_letters_and_skip_pauses() {
        let samples = [tone(1000, 0.5), tone(2000, 0.001), tone(1000, 0.5)].concat();
        let words = align(" four abcd", Millis(0), Millis(4000), &samples);
        let times: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.start.0, w.end.0)).collect();
        assert_eq!(times, [("four", 0, 1000), ("abcd", 3000, 4000)]);
    }

    #[test]
    fn silence_and_nothing_are_survived() {
        assert_eq!(align("", Millis(0), Millis(500), &tone(500, 0.1)), []);
        let words = align("a b", Millis(100), Millis(200), &[]);
        assert!(words.iter().all(|w| w.start >= Millis(100) && w.end <= Millis(200) && w.start <= w.end));
        assert_eq!(words.len(), 2);
    }
}
