//! Packets → mono samples at the recording's own rate, past whatever is damaged.
//!
//! A packet that cannot be decoded becomes silence of its length, so that everything behind it keeps its time. A reader
//! that fails ends the recording; what was decoded by then counts. The start-up delay of encoders is cut off.

mod beginning;
mod ending;

use symphonia::core::{
    codecs::audio::{
        AudioDecoder, CODEC_ID_NULL_AUDIO,
        well_known::{CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS},
    },
    errors::Error as SymphoniaError,
    packet::Packet,
    units::Duration,
};

use super::{
    AudioError, aac, caf, codec,
    container::Container,
    damage::{End, Flaws},
    demux::{Demuxer, Track},
    downmix::Downmix,
    frame_sync, movie, opus,
    patience::Patience,
    source::Reader,
    timeline::{self, Timeline, millis},
    unread, wave,
};
use crate::domain::{Millis, PCM_RATE, SampleRate};

/// The longest silence that stands in for one corrupt packet, whatever the packet says of itself.
const LONGEST_PACKET: f64 = 1.0;

/// The most bytes of a packet, so that one is never hours of audio at once. The largest that encoders make, 65535 frames
/// of FLAC in eight channels, are half of it.
const LARGEST_PACKET: usize = 4 << 20;

/// The longest tag, in seconds of what its bytes look like.
const LONGEST_TAG: f64 = 2.0;

/// In containers whose recorders leave silence out, only a gap of more seconds than this is damage.
const LONGEST_PAUSE: f64 = 1.0;

/// The first audio track of a recording, decoded packet by packet.
pub(super) struct Decoder {
    container: Container,
    reader: Demuxer,
    track: Track,
    codec: Box<dyn AudioDecoder>,
    /// The packet behind a gap, until that is filled.
    waiting: Option<Packet>,
    /// Of the samples; until the first are decoded, what the track declares.
    rate: SampleRate,
    /// Seconds of the recording before its track begins.
    lead: f64,
    /// The second at which the first packet of any track starts, where the recording begins with that.
    origin: Option<f64>,
    /// Frames at the start of the track that are not part of the recording, not yet dropped.
    delay: u64,
    /// The same in seconds, until the rate is known.
    hidden: Option<f64>,
    /// Frames behind the end of the track that the container may still have trimmed.
    padding: u64,
    /// Seconds of packets of another layer since the last packet of the track.
    foreign: f64,
    /// One packet's, by channels.
    samples: Vec<Vec<f32>>,
    downmix: Downmix,
    /// The most channels that a packet had.
    channels: usize,
    timeline: Timeline,
    flaws: Flaws,
}

impl Decoder {
    /// Opens a container and finds its first audio track.
    ///
    /// # Errors
    /// Any [`AudioError`] about the file as a whole.
    pub fn open(container: Container, bytes: &Reader) -> Result<Self, AudioError> {
        let (reader, track) =
            Self::track(container, bytes).or_else(|error| match unread::codec(container, bytes)? {
                Some(codec) if matches!(error, AudioError::NoAudioTrack { .. }) || container == Container::Ogg => {
                    Err(AudioError::UnsupportedCodec { codec, container: None })
                }
                _ => Err(error),
            })?;
        let codec = Self::codec(&track).or_else(|error| match unread::codec(container, bytes)? {
            Some(codec) if track.params.codec == CODEC_ID_NULL_AUDIO => {
                Err(AudioError::UnsupportedCodec { codec, container: None })
            }
            _ => Err(error),
        })?;
        let mut this = Self {
            container,
            reader,
            codec,
            waiting: None,
            rate: PCM_RATE,
            lead: track.edit.map_or(0.0, |edit| edit.lead),
            origin: None,
            delay: 0,
            hidden: None,
            padding: 0,
            foreign: 0.0,
            samples: Vec::new(),
            downmix: Downmix::default(),
            channels: 0,
            timeline: Timeline::default(),
            flaws: Flaws::default(),
            track,
        };
        this.timeline.start_behind(this.lead);
        this.start_track();
        Ok(this)
    }

