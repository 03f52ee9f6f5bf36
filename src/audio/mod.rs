//! Bytes of any container → 16 kHz mono samples, pulled a block at a time.

use std::fs::File;

use bytes::Bytes;

use crate::domain::{Millis, SampleCount};

pub struct Settings {
    /// Longest recording accepted, counted in decoded samples.
    pub max_audio: Millis,
}

/// A recording's bytes, wherever they lie: in memory or in a file. Seekable.
pub struct AudioSource(());

impl AudioSource {
    pub fn from_bytes(_bytes: Bytes) -> Self {
        Self(())
    }
    pub fn from_file(_file: File) -> std::io::Result<Self> {
        Ok(Self(()))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("the file is empty")]
    Empty,
}

/// A lazy stream of 16 kHz mono samples.
pub struct Pcm(());

/// Damage met after which decoding could not go on, or that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// In the caller's terms: `the file is cut off`, `12 corrupt packets were skipped`.
    pub what: String,
    /// How much audio was decoded before the first damage.
    pub at: Millis,
}

pub fn open(_source: AudioSource, _settings: &Settings) -> Result<Pcm, AudioError> {
    Err(AudioError::Empty)
}

impl Pcm {
    /// Container's own word on its length, which may be a lie.
    pub fn declared_duration(&self) -> Option<Millis> {
        None
    }
    /// The next block (some 10 ms to 1 s), or `None` at the end. Finite samples only.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        Ok(None)
    }
    /// Samples handed out so far.
    pub fn produced(&self) -> SampleCount {
        SampleCount(0)
    }
    /// After the end: what was wrong with the file.
    pub fn damage(&self) -> Option<&Damage> {
        None
    }
}
