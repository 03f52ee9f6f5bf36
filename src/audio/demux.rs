//! A container's packets, and which of them are the recording.
//!
//! One reader for each [`Container`], chosen by us and not by probing, and the first audio track in it.

use std::io;

use symphonia::{
    core::{
        codecs::{
            CodecParameters,
            audio::{AudioCodecParameters, well_known::CODEC_ID_OPUS},
        },
        errors::{Error as SymphoniaError, Result as SymphoniaResult},
        formats::{FormatOptions, FormatReader, Track as ContainerTrack},
        io::{MediaSourceStream, MediaSourceStreamOptions, ReadBytes},
        packet::Packet,
        units::{Duration, TimeBase},
    },
    default::formats::{
        AdtsReader, AiffReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, MpaReader, OggReader, WavReader,
    },
};

use super::{
    AudioError,
    adts::Headers,
    allowance::{Allowance, is_exhausted},
    container::Container,
    edits::Edit,
    fragments::Clock,
    frame_sync,
    source::Reader,
    timeline, unread,
};
use crate::domain::{Millis, SampleRate};

/// The track that is transcribed.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub id: u32,
    pub params: AudioCodecParameters,
    pub time_base: Option<TimeBase>,
    /// The container's own word on the length, or a guess.
    pub duration: Option<Millis>,
    /// No header tells the length: it is what the size of the file makes of the pace of a few frames.
    pub is_guessed: bool,
    /// How much less than `duration` may be there with nothing wrong; `None` where that is an estimate, or the length
    /// of another track.
    pub tolerance: Option<Millis>,
    /// The header promises more bytes than the file has.
    pub is_cut_off: bool,
    /// Frames that the encoder put before the recording and that the demuxer does not mark.
    pub delay: u32,
    /// Frames that the encoder put behind the recording.
    pub padding: u32,
    /// The part of it that is played, where that is not all.
    pub edit: Option<Edit>,
}

impl Track {
    /// The same track, of which a film plays this part. In fragments nobody knows how long it is.
    pub fn edited(self, edit: Edit, is_fragmented: bool) -> Self {
        let whole = self
            .duration
            .filter(|_| !is_fragmented)
            .map(|whole| std::time::Duration::from_millis(whole.0).as_secs_f64());
        let Some(edit) = edit.within(whole) else { return self };
        let played = edit.length.or(whole.map(|whole| whole - edit.hidden)).map(|played| edit.lead + played);
        Self { duration: played.map(timeline::millis).or(self.duration), edit: Some(edit), ..self }
    }

    /// Frames at the end of a packet that come after the edit.
    pub fn beyond(&self, start: Option<f64>, frames: usize, rate: SampleRate) -> u64 {
        let end = self.edit.and_then(|edit| edit.end());
        start
            .zip(end)
            .map_or(0, |(start, end)| timeline::frames((start + timeline::seconds(frames, rate) - end).max(0.0), rate))
    }

    /// True if a packet starts behind the edit.
    pub fn is_over(&self, packet: &Packet) -> bool {
        let end = self.edit.and_then(|edit| edit.end());
        self.start(packet).zip(end).is_some_and(|(start, end)| start >= end)
    }

    /// A length in the track's own units in seconds.
    pub fn seconds(&self, length: Duration) -> f64 {
        self.time_base.and_then(|base| base.calc_duration(length)).map_or(0.0, |time| time.as_secs_f64())
    }

    /// The second on the track's clock at which a packet's samples start, behind what its decoder trims; Opus is trimmed
    /// behind the decoder.
    pub fn start(&self, packet: &Packet) -> Option<f64> {
        let start = self.time_base?.calc_time(packet.pts)?.as_secs_f64();
        Some(if self.params.codec == CODEC_ID_OPUS { start } else { start + self.seconds(packet.trim_start) })
    }
}

/// The reader of one container.
pub(super) struct Demuxer {
    container: Container,
    bytes: Reader,
    reader: Box<dyn FormatReader>,
    allowance: Allowance,
    is_guessing: bool,
    /// Of the track that is read, where it comes in fragments.
    clock: Option<Clock>,
    /// Of bare AAC.
    headers: Option<Headers>,
    /// A packet of another form than those before it.
    waiting: Option<Packet>,
}

impl Demuxer {
    /// Opens a container at its first byte.
    ///
    /// # Errors
    /// [`AudioError::Corrupt`] or [`AudioError::Io`].
    pub fn open(container: Container, bytes: Reader) -> Result<Self, AudioError> {
        let allowance = Allowance::for_header(container);
        let is_guessing = match container {
            Container::Adts => true,
            Container::Mpeg => !frame_sync::tells_length(&bytes.peek(0, frame_sync::TAG_END)?),
            _ => false,
        };
        let headers = (container == Container::Adts).then(|| Headers::new(bytes.clone()));
        let source = Box::new(bytes.clone().within(allowance.clone()));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let reader = open(container, stream).map_err(|error| match error {
            SymphoniaError::IoError(error) if error.raw_os_error().is_some() => AudioError::Io(error),
            error => AudioError::Corrupt { container: container.name(), detail: explain(&error) },
        })?;
        Ok(Self { container, bytes, reader, allowance, is_guessing, clock: None, headers, waiting: None })
    }

