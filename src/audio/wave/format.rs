//! What a WAV says of the form of its samples, and codecs that we do not decode.
//!
//! The reader refuses a form that is written in fewer or more bytes than it knows: it shall see what it knows.

use std::io;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

use super::Header;
use crate::audio::source::{Patch, Reader};

impl Header {
    /// The reader takes A-law and mu-law only in 18 bytes, of which the last two say how many more follow. Where those two
    /// are not there, and in `WAVE_FORMAT_EXTENSIBLE`, it shall see 8-bit PCM, and where any number follows, that number.
    pub(super) fn read_format(&mut self, file: &Reader, body: u64, length: u32) -> io::Result<()> {
        self.format = format_tag(file, body)?;
        let codec = match self.format {
            Some(0x06) => CODEC_ID_PCM_ALAW,
            Some(0x07) => CODEC_ID_PCM_MULAW,
            _ => return Ok(()),
        };
        let head = file.peek(body, 20)?;
        let &[tag, _, channels, 0, .., frame, 0, _, _, _, _, after_a, after_b] = head.as_slice() else { return Ok(()) };
        if tag == 0xfe {
            for (at, bytes) in [(12, [frame, 0, 8, 0]), (16, [22, 0, 8, 0]), (24, [1, 0, 0, 0])] {
                self.patches.push(Patch { position: body + at, bytes });
            }
            self.disguised = Some(codec);
        } else if length == 16 {
            self.patches.push(Patch { position: body, bytes: [1, 0, channels, 0] });
            self.patches.push(Patch { position: body + 12, bytes: [frame, 0, 8, 0] });
            self.disguised = Some(codec);
        } else if let Some(Ok(more)) =
            length.checked_add(length & 1).and_then(|even| even.checked_sub(18)).map(u16::try_from)
        {
            let [low, high] = more.to_le_bytes();
            self.patches.push(Patch { position: body - 4, bytes: 18_u32.to_le_bytes() });
            self.patches.push(Patch { position: body + 16, bytes: [low, high, after_a, after_b] });
        }
        Ok(())
    }
}

/// `wFormatTag`, or for `WAVE_FORMAT_EXTENSIBLE` the first two bytes of the sub-format that stand for it.
fn format_tag(file: &Reader, body: u64) -> io::Result<Option<u16>> {
    let bytes = file.peek(body, 26)?;
    let word = |at: usize| bytes.get(at..at + 2).map(|word| u16::from_le_bytes([word[0], word[1]]));
    Ok(word(0).and_then(|tag| if tag == 0xfffe { word(24) } else { Some(tag) }))
}

/// Names of the format tags (registered in RFC 2361 and by Microsoft) for which there is no decoder.
pub(super) fn unsupported(tag: u16) -> Option<&'static str> {
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

    use crate::audio::{
        AudioError, AudioSource, Settings, open,
        wave::{
            Header,
            tests::{decoded, wave},
        },
    };

    #[test]
    fn codecs_without_a_decoder_are_named() {
        for (tag, name) in [(0x31, "GSM 6.10"), (0x55, "MP3"), (0x28f, "G.722"), (0x9999, "unidentified")] {
            let error = Header::read(&wave(tag, 10, 10)).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_format_without_an_end_is_the_files_fault() {
        let file =
            [&b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff\x06\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0"[..], &[0; 64]];
        let source = AudioSource::from_bytes(Bytes::from(file.concat()));
        let refused = open(source, &Settings::default()).err();
        assert!(!matches!(refused, None | Some(AudioError::DecoderPanicked { .. })), "{refused:?}");
    }

    #[test]
    fn telephone_codecs_are_read_from_the_extensible_format() {
        for (tag, loud) in [(6, [0x2a, 0xaa]), (7, [0x00, 0x80])] {
            let rates = [0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0];
            let plain = [&[tag, 0, 1, 0][..], &rates, &[1, 0, 8, 0, 0, 0]].concat();
            let usual = decoded(&plain, b"", loud, 1);
            for (channels, mask, bits, valid) in [(1, 4, 8, 8), (1, 4, 8, 0), (1, 4, 16, 16), (2, 3, 8, 8)] {
                let head = [&[0xfe, 0xff, channels, 0][..], &rates, &[channels, 0, bits, 0, 22, 0, valid, 0]].concat();
                let form = [&[mask, 0, 0, 0, tag][..], b"\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"].concat();
                let found = decoded(&[head, form].concat(), b"", loud, channels.into());
                assert_eq!(found, usual, "{tag}: {channels} channels, {bits} bits, {valid} of them valid");
            }
        }
    }

    #[test]
    fn telephone_codecs_are_read_from_a_format_of_any_length() {
        for (tag, loud) in [(6, [0x2a, 0xaa]), (7, [0x00, 0x80])] {
            let format = |bits: u8, behind: &[u8]| {
                let rates = b"\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0";
                [&[tag][..], rates, &[bits, 0], behind].concat()
            };
            let usual = decoded(&format(8, &[0, 0]), b"", loud, 1);
            assert!(usual.len() == 16_000 && usual.iter().any(|sample| *sample > 0.9));
            for (bits, behind) in [
                (8, &[][..]),
                (16, &[]),
                (8, &[0, 0, 0, 0]),
                (8, &[2, 0, 0, 0]),
                (8, &[9, 9]),
                (8, &[1, 0, 0, 0, 0, 0]),
            ] {
                assert_eq!(decoded(&format(bits, behind), b"", loud, 1), usual, "{tag}: {bits} bits, {behind:?}");
            }
        }
    }
}
