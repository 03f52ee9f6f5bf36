//! One worker's hold on whisper.cpp: a state of hundreds of megabytes, made once and used for every window.
//!
//! A window is encoded once. Text that looks wrong is decoded again at higher temperatures; where a text ends before
//! the window does, breaks off a sentence, or has a hole, the rest is heard again as a window of its own.

use std::sync::Arc;

use super::attempt::Attempt;
use super::decoder::{Decoder, Start};
use super::mel::LogMel;
use super::model::Model;
use super::native::{BeamSearch, State};
use super::padding::Padding;
use super::sampler::Random;
use super::segments::Token;
use crate::domain::{Language, Millis, SampleCount};
use crate::speech::{Cancel, DecodeOptions, RecognizeError, Recognized, Recognizer};
use crate::transcript::{Piece, Task, Warning, WarningKind};

/// Added to the temperature each time a window is decoded again.
const TEMPERATURE_STEP: f32 = 0.4;
/// How often a window is decoded at most.
const ATTEMPTS: u8 = 3;
/// A text that is decoded again at a higher temperature than this goes without the prompt: it may be what misleads.
const PROMPT_UNTIL: f32 = 0.5;
/// Texts that are drawn at a temperature above 0; the likeliest is taken.
const DRAWS: u8 = 2;
/// How often decoding starts at most in one window: again where a text ended that left something out.
const PASSES: u8 = 4;
/// A window is speech from end to end; where so much of it has no text, the model was not listening.
const UNHEARD: Millis = Millis(3000);

/// [`Recognizer`] by whisper.cpp.
pub struct WhisperRecognizer {
    model: Arc<Model>,
    log_mel: LogMel,
    state: State,
    threads: usize,
}

/// What was heard from a place in the window on.
struct Pass {
    from: SampleCount,
    attempt: Attempt,
    warnings: Vec<Warning>,
}

/// Tokens and the logarithms of their probabilities.
type Text = Vec<(u32, f32)>;

impl WhisperRecognizer {
    pub(super) fn new(model: Arc<Model>) -> Result<Self, RecognizeError> {
        Ok(Self { log_mel: model.log_mel(), state: model.state()?, threads: 1, model })
    }
}

impl Recognizer for WhisperRecognizer {
    fn recognize(
        &mut self,
        samples: &[f32],
        options: &DecodeOptions,
        cancel: &Cancel,
    ) -> Result<Recognized, RecognizeError> {
        let mut options = options.clone();
        let mut passes: Vec<Pass> = Vec::new();
        let mut from = SampleCount(0);
        for pass in 1..=PASSES {
            let rest = after(samples, from);
            let length = SampleCount::of(rest).to_millis();
            let (mut attempt, doubt) = self.decode(rest, &mut options, cancel)?;
            attempt.shorten();
            let is_same = passes.last_mut().is_some_and(|before| before.attempt.give_way(&attempt));
            let is_last = pass == PASSES || is_same && attempt.begins_with_guess();
            if !is_last {
                // What comes after it is heard again.
                attempt.end_at_hole(UNHEARD);
                attempt.end_before_cut(length - UNHEARD);
            }
            let resume = attempt.resume(length, UNHEARD);
            let whole = Warning { kind: WarningKind::Incomplete, start: Millis(0), end: resume.unwrap_or(length) };
            let mut warnings: Vec<Warning> = match doubt {
                Some(kind) => vec![Warning { kind, ..whole }],
                None => {
                    attempt.unheard(UNHEARD).into_iter().map(|(start, end)| Warning { start, end, ..whole }).collect()
                }
            };
            // What is heard again had words for the model the first time.
            if attempt.heard().is_none() && (length > UNHEARD || pass > 1) {
                warnings.push(whole);
            }
            let goes_on = resume.filter(|&heard| heard > Millis(0) && !is_last);
            if let (Some(heard), None) = (resume, goes_on) {
                warnings.push(Warning { start: heard, end: length, ..whole });
            }
            passes.push(Pass { from, attempt, warnings });
            match goes_on {
                Some(heard) => from += heard.to_samples(),
                None => break,
            }
        }
        let mut piece = Piece::default();
        for Pass { from, attempt, warnings } in passes {
            let part = attempt.into_piece(after(samples, from), &options);
            piece.append(Piece { warnings, ..part }, from.to_millis());
        }
        Ok(Recognized { language: options.language.unwrap_or(Language::ENGLISH), piece })
    }

    /// The encoder uses them, unless it is on a GPU. A token is too little to share, and a beam search is mostly tokens.
    fn use_threads(&mut self, threads: usize) {
        self.threads = if self.model.on_gpu() { 1 } else { threads };
    }
}

/// The samples from a place on.
fn after(samples: &[f32], from: SampleCount) -> &[f32] {
    &samples[usize::try_from(from.0).unwrap_or(samples.len())..]
}

