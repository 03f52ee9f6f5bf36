//! How a recording can fail to become samples, in the words of the person who sent it.
//!
//! Every message says what was found and, where there is one, which limit it met. None carries a decoder's own jargon
//! alone, and none says anything of what was recorded.

use std::io;

use crate::domain::{Millis, SampleRate, Short};

/// Why a recording was refused. A file that is damaged after its first tenth of a second is no error: what decodes
/// counts, and [`Pcm::damage`](super::Pcm::damage) tells the rest.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// Not one byte.
    #[error("the file is empty")]
    Empty,

    /// The bytes are something else: a picture, text, an archive, noise.
    #[error("the file is not a recording: it looks like {found}")]
    NotAudio {
        /// With its article, to stand after "it looks like": `a PNG image`, `text`.
        found: &'static str,
    },

    /// A recording in a container that we do not read.
    #[error("{name} files are not supported; supported are {SUPPORTED}")]
    UnsupportedContainer {
        /// The container as people call it: `MPEG transport stream (.ts)`.
        name: &'static str,
    },

    /// A container that we read, around a codec that we do not.
    #[error("{codec} audio{} is not supported; convert it to a WAV, FLAC, MP3, M4A or Ogg file", inside(*container))]
    UnsupportedCodec {
        /// The codec as people call it: `AC-3 (Dolby Digital)`.
        codec: String,
        /// The container as people call it; none around a bare codec.
        container: Option<&'static str>,
    },

    /// More channels than the service, or this codec's decoder, can take.
    #[error("{codec} audio with {channels} channels is not supported (at most {maximum}); mix it down first")]
    TooManyChannels {
        /// The codec as people call it.
        codec: String,
        /// Channels in the file.
        channels: usize,
        /// The most that this codec may have.
        maximum: usize,
    },

    /// Below telephone quality or above what any recorder writes.
    #[error("a sample rate of {} Hz is not supported (8000 to 192000)", rate.0)]
    SampleRateOutOfRange {
        /// Samples a second in the file.
        rate: SampleRate,
    },

    /// A video or subtitle file with nothing to hear.
    #[error("the {container} file has no audio track")]
    NoAudioTrack {
        /// The container as people call it.
        container: &'static str,
    },

    /// The container was recognised, and not a tenth of a second could be decoded.
    #[error("the {container} file is corrupted and nothing in it could be decoded: {detail}")]
    Corrupt {
        /// The container as people call it.
        container: &'static str,
        /// What the decoder met.
        detail: String,
    },

    /// Too short for anything to be said in it.
    #[error("the recording is too short: {duration}, and at least {minimum} is needed")]
    TooShort {
        /// Length of the decoded audio.
        duration: Millis,
        /// The shortest that is accepted.
        minimum: Millis,
    },

    /// More audio than is accepted, counted in decoded samples.
    #[error("the recording is longer than {limit}, the most that is accepted")]
    TooLong {
        /// The longest that is accepted.
        limit: Millis,
    },

    /// The uploads that are under way have as many bytes as they may.
    #[error("the uploads that are under way have as many bytes as are kept here, or as this account may have of them")]
    Crammed(#[from] Short),

    /// The disk or the operating system failed us; the file may be good.
    #[error("the recording could not be read or stored: {0}")]
    Io(#[from] io::Error),

    /// A decoder panicked on this file; it was contained, and nothing else is affected.
    #[error("the {container} decoder failed on this file")]
    DecoderPanicked {
        /// The container as people call it.
        container: &'static str,
    },
}

impl AudioError {
    /// The same, with the container of a codec that is not supported.
    pub(super) fn within(self, name: &'static str) -> Self {
        match self {
            Self::UnsupportedCodec { codec, .. } => Self::UnsupportedCodec { codec, container: Some(name) },
            other => other,
        }
    }
}

/// ` in an MP4 file`, to stand behind what is in it.
fn inside(container: Option<&str>) -> String {
    container.map_or_else(String::new, |name| {
        let has_vowel = name.starts_with(['A', 'E', 'I', 'O', 'M']);
        format!(" in {} {name} file", if has_vowel { "an" } else { "a" })
    })
}

/// What a caller may send, for messages.
const SUPPORTED: &str = "WAV, FLAC, MP3, M4A/MP4/MOV, AAC, Ogg (Opus, Vorbis), WebM/Matroska, AIFF and CAF";
