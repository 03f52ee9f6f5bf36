//! WAV headers that lie.
//!
//! A recorder that was stopped hard, or that wrote into a pipe, leaves lengths of zero, of 4 GiB, or of a file that it
//! never finished. The bytes are there all the same: this module says where the samples truly end, in patches that the
//! container reader sees in place of the lies. It refuses a recording for its notes, too: it does not see them.

mod format;

use std::io;

use symphonia::core::codecs::audio::AudioCodecId;

use super::{
    AudioError,
    container::Container,
    demux::{Demuxer, Track},
    source::{Patch, Reader},
};

/// Opens a WAV file.
///
/// # Errors
/// Any [`AudioError`] about the file as a whole.
pub(super) fn open(bytes: &Reader) -> Result<(Demuxer, Track), AudioError> {
    let header = Header::read(bytes)?;
    let reader = Demuxer::open(Container::Wave, bytes.clone().patched(header.patches))?;
    let mut track = reader.audio_track()?;
    track.is_cut_off = header.missing > 0;
    if let Some(codec) = header.disguised {
        track.params.codec = codec;
        (track.params.bits_per_sample, track.params.bits_per_coded_sample) = (None, None);
    }
    Ok((reader, track))
}

/// What the chunks before the samples say, and what is true.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    /// What to read in place of what is wrong.
    patches: Vec<Patch>,
    /// Bytes of samples that the header promises and the file lacks.
    missing: u64,
    format: Option<u16>,
    /// The true codec, where the reader shall see PCM.
    disguised: Option<AudioCodecId>,
}

/// Chunks looked at before the samples; real files have a handful.
const MAX_CHUNKS: usize = 1000;

impl Header {
    /// Walks the chunks of a RIFF file up to its samples.
    ///
    /// # Errors
    /// [`AudioError::UnsupportedCodec`], by the name that the format tag stands for; [`AudioError::Io`].
    fn read(file: &Reader) -> Result<Self, AudioError> {
        // The outer length is worth nothing: every chunk has its own. The reader knows only one of the outer names.
        let outer = [Patch { position: 0, bytes: *b"RIFF" }, Patch { position: 4, bytes: [0xff; 4] }];
        let mut header = Self { patches: outer.to_vec(), ..Self::default() };
        let (mut position, mut long) = (12, None);
        for _ in 0..MAX_CHUNKS {
            let Some((tag, length)) = chunk(file, position)? else { break };
            let body = position + 8;
            match &tag {
                b"fmt " => header.read_format(file, body, length)?,
                // The reader trips over notes of an odd length, and over counts of frames with anything behind them.
                b"LIST" | b"fact" => header.patches.push(Patch { position, bytes: *b"JUNK" }),
                // RF64 (EBU Tech 3306) and BW64 have the length of the samples here, where it may be over 4 GiB.
                b"ds64" => long = file.peek(body + 8, 8)?.first_chunk().copied().map(u64::from_le_bytes),
                b"data" => {
                    let short = Some(u64::from(length)).filter(|_| !is_unknown(length));
                    header.judge(short.or(long.filter(|&long| long > 0)), body, file.len());
                    break;
                }
                _ => {}
            }
            position = body + u64::from(length) + u64::from(length % 2);
        }
        match header.format.and_then(format::unsupported) {
            Some(codec) => Err(AudioError::UnsupportedCodec { codec: codec.to_owned(), container: None }),
            None => Ok(header),
        }
    }

    /// The samples begin at `body`, and are so long by the file's own word. What is more than the reader's number holds, it
    /// reads to the end.
    fn judge(&mut self, length: Option<u64>, body: u64, file_length: u64) {
        let rest = file_length.saturating_sub(body);
        self.missing = length.map_or(0, |length| length.saturating_sub(rest));
        let truth = u32::try_from(length.unwrap_or(rest).min(rest)).unwrap_or(u32::MAX);
        self.patches.push(Patch { position: body - 4, bytes: truth.to_le_bytes() });
    }
}

/// True for what writers put who do not know the length yet: nothing, the most that a number with a sign holds and what is
/// a little less (`SoX`, opus-tools, eSpeak), 2 GiB (`arecord`), or the most without a sign (`FFmpeg`).
fn is_unknown(length: u32) -> bool {
    matches!(length, 0 | 0x7fff_0000..=0x8000_0000 | 0xffff_0000..)
}

