//! Bytes of any container → 16 kHz mono samples, pulled a block at a time.

mod damage;
mod error;
mod settings;
mod source;
mod spool;

pub use damage::Damage;
pub use error::AudioError;
pub use settings::Settings;
pub use source::AudioSource;
pub use spool::Spool;

use crate::domain::{Millis, SampleCount};

/// A lazy stream of 16 kHz mono samples.
pub struct Pcm(());

/// Opens a recording: recognises its container by content and finds its first audio track.
///
/// # Errors
/// See [`AudioError`].
pub fn open(_source: AudioSource, _settings: &Settings) -> Result<Pcm, AudioError> {
    Err(AudioError::Empty)
}

impl Pcm {
    /// Container's own word on its length, which may be a lie.
    #[must_use]
    pub fn declared_duration(&self) -> Option<Millis> {
        None
    }
    /// The next block (some 10 ms to 1 s), or `None` at the end. Finite samples only.
    ///
    /// # Errors
    /// See [`AudioError`].
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        Ok(None)
    }
    /// Samples handed out so far.
    #[must_use]
    pub fn produced(&self) -> SampleCount {
        SampleCount(0)
    }
    /// After the end: what was wrong with the file.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        None
    }
}
