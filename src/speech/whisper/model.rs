//! A Whisper model in memory: loaded once, shared by every worker.

use std::fs::File;
use std::io::{self, Cursor};
use std::path::PathBuf;
use std::sync::Arc;

use whisper_rs::{WhisperContext, WhisperContextParameters, WhisperError};

use super::check::{self, ModelFileError};
use super::log;
use super::mel::{Filters, LogMel};
use super::native::State;
use super::padding::Padding;
use super::recognizer::WhisperRecognizer;
use super::vocabulary::Vocabulary;
use crate::domain::Language;
use crate::speech::{Device, RecognizeError};

/// The tokens of a prompt that count: half of the decoder's 448 places, less the one that marks a prompt.
pub const PROMPT_TOKENS: usize = 223;

/// Bytes of a prompt that are tokenised. whisper.cpp's tokeniser recurses over its text, and no 223 tokens are longer.
const PROMPT_BYTES: usize = 4096;

/// What [`Model::computes_on`] says without a GPU.
const CPU: &str = "CPU";

/// Where a model's bytes are.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A ggml file.
    File(PathBuf),
    /// Inside this program.
    Embedded(&'static [u8]),
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not there, or may not be read.
    #[error("the model file {} cannot be opened: {error}", path.display())]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is not a whole Whisper model.
    #[error("the model cannot be used: {0}")]
    File(#[from] ModelFileError),
    /// whisper.cpp refused it.
    #[error("whisper.cpp cannot load the model: {0}")]
    Native(String),
    /// A GPU was demanded.
    #[error("device cuda:{0} was demanded, but {1}")]
    NoGpu(u8, &'static str),
}

/// A loaded model.
pub struct Model {
    context: WhisperContext,
    computes_on: String,
    vocabulary: Vocabulary,
    filters: Arc<Filters>,
    padding: Padding,
}

impl Model {
    /// Checks the file, loads it, and finds out what it computes on.
    ///
    /// # Errors
    /// [`LoadError`]; a GPU that is demanded and absent is one, while with [`Device::Auto`] the CPU takes over and the
    /// log says so.
    pub fn load(source: &ModelSource, device: Device, padding: Padding) -> Result<Arc<Self>, LoadError> {
        let file = match source {
            ModelSource::File(path) => check::check(open(path.clone())?)?,
            ModelSource::Embedded(bytes) => check::check(Cursor::new(*bytes))?,
        };
        let mut parameters = WhisperContextParameters::new();
        parameters.use_gpu(device != Device::Cpu && cfg!(feature = "cuda")).flash_attn(false);
        if let Device::Cuda(index) = device {
            parameters.gpu_device(index.into());
        }
        // The device is chosen when a state is made, not when the weights are read.
        let (loaded, lines) = log::captured(|| {
            let context = match source {
                ModelSource::File(path) => WhisperContext::new_with_params(path, parameters),
                ModelSource::Embedded(bytes) => WhisperContext::new_from_buffer_with_params(bytes, parameters),
            }?;
            drop(context.create_state()?);
            Ok::<_, WhisperError>(context)
        });
        let context = loaded.map_err(|error| LoadError::Native(error.to_string()))?;
        let vocabulary = Vocabulary::new(&context, &file);
        let computes_on = computes_on(device, log::device(&lines))?;
        Ok(Arc::new(Self { context, computes_on, vocabulary, filters: file.filters, padding }))
    }

    /// `CPU`, or whisper.cpp's name of the GPU: `CUDA0`.
    #[must_use]
    pub fn computes_on(&self) -> &str {
        &self.computes_on
    }

    /// Whether it computes on a GPU.
    #[must_use]
    pub fn on_gpu(&self) -> bool {
        self.computes_on != CPU
    }

    /// Whether it was trained on this language.
    #[must_use]
    pub fn knows(&self, language: Language) -> bool {
        u32::from(language.index()) < self.vocabulary.languages
    }

    /// Whether it was trained on more than English.
    #[must_use]
    pub fn is_multilingual(&self) -> bool {
        self.vocabulary.is_multilingual()
    }

    /// The last [`PROMPT_TOKENS`] tokens of a prompt, and whether there were more. Its first word has a blank before it, as
    /// every word of a text has.
    ///
    /// # Errors
    /// [`RecognizeError::Model`] if whisper.cpp cannot make tokens of the text.
    pub fn tokenize(&self, prompt: &str) -> Result<(Vec<u32>, bool), RecognizeError> {
        let text = format!(" {}", prompt.replace('\0', " ").trim());
        let text = text.trim_end();
        let start = text.ceil_char_boundary(text.len().saturating_sub(PROMPT_BYTES));
        // A token has at least a byte; the room to spare keeps whisper-rs from reading past its buffer.
        let tokens = self
            .context
            .tokenize(&text[start..], text.len() - start + 8)
            .map_err(|error| RecognizeError::Model(error.to_string()))?;
        let surplus = tokens.len().saturating_sub(PROMPT_TOKENS);
        let kept = tokens[surplus..].iter().filter_map(|&token| u32::try_from(token).ok()).collect();
        Ok((kept, surplus > 0 || start > 0))
    }

    /// A recogniser on this model, with working memory of its own.
    ///
    /// # Errors
    /// [`RecognizeError::Model`] when there is no memory for it.
    pub fn recognizer(self: &Arc<Self>) -> Result<WhisperRecognizer, RecognizeError> {
        WhisperRecognizer::new(Arc::clone(self))
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn padding(&self) -> Padding {
        self.padding
    }

    pub(super) fn log_mel(&self) -> LogMel {
        LogMel::new(Arc::clone(&self.filters))
    }

    pub(super) fn state(&self) -> Result<State, RecognizeError> {
        State::new(&self.context)
    }

    /// A token's bytes, which may be a part of a character.
    pub(super) fn bytes(&self, token: u32) -> Vec<u8> {
        // whisper.cpp throws at an id that is not in its vocabulary; these come from its own logits.
        self.context.token_to_bytes(token.cast_signed()).map(<[u8]>::to_vec).unwrap_or_default()
    }
}

fn open(path: PathBuf) -> Result<File, LoadError> {
    File::open(&path).map_err(|error| LoadError::Open { path, error })
}

/// Says in the log which device it was, and fails if another was demanded.
fn computes_on(wanted: Device, found: Option<String>) -> Result<String, LoadError> {
    match (wanted, found) {
        (_, Some(gpu)) => Ok(gpu),
        (Device::Cuda(index), None) if cfg!(feature = "cuda") => {
            Err(LoadError::NoGpu(index, "whisper.cpp found no such GPU (is the driver installed?)"))
        }
        (Device::Cuda(index), None) => Err(LoadError::NoGpu(index, "this build has no CUDA (cargo feature `cuda`)")),
        (Device::Auto, None) if cfg!(feature = "cuda") => {
            tracing::warn!("no GPU was found; recognising on the CPU");
            Ok(CPU.to_owned())
        }
        (Device::Auto | Device::Cpu, None) => Ok(CPU.to_owned()),
    }
}
