//! What a worker asks of a speech model: one window in, its words out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::Language;
use crate::transcript::{Piece, Task};

/// A speech model with its working memory, owned by one thread.
///
/// Synchronous, because the work is: a call keeps a core busy for as long as it lasts, or several for a part of it.
pub trait Recognizer {
    /// Recognises at most [`super::MAX_WINDOW`] samples at 16 kHz. Times in the answer are relative to the window.
    ///
    /// # Errors
    /// [`RecognizeError::Cancelled`] once `cancel` is set, or what went wrong in the model. The recogniser can be
    /// used again after an error.
    fn recognize(
        &mut self,
        samples: &[f32],
        options: &DecodeOptions,
        cancel: &Cancel,
    ) -> Result<Recognized, RecognizeError>;

    /// Says how many threads the next windows may use, the calling one included. One that has no use for more ignores it.
    fn use_threads(&mut self, _threads: usize) {}
}

/// How one recording's windows are decoded; checked before it gets here.
#[derive(Debug, Clone, Default)]
pub struct DecodeOptions {
    /// Text in the language spoken, or in English.
    pub task: Task,
    /// The language spoken; `None` lets the model detect it in this window.
    pub language: Option<Language>,
    /// Tokens of the caller's prompt, at most [`super::whisper::PROMPT_TOKENS`].
    pub prompt: Arc<[u32]>,
    /// 0 to 1; where decoding starts before it falls back to higher ones.
    pub temperature: f32,
    /// 0 or 1 is greedy; at most 8.
    pub beam_size: u8,
    /// Whether times of words are wanted.
    pub words: bool,
    /// Whether the probability of each token is wanted.
    pub logprobs: bool,
}

/// What a window holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognized {
    /// The language given, or the one detected.
    pub language: Language,
    /// Segments and words, their times relative to the window.
    pub piece: Piece,
}

/// How recognition of a window fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecognizeError {
    /// Nobody waits for this window any more.
    #[error("recognition was cancelled")]
    Cancelled,
    /// The model could not be loaded or got no memory.
    #[error("the speech model cannot be used: {0}")]
    Model(String),
    /// whisper.cpp gave up with this code of its own.
    #[error("the speech model failed with code {0}")]
    Native(i32),
    /// Our own code panicked; whatever it held is not used again.
    #[error("it crashed on this recording")]
    Crashed,
    /// The engine has been told to stop.
    #[error("the speech engine is stopping")]
    Stopping,
}

/// Tells a recogniser to stop, because nobody waits for its answer any more. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself, for the callback that whisper.cpp polls.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