    fn track(container: Container, bytes: &Reader) -> Result<(Demuxer, Track), AudioError> {
        match container {
            Container::Wave => wave::open(bytes),
            Container::Mp4 => movie::open(bytes),
            Container::Caf => caf::open(bytes),
            _ => {
                let reader = Demuxer::open(container, bytes.clone())?;
                let track = reader.audio_track()?;
                Ok((reader, track))
            }
        }
    }

    /// The container's own word on the length.
    pub fn declared_duration(&self) -> Option<Millis> {
        self.track.duration.filter(|_| !self.track.is_guessed)
    }

    /// The same, or a guess.
    pub fn expected_duration(&self) -> Option<Millis> {
        self.track.duration
    }

    /// Channels of the recording, before they are mixed down: the most that were seen so far.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Seconds of the recording before its track begins; known when something of that has been decoded.
    pub fn lead(&self) -> f64 {
        self.lead
    }

    /// What was wrong so far.
    pub fn flaws(&mut self) -> &mut Flaws {
        &mut self.flaws
    }

    /// Where on the recording's clock decoding stands.
    pub fn position(&self) -> Millis {
        self.timeline.position()
    }

    /// How much was truly decoded so far, without the silence in place of corrupt packets.
    pub fn heard(&self) -> Millis {
        self.timeline.heard()
    }

