//! The lazy stream of samples that the rest of the service sees, pulled a block at a time.
//!
//! It has two halves, for whoever has two threads: [`Decoding`] gives blocks at the rate of the recording, and
//! [`Resampling`] makes 16 kHz of them and counts. [`Pcm`] is both in one.

use super::{
    AudioError, AudioSource, Damage, Settings,
    blocks::{Block, Decoding},
    resample::Resampler,
};
use crate::domain::{Millis, PCM_RATE, SampleCount};

/// Samples that a block of [`Pcm`] has, but for the last: a quarter of a second, as those of [`Decoding`].
const BLOCK: usize = PCM_RATE.0 as usize / 4;

/// Samples at the recording's own rate → 16 kHz, up to a length that is accepted.
pub struct Resampling {
    resampler: Option<Resampler>,
    produced: SampleCount,
    limit: Millis,
}

/// A lazy stream of 16 kHz mono samples.
///
/// It blocks on the disk and on the CPU: pull it where blocking is allowed.
pub struct Pcm {
    decoding: Decoding,
    resampling: Resampling,
    ready: Vec<f32>,
    failed: bool,
}

/// Opens a recording: recognises its container by content, finds its first audio track and decodes the first tenth of a
/// second, so that a file which is no recording is refused here.
///
/// # Errors
/// Any [`AudioError`] but [`AudioError::TooLong`].
pub fn open(source: AudioSource, settings: &Settings) -> Result<Pcm, AudioError> {
    let decoding = Decoding::open(source)?;
    let resampling = Resampling { resampler: None, produced: SampleCount(0), limit: settings.max_audio };
    Ok(Pcm { decoding, resampling, ready: Vec::new(), failed: false })
}

impl Resampling {
    /// Appends to `out` what the block completes.
    ///
    /// # Errors
    /// [`AudioError::TooLong`] when that is more than is accepted.
    pub fn push(&mut self, block: &Block, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if self.resampler.as_ref().is_some_and(|resampler| resampler.rate() != block.rate) {
            self.finish(out)?;
        }
        let before = out.len();
        self.resampler.get_or_insert_with(|| Resampler::new(block.rate)).push(&block.samples, out);
        self.count(&out[before..])
    }

    /// Appends the rest, after the last block.
    ///
    /// # Errors
    /// [`AudioError::TooLong`] when that is more than is accepted.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let before = out.len();
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(out);
        }
        self.count(&out[before..])
    }

    /// Samples of 16 kHz so far.
    #[must_use]
    pub fn produced(&self) -> SampleCount {
        self.produced
    }

    fn count(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        self.produced += SampleCount::of(samples);
        if self.produced > self.limit.to_samples() {
            return Err(AudioError::TooLong { limit: self.limit });
        }
        Ok(())
    }
}

impl Pcm {
    /// The two halves, before anything was pulled.
    #[must_use]
    pub fn halves(self) -> (Decoding, Resampling) {
        (self.decoding, self.resampling)
    }

    /// The container's own word on its length, which may be a lie, and which many containers do not give.
    #[must_use]
    pub fn declared_duration(&self) -> Option<Millis> {
        self.decoding.declared_duration()
    }

    /// Samples handed out so far.
    #[must_use]
    pub fn produced(&self) -> SampleCount {
        self.resampling.produced() - SampleCount::of(&self.ready)
    }

    /// After the end: what was wrong with the file.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        self.decoding.damage()
    }

    /// The next block, of a quarter of a second to a second (the last one is shorter); `None` at the end, and for good.
    /// Every sample is finite.
    ///
    /// # Errors
    /// [`AudioError::TooLong`] when more was decoded than is accepted, [`AudioError::Io`] when the source fails. Nothing
    /// follows an error.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        if !self.failed {
            self.fill().inspect_err(|_| self.failed = true)?;
        }
        if self.failed || self.ready.is_empty() {
            return Ok(None);
        }
        let rest = self.ready.split_off(self.ready.len().min(PCM_RATE.0 as usize));
        Ok(Some(std::mem::replace(&mut self.ready, rest)))
    }

    fn fill(&mut self) -> Result<(), AudioError> {
        while self.ready.len() < BLOCK {
            let Some(block) = self.decoding.next_block()? else { return self.resampling.finish(&mut self.ready) };
            self.resampling.push(&block, &mut self.ready)?;
        }
        Ok(())
    }
}
