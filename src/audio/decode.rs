//! Packets → mono samples at the recording's own rate, past whatever is damaged.
//!
//! A packet that cannot be decoded becomes silence of its length, so that everything behind it keeps its time. A reader
//! that fails ends the recording; what was decoded by then counts. The start-up delay of encoders is cut off.

use std::io;

use symphonia::core::{
    audio::AudioSpec,
    codecs::audio::{
        AudioDecoder,
        well_known::{CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS},
    },
    errors::Error as SymphoniaError,
    formats::FormatReader,
    packet::Packet,
    units::Duration,
};

use super::{
    AudioError, aac, codec,
    container::Container,
    damage::{End, Flaws},
    demux::{self, Track},
    downmix::downmix,
    opus,
    source::Reader,
};
use crate::domain::{Millis, SampleRate};

/// Frames before the first that an AAC decoder needs to get going; every encoder puts at least as many there.
const AAC_DELAY: u64 = 1024;

/// The longest silence that stands in for one corrupt packet, whatever the packet says of itself.
const LONGEST_SILENCE: Millis = Millis(1000);

const RATES: std::ops::RangeInclusive<u32> = 8000..=192_000;

/// The first audio track of a recording, decoded packet by packet.
pub(super) struct Decoder {
    container: Container,
    reader: Box<dyn FormatReader>,
    track: Track,
    decoder: Box<dyn AudioDecoder>,
    rate: SampleRate,
    /// Frames at the start of the track that are not part of the recording, not yet dropped.
    delay: u64,
    /// Frames behind the end of the track that the container may still have trimmed.
    padding: u64,
    interleaved: Vec<f32>,
    /// Seconds so far, with the silence for what was corrupt.
    passed: f64,
    /// Seconds of that silence.
    corrupt: f64,
    flaws: Flaws,
}

impl Decoder {
    /// Opens a container and finds its first audio track.
    ///
    /// # Errors
    /// Any [`AudioError`] about the file as a whole.
    pub fn open(container: Container, bytes: Reader) -> Result<Self, AudioError> {
        let reader = demux::reader(container, bytes)?;
        let track = demux::audio_track(container, reader.as_ref())?;
        let decoder = Self::decoder(&track)?;
        let mut this = Self {
            container,
            reader,
            decoder,
            rate: SampleRate(0),
            delay: 0,
            padding: 0,
            interleaved: Vec::new(),
            passed: 0.0,
            corrupt: 0.0,
            flaws: Flaws::default(),
            track,
        };
        this.start_track();
        Ok(this)
    }

    /// The container's own word on the length.
    pub fn declared_duration(&self) -> Option<Millis> {
        self.track.duration
    }

    /// What was wrong so far.
    pub fn flaws(&mut self) -> &mut Flaws {
        &mut self.flaws
    }

    /// Where on the recording's clock decoding stands.
    pub fn position(&self) -> Millis {
        millis(self.passed)
    }

    /// How much was truly decoded so far, without the silence in place of corrupt packets.
    pub fn heard(&self) -> Millis {
        millis(self.passed - self.corrupt)
    }

