//! The lazy stream of samples that the rest of the service sees: decoder ▸ resampler ▸ limits, pulled a block at a time.
//!
//! Nothing here holds more than what one packet becomes, or a second of silence, whatever the container makes of a few
//! bytes; but while a file starts with corrupt packets, up to [`PATIENCE`] of silence. A panic in a decoder ends here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    AudioError, AudioSource, Damage, Settings,
    container::{Container, identify},
    damage::End,
    decode::Decoder,
    resample::Resampler,
    source::Reader,
    timeline,
};
use crate::domain::{Millis, PCM_RATE, SampleCount};

/// The shortest recording accepted: in less, nothing can be said.
const MINIMUM: Millis = Millis(100);

/// Samples that a block has, but for the last and for what a decoder leaves over.
const BLOCK: usize = PCM_RATE.0 as usize / 4;

/// Samples in a second.
const SECOND: u64 = PCM_RATE.0 as u64;

/// Samples of silence in place of corrupt packets after which a file that starts with them is given up: a minute.
const PATIENCE: usize = PCM_RATE.0 as usize * 60;

/// A lazy stream of 16 kHz mono samples.
///
/// It blocks on the disk and on the CPU: pull it where blocking is allowed.
pub struct Pcm {
    container: Container,
    decoder: Decoder,
    resampler: Option<Resampler>,
    mono: Vec<f32>,
    ready: Vec<f32>,
    /// Seconds of silence that come before that.
    lead: u64,
    ended: bool,
    produced: SampleCount,
    limit: Millis,
    damage: Option<Damage>,
}

/// Opens a recording: recognises its container by content, finds its first audio track and decodes the first tenth of a
/// second, so that a file which is no recording is refused here.
///
/// # Errors
/// Any [`AudioError`] but [`AudioError::TooLong`].
pub fn open(source: AudioSource, settings: &Settings) -> Result<Pcm, AudioError> {
    let identified = identify(&source)?;
    let container = identified.container;
    let bytes = source.into_reader(identified.start);
    contained(container, || {
        Pcm::start(container, &bytes, settings).or_else(|error| match error {
            // An index that is broken or cut off does not matter to who reads front to back.
            AudioError::Corrupt { .. } => {
                Pcm::start(container, &bytes.clone().forward_only(), settings).map_err(|_| error)
            }
            _ => Err(error),
        })
    })?
    .map_err(|error| error.within(container.name()))
}

/// Runs a decoder, in which a hostile file may find a bug.
fn contained<T>(container: Container, decode: impl FnOnce() -> T) -> Result<T, AudioError> {
    catch_unwind(AssertUnwindSafe(decode)).map_err(|_| AudioError::DecoderPanicked { container: container.name() })
}

impl Pcm {
    fn start(container: Container, bytes: &Reader, settings: &Settings) -> Result<Self, AudioError> {
        let mut pcm = Self {
            container,
            decoder: Decoder::open(container, bytes)?,
            resampler: None,
            mono: Vec::new(),
            ready: Vec::new(),
            lead: 0,
            ended: false,
            produced: SampleCount(0),
            limit: settings.max_audio,
            damage: None,
        };
        while !pcm.ended && pcm.decoder.heard() < MINIMUM && pcm.ready.len() < PATIENCE {
            pcm.pull()?;
        }
        match pcm.decoder.heard() {
            heard if heard >= MINIMUM => {
                pcm.start_behind(timeline::frames(pcm.decoder.lead(), PCM_RATE));
                Ok(pcm)
            }
            duration => {
                let flaws = pcm.decoder.flaws();
                // A WAV has nothing that could be read in another way, nor would what has no sound have more of it then.
                let is_short = flaws.is_soundless() || container == Container::Wave && flaws.is_cut_off_alone();
                Err(match flaws.damage().filter(|_| !is_short) {
                    Some(damage) => AudioError::Corrupt { container: container.name(), detail: damage.what },
                    None => AudioError::TooShort { duration, minimum: MINIMUM },
                })
            }
        }
    }

    /// The container's own word on its length, which may be a lie, and which many containers do not give.
    #[must_use]
    pub fn declared_duration(&self) -> Option<Millis> {
        self.decoder.declared_duration()
    }

