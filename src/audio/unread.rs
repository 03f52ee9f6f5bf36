//! Names the codec of an audio track that its container reader passes over in silence.
//!
//! The readers know only codecs for which there might be a decoder. A sender should still learn that it is the Speex in
//! the Ogg file, or the AMR in the phone's recording, that is not supported, and not that there is no audio.

use std::io;

use super::{boxes::Walk, container::Container, source::Reader};

/// Bytes looked at: track headers are small, and stand at the front of what holds them.
const HEAD: usize = 256 << 10;

/// Bytes of a page of Ogg: its header, and what names the codec behind it.
const OGG_PAGE: usize = 27 + 255 + 8;

/// The codec of the first audio track that no reader knows, as people call it; `None` if there is none.
///
/// # Errors
/// If the bytes cannot be read.
pub(super) fn codec(container: Container, bytes: &Reader) -> io::Result<Option<String>> {
    Ok(match container {
        Container::Ogg => ogg(&bytes.peek(0, HEAD)?).map(str::to_owned),
        Container::Matroska => matroska(&bytes.peek(0, HEAD)?),
        Container::Mp4 => match Walk::new(bytes).next(&mut (0..bytes.len()), *b"moov")? {
            Some(index) => mp4(&bytes.peek(index.start, HEAD)?),
            None => None,
        },
        _ => None,
    })
}

/// The first packet of each logical stream names its codec (RFC 3533 and each codec's mapping).
fn ogg(head: &[u8]) -> Option<&'static str> {
    let streams = head.windows(4).enumerate().filter(|&(_, window)| window == b"OggS").filter_map(|(at, _)| {
        let segments = usize::from(*head.get(at + 26)?);
        head.get(at + 27 + segments..)
    });
    let known = [(&b"Speex   "[..], "Speex"), (b"CELT    ", "CELT"), (b"PCM     ", "OggPCM")];
    streams.filter_map(|packet| known.iter().find(|(magic, _)| packet.starts_with(magic))).map(|&(_, name)| name).next()
}

/// True if a chained Ogg file goes on with a link in which no codec is known: its reader looks at nothing more from there,
/// and says that this was all. Each link begins with the first pages of its streams (RFC 3533, 4 and 6).
///
/// # Errors
/// If the bytes cannot be read.
pub(super) fn goes_on(bytes: &Reader) -> io::Result<bool> {
    let (mut position, mut is_link, mut is_known) = (0, false, false);
    loop {
        let page = bytes.peek(position, OGG_PAGE)?;
        let (true, Some(&flags), Some(&count)) = (page.starts_with(b"OggS"), page.get(5), page.get(26)) else {
            return Ok(false);
        };
        let (lengths, packet) = page[27..].split_at_checked(count.into()).unwrap_or_default();
        let is_first = flags & 2 != 0;
        if is_link && !is_first && !is_known {
            return Ok(true);
        }
        let is_ours = [&b"OpusHead"[..], b"\x01vorbis", b"\x7fFLAC"].iter().any(|magic| packet.starts_with(magic));
        is_known = is_first && (is_ours || is_link && is_known);
        is_link = is_first;
        position += 27 + lengths.len() as u64 + lengths.iter().map(|&length| u64::from(length)).sum::<u64>();
    }
}

/// `CodecID` (element 0x86) of an audio track starts with `A_` (RFC 9559, section 27). Of PCM only some widths are read,
/// which `BitDepth` (element 0x6264) gives.
fn matroska(head: &[u8]) -> Option<String> {
    let id = head.windows(4).enumerate().find_map(|(at, window)| match window {
        &[0x86, size, b'A', b'_'] if size > 0x82 => head.get(at + 2..at + 2 + usize::from(size & 0x7f)),
        _ => None,
    })?;
    if !id.starts_with(b"A_PCM/") {
        return printable(id);
    }
    let bits =
        head.windows(4).find_map(|window| if let &[0x62, 0x64, 0x81, bits] = window { Some(bits) } else { None });
    Some(bits.map_or_else(|| "PCM".to_owned(), |bits| format!("{bits}-bit PCM")))
}

/// The format of the first sample entry behind the handler of an audio track (ISO/IEC 14496-12, 8.4.3 and 8.5.2).
fn mp4(movie: &[u8]) -> Option<String> {
    let behind = |bytes: &'_ [u8], name: &[u8; 4]| bytes.windows(4).position(|window| window == name).map(|at| at + 4);
    let track = &movie[behind(movie, b"soun")?..];
    let entry = track.get(behind(track, b"stsd")? + 12..)?;
    let name = printable(entry.get(..4)?)?;
    Some(match name.as_str() {
        "samr" | "sawb" => "AMR".to_owned(),
        "sqcp" | "Qclp" => "QCELP".to_owned(),
        "ac-4" => "AC-4".to_owned(),
        "alaw" => "A-law".to_owned(),
        "ulaw" => "mu-law".to_owned(),
        "dtsc" | "dtsh" | "dtsl" | "dtse" => "DTS".to_owned(),
        _ => name,
    })
}

fn printable(name: &[u8]) -> Option<String> {
    name.iter().all(|byte| matches!(byte, b' '..=b'~')).then(|| String::from_utf8_lossy(name).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{AudioSource, boxes::MAX_BOXES};

    fn named(container: Container, parts: &[&[u8]]) -> Option<String> {
        codec(container, &AudioSource::from_bytes(Bytes::from(parts.concat())).into_reader(0)).unwrap()
    }

    #[test]
    fn the_codec_that_is_passed_over_is_named() {
        let page = [&b"OggS"[..], &[0; 22], &[1, 80], b"Speex   1.2"];
        assert_eq!(named(Container::Ogg, &page).as_deref(), Some("Speex"));
        assert_eq!(named(Container::Matroska, &[b"\x1a\x45\xdf\xa3\x86\x88A_MS/ACM\x01"]).as_deref(), Some("A_MS/ACM"));
        assert_eq!(
            named(Container::Matroska, &[b"\x86\x8dA_PCM/INT/LIT\x62\x64\x81\x08"]).as_deref(),
            Some("8-bit PCM")
        );
        let movie = [
            &b"\0\0\0\x08wide\0\0\0\x01mdat\0\0\0\0\0\0\0\x14abcd\0\0\0\x40moov..hdlr....soun..stsd"[..],
            &[0; 12],
            b"samr",
        ];
        assert_eq!(named(Container::Mp4, &movie).as_deref(), Some("AMR"));
    }

    #[test]
    fn a_film_without_sound_has_no_codec() {
        assert_eq!(named(Container::Matroska, &[b"\x1a\x45\xdf\xa3\x86\x85V_VP8"]), None);
        assert_eq!(named(Container::Mp4, &[b"\0\0\0\x40moov..hdlr....vide..stsd"]), None);
        assert_eq!(named(Container::Mp4, &[b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"]), None);
    }

    #[test]
    fn a_size_that_leads_back_to_the_start_ends_the_search() {
        let to_the_start = (u64::MAX - 15).to_be_bytes();
        assert_eq!(named(Container::Mp4, &[b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x01free", &to_the_start]), None);
    }

    #[test]
    fn boxes_without_end_are_not_all_looked_at() {
        let movie = b"\0\0\0\x40moov..hdlr....soun..stsd............samr";
        assert_eq!(named(Container::Mp4, &[&b"\0\0\0\x08free".repeat(MAX_BOXES - 1), movie]).as_deref(), Some("AMR"));
        assert_eq!(named(Container::Mp4, &[&b"\0\0\0\x08free".repeat(MAX_BOXES), movie]), None);
    }
}
