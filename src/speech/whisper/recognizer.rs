//! One worker's hold on whisper.cpp: a state of hundreds of megabytes, made once and used for every window.

use std::collections::HashMap;
use std::sync::Arc;

use whisper_rs::{FullParams, SamplingStrategy, WhisperError, WhisperState};

use super::abort;
use super::model::Model;
use super::segments::{self, Layout, RawSegment, Token};
use crate::domain::{Language, Millis, SampleCount};
use crate::speech::quality;
use crate::speech::words;
use crate::speech::{Cancel, DecodeOptions, RecognizeError, Recognized, Recognizer};
use crate::transcript::{Piece, Segment, Task, Warning, WarningKind};

/// Encoder positions that are computed: those of [`crate::speech::MAX_WINDOW`].
const AUDIO_CTX: i32 = 1488;
/// Shorter windows are followed by silence up to this, 0.5 s: whisper.cpp answers nothing for less than 0.1 s, and
/// stops decoding a tenth of a second before the end.
const MIN_SAMPLES: usize = 8000;
/// Added to the temperature each time a window is decoded again.
const TEMPERATURE_STEP: f32 = 0.4;
/// How often a window is decoded at most.
const ATTEMPTS: u8 = 3;
/// How often decoding starts at most in one window: again where a text ended that left more than [`UNHEARD`] over.
const PASSES: u8 = 4;
/// A window is speech from end to end; if its text ends this much before it does, the model has stopped listening.
const UNHEARD: Millis = Millis(3000);
/// Candidates that are drawn at a temperature above 0; the best one is taken.
const BEST_OF: i32 = 2;
/// whisper.cpp's code for a state that it has freed because there was no memory for more beams.
const STATE_FREED: i32 = -7;

/// [`Recognizer`] by whisper.cpp.
pub struct WhisperRecognizer {
    model: Arc<Model>,
    /// `None` when whisper.cpp has freed it; the next window gets a new one.
    state: Option<WhisperState>,
    /// Parameters by language: whisper-rs leaks a string for each that is set, so that is done once.
    languages: HashMap<(Option<Language>, u8), FullParams<'static, 'static>>,
}

/// What one decoding of a window gave.
struct Attempt {
    segments: Vec<RawSegment>,
    temperature: f32,
    avg_logprob: f32,
    no_speech_prob: f32,
}

impl WhisperRecognizer {
    pub(super) fn new(model: Arc<Model>) -> Result<Self, RecognizeError> {
        let state = Some(new_state(&model)?);
        Ok(Self { model, state, languages: HashMap::new() })
    }

    /// Parameters that depend on nothing but the language and the beam.
    fn parameters(&mut self, options: &DecodeOptions) -> FullParams<'static, 'static> {
        let language = if self.model.is_multilingual() { options.language } else { Some(Language::ENGLISH) };
        let new = || {
            let mut params = FullParams::new(match options.beam_size {
                0 | 1 => SamplingStrategy::Greedy { best_of: BEST_OF },
                beam => SamplingStrategy::BeamSearch { beam_size: beam.min(8).into(), patience: -1.0 },
            });
            params.set_language(language.map(Language::code));
            // One thread a state: states scale better than threads, and ggml's threads spin while they wait.
            params.set_n_threads(1);
            params.set_audio_ctx(AUDIO_CTX);
            params.set_single_segment(true);
            // Off would lend this state's last window, somebody else's perhaps, to this one as context.
            params.set_no_context(true);
            // A window is never dropped for being no speech: whisper.cpp's figure for that is often another token's.
            params.set_no_speech_thold(1.0);
            // Falling back is ours: whisper.cpp does not tell at which temperature it ended.
            params.set_temperature_inc(0.0);
            params.set_print_special(false);
            params.set_print_progress(false);
            params.set_print_realtime(false);
            params.set_print_timestamps(false);
            params
        };
        self.languages.entry((language, options.beam_size)).or_insert_with(new).clone()
    }

