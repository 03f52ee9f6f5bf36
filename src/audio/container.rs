//! Which container is this? Answered by its first bytes alone; a name or a declared type is never asked.
//!
//! What is recognised here is handed to exactly one reader in [`demux`](super::demux). What is not is named by
//! `foreign`, so that its sender learns what was sent.

use std::io;

use super::{AudioError, AudioSource, foreign, frame_sync};

/// A container that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Wave,
    Flac,
    Ogg,
    Mp4,
    Matroska,
    Aiff,
    Caf,
    /// MPEG-1/2/2.5 audio frames without a container; in practice layer III.
    Mpeg,
    /// AAC frames without a container.
    Adts,
}

/// A recognised recording: its container, and the byte at which that starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identified {
    pub container: Container,
    pub start: u64,
}

/// Bytes looked at. Frame streams may begin with that much of a frame cut in half, or padding.
const HEAD: usize = 64 << 10;

/// Tags skipped before the recording; real files have one or two.
const MAX_TAGS: usize = 64;

impl Container {
    /// As people call it, to stand before "file".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wave => "WAV",
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg",
            Self::Mp4 => "MP4",
            Self::Matroska => "WebM/Matroska",
            Self::Aiff => "AIFF",
            Self::Caf => "CAF",
            Self::Mpeg => "MP3",
            Self::Adts => "AAC",
        }
    }

    /// How names of such files usually end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Wave => "wav",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
            Self::Mp4 => "mp4",
            Self::Matroska => "webm",
            Self::Aiff => "aiff",
            Self::Caf => "caf",
            Self::Mpeg => "mp3",
            Self::Adts => "aac",
        }
    }

    fn of_magic(head: &[u8]) -> Option<Self> {
        let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        Some(match () {
            () if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64")) && at(8, b"WAVE") => Self::Wave,
            () if at(0, b"fLaC") => Self::Flac,
            () if at(0, b"OggS") => Self::Ogg,
            () if at(4, b"ftyp") && !foreign::is_picture_brand(head) => Self::Mp4,
            () if at(0, b"\x1a\x45\xdf\xa3") => Self::Matroska,
            () if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => Self::Aiff,
            () if at(0, b"caff") => Self::Caf,
            () => return None,
        })
    }
}

/// Recognises a recording behind any `ID3v2` tags.
///
/// # Errors
/// [`AudioError::NotAudio`] or [`AudioError::UnsupportedContainer`] with the name of what it is instead;
/// [`AudioError::Empty`]; [`AudioError::Io`].
pub(super) fn identify(source: &AudioSource) -> Result<Identified, AudioError> {
    let start = skip_id3v2(source)?;
    let head = source.peek(start, HEAD)?;
    if head.is_empty() {
        return Err(if source.is_empty() {
            AudioError::Empty
        } else {
            AudioError::NotAudio { found: "nothing but an ID3 tag" }
        });
    }
    if let Some(container) = Container::of_magic(&head) {
        return Ok(Identified { container, start });
    }
    if let Some(error) = foreign::by_magic(&head) {
        return Err(error);
    }
    let whole = start + head.len() as u64 == source.len();
    let mpeg = frame_sync::find(&head, whole, frame_sync::mpeg_audio).map(|at| (Container::Mpeg, at));
    let adts = frame_sync::find(&head, whole, frame_sync::adts).map(|at| (Container::Adts, at));
    let earliest = mpeg.into_iter().chain(adts).min_by_key(|&(_, at)| at);
    let (container, offset) = earliest.ok_or_else(|| foreign::by_texture(&head, whole))?;
    Ok(Identified { container, start: start + offset as u64 })
}

/// The byte after the `ID3v2` tags (there may be several, with megabytes of cover in them) at the head of a file, or
/// where skipping them was given up.
///
/// Layout: `ID3`, two bytes of version, one of flags, a size in four bytes of seven bits (`ID3v2.4.0`, section 3.1).
fn skip_id3v2(source: &AudioSource) -> io::Result<u64> {
    let mut start = 0;
    for _ in 0..MAX_TAGS {
        let header = source.peek(start, 10)?;
        let [b'I', b'D', b'3', _, _, flags, size @ ..] = header.as_slice() else { return Ok(start) };
        if size.len() != 4 || size.iter().any(|byte| byte & 0x80 != 0) {
            return Ok(start);
        }
        let size = size.iter().fold(0, |size, &byte| size << 7 | u64::from(byte));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        start += 10 + size + footer;
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn identified(bytes: &[u8]) -> Result<Identified, AudioError> {
        identify(&AudioSource::from_bytes(Bytes::copy_from_slice(bytes)))
    }

    #[test]
    fn containers_are_known_by_their_first_bytes() {
        for (head, container) in [
            (&b"RIFF\x24\0\0\0WAVEfmt "[..], Container::Wave),
            (b"BW64\xff\xff\xff\xffWAVEds64", Container::Wave),
            (b"fLaC\0\0\0\x22", Container::Flac),
            (b"OggS\0\x02", Container::Ogg),
            (b"\0\0\0\x1cftypM4A \0\0\0\0", Container::Mp4),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", Container::Mp4),
            (b"\x1a\x45\xdf\xa3\x01", Container::Matroska),
            (b"FORM\0\0\0\0AIFF", Container::Aiff),
            (b"FORM\0\0\0\0AIFC", Container::Aiff),
            (b"caff\0\x01", Container::Caf),
        ] {
            assert_eq!(identified(head).unwrap(), Identified { container, start: 0 });
        }
    }

    #[test]
    fn id3_tags_are_skipped_even_when_there_are_several() {
        let tag =
            |size: u8, flags: u8| [&[b'I', b'D', b'3', 4, 0, flags, 0, 0, 0, size][..], &vec![7; size.into()]].concat();
        let bytes = [tag(100, 0), tag(20, 0), b"fLaC".to_vec()].concat();
        assert_eq!(identified(&bytes).unwrap(), Identified { container: Container::Flac, start: 140 });
        let footed = [tag(5, 0x10), vec![0; 10], b"fLaC".to_vec()].concat();
        assert_eq!(identified(&footed).unwrap().start, 25);
        assert!(matches!(identified(&tag(9, 0)), Err(AudioError::NotAudio { found: "nothing but an ID3 tag" })));
        assert!(matches!(identified(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), Err(AudioError::NotAudio { .. })));
        assert!(matches!(identified(b""), Err(AudioError::Empty)));
        assert_eq!(identified(&[tag(0, 0).repeat(64), b"fLaC".to_vec()].concat()).unwrap().start, 640);
        let endless = [tag(0, 0).repeat(65), b"fLaC".to_vec()].concat();
        assert!(matches!(identified(&endless), Err(AudioError::NotAudio { .. })), "tags without end");
    }

    #[test]
    fn a_frame_stream_may_start_in_the_middle_of_a_frame() {
        let frame = [&b"\xff\xfb\x90\x64"[..], &[0; 413]].concat();
        let bytes = [&[0; 99][..], &frame.repeat(4)].concat();
        assert_eq!(identified(&bytes).unwrap(), Identified { container: Container::Mpeg, start: 99 });
    }
}
