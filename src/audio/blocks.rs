//! Bytes → blocks of samples of one channel, at the rate that the recording has there.
//!
//! Nothing here holds more than a quarter of a second and what one packet becomes, or a second of silence, whatever the
//! container makes of a few bytes; but while a file starts with corrupt packets, up to [`PATIENCE`] of silence. A panic in
//! a decoder ends here.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    AudioError, AudioSource, Damage,
    container::{Container, identify},
    damage::End,
    decode::Decoder,
    source::Reader,
    wave,
};
use crate::domain::{Millis, SampleRate};

/// The shortest recording accepted: in less, nothing can be said.
const MINIMUM: Millis = Millis(100);

/// Silence in place of corrupt packets after which a file that starts with them is given up.
const PATIENCE: Millis = Millis(60_000);

/// Mono samples at the rate that the recording has there.
pub struct Block {
    pub(super) rate: SampleRate,
    pub(super) samples: Vec<f32>,
}

/// Bytes → mono samples at the recording's own rate, which may change on the way.
///
/// It blocks on the disk and on the CPU: pull it where blocking is allowed.
pub struct Decoding {
    container: Container,
    decoder: Decoder,
    /// What single packets became, and nobody has taken yet.
    packets: VecDeque<Block>,
    /// The header promises more than the file has.
    is_cut_off: bool,
    ended: bool,
    damage: Option<Damage>,
}

impl Decoding {
    /// Recognises the container by content, finds its first audio track and decodes the first tenth of a second.
    pub(super) fn open(source: AudioSource) -> Result<Self, AudioError> {
        let identified = identify(&source)?;
        let container = identified.container;
        let bytes = source.into_reader(identified.start);
        contained(container, || {
            if container == Container::Wave {
                return Self::wave(&bytes);
            }
            Self::start(container, &bytes).or_else(|error| match error {
                // An index that is broken or cut off does not matter to who reads front to back.
                AudioError::Corrupt { .. } => Self::start(container, &bytes.clone().forward_only()).map_err(|_| error),
                _ => Err(error),
            })
        })?
        .map_err(|error| error.within(container.name()))
    }

    fn wave(bytes: &Reader) -> Result<Self, AudioError> {
        let header = wave::Header::read(bytes)?;
        let mut this = Self::start(Container::Wave, &bytes.clone().patched(header.patches))?;
        this.is_cut_off = header.missing > 0;
        Ok(this)
    }

    fn start(container: Container, bytes: &Reader) -> Result<Self, AudioError> {
        let mut this = Self {
            container,
            decoder: Decoder::open(container, bytes)?,
            packets: VecDeque::new(),
            is_cut_off: false,
            ended: false,
            damage: None,
        };
        while !this.ended && this.decoder.heard() < MINIMUM && this.decoder.position() < PATIENCE {
            let packet = this.decode()?;
            this.packets.extend(packet);
        }
        match this.decoder.heard() {
            heard if heard >= MINIMUM => Ok(this),
            duration => Err(match this.decoder.flaws().damage() {
                Some(damage) => AudioError::Corrupt { container: container.name(), detail: damage.what },
                None => AudioError::TooShort { duration, minimum: MINIMUM },
            }),
        }
    }

    /// The container's own word on its length, which may be a lie, and which many containers do not give.
    #[must_use]
    pub fn declared_duration(&self) -> Option<Millis> {
        self.decoder.declared_duration()
    }

    /// Channels of the recording, before they are mixed down: the most that were seen so far.
    #[must_use]
    pub fn channels(&self) -> u16 {
        u16::try_from(self.decoder.channels()).unwrap_or(u16::MAX)
    }

    /// After the end: what was wrong with the file.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The next quarter of a second, and what a packet has beyond it; less at the end and before another rate. `None` at
    /// the end, and for good. Every sample is finite.
    ///
    /// # Errors
    /// [`AudioError::Io`] when the source fails. Nothing follows an error.
    pub fn next_block(&mut self) -> Result<Option<Block>, AudioError> {
        let Some(mut block) = self.next_packet()? else { return Ok(None) };
        while block.samples.len() < block.rate.0 as usize / 4 {
            match self.next_packet()? {
                Some(packet) if packet.rate == block.rate => block.samples.extend_from_slice(&packet.samples),
                Some(packet) => {
                    self.packets.push_front(packet);
                    break;
                }
                None => break,
            }
        }
        Ok(Some(block))
    }

    fn next_packet(&mut self) -> Result<Option<Block>, AudioError> {
        if let Some(packet) = self.packets.pop_front() {
            return Ok(Some(packet));
        }
        if self.ended {
            return Ok(None);
        }
        match contained(self.container, || self.decode()) {
            Ok(decoded) => decoded.inspect_err(|_| self.ended = true),
            Err(_) => {
                self.end_with(End::DecoderFailed);
                Ok(None)
            }
        }
    }

    /// Decodes one packet, or gives a second of silence in place of some; `None` if that was the end.
    fn decode(&mut self) -> Result<Option<Block>, AudioError> {
        let mut samples = Vec::new();
        match self.decoder.next(&mut samples) {
            Ok(Some(rate)) => return Ok(Some(Block { rate, samples })),
            Ok(None) if self.is_cut_off => self.end_with(End::CutOff),
            Ok(None) => self.end(),
            Err(AudioError::Io(error)) => return Err(error.into()),
            Err(_) if self.decoder.heard() >= MINIMUM => self.end_with(End::CodecChanged),
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    fn end_with(&mut self, end: End) {
        let at = self.decoder.position();
        self.decoder.flaws().ended(at, end);
        self.end();
    }

    fn end(&mut self) {
        self.ended = true;
        self.damage = self.decoder.flaws().damage();
    }
}

/// Runs a decoder, in which a hostile file may find a bug.
fn contained<T>(container: Container, decode: impl FnOnce() -> T) -> Result<T, AudioError> {
    catch_unwind(AssertUnwindSafe(decode)).map_err(|_| AudioError::DecoderPanicked { container: container.name() })
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