    /// Decodes one packet, appends its samples to `mono` and returns their rate; `None` at the end.
    ///
    /// # Errors
    /// [`AudioError::Io`] if the source fails, and errors about channels and rates, which some codecs tell only here.
    pub fn next(&mut self, mono: &mut Vec<f32>) -> Result<Option<SampleRate>, AudioError> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track.id => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(None),
                Err(SymphoniaError::ResetRequired) if self.change_track() => continue,
                Err(error) => return self.give_up(error),
            };
            let before = mono.len();
            let is_corrupt = !self.decode(packet, mono)?;
            if mono.len() > before {
                let seconds = (mono.len() - before) as f64 / f64::from(self.rate.0);
                self.passed += seconds;
                self.corrupt += if is_corrupt { seconds } else { 0.0 };
                return Ok(Some(self.rate));
            }
        }
    }

    fn decoder(track: &Track) -> Result<Box<dyn AudioDecoder>, AudioError> {
        let mut params = track.params.clone();
        match params.codec {
            CODEC_ID_OPUS => opus::prepare(&mut params),
            CODEC_ID_AAC => aac::prepare(&mut params),
            _ => {}
        }
        codec::decoder(&params)
    }

    fn start_track(&mut self) {
        self.padding = self.track.padding.into();
        self.delay = match self.track.params.codec {
            CODEC_ID_AAC => AAC_DELAY,
            CODEC_ID_OPUS => opus::delay(self.container, &self.track.params),
            // The other decoders trim what their demuxers mark.
            _ => 0,
        };
    }

    /// A chained Ogg file begins anew, perhaps with another rate; false if what follows cannot be decoded.
    fn change_track(&mut self) -> bool {
        let next = demux::audio_track(self.container, self.reader.as_ref())
            .and_then(|track| Self::decoder(&track).map(|decoder| (track, decoder)));
        match next {
            Ok((track, decoder)) => {
                (self.track, self.decoder) = (track, decoder);
                self.start_track();
                true
            }
            Err(_) => false,
        }
    }

    fn give_up(&mut self, error: SymphoniaError) -> Result<Option<SampleRate>, AudioError> {
        let end = match error {
            SymphoniaError::IoError(error) if error.raw_os_error().is_some() => return Err(AudioError::Io(error)),
            // A recorder that writes into a pipe never says where the last cluster ends.
            SymphoniaError::IoError(error)
                if error.kind() == io::ErrorKind::UnexpectedEof && self.container == Container::Matroska =>
            {
                return Ok(None);
            }
            SymphoniaError::IoError(_) => End::CutOff,
            SymphoniaError::ResetRequired => End::CodecChanged,
            _ => End::Unreadable,
        };
        let at = self.position();
        self.flaws.ended(at, end);
        Ok(None)
    }

    /// Appends one packet's samples, or silence and `false` if it is corrupt.
    fn decode(&mut self, mut packet: Packet, mono: &mut Vec<f32>) -> Result<bool, AudioError> {
        let trim = self.trim(&mut packet);
        let at = self.position();
        if self.decoder.decode(&packet).is_err() && !self.decode_anew(&packet) {
            self.flaws.corrupt_packet(at);
            mono.resize(mono.len() + self.silence(packet.dur), 0.0);
            return Ok(false);
        }
        let buffer = self.decoder.last_decoded();
        let spec = buffer.spec().clone();
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        self.accept(&spec)?;
        let before = mono.len();
        let not_finite = downmix(&self.interleaved, spec.channels(), mono);
        self.flaws.not_finite(at, not_finite as u64);
        self.cut(mono, before, trim);
        Ok(true)
    }

    /// The packet with the trimming that its decoder shall do, and the frames that are left for us to cut at its end.
    fn trim(&mut self, packet: &mut Packet) -> u64 {
        match self.track.params.codec {
            CODEC_ID_OPUS => {
                let end = self.frames(packet.trim_end);
                (packet.trim_start, packet.trim_end) = (Duration::ZERO, Duration::ZERO);
                end
            }
            // Where MP3 files were joined, the header still has the length of the first: only as much is trimmed as
            // that encoder says to have added.
            CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3 if packet.trim_end > Duration::ZERO => {
                let end = packet.trim_end.get().min(self.padding);
                self.padding -= end;
                packet.trim_end = Duration::new(end);
                0
            }
            _ => 0,
        }
    }

    /// MP3 files joined into one may change from stereo to mono, or in rate, in mid-stream: a decoder that refuses such
    /// a packet is replaced if a new one takes it.
    fn decode_anew(&mut self, packet: &Packet) -> bool {
        if !matches!(self.track.params.codec, CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3) {
            return false;
        }
        let Ok(mut decoder) = Self::decoder(&self.track) else { return false };
        let is_taken = decoder.decode(packet).is_ok();
        if is_taken {
            self.decoder = decoder;
        }
        is_taken
    }

    /// Checks what a decoder gives, which may be other than what the container said.
    fn accept(&mut self, spec: &AudioSpec) -> Result<(), AudioError> {
        codec::check_channels(self.track.params.codec, spec.channels().count())?;
        self.rate = SampleRate(spec.rate());
        if RATES.contains(&self.rate.0) { Ok(()) } else { Err(AudioError::SampleRateOutOfRange { rate: self.rate }) }
    }

    /// Drops what is left of the encoder's delay from the start of the new samples, and `trim` frames from their end.
    fn cut(&mut self, mono: &mut Vec<f32>, before: usize, trim: u64) {
        let trim = usize::try_from(trim).unwrap_or(usize::MAX);
        mono.truncate(mono.len().saturating_sub(trim).max(before));
        let dropped = usize::try_from(self.delay).unwrap_or(usize::MAX).min(mono.len() - before);
        mono.drain(before..before + dropped);
        self.delay -= dropped as u64;
    }

    /// Samples of silence in place of a packet of this length.
    fn silence(&self, length: Duration) -> usize {
        let longest = u64::from(self.rate.0) * LONGEST_SILENCE.0 / 1000;
        usize::try_from(self.frames(length).min(longest)).unwrap_or(0)
    }

    /// A length in the track's own units as frames at the decoded rate.
    fn frames(&self, length: Duration) -> u64 {
        let nanos = self.track.time_base.and_then(|base| base.calc_duration(length)).map_or(0, |time| time.as_nanos());
        u64::try_from(nanos).unwrap_or(0).saturating_mul(u64::from(self.rate.0)) / 1_000_000_000
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and short of 500 million years")]
fn millis(seconds: f64) -> Millis {
    Millis((seconds * 1000.0) as u64)
}
