//! THE use case: a recording and options in, a transcript out.
//!
//! The HTTP routes bring an [`Order`] to the [`Desk`], which sees to it that it is paid for, once; `minuted transcribe`
//! has nobody to bill, and calls [`Transcriber`] itself. A [`Run`] is one recording on its way: a blocking thread decodes
//! and plans it, a window at a time; the engine has a few windows under way; the caller pulls pieces of transcript in
//! order. Nothing holds the whole recording, and dropping the run stops it all.
//!
//! ```text
//! Order ─▶ Desk ─▶ (a twin of it under way: join) ─▶ hold ─▶ Run ─▶ pieces ─▶ settle ─▶ Outcome with its Charge
//! ```

mod decode;
mod desk;
mod order;
mod probe;
mod quote;
mod run;
mod session;
mod waiting_room;

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::audio::{self, AudioError, AudioSource, Damage};
use crate::billing::{Charge, MeterError, Usage};
use crate::domain::{Language, Millis};
use crate::speech::whisper::Model;
use crate::speech::{Claim, DecodeOptions, Engine, EngineHealth, RecognizeError};
use crate::transcript::{Task, Transcript};

pub use desk::{Desk, Settings};
pub use order::{IdempotencyKey, Order, UnfitIdempotencyKey};
pub use probe::SpokenProbe;
pub use quote::Quote;
pub use run::Run;
pub use session::{Listener, Next};
pub use waiting_room::MAX_PARKED;

/// What a caller may ask for, already checked for its form.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who asks, and how urgently.
    pub claim: Claim,
    /// Text in the language spoken, or in English.
    pub task: Task,
    /// `None`: detected from the first window that has words that are not doubtful, or else the last with any; English
    /// where none has.
    pub language: Option<Language>,
    /// Context, names and spellings; only its last tokens count.
    pub prompt: Option<String>,
    /// 0 to 1. Windows that come out wrong are decoded again at higher ones.
    pub temperature: f32,
    /// Whether times of words are wanted.
    pub words: bool,
    /// Whether the probability of each token is wanted.
    pub logprobs: bool,
}

/// How the use case ends badly.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is about the file.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The model was not trained on it.
    #[error("the model was not trained on {}", .0.name())]
    Language(Language),
    /// The model was not trained to translate.
    #[error("the model does not translate")]
    Translation,
    /// It cannot be paid for, or was paid for before.
    #[error(transparent)]
    Billing(#[from] MeterError),
    /// The same `Idempotency-Key` is being used for another request, or for other parameters.
    #[error("the idempotency key is being used for another request")]
    KeyInUse,
    /// The service is stopping.
    #[error("the service is shutting down")]
    Stopping,
    /// The recogniser failed; the next request may well succeed.
    #[error("recognition failed: {0}")]
    Recognition(RecognizeError),
}

impl From<RecognizeError> for Error {
    fn from(error: RecognizeError) -> Self {
        match error {
            RecognizeError::Stopping => Self::Stopping,
            other => Self::Recognition(other),
        }
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        if error.is_panic() { Self::Recognition(RecognizeError::Crashed) } else { Self::Stopping }
    }
}

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Transcriber(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    engine: Engine,
    model: Arc<Model>,
    translates: bool,
    audio: audio::Settings,
    beam_size: u8,
    /// For recordings whose length alone is wanted: as many at once as there are cores.
    measures: Arc<Semaphore>,
}

/// What is known once all pieces are there.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The whole transcript.
    pub transcript: Transcript,
    /// What was wrong with the file, if it could be read only in part.
    pub damage: Option<Damage>,
    /// True if only the last tokens of the prompt were used.
    pub prompt_cut: bool,
    /// What was used of the service.
    pub usage: Usage,
    /// What it cost; `None` where nobody is billed.
    pub charge: Option<Charge>,
}

impl Transcriber {
    /// A service on a started engine. `beam_size` is 1 for greedy decoding, or up to 8.
    #[must_use]
    pub fn new(engine: Engine, model: Arc<Model>, audio: audio::Settings, beam_size: u8) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let measures = Arc::new(Semaphore::new(cores));
        Self(Arc::new(Inner { engine, model, translates: true, audio, beam_size, measures }))
    }

    /// The same for a model that was not trained to translate.
    #[must_use]
    pub fn without_translation(self) -> Self {
        Self(Arc::new(Inner { translates: false, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Whether the model can do what is asked.
    ///
    /// # Errors
    /// [`Error::Language`] and [`Error::Translation`].
    pub fn check(&self, options: &Options) -> Result<(), Error> {
        if let Some(language) = options.language.filter(|&language| !self.0.model.knows(language)) {
            return Err(Error::Language(language));
        }
        if options.task == Task::Translate && !self.0.translates { Err(Error::Translation) } else { Ok(()) }
    }

    /// Probes the recording and starts to decode it. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Audio`] if the file as a whole cannot be used; and as [`Self::check`].
    pub async fn start(&self, source: AudioSource, options: Options) -> Result<Run, Error> {
        self.check(&options)?;
        let Inner { engine, model, audio, beam_size, .. } = &*self.0;
        let (prompt, prompt_cut) = match &options.prompt {
            Some(prompt) => model.tokenize(prompt)?,
            None => (Vec::new(), false),
        };
        let language = if model.is_multilingual() { options.language } else { Some(Language::ENGLISH) };
        let decoding = DecodeOptions {
            task: options.task,
            language,
            prompt: prompt.into(),
            temperature: options.temperature,
            beam_size: *beam_size,
            words: options.words,
            logprobs: options.logprobs,
        };
        let decoder = decode::start(source, audio.clone()).await?;
        Ok(Run::new(engine.clone(), options.claim, decoder, decoding, prompt_cut))
    }

    /// Decodes a recording to its end, and says how long it is, how many channels it has, and how names of files in its
    /// container usually end. Others may come first: there
    /// are as many turns as cores.
    ///
    /// # Errors
    /// [`Error::Audio`] if it cannot be used.
    pub async fn measure(&self, source: AudioSource) -> Result<(Millis, u16, &'static str), Error> {
        let end = decode::measure(source, self.0.audio.clone(), self.0.measures.clone()).await?;
        Ok((end.duration, end.channels, end.ending))
    }

    /// From start to end: every piece of the recording.
    ///
    /// # Errors
    /// As [`Self::start`] and [`Run::next`].
    pub async fn transcribe(&self, source: AudioSource, options: Options) -> Result<Outcome, Error> {
        let mut run = self.start(source, options).await?;
        while run.next().await?.is_some() {}
        Ok(run.finish())
    }

    /// How the engine behind it is doing.
    #[must_use]
    pub fn health(&self) -> EngineHealth {
        self.0.engine.health()
    }

    /// The model that it recognises with.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.0.model
    }

    /// From now on the run that is nearest to its end is served first, so that as many as possible come to their end.
    pub fn finish_nearest_first(&self) {
        self.0.engine.finish_nearest_first();
    }

    /// Ends every run with [`Error::Stopping`] and starts no more.
    pub fn stop(&self) {
        self.0.engine.stop();
    }
}
