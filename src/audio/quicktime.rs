//! What a MOV file says of its PCM, and the MP4 reader does not look at: which byte comes first, 8 bits with a sign, and
//! more than two channels.
//!
//! `QuickTime` names the width of a sample (`in24`, `fl32`) in the entry that describes it, and puts the order of its
//! bytes into an `enda` box inside: 1 is little-endian, and without it the samples are big-endian (`QuickTime` File
//! Format, "Sound sample descriptions"). The reader takes all of them for little-endian, which makes speech noise.

use std::io;

use symphonia::core::{
    audio::Channels,
    codecs::audio::{
        AudioCodecId, AudioCodecParameters,
        well_known::{
            CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_S8,
            CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
        },
    },
};

use super::{
    boxes::Walk,
    source::{Patch, Reader},
};

/// Formats of sample entries that the MP4 reader takes for PCM.
const PCM: [[u8; 4]; 8] = [*b"in24", *b"in32", *b"fl32", *b"fl64", *b"raw ", *b"sowt", *b"twos", *b"lpcm"];

/// The sample entry of the first PCM track.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SampleEntry {
    /// Of the format's name.
    position: u64,
    format: [u8; 4],
    version: u16,
    channels: u16,
    bits: u16,
    is_little_endian: bool,
}

impl SampleEntry {
    /// Looks for it in the index, wherever that stands; `None` in a file without PCM.
    ///
    /// # Errors
    /// If the bytes cannot be read.
    pub fn find(bytes: &Reader) -> io::Result<Option<Self>> {
        let mut walk = Walk::new(bytes);
        let Some(mut movie) = walk.next(&mut (0..bytes.len()), *b"moov")? else { return Ok(None) };
        while let Some(track) = walk.next(&mut movie, *b"trak")? {
            let Some(table) = walk.descend(track, &[*b"mdia", *b"minf", *b"stbl", *b"stsd"])? else { continue };
            if let Some(entry) = Self::read(&mut walk, table.start + 8)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// A header of 8 bytes, 28 that describe the sound, in version 1 another 16, and boxes.
    fn read(walk: &mut Walk, start: u64) -> io::Result<Option<Self>> {
        let head = walk.peek(start, 36)?;
        let word = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk).map(|&word| u16::from_be_bytes(word));
        let (Some(&size), Some(&format)) = (head.first_chunk(), head.get(4..).and_then(<[u8]>::first_chunk)) else {
            return Ok(None);
        };
        let (Some(version), Some(channels), Some(bits)) = (word(16), word(24), word(26)) else { return Ok(None) };
        if !PCM.contains(&format) {
            return Ok(None);
        }
        let boxes = start + if version == 0 { 36 } else { 52 }..start + u64::from(u32::from_be_bytes(size));
        let order = match walk.descend(boxes.clone(), &[*b"wave", *b"enda"])? {
            None => walk.descend(boxes, &[*b"enda"])?,
            found => found,
        };
        let is_little_endian = match order {
            Some(order) => walk.peek(order.start, 2)? == [0, 1],
            // Version 2 has a flag for it, which the reader knows.
            None => version > 1,
        };
        Ok(Some(Self { position: start + 4, format, version, channels, bits, is_little_endian }))
    }

    /// The reader refuses names of 16 bits on samples of 8, which have a sign: it shall see the name of unsigned ones. It
    /// refuses more than two channels in versions 0 and 1, and cuts no sample by their number: it shall see two.
    pub fn patches(&self) -> Vec<Patch> {
        let [high, low] = self.bits.to_be_bytes();
        let name = self.is_signed_byte().then_some(Patch { position: self.position, bytes: *b"raw " });
        let channels =
            self.has_more_channels().then_some(Patch { position: self.position + 20, bytes: [0, 2, high, low] });
        name.into_iter().chain(channels).collect()
    }

    /// Makes that of a track true which the reader gives otherwise.
    pub fn correct(&self, params: &mut AudioCodecParameters) {
        params.codec = self.codec(params.codec);
        if self.has_more_channels() && params.bits_per_coded_sample.is_some() {
            params.channels = Some(Channels::Discrete(self.channels));
        }
    }

    fn has_more_channels(&self) -> bool {
        self.channels > 2 && self.version < 2
    }

    /// The true codec of a track for which the reader gives `codec`.
    fn codec(&self, codec: AudioCodecId) -> AudioCodecId {
        match codec {
            CODEC_ID_PCM_U8 if self.is_signed_byte() => CODEC_ID_PCM_S8,
            CODEC_ID_PCM_S24LE if !self.is_little_endian => CODEC_ID_PCM_S24BE,
            CODEC_ID_PCM_S32LE if !self.is_little_endian => CODEC_ID_PCM_S32BE,
            CODEC_ID_PCM_F32LE if !self.is_little_endian => CODEC_ID_PCM_F32BE,
            CODEC_ID_PCM_F64LE if !self.is_little_endian => CODEC_ID_PCM_F64BE,
            codec => codec,
        }
    }

    fn is_signed_byte(&self) -> bool {
        self.bits == 8 && matches!(&self.format, b"sowt" | b"twos")
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{
        AudioError, AudioSource, Pcm, Settings,
        boxes::MAX_BOXES,
        film::{self, RATE, boxed, file, movie, tables},
        open,
    };

    fn track(entry: &[u8]) -> Vec<u8> {
        let table = boxed(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], entry].concat());
        let media = boxed(*b"minf", &[boxed(*b"smhd", &[0; 8]), boxed(*b"stbl", &table)].concat());
        boxed(*b"trak", &[boxed(*b"tkhd", &[0; 84]), boxed(*b"mdia", &media)].concat())
    }

