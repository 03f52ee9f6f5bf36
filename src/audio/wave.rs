//! WAV headers that lie, and codecs in WAV that we do not decode.
//!
//! A recorder that was stopped hard, or that wrote into a pipe, leaves lengths of zero, of 4 GiB, or of a file that it
//! never finished. The bytes are there all the same: this module says where the samples truly end, in patches that the
//! container reader sees in place of the lies.

use std::io;

use super::{
    AudioError,
    source::{Patch, Reader},
};

/// What the chunks before the samples say, and what is true.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// What to read in place of the lengths that are wrong.
    pub patches: Vec<Patch>,
    /// Bytes of samples that the header promises and the file lacks.
    pub missing: u64,
    format: Option<u16>,
}

/// Lengths from here on are what writers put who do not know it yet.
const UNKNOWN_LENGTH: u32 = 0x7fff_0000;

/// Chunks looked at before the samples; real files have a handful.
const MAX_CHUNKS: usize = 1000;

impl Header {
    /// Walks the chunks of a RIFF file up to its samples.
    ///
    /// # Errors
    /// [`AudioError::UnsupportedCodec`], by the name that the format tag stands for; [`AudioError::Io`].
    pub fn read(file: &Reader) -> Result<Self, AudioError> {
        // The outer length is worth nothing: every chunk has its own.
        let mut header = Self { patches: vec![Patch { position: 4, bytes: [0xff; 4] }], ..Self::default() };
        let mut position = 12;
        for _ in 0..MAX_CHUNKS {
            let Some((tag, length)) = chunk(file, position)? else { break };
            let body = position + 8;
            match &tag {
                b"fmt " => header.format = format_tag(file, body)?,
                b"data" => {
                    header.judge(length, body, file.len());
                    break;
                }
                _ => {}
            }
            position = body + u64::from(length) + u64::from(length % 2);
        }
        match header.format.and_then(unsupported) {
            Some(codec) => Err(AudioError::UnsupportedCodec { codec: codec.to_owned(), container: None }),
            None => Ok(header),
        }
    }

    fn judge(&mut self, length: u32, body: u64, file_length: u64) {
        let rest = file_length.saturating_sub(body);
        let is_unknown = length == 0 || length >= UNKNOWN_LENGTH;
        if u64::from(length) > rest || is_unknown {
            let truth = u32::try_from(rest).unwrap_or(u32::MAX);
            self.patches.push(Patch { position: body - 4, bytes: truth.to_le_bytes() });
        }
        if !is_unknown {
            self.missing = u64::from(length).saturating_sub(rest);
        }
    }
}

fn chunk(file: &Reader, position: u64) -> io::Result<Option<([u8; 4], u32)>> {
    let bytes = file.peek(position, 8)?;
    let (Some(&tag), Some(&length)) = (bytes.first_chunk(), bytes.last_chunk()) else { return Ok(None) };
    Ok((bytes.len() == 8).then_some((tag, u32::from_le_bytes(length))))
}

/// `wFormatTag`, or for `WAVE_FORMAT_EXTENSIBLE` the first two bytes of the sub-format that stand for it.
fn format_tag(file: &Reader, body: u64) -> io::Result<Option<u16>> {
    let bytes = file.peek(body, 26)?;
    let word = |at: usize| bytes.get(at..at + 2).map(|word| u16::from_le_bytes([word[0], word[1]]));
    Ok(word(0).and_then(|tag| if tag == 0xfffe { word(24) } else { Some(tag) }))
}

/// Names of the format tags (registered in RFC 2361 and by Microsoft) for which there is no decoder.
fn unsupported(tag: u16) -> Option<&'static str> {
    Some(match tag {
        0x0001..=0x0003 | 0x0006 | 0x0007 | 0x0011 => return None,
        0x0022 => "TrueSpeech",
        0x0031 => "GSM 6.10",
        0x0040 | 0x0045 | 0x0064 => "G.726 ADPCM",
        0x0050 => "MPEG",
        0x0055 => "MP3",
        0x0065 | 0x028f => "G.722 ADPCM",
        0x00ff | 0x1600..=0x1610 => "AAC",
        0x0160..=0x0163 => "Windows Media",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        _ => "unidentified",
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::AudioSource;

    fn wave(tag: u16, declared: u32, samples: usize) -> Reader {
        let mut bytes = b"RIFF\0\0\0\0WAVEJUNK\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend([0; 14]);
        bytes.extend(b"data");
        bytes.extend(declared.to_le_bytes());
        bytes.extend(vec![1; samples]);
        AudioSource::from_bytes(Bytes::from(bytes)).into_reader(0)
    }

    fn data_length(header: &Header) -> Option<u32> {
        header.patches.get(1).map(|patch| {
            assert_eq!(patch.position, 52);
            u32::from_le_bytes(patch.bytes)
        })
    }

    #[test]
    fn a_true_length_is_left_alone() {
        let header = Header::read(&wave(1, 100, 100)).unwrap();
        assert_eq!((data_length(&header), header.missing), (None, 0));
        let trailing_chunk = Header::read(&wave(1, 100, 140)).unwrap();
        assert_eq!((data_length(&trailing_chunk), trailing_chunk.missing), (None, 0));
    }

    #[test]
    fn an_unknown_length_is_the_rest_of_the_file() {
        for unknown in [0, 0x7fff_ffdb, 0xffff_ffff] {
            let header = Header::read(&wave(1, unknown, 90)).unwrap();
            assert_eq!((data_length(&header), header.missing), (Some(90), 0));
        }
    }

    #[test]
    fn a_promise_of_more_than_there_is_is_missing_audio() {
        let header = Header::read(&wave(1, 1000, 90)).unwrap();
        assert_eq!((data_length(&header), header.missing), (Some(90), 910));
    }

    #[test]
    fn codecs_without_a_decoder_are_named() {
        for (tag, name) in [(0x31, "GSM 6.10"), (0x55, "MP3"), (0x28f, "G.722"), (0x9999, "unidentified")] {
            let error = Header::read(&wave(tag, 10, 10)).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn chunks_without_end_are_no_loop() {
        let endless = b"RIFF\0\0\0\0WAVE".iter().copied().chain(b"JUNK\0\0\0\0".repeat(5000)).collect::<Vec<_>>();
        assert_eq!(Header::read(&AudioSource::from_bytes(Bytes::from(endless)).into_reader(0)).unwrap().missing, 0);
    }
}
