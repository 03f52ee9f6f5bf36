//! Fragments of an MP4 film: how many packets they declare, and when each begins.
//!
//! The reader counts through the packets of each run, also where a run has nothing to say of any of them: four billion in
//! twenty bytes keep it busy for seconds, before it gives the first. And it lets each fragment begin where the one before it
//! ended, also where one between them was lost.

use std::{collections::VecDeque, io, ops::Range};

use symphonia::core::{packet::Packet, units::Timestamp};

use super::{AudioError, boxes::Walk, container::Container, source::Reader};

/// The most packets of all fragments: six hours of PCM at 96 kHz, of which each frame is one.
const MAX_PACKETS: u64 = 1 << 31;

/// Fragments whose times are kept, at most: of a second each, those of twelve days.
const MAX_STARTS: usize = 1 << 20;

/// The packets of a track's runs in a fragment.
fn count(walk: &mut Walk, mut track: Range<u64>) -> io::Result<u64> {
    let mut packets = 0;
    while let Some(run) = walk.next(&mut track, *b"trun")? {
        packets += u64::from(walk.word(run.start + 4)?.unwrap_or(0));
    }
    Ok(packets)
}

/// When the fragments of a track begin (`tfdt`: ISO/IEC 14496-12, 8.8.12), for packets that come one after the other.
#[derive(Debug, Default)]
pub(super) struct Clock {
    track: u32,
    /// Of each fragment the number of its first packet, and its time in the track's units.
    starts: VecDeque<(u64, u64)>,
    /// Packets so far.
    packets: u64,
    /// The time of the first fragment, as the reader has it and as it says itself.
    origin: Option<(i64, u64)>,
    /// Units to add to what the reader has.
    ahead: i64,
}

impl Clock {
    /// Of the track with this number, in a film whose index has so many packets of it.
    ///
    /// # Errors
    /// [`AudioError::Corrupt`] if the fragments of all tracks have too many packets; [`AudioError::Io`].
    pub fn read(bytes: &Reader, track: u32, indexed: u64) -> Result<Self, AudioError> {
        let (mut walk, mut film) = (Walk::to_the_end(bytes), 0..bytes.len());
        let (mut starts, mut packets, mut of_all) = (VecDeque::new(), indexed, 0);
        while let Some(mut fragment) = walk.next(&mut film, *b"moof")? {
            while let Some(part) = walk.next(&mut fragment, *b"traf")? {
                let count = count(&mut walk, part.clone())?;
                of_all += count;
                if of_all > MAX_PACKETS {
                    let detail = "its fragments declare more packets than any recording has".to_owned();
                    return Err(AudioError::Corrupt { container: Container::Mp4.name(), detail });
                }
                let header = walk.descend(part.clone(), &[*b"tfhd"])?;
                if header.map(|header| walk.word(header.start + 4)).transpose()?.flatten() != Some(track) {
                    continue;
                }
                if let Some(time) = walk.descend(part, &[*b"tfdt"])?
                    && let Some(time) = number(&walk, time.start)?
                    && starts.len() < MAX_STARTS
                {
                    starts.push_back((packets, time));
                }
                packets += count;
            }
        }
        Ok(Self { track, starts, ..Self::default() })
    }

    /// Sets a packet's time right.
    pub fn correct(&mut self, packet: &mut Packet) {
        if packet.track_id != self.track {
            return;
        }
        let read = packet.pts.get();
        while let Some((_, time)) = self.starts.pop_front_if(|(number, _)| *number <= self.packets) {
            let (first_read, first) = *self.origin.get_or_insert((read, time));
            self.ahead = time.wrapping_sub(first).cast_signed().saturating_sub(read - first_read);
        }
        self.packets += 1;
        packet.pts = Timestamp::new(read.saturating_add(self.ahead));
    }
}

/// A number behind version and flags, of four bytes, or in version 1 of eight.
fn number(walk: &Walk, at: u64) -> io::Result<Option<u64>> {
    if walk.peek(at, 1)? == [1] {
        return Ok(walk.peek(at + 4, 8)?.first_chunk().copied().map(u64::from_be_bytes));
    }
    Ok(walk.word(at + 4)?.map(u64::from))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::Bytes;

    use crate::audio::{
        AudioSource, Settings,
        film::{self, RATE, extends, file, fragment_at, movie, tables, track},
        open,
    };

    #[test]
    fn runs_that_declare_too_much_together_are_not_counted_through() {
        let many = [film::empty_packets(1 << 30), film::empty_fragment(1 << 30).repeat(500)].concat();
        let started = Instant::now();
        let error = open(AudioSource::from_bytes(Bytes::from(many)), &Settings::default()).err().unwrap();
        assert!(error.to_string().contains("more packets than any recording"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    /// Samples at 16 kHz of a film that has fragments of two seconds, which say that they begin at these; and its damage.
    fn played(indexed: u32, seconds: &[u32]) -> (u64, Option<String>) {
        let sound = vec![1; 4 * RATE as usize];
        let index = |position| {
            let tables = tables(indexed * 10, RATE / 5, RATE / 10, position);
            movie(&[track(1, *b"soun", *b"sowt", &[], &tables)], &extends(1))
        };
        let fragments = seconds.iter().flat_map(|second| fragment_at(Some(second * RATE), RATE / 10, &sound));
        let film = [file(&vec![1; (2 * indexed * RATE) as usize], index), fragments.collect()].concat();
        let mut pcm = open(AudioSource::from_bytes(Bytes::from(film)), &Settings::default()).unwrap();
        while pcm.next_block().unwrap().is_some() {}
        (pcm.produced().0, pcm.damage().map(|damage| damage.what.clone()))
    }

    #[test]
    fn a_fragment_that_was_lost_is_silence() {
        let lost = |length| Some(format!("{length} s of audio in the middle is missing"));
        assert_eq!(played(0, &[0, 2, 4]), (96_000, None));
        assert_eq!(played(0, &[600, 602, 607, 609]), (176_000, lost(3)));
        assert_eq!(played(3, &[3, 9]), (3 * 16_000 + 128_000, lost(4)));
        assert_eq!(played(0, &[0, 3, 5]), (112_000, None), "a pause");
        assert_eq!(played(0, &[0, 0, 0]), (96_000, None), "each its own clock");
        assert_eq!(played(0, &[0, 500, 502]), (96_000, None), "another clock");
    }
}
