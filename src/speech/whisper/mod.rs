//! Whisper by whisper.cpp, through whisper-rs: the only room that knows either.
//!
//! A [`Model`] is loaded once and shared; each worker makes a recogniser on it, which owns whisper.cpp's state for
//! good. A window goes through `mel` (its spectrogram), `native` (whisper.cpp's encoder and decoder), `decoder` (the
//! loop over tokens, with `rules` and `sampler`) and `segments`; `recognizer` decides what is tried again. whisper.cpp
//! trusts its caller and its model file: it aborts the process on a token that does not exist or a tensor that is cut
//! short. Whatever reaches it is therefore checked here first: the file in `check`, the prompt in
//! [`Model::tokenize`], tokens and sizes in `native`.

mod attempt;
mod check;
mod decoder;
mod log;
mod mel;
mod model;
mod native;
mod padding;
mod recognizer;
mod rules;
mod sampler;
mod segments;
mod system;
mod vocabulary;

pub use check::ModelFileError;
pub use model::{LoadError, Model, ModelSource, PROMPT_TOKENS};
pub use padding::Padding;
pub use system::{MissingInstructions, build_info, check_cpu};
