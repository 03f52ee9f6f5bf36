//! Finds the first frame of a stream that has no container, by following its frame headers from one to the next.
//!
//! Eleven or twelve sync bits turn up in any noise; three headers at exactly each other's distance, of the same kind,
//! do not (once in some 10¹⁰ places).

/// What a frame header says: how long its frame is, and what must be the same in the next header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    length: usize,
    kind: u32,
}

impl FrameHeader {
    /// Bytes from the header's first to the next header.
    pub fn length(self) -> usize {
        self.length
    }
}

/// Frames that must follow each other before we believe in them.
const FRAMES: usize = 3;

/// The offset of the first frame in `head`, or `None` if there is no chain of frames. `whole` says that the file ends
/// where `head` ends: then one frame that ends exactly there is chain enough.
pub(super) fn find(head: &[u8], whole: bool, parse: fn(&[u8]) -> Option<FrameHeader>) -> Option<usize> {
    (0..head.len()).find(|&start| head[start] == 0xff && is_chain(head, start, whole, parse))
}

fn is_chain(head: &[u8], start: usize, whole: bool, parse: fn(&[u8]) -> Option<FrameHeader>) -> bool {
    let Some(first) = parse(&head[start..]) else { return false };
    let mut at = start + first.length;
    for _ in 1..FRAMES {
        match head.get(at..) {
            Some([]) if whole => return true,
            Some(rest) if let Some(next) = parse(rest).filter(|next| next.kind == first.kind) => at += next.length,
            _ => return false,
        }
    }
    true
}

/// Reads an MPEG-1/2/2.5 audio frame header, any layer (ISO/IEC 11172-3, 2.4.1.3 and 13818-3).
pub(super) fn mpeg_audio(bytes: &[u8]) -> Option<FrameHeader> {
    let word = u32::from_be_bytes(*bytes.first_chunk()?);
    let (version, layer) = (word >> 19 & 3, word >> 17 & 3);
    let (rate_index, bit_rate_index) = ((word >> 10 & 3) as usize, (word >> 12 & 15) as usize);
    if word >> 21 != 0x7ff || version == 1 || layer == 0 || rate_index == 3 || matches!(bit_rate_index, 0 | 15) {
        return None;
    }
    let mpeg1 = version == 3;
    let rate = [44_100, 48_000, 32_000][rate_index] >> [2, 0, 1, 0][version as usize];
    let kilobits = match (mpeg1, layer) {
        (true, 3) => bit_rate_index * 32,
        (true, 2) => [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384][bit_rate_index - 1],
        (true, _) => [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320][bit_rate_index - 1],
        (false, 3) => [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256][bit_rate_index - 1],
        (false, _) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160][bit_rate_index - 1],
    };
    let padding = (word >> 9 & 1) as usize;
    let length = match layer {
        3 => (12_000 * kilobits / rate + padding) * 4,
        1 if !mpeg1 => 72_000 * kilobits / rate + padding,
        _ => 144_000 * kilobits / rate + padding,
    };
    // Version, layer and sample rate never change within a stream.
    Some(FrameHeader { length, kind: word & 0x001e_0c00 })
}

/// The layer of a frame of MPEG audio: 1, 2 or 3.
pub(super) fn layer(frame: &[u8]) -> u8 {
    frame.get(1).map_or(0, |flags| 4 - (flags >> 1 & 3))
}

/// The bytes of a first frame of MPEG audio in which its tag begins, if it has one.
pub(super) const TAG_END: usize = 48;

/// True if the first frame is no sound, but a tag that says how long the recording is: that of Xing, LAME and others
/// behind what would be the side information, that of Fraunhofer's encoder behind the longest.
pub(super) fn tells_length(frame: &[u8]) -> bool {
    frame.windows(4).any(|word| matches!(word, b"Xing" | b"Info" | b"VBRI"))
}

/// Reads an ADTS frame header (ISO/IEC 14496-3, 1.A.3.2).
pub(super) fn adts(bytes: &[u8]) -> Option<FrameHeader> {
    let &[sync, flags, format, a, b, c, ..] = bytes else { return None };
    let length = usize::from(a & 3) << 11 | usize::from(b) << 3 | usize::from(c) >> 5;
    let is_header = sync == 0xff && flags & 0xf6 == 0xf0 && format >> 2 & 15 < 13 && length >= 7;
    // Version, profile and sample rate never change within a stream.
    is_header.then_some(FrameHeader { length, kind: u32::from(flags & 8) << 8 | u32::from(format & 0xfc) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frame_lengths_are_those_of_the_standard() {
        for (header, length) in [
            (*b"\xff\xfb\x90\x64", 417), // MPEG-1 layer III, 128 kb/s, 44.1 kHz
            (*b"\xff\xfb\x92\x64", 418), // the same, padded
            (*b"\xff\xf3\x40\xc4", 104), // MPEG-2 layer III, 32 kb/s, 22.05 kHz
            (*b"\xff\xe3\x18\xc4", 72),  // MPEG-2.5 layer III, 8 kb/s, 8 kHz
            (*b"\xff\xfd\xa4\x04", 576), // MPEG-1 layer II, 192 kb/s, 48 kHz
            (*b"\xff\xff\xc4\x00", 384), // MPEG-1 layer I, 384 kb/s, 48 kHz
        ] {
            assert_eq!(mpeg_audio(&header).map(|header| header.length), Some(length), "{header:x?}");
        }
        assert_eq!(adts(b"\xff\xf1\x50\x80\x2e\x7f\xfc").map(|header| header.length), Some(371));
    }

    #[test]
    fn one_frame_is_enough_only_if_the_file_ends_with_it() {
        let frame = [&b"\xff\xfb\x90\x64"[..], &[0; 413]].concat();
        assert_eq!(find(&frame, true, mpeg_audio), Some(0));
        assert_eq!(find(&frame, false, mpeg_audio), None);
        assert_eq!(find(&frame[..400], true, mpeg_audio), None);
        assert_eq!(find(&frame.repeat(3), false, mpeg_audio), Some(0));
    }

    proptest! {
        #[test]
        fn noise_is_no_stream(seed in prop::array::uniform32(0u8..)) {
            // A xorshift generator: proptest's own vectors are too slow for 64 KiB.
            let mut state = u64::from_le_bytes(*seed.first_chunk().unwrap()) | 1;
            let noise: Vec<u8> = (0..65_536).map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3]
            }).collect();
            prop_assert_eq!(find(&noise, false, mpeg_audio), None);
            prop_assert_eq!(find(&noise, false, adts), None);
        }
    }
}