fn chunk(file: &Reader, position: u64) -> io::Result<Option<([u8; 4], u32)>> {
    let bytes = file.peek(position, 8)?;
    let (Some(&tag), Some(&length)) = (bytes.first_chunk(), bytes.last_chunk()) else { return Ok(None) };
    Ok((bytes.len() == 8).then_some((tag, u32::from_le_bytes(length))))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;

    use super::*;
    use crate::audio::AudioSource;

    pub(super) fn wave(tag: u16, declared: u32, samples: usize) -> Reader {
        let mut bytes = b"RIFF\0\0\0\0WAVEJUNK\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend([0; 14]);
        bytes.extend(b"data");
        bytes.extend(declared.to_le_bytes());
        bytes.extend(vec![1; samples]);
        AudioSource::from_bytes(Bytes::from(bytes)).into_reader(0)
    }

    fn data_length(header: &Header) -> Option<u32> {
        header.patches.get(2).map(|patch| {
            assert_eq!(patch.position, 52);
            u32::from_le_bytes(patch.bytes)
        })
    }

    #[test]
    fn a_true_length_is_left_alone() {
        let header = Header::read(&wave(1, 100, 100)).unwrap();
        assert_eq!((data_length(&header), header.missing), (Some(100), 0));
        let trailing_chunk = Header::read(&wave(1, 100, 140)).unwrap();
        assert_eq!((data_length(&trailing_chunk), trailing_chunk.missing), (Some(100), 0));
    }

    #[test]
    fn an_unknown_length_is_the_rest_of_the_file() {
        for unknown in [0, 0x7fff_f000, 0x7fff_ffdb, 0x8000_0000, 0xffff_ffff] {
            let header = Header::read(&wave(1, unknown, 90)).unwrap();
            assert_eq!((data_length(&header), header.missing), (Some(90), 0));
        }
    }

    #[test]
    fn a_promise_of_more_than_there_is_is_missing_audio() {
        let header = Header::read(&wave(1, 1000, 90)).unwrap();
        assert_eq!((data_length(&header), header.missing), (Some(90), 910));
        let three_gigabytes = Header::read(&wave(1, 3 << 30, 90)).unwrap();
        assert_eq!((data_length(&three_gigabytes), three_gigabytes.missing), (Some(90), (3 << 30) - 90));
    }

    /// The header of a file whose samples have this length by the chunk for long ones, and by their own.
    fn long(file: u64, declared: u64, short: u32) -> Header {
        let mut to = tempfile::tempfile().unwrap();
        let sizes = [&[0xff; 8][..], &declared.to_le_bytes(), &[0; 12]].concat();
        let form = b"fmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0";
        let head =
            [b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0", &sizes[..], form, b"data", &short.to_le_bytes()].concat();
        to.write_all(&head).unwrap();
        to.set_len(head.len() as u64 + file).unwrap();
        Header::read(&AudioSource::from_file(to).unwrap().into_reader(0)).unwrap()
    }

    #[test]
    fn a_length_of_more_than_four_gigabytes_stands_before_the_samples() {
        for (file, declared, short, seen, missing) in [
            (100, 90, u32::MAX, 90, 0),
            (100, 90, 80, 80, 0),
            (100, 0, u32::MAX, 100, 0),
            (100, 6 << 30, u32::MAX, 100, (6 << 30) - 100),
            (6 << 30, 5 << 30, u32::MAX, u32::MAX, 0),
        ] {
            let header = long(file, declared, short);
            let found = header.patches.last().map(|patch| u32::from_le_bytes(patch.bytes));
            assert_eq!((found, header.missing), (Some(seen), missing), "{declared} of {file}");
        }
    }

    #[test]
    fn chunks_without_end_are_no_loop() {
        let endless = b"RIFF\0\0\0\0WAVE".iter().copied().chain(b"JUNK\0\0\0\0".repeat(5000)).collect::<Vec<_>>();
        assert_eq!(Header::read(&AudioSource::from_bytes(Bytes::from(endless)).into_reader(0)).unwrap().missing, 0);
    }

    /// A second of a tone, in a file with these chunks before its samples.
    pub(super) fn decoded(format: &[u8], chunks: &[u8], sample: [u8; 2], bytes: usize) -> Vec<f32> {
        let samples: Vec<u8> = (0..8000).flat_map(|n| [sample[usize::from(n / 10 % 2 == 1)]].repeat(bytes)).collect();
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let file = [b"RIFF\0\0\0\0WAVEfmt ", &length(format)[..], format, chunks, b"data", &length(&samples), &samples];
        let source = AudioSource::from_bytes(Bytes::from(file.concat()));
        let mut pcm = crate::audio::open(source, &crate::audio::Settings::default()).unwrap();
        let mut decoded = Vec::new();
        while let Some(block) = pcm.next_block().unwrap() {
            decoded.extend(block);
        }
        assert_eq!(pcm.damage(), None);
        decoded
    }

    #[test]
    fn notes_before_the_samples_are_not_looked_at() {
        let format = b"\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0";
        let plain = decoded(format, b"", [0x20, 0xe0], 2);
        assert_eq!(plain.len(), 16_000);
        for chunks in [
            &b"LIST\x0b\0\0\0adtlchapter\0"[..],
            b"LIST\x1a\0\0\0INFOIART\x03\0\0\0abcISFT\x03\0\0\0def",
            b"LIST\x02\0\0\0ab",
            b"fact\x08\0\0\0\x40\x1f\0\0\0\0\0\0",
            b"fact\0\0\0\0",
        ] {
            assert_eq!(decoded(format, chunks, [0x20, 0xe0], 2), plain, "{chunks:?}");
        }
    }
}
