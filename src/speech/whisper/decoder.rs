//! What the encoder heard → tokens, one after the other.
//!
//! Each token is a call of whisper.cpp's decoder, a mask of what may follow (`rules`) and a choice (`sampler`). The
//! window has been encoded before, once: another try, at another temperature, costs its tokens alone. A search with
//! several beams is not here: whisper.cpp's low-level calls know one text at a time (`native`).

use super::native::{MAX_TOKENS, State};
use super::rules;
use super::sampler::{self, Random};
use super::vocabulary::Vocabulary;
use crate::domain::{Language, Millis};
use crate::speech::{Cancel, RecognizeError};

/// A timestamp this close to the window's end is its end.
const LAST_WORD: Millis = Millis(100);

/// A decoder that has read its prompt, and what it would say first.
pub struct Start {
    /// Its own probability that there is no speech.
    pub no_speech_prob: f32,
    logits: Vec<f32>,
    past: usize,
}

/// whisper.cpp's decoder over a window that has been encoded.
pub struct Decoder<'a> {
    /// Has heard and encoded the window.
    pub state: &'a mut State,
    /// Of its model.
    pub vocabulary: &'a Vocabulary,
}

impl Decoder<'_> {
    /// The likeliest language of what the encoder heard.
    ///
    /// # Errors
    /// Those of [`State::decode`].
    pub fn detect_language(&mut self) -> Result<Language, RecognizeError> {
        let logits = self.state.decode(&[self.vocabulary.start], 0)?;
        let tokens = self.vocabulary.language_tokens();
        let best = sampler::argmax(&logits[tokens.start as usize..tokens.end as usize]);
        Ok(best.and_then(Language::from_index).unwrap_or(Language::ENGLISH))
    }

    /// Reads the prompt up to the token that starts the transcript, and then what says the `task`.
    ///
    /// # Errors
    /// Those of [`State::decode`].
    pub fn start(&mut self, prompt: &[u32], task: &[u32]) -> Result<Start, RecognizeError> {
        let opening = self.vocabulary.opening(prompt);
        let mut logits = self.state.decode(&opening, 0)?;
        let no_speech_prob = sampler::probability(logits, self.vocabulary.no_speech);
        if !task.is_empty() {
            logits = self.state.decode(task, opening.len())?;
        }
        Ok(Start { no_speech_prob, logits: logits.to_vec(), past: opening.len() + task.len() })
    }

    /// Writes one text of a window of this `length`: tokens and the logarithms of their probabilities.
    ///
    /// # Errors
    /// [`RecognizeError::Cancelled`] between two tokens, or those of [`State::decode`].
    pub fn write(
        &mut self,
        start: &Start,
        length: Millis,
        temperature: f32,
        random: &mut Random,
        cancel: &Cancel,
    ) -> Result<Vec<(u32, f32)>, RecognizeError> {
        let mut written: Vec<u32> = Vec::new();
        let mut logprobs = Vec::new();
        let mut first = start.logits.clone();
        let mut logits = first.as_mut_slice();
        loop {
            rules::mask(logits, &written, self.vocabulary);
            let (token, logprob) = sampler::choose(logits, self.vocabulary, temperature, random);
            written.push(token);
            logprobs.push(logprob);
            let is_over = is_over(&written, self.vocabulary, length);
            if token == self.vocabulary.end || written.len() == MAX_TOKENS || is_over {
                return Ok(written.into_iter().zip(logprobs).collect());
            }
            if cancel.is_cancelled() {
                return Err(RecognizeError::Cancelled);
            }
            logits = self.state.decode(&[token], start.past + written.len() - 1)?;
        }
    }
}

/// Whether a text has reached the end of its window: by any timestamp there but its first.
fn is_over(written: &[u32], vocabulary: &Vocabulary, length: Millis) -> bool {
    let steps = written.last().and_then(|token| token.checked_sub(vocabulary.first_timestamp));
    written.len() > 1 && steps.is_some_and(|steps| Millis(u64::from(steps) * 20) + LAST_WORD >= length)
}