    fn entry(format: [u8; 4], version: u8, bits: u8, boxes: &[u8]) -> Vec<u8> {
        let rest: &[u8] = if version == 0 { &[0; 8] } else { &[0; 24] };
        let head = [&[0; 8][..], &[0, version], &[0; 6], &[0, 1], &[0, bits], rest].concat();
        track(&boxed(format, &[&head[..], boxes].concat()))
    }

    fn found(tracks: &[Vec<u8>]) -> Option<SampleEntry> {
        let film = [boxed(*b"ftyp", b"qt  "), boxed(*b"mdat", &[0; 99]), boxed(*b"moov", &tracks.concat())].concat();
        SampleEntry::find(&AudioSource::from_bytes(Bytes::from(film)).into_reader(0)).unwrap()
    }

    #[test]
    fn samples_are_big_endian_unless_the_entry_says_otherwise() {
        let order = |order: u8| boxed(*b"wave", &[boxed(*b"frma", b"in24"), boxed(*b"enda", &[0, order])].concat());
        let read = |boxes: &[u8], codec| found(&[entry(*b"in24", 1, 16, boxes)]).unwrap().codec(codec);
        assert_eq!(read(&order(1), CODEC_ID_PCM_S24LE), CODEC_ID_PCM_S24LE);
        assert_eq!(read(&boxed(*b"enda", &[0, 1]), CODEC_ID_PCM_F32LE), CODEC_ID_PCM_F32LE);
        for boxes in [order(0), boxed(*b"chan", &[0; 12]), Vec::new()] {
            assert_eq!(read(&boxes, CODEC_ID_PCM_S24LE), CODEC_ID_PCM_S24BE);
            assert_eq!(read(&boxes, CODEC_ID_PCM_S32LE), CODEC_ID_PCM_S32BE);
            assert_eq!(read(&boxes, CODEC_ID_PCM_F32LE), CODEC_ID_PCM_F32BE);
            assert_eq!(read(&boxes, CODEC_ID_PCM_F64LE), CODEC_ID_PCM_F64BE);
        }
        let flagged = found(&[entry(*b"lpcm", 2, 16, &[])]).unwrap();
        assert_eq!(flagged.codec(CODEC_ID_PCM_S24LE), CODEC_ID_PCM_S24LE);
    }

    #[test]
    fn a_track_that_is_not_pcm_is_passed_over() {
        let tracks = [entry(*b"avc1", 0, 0, &[]), boxed(*b"trak", &[]), entry(*b"fl32", 0, 32, &[])];
        assert_eq!(found(&tracks).unwrap().format, *b"fl32");
        assert_eq!(found(&tracks[..2]), None);
    }

    #[test]
    fn eight_bits_have_a_sign_unless_they_are_raw() {
        let signed = found(&[entry(*b"sowt", 0, 8, &[])]).unwrap();
        assert_eq!((signed.codec(CODEC_ID_PCM_U8), signed.patches().len()), (CODEC_ID_PCM_S8, 1));
        for other in [entry(*b"raw ", 0, 8, &[]), entry(*b"twos", 0, 16, &[])] {
            let other = found(&[other]).unwrap();
            assert_eq!((other.codec(CODEC_ID_PCM_U8), other.patches()), (CODEC_ID_PCM_U8, Vec::new()));
        }
    }

    #[test]
    fn more_than_two_channels_are_all_heard() {
        let mut pcm = opened(4).unwrap();
        let mut middle = 0.0;
        while let Some(block) = pcm.next_block().unwrap() {
            middle = block[block.len() / 2];
        }
        assert_eq!((pcm.produced().0, pcm.channels(), pcm.damage()), (16_000, 4, None));
        assert!((middle - 0.125).abs() < 0.01, "{middle}");
        assert!(matches!(opened(9).err().unwrap(), AudioError::TooManyChannels { channels: 9, .. }));
    }

    /// A film with half of full scale in the last of so many channels, for a second.
    fn opened(channels: u8) -> Result<Pcm, AudioError> {
        let frame = [vec![0; usize::from(channels) * 2 - 1], vec![0x40]].concat();
        let width = u32::from(channels) * 2;
        let mut film = file(&frame.repeat(RATE as usize), |position| {
            movie(&[film::track(1, *b"soun", *b"sowt", &[], &tables(10, width * RATE / 10, RATE / 10, position))], &[])
        });
        let entry = film.windows(4).position(|name| name == b"sowt").unwrap();
        film[entry + 21] = channels;
        open(AudioSource::from_bytes(Bytes::from(film)), &Settings::default())
    }

    #[test]
    fn boxes_that_lie_end_the_walk() {
        for film in [
            &b"\0\0\0\0moov"[..],
            b"\0\0\0\x01moov",
            b"\xff\xff\xff\xffmoov\0\0\0\x01trak\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            let reader = AudioSource::from_bytes(Bytes::copy_from_slice(film)).into_reader(0);
            assert_eq!(SampleEntry::find(&reader).unwrap(), None);
        }
        assert_eq!(found(&[boxed(*b"free", &[]).repeat(MAX_BOXES), entry(*b"in24", 0, 24, &[])]), None);
        assert_eq!(found(&[track(b"\xff\xff\xff\xffin24")]), None);
    }
}
