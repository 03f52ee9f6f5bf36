//! The calls of whisper.cpp that whisper-rs keeps to itself, or makes for some models only; the one file that may be
//! unsafe.
//!
//! whisper-rs loads the model and owns whisper.cpp's state. What it lacks: a spectrogram of 128 bands, a number of
//! encoder positions for the low-level calls, the logits after a prompt of several tokens, an abort flag that works.
//! For those the state's two pointers are needed, and whisper.cpp itself tells them to its progress callback.
//! Everything that it would abort the process over is checked here first.
#![expect(unsafe_code, reason = "whisper-rs does not offer these calls of whisper.cpp")]

use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use whisper_rs::whisper_rs_sys as sys;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperState};

use crate::domain::Millis;
use crate::speech::RecognizeError;

/// The decoder's positions, of every Whisper model: prompt and text.
pub const TEXT_CTX: usize = 448;
/// Tokens of one window's text: the half of these positions that a prompt leaves.
pub const MAX_TOKENS: usize = TEXT_CTX / 2 - 4;
/// The least that a beam search is told of: it returns from less than 100 ms without encoding it, and stops 100 ms
/// before the end.
const LEAST_SEARCHED: Millis = Millis(500);
/// whisper.cpp's code for a state that it has freed because there was no memory for more beams.
const STATE_FREED: c_int = -7;

/// whisper.cpp's working memory for one window at a time: hundreds of megabytes.
pub struct State {
    /// `None` once whisper.cpp has freed it.
    owner: Option<WhisperState>,
    pointers: Pointers,
    vocab: usize,
    bands: usize,
    positions: usize,
}

/// `owner`'s context and state. Both live as long as it does, and are used through `State` alone.
#[derive(Clone, Copy)]
struct Pointers {
    context: *mut sys::whisper_context,
    state: *mut sys::whisper_state,
}

// SAFETY: the pointers are those that `WhisperState` holds too, which is `Send`; neither is bound to a thread, and
// nothing is done with them but through `&mut State`.
unsafe impl Send for Pointers {}

/// What a beam search is asked for.
pub struct BeamSearch<'a> {
    /// ISO 639-1.
    pub language: &'a str,
    /// Whether the text is to be in English.
    pub translate: bool,
    /// Tokens of the caller's prompt.
    pub prompt: &'a [u32],
    /// At most 8.
    pub beams: u8,
    /// How much of the spectrogram is recording, and not the silence after it.
    pub length: Millis,
}

impl State {
    /// A state on this model.
    ///
    /// # Errors
    /// [`RecognizeError::Model`] when there is no memory for it.
    pub fn new(context: &WhisperContext) -> Result<Self, RecognizeError> {
        let size = |n: c_int| usize::try_from(n).unwrap_or(0);
        let positions = size(context.model_n_audio_ctx());
        let mut owner = context.create_state().map_err(|error| RecognizeError::Model(error.to_string()))?;
        let pointers = configure(&mut owner, positions)?;
        Ok(Self {
            owner: Some(owner),
            pointers,
            vocab: size(context.model_n_vocab()),
            bands: size(context.model_n_mels()),
            positions,
        })
    }

    /// Takes the spectrogram of so many encoder positions: one row for each band, two frames for each position.
    ///
    /// # Errors
    /// [`RecognizeError::Native`] if it is of another size, or the model has fewer positions.
    pub fn hear(&mut self, mel: &[f32], positions: usize) -> Result<(), RecognizeError> {
        let frames = positions * 2;
        if mel.len() != self.bands * frames {
            return Err(RecognizeError::Native(-1));
        }
        if positions != self.positions {
            configure(self.owner.as_mut().ok_or(RecognizeError::Crashed)?, positions)?;
            self.positions = positions;
        }
        let Pointers { context, state } = self.pointers()?;
        // SAFETY: both pointers are alive; whisper.cpp copies `frames * bands` numbers, and `mel` has as many.
        done(unsafe { sys::whisper_set_mel_with_state(context, state, mel.as_ptr(), int(frames), int(self.bands)) })
    }

