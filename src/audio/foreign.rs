//! Names for everything that is sent to us and that we do not read.
//!
//! The sender of a holiday picture, of a web page that was saved as `meeting.mp3`, or of a camera's transport stream
//! learns which it was. The magic numbers are those that `file(1)` and the formats' own specifications give.

use super::AudioError;

/// What a magic number tells.
enum Kind {
    /// A recording, in a container that we do not read.
    Container(&'static str),
    /// A recording's bare codec.
    Codec(&'static str),
    /// No recording at all.
    Other(&'static str),
}

use Kind::{Codec, Container, Other};

/// Offset, bytes there, and what they mean; the first that fits wins.
const MAGIC: &[(usize, &[u8], Kind)] = &[
    (0, b"\x00\x00\x01\xba", Container("MPEG program stream (.mpg, .vob)")),
    (0, b"\x00\x00\x01\xb3", Container("MPEG video stream")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Container("Windows Media (WMA, WMV, ASF)")),
    (0, b"#!AMR", Container("AMR")),
    (0, b"riff\x2e\x91\xcf\x11", Container("Wave64")),
    (0, b".snd", Container("Sun/NeXT AU")),
    (8, b"AVI ", Container("AVI")),
    (4, b"moov", Container("old QuickTime (without a file type)")),
    (4, b"mdat", Container("old QuickTime (without a file type)")),
    (4, b"wide", Container("old QuickTime (without a file type)")),
    (0, b"FLV\x01", Container("Flash video")),
    (0, b".RMF", Container("RealMedia")),
    (0, b"wvpk", Container("WavPack")),
    (0, b"MAC ", Container("Monkey's Audio")),
    (0, b"TTA1", Container("True Audio")),
    (0, b"MPCK", Container("Musepack")),
    (0, b"MP+", Container("Musepack")),
    (0, b"DSD ", Container("DSF")),
    (0, b"FRM8", Container("DSDIFF")),
    (0, b"ADIF", Container("AAC ADIF")),
    (0, b"\x02#!SILK", Container("SILK")),
    (0, b"#!SILK", Container("SILK")),
    (0, b"\x56\xe0", Codec("AAC in LATM/LOAS")),
    (0, b"\x7f\xfe\x80\x01", Codec("DTS")),
    (0, b"MThd", Other("a MIDI file, which holds notes and no sound")),
    (0, b"\x89PNG", Other("a PNG image")),
    (0, b"\xff\xd8\xff", Other("a JPEG image")),
    (0, b"GIF8", Other("a GIF image")),
    (8, b"WEBP", Other("a WebP image")),
    (0, b"II*\0", Other("a TIFF image")),
    (0, b"MM\0*", Other("a TIFF image")),
    (0, b"BM", Other("a BMP image")),
    (0, b"%PDF", Other("a PDF document")),
    (0, b"PK\x03\x04", Other("a ZIP archive or an office document")),
    (0, b"\xd0\xcf\x11\xe0", Other("an old office document")),
    (0, b"\x1f\x8b", Other("a gzip archive")),
    (0, b"BZh", Other("a bzip2 archive")),
    (0, b"\xfd7zXZ\0", Other("an xz archive")),
    (0, b"7z\xbc\xaf\x27\x1c", Other("a 7-Zip archive")),
    (0, b"Rar!", Other("a RAR archive")),
    (0, b"\x28\xb5\x2f\xfd", Other("a Zstandard archive")),
    (257, b"ustar", Other("a tar archive")),
    (0, b"\x7fELF", Other("a program")),
    (0, b"MZ", Other("a program")),
    (0, b"SQLite format 3", Other("a database")),
];

/// The error for a file whose first bytes are known, and not ours.
pub(super) fn by_magic(head: &[u8]) -> Option<AudioError> {
    if is_picture_brand(head) {
        return Some(AudioError::NotAudio { found: "a HEIF or AVIF image" });
    }
    if let Some(name) = transport_stream(head).or_else(|| dolby(head)) {
        return Some(name);
    }
    let (_, _, kind) =
        MAGIC.iter().find(|(offset, magic, _)| head.get(*offset..).is_some_and(|at| at.starts_with(magic)))?;
    Some(match kind {
        Container(name) => AudioError::UnsupportedContainer { name },
        Codec(codec) => AudioError::UnsupportedCodec { codec: (*codec).to_owned(), container: None },
        Other(found) => AudioError::NotAudio { found },
    })
}

/// The error for a file without any magic number, of which this may be the whole: text is told from noise.
pub(super) fn by_texture(head: &[u8], whole: bool) -> AudioError {
    let found = match readable(head) {
        _ if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") => "text (UTF-16)",
        Some(text) => {
            let start = text.trim_start().get(..64).unwrap_or_else(|| text.trim_start()).to_ascii_lowercase();
            match () {
                () if start.starts_with("<!doctype html") || start.starts_with("<html") => "a web page (HTML)",
                () if start.starts_with('{') || start.starts_with('[') => "JSON text",
                () if start.starts_with("data:") => "a data: URL; send the recording's bytes themselves",
                () => "text",
            }
        }
        None if head.iter().any(|&byte| byte != 0) => "data of an unknown kind",
        None if whole => "nothing but zero bytes",
        None => "data of an unknown kind, which begins with zero bytes",
    };
    AudioError::NotAudio { found }
}

/// Is it an ISO base media file that holds pictures (HEIF and AVIF share the container with MP4)?
pub(super) fn is_picture_brand(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
        && head
            .get(8..12)
            .is_some_and(|brand| [b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"].iter().any(|b| *b == brand))
}

/// Valid UTF-8 without control characters, but for one character that the end of the head may cut in two.
fn readable(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    (!text.chars().any(|c| c.is_control() && !c.is_whitespace())).then_some(text)
}

/// Packets of 188 bytes that start with `0x47`, with a time code of four bytes before each in a camera's `.m2ts`.
fn transport_stream(head: &[u8]) -> Option<AudioError> {
    let has_sync = |first: usize, size: usize| (0..4).all(|n| head.get(first + n * size) == Some(&0x47));
    (has_sync(0, 188) || has_sync(4, 192))
        .then_some(AudioError::UnsupportedContainer { name: "MPEG transport stream (.ts, .m2ts)" })
}

/// A bare Dolby stream; the version (`bsid`, ATSC A/52) tells which.
fn dolby(head: &[u8]) -> Option<AudioError> {
    let [0x0b, 0x77, _, _, _, version, ..] = head else { return None };
    let codec = if version >> 3 <= 10 { "AC-3 (Dolby Digital)" } else { "E-AC-3 (Dolby Digital Plus)" };
    Some(AudioError::UnsupportedCodec { codec: codec.to_owned(), container: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(head: &[u8]) -> String {
        by_magic(head).unwrap_or_else(|| by_texture(head, true)).to_string()
    }

    #[test]
    fn of_what_was_not_looked_at_nothing_is_said() {
        assert!(by_texture(&[0; 64], true).to_string().ends_with("nothing but zero bytes"));
        assert!(by_texture(&[0; 64], false).to_string().ends_with("begins with zero bytes"));
    }

    #[test]
    fn what_was_sent_is_named() {
        let transport = [&[0x47][..], &[0; 187]].concat().repeat(5);
        for (head, name) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "a PNG image"),
            (b"\0\0\0\x18ftypheic", "HEIF"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP image"),
            (b"RIFF\0\0\0\0AVI LIST", "AVI files"),
            (b"\0\0\x01\xba\x44", "MPEG program stream"),
            (&transport, "MPEG transport stream"),
            (b"\x0b\x77\x12\x34\x14\x40", "AC-3 (Dolby Digital) audio"),
            (b"\x0b\x77\x01\x7f\x34\x86", "E-AC-3"),
            (b"  <!DOCTYPE html><title>404</title>", "a web page"),
            (b"{\"error\": 1}", "JSON"),
            ("Grüße aus Köln".as_bytes(), "like text"),
            ("Grüße".as_bytes().split_last().unwrap().1, "like text"),
            (&"Grüße".as_bytes()[..3], "like text"),
            (b"\xff\xfeM\0i\0n\0", "UTF-16"),
            (b"\0\0\0\x08wide\0\0\0\0mdat", "old QuickTime"),
            (&[0; 64], "zero bytes"),
            (b"\x80\x01\x02\x03\xfa\xff", "unknown kind"),
        ] {
            assert!(message(head).contains(name), "{name}: {}", message(head));
        }
    }
}