    /// The same, or where a container gives none a guess from its first frames, which may be far off: fit for a bar of
    /// progress, not for a bill.
    #[must_use]
    pub fn expected_duration(&self) -> Option<Millis> {
        self.decoder.expected_duration()
    }

    /// Channels of the recording, before they are mixed down: the most that were seen so far.
    #[must_use]
    pub fn channels(&self) -> u16 {
        u16::try_from(self.decoder.channels()).unwrap_or(u16::MAX)
    }

    /// How names of files in such a container usually end.
    #[must_use]
    pub fn ending(&self) -> &'static str {
        self.container.ending()
    }

    /// Samples handed out so far.
    #[must_use]
    pub fn produced(&self) -> SampleCount {
        self.produced
    }

    /// After the end: what was wrong with the file.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The next block, of a quarter of a second to a second (the last one is shorter); `None` at the end, and for good.
    /// Every sample is finite.
    ///
    /// # Errors
    /// [`AudioError::TooLong`] when more was decoded than is accepted, [`AudioError::Io`] when the source fails. Nothing
    /// follows an error.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        if self.lead > 0 {
            return self.silence().map(Some);
        }
        while !self.ended && self.ready.len() < BLOCK {
            match contained(self.container, || self.pull()) {
                Ok(pulled) => pulled.inspect_err(|_| self.abandon())?,
                Err(_) => self.end_with(End::DecoderFailed),
            }
        }
        if self.ready.is_empty() {
            return Ok(None);
        }
        let rest = self.ready.split_off(self.ready.len().min(PCM_RATE.0 as usize));
        let block = std::mem::replace(&mut self.ready, rest);
        self.produced += SampleCount::of(&block);
        Ok(Some(block))
    }

    /// So many samples of silence come before those that are ready.
    fn start_behind(&mut self, lead: u64) {
        self.lead = lead / SECOND;
        self.ready.splice(..0, (0..lead % SECOND).map(|_| 0.0));
    }

    /// A second before the track begins.
    fn silence(&mut self) -> Result<Vec<f32>, AudioError> {
        self.check_length().inspect_err(|_| self.abandon())?;
        self.lead -= 1;
        self.produced += SampleCount(SECOND);
        Ok(vec![0.0; PCM_RATE.0 as usize])
    }

    fn check_length(&self) -> Result<(), AudioError> {
        let lead = SampleCount(self.lead.saturating_mul(SECOND));
        if self.produced + lead + SampleCount::of(&self.ready) > self.limit.to_samples() {
            return Err(AudioError::TooLong { limit: self.limit });
        }
        Ok(())
    }

    /// Decodes one packet, or a second of silence in place of some, into `ready`.
    fn pull(&mut self) -> Result<(), AudioError> {
        self.mono.clear();
        match self.decoder.next(&mut self.mono) {
            Ok(Some(rate)) => {
                if self.resampler.as_ref().is_none_or(|resampler| resampler.rate() != rate) {
                    self.drain_resampler();
                }
                self.resampler.get_or_insert_with(|| Resampler::new(rate)).push(&self.mono, &mut self.ready);
            }
            Ok(None) => self.end(),
            Err(AudioError::Io(error)) => return Err(error.into()),
            Err(_) if self.decoder.heard() >= MINIMUM => self.end_with(End::CodecChanged),
            Err(error) => return Err(error),
        }
        self.check_length()
    }

    fn end_with(&mut self, end: End) {
        let at = self.decoder.position();
        self.decoder.flaws().ended(at, end);
        self.end();
    }

    fn end(&mut self) {
        self.ended = true;
        self.drain_resampler();
        self.damage = self.decoder.flaws().damage();
    }

    fn abandon(&mut self) {
        (self.ended, self.lead) = (true, 0);
        self.ready.clear();
    }

    fn drain_resampler(&mut self) {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut self.ready);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_decoder_is_an_error_of_this_file_alone() {
        let outcome = contained(Container::Flac, || panic!("index out of bounds"));
        assert!(matches!(outcome, Err(AudioError::DecoderPanicked { container: "FLAC" })));
    }
}
