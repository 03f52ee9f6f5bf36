//! Times of words inside a segment whose start and end the model told.
//!
//! A forced alignment that asks no model, and of the language only its spelling: `spelling` tells the words apart,
//! `sounds` guesses how each sounds (a vowel, a hiss, a stop …), `frames` measures how loud and how sharp each hundredth
//! of a second is, `likeness` says how well one fits the other, and `path` finds where the words lie best, with pauses
//! between them where it is quiet.

mod frames;
mod likeness;
mod path;
mod sounds;
mod spelling;

use frames::{FRAME, Frame};
use likeness::Costs;
use path::Spoken;

use crate::domain::Millis;
use crate::transcript::Word;

/// Milliseconds of a frame.
const STEP: u64 = 10;

/// Finds the words of one window's segments.
pub struct Aligner {
    frames: Vec<Frame>,
    /// What is heard where nobody speaks.
    noise: Frame,
}

impl Aligner {
    /// Listens to a window, 16 kHz.
    #[must_use]
    pub fn new(samples: &[f32]) -> Self {
        let frames = frames::measure(samples);
        Self { noise: frames::quietest(&frames), frames }
    }

    /// Finds when each word of `text` ([`spelling::words`]) is said between `start` and `end` of the window.
    ///
    /// The words' times are in order and inside the segment, and one ends where the next begins unless a pause lies
    /// between.
    #[must_use]
    pub fn align(&self, text: &str, start: Millis, end: Millis) -> Vec<Word> {
        let words = spelling::words(text);
        let spoken: Vec<Spoken> = words.iter().map(|word| Spoken::new(word)).collect();
        let first = self.frame(start);
        let costs = Costs::new(&self.frames[first..self.frame(end).max(first)], self.noise);
        let spots = path::cheapest(&spoken, &costs);
        let time = |frame: usize| Millis(start.0 + frame as u64 * STEP).min(end);
        match spots {
            Some(spots) => words
                .iter()
                .zip(spots)
                .map(|(word, spot)| Word { text: (*word).to_owned(), start: time(spot.start), end: time(spot.end) })
                .collect(),
            None => evenly(&words, start, end),
        }
    }

    /// The frame that holds this time, or how many there are.
    fn frame(&self, at: Millis) -> usize {
        usize::try_from(at.to_samples().0).map_or(self.frames.len(), |at| (at / FRAME).min(self.frames.len()))
    }
}

/// For a segment that is too short for its words: each gets the same time.
fn evenly(words: &[&str], start: Millis, end: Millis) -> Vec<Word> {
    let count = words.len().max(1) as u64;
    let length = end.0.saturating_sub(start.0);
    let edges = (0..=count).map(|i| Millis(start.0 + length * i / count)).collect::<Vec<_>>();
    let times = edges.windows(2);
    words.iter().zip(times).map(|(word, at)| Word { text: (*word).to_owned(), start: at[0], end: at[1] }).collect()
}

#[cfg(test)]
mod tests;
