//! How long a file may go on without sound.
//!
//! A few bytes can declare billions of packets with nothing in them, and while there are no samples nobody asks whether
//! anybody still waits for them. So what a decoder does between two samples has a bound, far beyond what recordings need:
//! a film has pictures between its sounds, and may go on without any when the sound has ended.

use std::time::{Duration, Instant};

/// Pictures in a row, or whatever else is not of the track: nineteen hours of a film with 60 a second.
const PACKETS: u32 = 1 << 22;

/// A packet of the track itself counts as so many: an encoder's delay makes a handful without sound.
const OWN: u32 = 64;

/// The longest search for the next sample, on a disk that is slow and a machine that is busy.
const TIME: Duration = Duration::from_mins(1);

/// What is left of it.
#[derive(Debug)]
pub(super) struct Patience {
    packets: u32,
    until: Instant,
}

impl Patience {
    /// All of it.
    pub fn new() -> Self {
        Self { packets: PACKETS, until: Instant::now() + TIME }
    }

    /// Takes from it for one more packet; false if there is not enough.
    pub fn outlasts(&mut self, is_own: bool) -> bool {
        self.packets = self.packets.saturating_sub(if is_own { OWN } else { 1 });
        self.packets > 0 && Instant::now() < self.until
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{AudioError, AudioSource, Settings, film, open};

    #[test]
    fn it_ends_with_packets_and_with_time() {
        let mut pictures = Patience::new();
        assert!((1..PACKETS).all(|_| pictures.outlasts(false)));
        assert!(!pictures.outlasts(false));
        let mut sounds = Patience::new();
        assert!((1..PACKETS / OWN).all(|_| sounds.outlasts(true)));
        assert!(!sounds.outlasts(true));
        assert!(!Patience { until: Instant::now(), ..Patience::new() }.outlasts(false));
    }

    #[test]
    fn a_kilobyte_that_declares_packets_without_end_is_given_up() {
        let started = Instant::now();
        let film = film::empty_packets(1 << 28);
        assert!(film.len() < 1000);
        let error = open(AudioSource::from_bytes(Bytes::from(film)), &Settings::default()).err().unwrap();
        assert!(matches!(error, AudioError::TooShort { .. }), "{error}");
        assert!(started.elapsed() < TIME / 2);
    }

    #[test]
    fn what_was_heard_before_the_packets_without_end_counts() {
        let film = film::sound_and_empty_packets(8000, 1 << 20);
        let mut pcm = open(AudioSource::from_bytes(Bytes::from(film)), &Settings::default()).unwrap();
        while pcm.next_block().unwrap().is_some() {}
        assert_eq!(pcm.produced().0, 16_000);
        assert!(pcm.damage().unwrap().what.contains("without sound"));
    }
}
