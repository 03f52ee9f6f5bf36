//! THE use case: a recording and options in, a transcript out.

use std::sync::Arc;

use crate::audio::{AudioError, AudioSource, Damage};
use crate::domain::{Language, Millis};
use crate::transcript::{Piece, Task, Transcript};

/// What a caller may ask for, already checked.
#[derive(Debug, Clone)]
pub struct Options {
    pub task: Task,
    /// `None`: detected from the first window.
    pub language: Option<Language>,
    pub prompt: Option<String>,
    /// 0 to 1; 0 lets Whisper's fallback rules raise it.
    pub temperature: f32,
    pub words: bool,
    pub logprobs: bool,
    /// 1 is greedy; at most 8.
    pub beam_size: u8,
}

/// How the use case ends badly.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The service is stopping, or the request was cancelled.
    #[error("the service is shutting down")]
    Stopping,
    #[error("recognition failed: {0}")]
    Recognition(String),
}

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Transcriber(Arc<()>);

/// A transcription under way. Dropping it stops its compute.
pub struct Run(());

/// What is known once all pieces are there.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub transcript: Transcript,
    pub damage: Option<Damage>,
    /// True if only the last 224 tokens of the prompt were used.
    pub prompt_cut: bool,
}

impl Transcriber {
    /// Probes the recording and starts to recognise it. An error here is about the file as a whole.
    pub async fn start(&self, _source: AudioSource, _options: Options) -> Result<Run, Error> {
        Err(Error::Stopping)
    }
    /// To the end: [`Self::start`], then every piece.
    pub async fn transcribe(&self, source: AudioSource, options: Options) -> Result<Outcome, Error> {
        let mut run = self.start(source, options).await?;
        while run.next().await?.is_some() {}
        Ok(run.finish())
    }
}

impl Run {
    /// The next window's words, in order; `None` at the end. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Piece>, Error> {
        Ok(None)
    }
    /// How much of the recording has been recognised so far, for a progress bar.
    pub fn position(&self) -> Millis {
        Millis(0)
    }
    /// The container's own word on the length.
    pub fn declared_duration(&self) -> Option<Millis> {
        None
    }
    /// The whole, after `next` gave `None`.
    pub fn finish(self) -> Outcome {
        Outcome { transcript: Transcript::new(Task::Transcribe, Language::ENGLISH), damage: None, prompt_cut: false }
    }
}