    /// Decodes a window once, at this temperature.
    fn attempt(
        &mut self,
        samples: &[f32],
        options: &DecodeOptions,
        temperature: f32,
        cancel: &Cancel,
    ) -> Result<Attempt, RecognizeError> {
        let mut params: FullParams<'_, '_> = self.parameters(options);
        params.set_translate(options.task == Task::Translate);
        params.set_temperature(temperature);
        if !options.prompt.is_empty() {
            params.set_tokens(&options.prompt);
        }
        let mut state = match self.state.take() {
            Some(state) => state,
            None => new_state(&self.model)?,
        };
        let result = abort::full(&mut state, params, samples, cancel.flag());
        if matches!(result, Err(WhisperError::GenericError(STATE_FREED))) {
            // Dropping it would free it again.
            std::mem::forget(state);
            return Err(RecognizeError::Native(STATE_FREED));
        }
        let state = self.state.insert(state);
        match result {
            Ok(()) => Ok(read(state, self.model.layout(), SampleCount::of(samples).to_millis(), temperature)),
            Err(_) if cancel.is_cancelled() => Err(RecognizeError::Cancelled),
            Err(WhisperError::GenericError(code)) => Err(RecognizeError::Native(code)),
            Err(error) => Err(RecognizeError::Model(error.to_string())),
        }
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
        let mut piece = Piece::default();
        let mut from = SampleCount(0);
        for pass in 1..=PASSES {
            let rest = &samples[usize::try_from(from.0).unwrap_or(samples.len())..];
            let (mut decoded, doubt) = self.decode(rest, &mut options, cancel)?;
            decoded.end_at_gap();
            let length = SampleCount::of(rest).to_millis();
            let heard = decoded.heard();
            let resume = heard.filter(|&heard| heard + UNHEARD < length);
            let mut part = decoded.into_piece(rest, &options);
            let whole = Warning { kind: WarningKind::Incomplete, start: Millis(0), end: resume.unwrap_or(length) };
            part.warnings.extend(doubt.map(|kind| Warning { kind, ..whole }));
            if heard.is_none() && length > UNHEARD {
                part.warnings.push(whole);
            }
            let goes_on = resume.filter(|&heard| heard > Millis(0) && pass < PASSES);
            if let (Some(heard), None) = (resume, goes_on) {
                part.warnings.push(Warning { start: heard, end: length, ..whole });
            }
            piece.append(part, from.to_millis());
            match goes_on {
                Some(heard) => from += heard.to_samples(),
                None => break,
            }
        }
        Ok(Recognized { language: options.language.unwrap_or(Language::ENGLISH), piece })
    }
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
        let mut padded = samples.to_vec();
        padded.resize(samples.len().max(MIN_SAMPLES), 0.0);
        let mut kept: Option<(Attempt, Option<WarningKind>)> = None;
        for attempt in 0..ATTEMPTS {
            let temperature = options.temperature + f32::from(attempt) * TEMPERATURE_STEP;
            if kept.is_some() && temperature > 1.0 {
                break;
            }
            let decoded = self.attempt(&padded, options, temperature, cancel)?;
            options.language = Some(self.language(options));
            let doubt = quality::doubt(&decoded.text(), decoded.avg_logprob);
            if doubt.is_none() {
                return Ok((decoded, None));
            }
            kept = Some((decoded, doubt));
        }
        kept.ok_or(RecognizeError::Crashed)
    }

    /// The language of the window decoded last.
    fn language(&self, options: &DecodeOptions) -> Language {
        if !self.model.is_multilingual() {
            return Language::ENGLISH;
        }
        let detected = || {
            let id = self.state.as_ref()?.full_lang_id_from_state();
            usize::try_from(id).ok().and_then(Language::from_index)
        };
        options.language.or_else(detected).unwrap_or(Language::ENGLISH)
    }
}

impl Attempt {
    /// Ends with the first segment whose words cannot fill its time, where they may end.
    fn end_at_gap(&mut self) {
        let gap = |segment: &RawSegment| quality::before_gap(&segment.text, segment.end - segment.start);
        if let Some((index, length)) = self.segments.iter().enumerate().find_map(|(i, s)| Some((i, gap(s)?))) {
            self.segments.truncate(index + 1);
            self.segments[index].end = self.segments[index].start + length;
        }
    }

    /// Where its last segment ends.
    fn heard(&self) -> Option<Millis> {
        self.segments.last().map(|segment| segment.end)
    }

    fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    fn into_piece(self, samples: &[f32], options: &DecodeOptions) -> Piece {
        let mut piece = Piece::default();
        for raw in self.segments {
            if options.words {
                piece.words.extend(words::align(&raw.text, raw.start, raw.end, samples));
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

fn new_state(model: &Model) -> Result<WhisperState, RecognizeError> {
    model.context().create_state().map_err(|error| RecognizeError::Model(error.to_string()))
}

/// Reads what whisper.cpp decoded last.
fn read(state: &WhisperState, layout: Layout, length: Millis, temperature: f32) -> Attempt {
    let mut tokens = Vec::new();
    let mut no_speech_prob = 0.0_f32;
    for segment in state.as_iter() {
        no_speech_prob = no_speech_prob.max(segment.no_speech_probability());
        for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
            let id = u32::try_from(token.token_id()).unwrap_or(layout.end_of_text);
            let bytes = token.to_bytes().map(<[u8]>::to_vec).unwrap_or_default();
            tokens.push(Token { id, logprob: token.token_data().plog, bytes });
        }
    }
    Attempt {
        avg_logprob: mean(tokens.iter().map(|token| token.logprob)),
        segments: segments::split(&tokens, layout, length),
        temperature,
        no_speech_prob,
    }
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
}