impl WhisperRecognizer {
    /// Decodes at higher and higher temperatures until the text looks right, or until it is the last time; then also
    /// says what is wrong with it. The language, once detected, is not paid for again.
    fn decode(
        &mut self,
        samples: &[f32],
        options: &mut DecodeOptions,
        cancel: &Cancel,
    ) -> Result<(Attempt, Option<WarningKind>), RecognizeError> {
        let length = SampleCount::of(samples).to_millis();
        let mut searched = self.hear(samples, options, cancel)?;
        let mut start = self.start(&options.prompt, options)?;
        let mut random = Random::default();
        let mut kept: Option<(Attempt, Option<WarningKind>)> = None;
        for again in 0..ATTEMPTS {
            let temperature = options.temperature + f32::from(again) * TEMPERATURE_STEP;
            if kept.is_some() && temperature > 1.0 {
                break;
            }
            if again > 0 && temperature > PROMPT_UNTIL && !options.prompt.is_empty() {
                start = self.start(&[], options)?;
            }
            let attempt = match searched.take() {
                Some(text) => self.attempt(text, &start, length, temperature),
                None => self.write(&start, length, temperature, &mut random, cancel)?,
            };
            let attempt = attempt.without_guesses_at_silence();
            let doubt = attempt.doubt();
            let is_good = doubt.is_none();
            kept = Some((attempt, doubt));
            if is_good {
                break;
            }
        }
        kept.ok_or(RecognizeError::Crashed)
    }

    /// Encodes the samples and finds out the language. A beam search is whisper.cpp's own, and comes with its text.
    fn hear(
        &mut self,
        samples: &[f32],
        options: &mut DecodeOptions,
        cancel: &Cancel,
    ) -> Result<Option<Text>, RecognizeError> {
        if cancel.is_cancelled() {
            return Err(RecognizeError::Cancelled);
        }
        let vocabulary = self.model.vocabulary();
        let with_beams = options.beam_size > 1 && options.temperature <= 0.0;
        // A prompt weighs more the less there is to hear.
        let padding = if options.prompt.is_empty() { self.model.padding() } else { Padding::Whole };
        let positions = padding.positions(samples.len());
        self.state.hear(&self.log_mel.compute(samples, positions), positions)?;
        if !vocabulary.is_multilingual() {
            options.language = Some(Language::ENGLISH);
        }
        if !with_beams || options.language.is_none() {
            self.state.encode(self.threads)?;
        }
        let language = match options.language {
            Some(language) => language,
            None => Decoder { state: &mut self.state, vocabulary }.detect_language()?,
        };
        options.language = Some(language);
        if !with_beams {
            return Ok(None);
        }
        let search = BeamSearch {
            language: language.code(),
            translate: options.task == Task::Translate,
            prompt: &options.prompt,
            beams: options.beam_size,
            length: SampleCount::of(samples).to_millis(),
        };
        match self.state.search(&search, cancel.flag()) {
            Err(RecognizeError::Native(_)) if cancel.is_cancelled() => Err(RecognizeError::Cancelled),
            found => found.map(Some),
        }
    }

    /// Reads a prompt, and the language and task of `options`.
    fn start(&mut self, prompt: &[u32], options: &DecodeOptions) -> Result<Start, RecognizeError> {
        let vocabulary = self.model.vocabulary();
        let task = vocabulary.task(options.language.unwrap_or(Language::ENGLISH), options.task);
        Decoder { state: &mut self.state, vocabulary }.start(prompt, &task)
    }

    /// The likeliest text at temperature 0, or the likeliest of those that are drawn above it.
    fn write(
        &mut self,
        start: &Start,
        length: Millis,
        temperature: f32,
        random: &mut Random,
        cancel: &Cancel,
    ) -> Result<Attempt, RecognizeError> {
        let texts = if temperature > 0.0 { DRAWS } else { 1 };
        let mut best: Option<Attempt> = None;
        for _ in 0..texts {
            let mut decoder = Decoder { state: &mut self.state, vocabulary: self.model.vocabulary() };
            let text = decoder.write(start, length, temperature, random, cancel)?;
            let attempt = self.attempt(text, start, length, temperature);
            if best.as_ref().is_none_or(|best| attempt.avg_logprob() > best.avg_logprob()) {
                best = Some(attempt);
            }
        }
        best.ok_or(RecognizeError::Crashed)
    }

    fn attempt(&self, text: Text, start: &Start, length: Millis, temperature: f32) -> Attempt {
        let token = |(id, logprob)| Token { id, logprob, bytes: self.model.bytes(id) };
        let tokens: Vec<Token> = text.into_iter().map(token).collect();
        Attempt::new(&tokens, self.model.vocabulary(), length, temperature, start.no_speech_prob)
    }
}