    /// Runs the encoder on what was heard, on so many threads, or as many of them as the system gives.
    ///
    /// # Errors
    /// [`RecognizeError::Native`] when whisper.cpp fails.
    pub fn encode(&mut self, threads: usize) -> Result<(), RecognizeError> {
        let Pointers { context, state } = self.pointers()?;
        let threads = int(startable(threads));
        // SAFETY: both pointers are alive.
        done(unsafe { sys::whisper_encode_with_state(context, state, 0, threads) })
    }

    /// Decodes `tokens` after the first `past` of those decoded before, forgetting the rest; gives the logits of what
    /// comes next. They are the caller's to change.
    ///
    /// # Errors
    /// [`RecognizeError::Native`] when whisper.cpp fails, or would have aborted over a token that is not in the
    /// vocabulary or has no position.
    pub fn decode(&mut self, tokens: &[u32], past: usize) -> Result<&mut [f32], RecognizeError> {
        let ids = self.ids(tokens)?;
        if ids.is_empty() || past + ids.len() > TEXT_CTX {
            return Err(RecognizeError::Native(-1));
        }
        let Pointers { context, state } = self.pointers()?;
        // SAFETY: both pointers are alive; `ids` is read during the call, its ids and positions are in range.
        done(unsafe { sys::whisper_decode_with_state(context, state, ids.as_ptr(), int(ids.len()), int(past), 1) })?;
        // SAFETY: after that call the logits are a table of `vocab` numbers for each of `ids`, of which only the last
        // row has been written. It stays where it is until the next call, which needs `self` as well.
        unsafe {
            let table = sys::whisper_get_logits_from_state(state);
            Ok(std::slice::from_raw_parts_mut(table.add((ids.len() - 1) * self.vocab), self.vocab))
        }
    }

    /// Encodes what was heard and decodes it by whisper.cpp's own beam search, which ends early once `stop` is set:
    /// tokens and the logarithms of their probabilities.
    ///
    /// # Errors
    /// [`RecognizeError::Native`] when whisper.cpp fails or was stopped; [`RecognizeError::Crashed`] when it has freed
    /// the state on the way, which is of no use any more.
    pub fn search(&mut self, search: &BeamSearch<'_>, stop: &AtomicBool) -> Result<Vec<(u32, f32)>, RecognizeError> {
        let language = CString::new(search.language).map_err(|_| RecognizeError::Native(-1))?;
        let prompt = self.ids(search.prompt)?;
        // SAFETY: gives a struct by value.
        let mut params =
            unsafe { sys::whisper_full_default_params(sys::whisper_sampling_strategy_WHISPER_SAMPLING_BEAM_SEARCH) };
        params.beam_search.beam_size = c_int::from(search.beams.clamp(1, 8));
        params.greedy.best_of = 1;
        params.n_threads = 1;
        params.language = language.as_ptr();
        params.translate = search.translate;
        params.prompt_tokens = prompt.as_ptr();
        params.prompt_n_tokens = int(prompt.len());
        params.audio_ctx = int(self.positions);
        params.duration_ms = c_int::try_from(search.length.max(LEAST_SEARCHED).0).unwrap_or(c_int::MAX);
        // One encoder pass, also where the text is not over with the last token that is asked for.
        params.single_segment = true;
        params.max_tokens = int(MAX_TOKENS - 1);
        // Off would lend this state's last window to this one as context.
        params.no_context = true;
        params.temperature_inc = 0.0;
        params.no_speech_thold = 1.0;
        params.abort_callback = Some(is_set);
        params.abort_callback_user_data = ptr::from_ref(stop).cast_mut().cast();
        let Pointers { context, state } = self.pointers()?;
        // SAFETY: both pointers are alive, and `language`, `prompt` and `stop` outlive the call. Without samples
        // whisper.cpp takes the spectrogram that the state has.
        let code = unsafe { sys::whisper_full_with_state(context, state, params, ptr::null(), 0) };
        if code == STATE_FREED {
            // Dropping it would free it again.
            std::mem::forget(self.owner.take());
            return Err(RecognizeError::Crashed);
        }
        done(code).map(|()| self.found())
    }