    /// Appends one packet's samples, or up to a second of silence, to `mono` and returns their rate; `None` at the end.
    ///
    /// # Errors
    /// [`AudioError::Io`] if the source fails, and errors about channels and rates, which some codecs tell only here.
    pub fn next(&mut self, mono: &mut Vec<f32>) -> Result<Option<SampleRate>, AudioError> {
        let mut patience = Patience::new();
        loop {
            if self.timeline.fill(self.rate, mono) {
                return Ok(Some(self.rate));
            }
            let next = self.waiting.take().map_or_else(|| self.reader.next_packet(), |packet| Ok(Some(packet)));
            let is_other = matches!(&next, Ok(Some(packet)) if !self.is_own(packet));
            let is_hidden = self.delay > 0 || self.hidden.is_some();
            if !patience.outlasts(!is_other && !is_hidden) {
                return Ok(self.end(End::Soundless));
            }
            if let Ok(Some(packet)) = &next {
                self.find_lead(packet);
            }
            let packet = match next {
                Ok(Some(packet)) if is_other => {
                    if self.is_beyond_a_tag(&packet) {
                        return Ok(self.end(End::CodecChanged));
                    }
                    continue;
                }
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(self.finish()?),
                Err(SymphoniaError::ResetRequired) if self.change_track() => continue,
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::Unsupported(_)) if self.skips_frame() => continue,
                Err(error) => return self.give_up(error),
            };
            self.foreign = 0.0;
            if self.track.is_over(&packet) {
                return Ok(None);
            }
            if self.is_behind_gap(&packet) {
                self.waiting = Some(packet);
                continue;
            }
            let before = mono.len();
            self.decode(packet, mono)?;
            if mono.len() > before {
                return Ok(Some(self.rate));
            }
        }
    }

    /// True for a packet of the track. Text in a tag amid joined MP3 files may look like a frame, but of another layer: a mark
    /// of its encoding is the start of a header.
    fn is_own(&self, packet: &Packet) -> bool {
        let layer = match self.track.params.codec {
            CODEC_ID_MP1 => 1,
            CODEC_ID_MP2 => 2,
            CODEC_ID_MP3 => 3,
            _ => 0,
        };
        let is_layer = self.container != Container::Mpeg || frame_sync::layer(&packet.data) == layer;
        packet.track_id == self.track.id && is_layer
    }

    /// True if another layer goes on for longer than a tag looks like one: then a file of that layer was joined.
    fn is_beyond_a_tag(&mut self, packet: &Packet) -> bool {
        if packet.track_id == self.track.id {
            self.foreign += self.track.seconds(packet.dur);
        }
        self.foreign > LONGEST_TAG
    }

    fn codec(track: &Track) -> Result<Box<dyn AudioDecoder>, AudioError> {
        let mut params = track.params.clone();
        match params.codec {
            CODEC_ID_OPUS => opus::prepare(&mut params),
            CODEC_ID_AAC => aac::prepare(&mut params),
            _ => {}
        }
        codec::decoder(&params)
    }

    /// Appends one packet's samples; if it is corrupt, silence comes next.
    fn decode(&mut self, mut packet: Packet, mono: &mut Vec<f32>) -> Result<(), AudioError> {
        let (trim, start) = (self.trim(&mut packet), self.track.start(&packet));
        let at = self.position();
        let is_readable = packet.data.len() <= LARGEST_PACKET
            && !(self.track.params.codec == CODEC_ID_OPUS && opus::is_lost(&packet.data));
        if !is_readable || self.codec.decode(&packet).is_err() && !self.decode_anew(&packet) {
            self.flaws.corrupt_packet(at);
            self.timeline.owe(self.track.seconds(packet.dur).min(LONGEST_PACKET), self.rate);
            return Ok(());
        }
        let buffer = self.codec.last_decoded();
        let spec = buffer.spec().clone();
        buffer.copy_to_vecs_planar(&mut self.samples);
        // What a decoder gives may be other than what the container said.
        codec::check_channels(self.track.params.codec, spec.channels().count())?;
        self.channels = self.channels.max(spec.channels().count());
        self.rate = codec::check_rate(spec.rate())?;
        let before = mono.len();
        let not_finite = self.downmix.mix(&mut self.samples, spec.channels(), self.rate, mono);
        self.flaws.not_finite(at, not_finite as u64);
        let decoded = mono.len() - before;
        if let Some(hidden) = self.hidden.take() {
            self.delay = timeline::frames(hidden, self.rate);
        }
        self.cut(mono, before, trim.saturating_add(self.track.beyond(start, decoded, self.rate)));
        self.timeline.advance(decoded, mono.len() - before, self.rate);
        Ok(())
    }

    /// True if the timestamps say that packets are missing before this one: lost with a damaged page, or never written by
    /// a recorder that leaves out silence. Silence comes next in their place.
    fn is_behind_gap(&mut self, packet: &Packet) -> bool {
        // Frames without a container have no timestamps but those that their reader counts up.
        let has_clock = !matches!(self.container, Container::Mpeg | Container::Adts);
        let Some(start) = self.track.start(packet).filter(|_| has_clock) else { return false };
        let rest = self.track.duration.map_or(f64::INFINITY, |declared| (declared - self.position()).as_secs_f64());
        let longest = if self.reader.has_clock_of_all() { rest } else { 0.0 };
        let Some(gap) = self.timeline.gap_before(start, longest) else { return false };
        let may_pause = matches!(self.container, Container::Matroska | Container::Mp4);
        if !may_pause || gap > LONGEST_PAUSE {
            self.flaws.gap(self.position(), millis(gap));
        }
        self.timeline.owe(gap, self.rate);
        true
    }

    /// The packet with the trimming that its decoder shall do, and the frames that are left for us to cut at its end.
    fn trim(&mut self, packet: &mut Packet) -> u64 {
        match self.track.params.codec {
            CODEC_ID_OPUS => {
                let end = timeline::frames(self.track.seconds(packet.trim_end), PCM_RATE);
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
        let Ok(mut codec) = Self::codec(&self.track) else { return false };
        let is_taken = codec.decode(packet).is_ok();
        if is_taken {
            self.codec = codec;
        }
        is_taken
    }

    /// Drops what is left of the encoder's delay from the start of the new samples, and `trim` frames from their end.
    fn cut(&mut self, mono: &mut Vec<f32>, before: usize, trim: u64) {
        let trim = usize::try_from(trim).unwrap_or(usize::MAX);
        mono.truncate(mono.len().saturating_sub(trim).max(before));
        let dropped = usize::try_from(self.delay).unwrap_or(usize::MAX).min(mono.len() - before);
        mono.drain(before..before + dropped);
        self.delay -= dropped as u64;
    }
}
