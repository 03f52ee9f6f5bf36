//! Fragments of an MP4 film that declare packets without end.
//!
//! The reader counts through the packets of each run, also where a run has nothing to say of any of them: four billion in
//! twenty bytes keep it busy for seconds, before it gives the first.

use super::{AudioError, boxes::Walk, container::Container, source::Reader};

/// The most packets of all fragments: six hours of PCM at 96 kHz, of which each frame is one.
const MAX_PACKETS: u64 = 1 << 31;

/// Refuses a film whose runs have more packets in all.
///
/// # Errors
/// [`AudioError::Corrupt`]; [`AudioError::Io`].
pub(super) fn check(bytes: &Reader) -> Result<(), AudioError> {
    let (mut walk, mut film, mut packets) = (Walk::to_the_end(bytes), 0..bytes.len(), 0);
    while let Some(mut fragment) = walk.next(&mut film, *b"moof")? {
        while let Some(mut track) = walk.next(&mut fragment, *b"traf")? {
            while let Some(run) = walk.next(&mut track, *b"trun")? {
                packets += u64::from(walk.word(run.start + 4)?.unwrap_or(0));
            }
        }
    }
    if packets <= MAX_PACKETS {
        return Ok(());
    }
    let detail = "its fragments declare more packets than any recording has".to_owned();
    Err(AudioError::Corrupt { container: Container::Mp4.name(), detail })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::Bytes;

    use crate::audio::{AudioSource, Settings, film, open};

    #[test]
    fn runs_that_declare_too_much_together_are_not_counted_through() {
        let many = [film::empty_packets(1 << 30), film::empty_fragment(1 << 30).repeat(500)].concat();
        let started = Instant::now();
        let error = open(AudioSource::from_bytes(Bytes::from(many)), &Settings::default()).err().unwrap();
        assert!(error.to_string().contains("more packets than any recording"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}