    fn pointers(&self) -> Result<Pointers, RecognizeError> {
        self.owner.as_ref().map(|_| self.pointers).ok_or(RecognizeError::Crashed)
    }

    /// whisper.cpp's form of these tokens, if all of them are in its vocabulary.
    fn ids(&self, tokens: &[u32]) -> Result<Vec<c_int>, RecognizeError> {
        let known = |&token: &u32| c_int::try_from(token).ok().filter(|_| (token as usize) < self.vocab);
        tokens.iter().map(known).collect::<Option<_>>().ok_or(RecognizeError::Native(-1))
    }

    /// The tokens of the last search.
    fn found(&self) -> Vec<(u32, f32)> {
        let mut tokens = Vec::new();
        for segment in self.owner.iter().flat_map(WhisperState::as_iter) {
            for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
                tokens.extend(u32::try_from(token.token_id()).map(|id| (id, token.token_data().plog)));
            }
        }
        tokens
    }
}

/// Sets the number of encoder positions, and tells the state's pointers.
///
/// Only `whisper_full` sets it. Asked for a tenth of a second it does so, reports its progress, and stops short of the
/// encoder.
fn configure(owner: &mut WhisperState, positions: usize) -> Result<Pointers, RecognizeError> {
    let mut pointers = Pointers { context: ptr::null_mut(), state: ptr::null_mut() };
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(1);
    params.set_audio_ctx(int(positions));
    params.set_duration_ms(100);
    params.set_no_timestamps(true);
    // SAFETY: the callback writes to `pointers`, which outlives `full`; whisper.cpp keeps neither.
    unsafe {
        params.set_progress_callback(Some(note));
        params.set_progress_callback_user_data(ptr::from_mut(&mut pointers).cast());
    }
    let code = match owner.full(params, &[0.0; 1600]) {
        Ok(()) if !pointers.context.is_null() && !pointers.state.is_null() => return Ok(pointers),
        Err(whisper_rs::WhisperError::GenericError(code)) => code,
        _ => -1,
    };
    Err(RecognizeError::Native(code))
}

extern "C" fn note(context: *mut sys::whisper_context, state: *mut sys::whisper_state, _: c_int, to: *mut c_void) {
    // SAFETY: `configure` passes a pointer to its own `Pointers`, which nobody else uses during the call.
    unsafe { to.cast::<Pointers>().write(Pointers { context, state }) };
}

extern "C" fn is_set(flag: *mut c_void) -> bool {
    // SAFETY: `State::search` passes a pointer to an `AtomicBool` that outlives the call during which this is invoked.
    unsafe { &*flag.cast::<AtomicBool>() }.load(Ordering::Relaxed)
}

fn done(code: c_int) -> Result<(), RecognizeError> {
    if code == 0 { Ok(()) } else { Err(RecognizeError::Native(code)) }
}

/// Sizes here are thousands at most.
fn int(size: usize) -> c_int {
    c_int::try_from(size).unwrap_or(c_int::MAX)
}

/// How many of `wanted` threads, this one included, the system has room for: they are started, held together and ended.
/// ggml starts its own after that, and aborts the process when it gets none.
fn startable(wanted: usize) -> usize {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let held = gate.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = || drop(gate.lock());
        let started = (1..wanted).map_while(|_| thread::Builder::new().spawn_scoped(scope, wait).ok()).count();
        drop(held);
        1 + started
    })
}

#[cfg(test)]
mod tests;
