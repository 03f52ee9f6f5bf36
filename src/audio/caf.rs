//! CAF files whose samples end elsewhere than their header says.
//!
//! A recorder that does not know the length yet puts -1 there (Core Audio Format Specification, "Audio Data Chunk"), and one
//! that was stopped hard leaves what is not true. The reader takes neither: it shall see where the samples truly end.

use std::io;

use super::{
    AudioError,
    container::Container,
    demux::{Demuxer, Track},
    source::{Patch, Reader},
};

/// The length of samples that is not known: -1.
const UNKNOWN: u64 = u64::MAX;

/// The chunk of the samples begins with so many bytes that count edits.
const EDIT_COUNT: u64 = 4;

/// Chunks looked at before the samples; real files have a handful.
const MAX_CHUNKS: usize = 1000;

/// Opens a CAF file.
///
/// # Errors
/// Any [`AudioError`] about the file as a whole.
pub(super) fn open(bytes: &Reader) -> Result<(Demuxer, Track), AudioError> {
    let (mut patches, mut is_cut_off) = (Vec::new(), false);
    if let Some((body, length)) = samples(bytes)? {
        let rest = bytes.len().saturating_sub(body);
        if (EDIT_COUNT..length).contains(&rest) {
            let truth = rest.to_be_bytes();
            let halves = (body - 8..).step_by(4).zip(truth.as_chunks().0);
            patches.extend(halves.map(|(position, &bytes)| Patch { position, bytes }));
            is_cut_off = length != UNKNOWN;
        }
    }
    let reader = Demuxer::open(Container::Caf, bytes.clone().patched(patches))?;
    let track = Track { is_cut_off, ..reader.audio_track()? };
    Ok((reader, track))
}

/// Where the chunk of the samples begins, behind its header, and how long it says to be.
fn samples(bytes: &Reader) -> io::Result<Option<(u64, u64)>> {
    let mut position = 8_u64;
    for _ in 0..MAX_CHUNKS {
        let header = bytes.peek(position, 12)?;
        let (Some(tag), Some(&length)) = (header.first_chunk::<4>(), header.get(4..).and_then(<[u8]>::first_chunk))
        else {
            break;
        };
        let (body, length) = (position + 12, u64::from_be_bytes(length));
        if tag == b"data" {
            return Ok(Some((body, length)));
        }
        position = body.saturating_add(length);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{AudioSource, Settings};

    /// A sample, and where in it the length of its samples is.
    fn sample(name: &str) -> (Vec<u8>, usize) {
        let bytes = std::fs::read(format!("samples/{name}")).unwrap();
        let length = bytes.windows(4).position(|window| window == b"data").unwrap() + 4;
        (bytes, length)
    }

    /// Samples at 16 kHz, and the damage.
    fn decoded(bytes: Vec<u8>) -> Result<(u64, Option<String>), AudioError> {
        let mut pcm = crate::audio::open(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default())?;
        while pcm.next_block()?.is_some() {}
        Ok((pcm.produced().0, pcm.damage().map(|damage| damage.what.clone())))
    }

    #[test]
    fn a_length_that_is_not_known_is_the_rest_of_the_file() {
        let (mut bytes, length) = sample("caf-s16.caf");
        let whole = decoded(bytes.clone()).unwrap();
        bytes[length..length + 8].fill(0xff);
        assert_eq!(decoded(bytes).unwrap(), whole);
        assert_eq!(whole.1, None);
    }

    #[test]
    fn what_is_there_of_a_file_that_is_cut_off_is_decoded() {
        let (bytes, length) = sample("caf-s16.caf");
        let second = length + 12 + 16_000;
        let cut_off = Some("the file is cut off".to_owned());
        for (end, samples) in [(second, 16_000), (second + 1, 16_000), (length + 12, 0)] {
            let found = decoded(bytes[..end].to_vec());
            if samples > 0 {
                assert_eq!(found.unwrap(), (samples, cut_off.clone()));
            } else {
                assert!(matches!(found, Err(AudioError::Corrupt { .. })), "{found:?}");
            }
        }
    }

    #[test]
    fn packets_whose_lengths_were_cut_off_are_told() {
        let (bytes, length) = sample("alac.caf");
        let error = decoded(bytes[..length + 4000].to_vec()).unwrap_err();
        assert!(error.to_string().contains("cut off"), "{error}");
    }

    #[test]
    fn chunks_without_end_are_no_loop() {
        let endless = [&b"caff\0\x01\0\0"[..], &b"free\0\0\0\0\0\0\0\0".repeat(5000)].concat();
        assert_eq!(samples(&AudioSource::from_bytes(Bytes::from(endless)).into_reader(0)).unwrap(), None);
    }
}