    /// From here on, the times of packets are what fragments say.
    pub fn keep_time(&mut self, clock: Clock) {
        self.clock = Some(clock);
    }

    /// True if all tracks have one clock, which goes on while there is nothing in this one. Each fragment may have another.
    pub fn has_clock_of_all(&self) -> bool {
        match self.container {
            Container::Matroska => true,
            Container::Mp4 => self.clock.is_none(),
            _ => false,
        }
    }

    /// The next packet, of whatever track; `None` at the end.
    ///
    /// # Errors
    /// What the container's reader says; [`SymphoniaError::ResetRequired`] where the recording goes on in another form.
    pub fn next_packet(&mut self) -> SymphoniaResult<Option<Packet>> {
        if let Some(packet) = self.waiting.take() {
            return Ok(Some(packet));
        }
        self.allowance.renew_for_packet(self.container);
        let mut packet = self.reader.next_packet()?;
        if let (Some(packet), Some(clock)) = (&mut packet, &mut self.clock) {
            clock.correct(packet);
        }
        if let (Some(found), Some(headers)) = (&packet, &mut self.headers)
            && headers.change(&found.data)?
        {
            self.waiting = packet;
            return Err(SymphoniaError::ResetRequired);
        }
        Ok(packet)
    }

    /// True if there is more behind the end, in a codec that nobody here knows.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn goes_on(&self) -> io::Result<bool> {
        Ok(self.container == Container::Ogg && unread::goes_on(&self.bytes)?)
    }

    /// The first audio track.
    ///
    /// # Errors
    /// [`AudioError::NoAudioTrack`].
    pub fn audio_track(&self) -> Result<Track, AudioError> {
        let Self { container, reader, .. } = self;
        let audio = |track: &ContainerTrack| match &track.codec_params {
            Some(CodecParameters::Audio(params)) => Some(params.clone()),
            _ => None,
        };
        let (track, params) = reader
            .tracks()
            .iter()
            .find_map(|track| audio(track).map(|params| (track, params)))
            .ok_or(AudioError::NoAudioTrack { container: container.name() })?;
        let duration = track
            .duration
            .zip(track.time_base)
            .or_else(|| reader.media_info().duration.zip(reader.media_info().time_base))
            .and_then(|(duration, base)| millis(duration, base))
            .filter(|&duration| duration > Millis(0));
        let tolerance = match container {
            Container::Flac | Container::Aiff => Some(Millis(20)),
            // Only encoders that tell their delay count their frames; otherwise the length is guessed from the first.
            Container::Mpeg if track.delay.is_some_and(|delay| delay > 0) => Some(Millis(20)),
            // These count the encoder's padding, and Matroska has one length for all tracks.
            Container::Caf => Some(Millis(300)),
            Container::Matroska if reader.tracks().len() == 1 => Some(Millis(300)),
            _ => None,
        };
        let mut track = Track {
            id: track.id,
            tolerance,
            is_cut_off: false,
            time_base: track.time_base,
            duration,
            is_guessed: self.is_guessing,
            delay: track.delay.unwrap_or(0),
            padding: track.padding.unwrap_or(0),
            edit: None,
            params,
        };
        if let Some(headers) = &self.headers {
            headers.describe(&mut track);
        }
        Ok(track)
    }
}

fn open(container: Container, mut stream: MediaSourceStream<'static>) -> SymphoniaResult<Box<dyn FormatReader>> {
    let options = FormatOptions::default();
    Ok(match container {
        Container::Wave => Box::new(WavReader::try_new(stream, options)?),
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
        Container::Mp4 => {
            // This reader expects to stand behind the size of the first box.
            stream.read_quad_bytes()?;
            Box::new(IsoMp4Reader::try_new(stream, options)?)
        }
        Container::Matroska => Box::new(MkvReader::try_new(stream, options)?),
        Container::Aiff => Box::new(AiffReader::try_new(stream, options)?),
        Container::Caf => Box::new(CafReader::try_new(stream, options)?),
        Container::Mpeg => Box::new(MpaReader::try_new(stream, options)?),
        Container::Adts => Box::new(AdtsReader::try_new(stream, options)?),
    })
}

/// A reader's words on the header of a file, without its own name in front.
fn explain(error: &SymphoniaError) -> String {
    match error {
        SymphoniaError::IoError(error) if is_exhausted(error) => {
            "its header is larger than that of any recording".to_owned()
        }
        SymphoniaError::IoError(_) => "it is cut off before its first sample".to_owned(),
        SymphoniaError::Unsupported("isomp4: missing moov atom") => {
            "its index (moov) is missing, so the recording was never finished or is cut off".to_owned()
        }
        SymphoniaError::DecodeError(words) | SymphoniaError::Unsupported(words) | SymphoniaError::LimitError(words) => {
            words.split_once(": ").map_or(*words, |(_, words)| words).to_owned()
        }
        other => other.to_string(),
    }
}

fn millis(duration: Duration, base: TimeBase) -> Option<Millis> {
    u64::try_from(base.calc_duration(duration)?.as_millis()).ok().map(Millis)
}
