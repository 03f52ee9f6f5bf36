//! Where decoding stands on the recording's clock, and where silence must be put so that it stays right.

use crate::domain::{Millis, SampleRate};

/// Timestamps that run ahead of the samples by less than this many seconds are rounding, or clocks that drift.
const SHORTEST_GAP: f64 = 0.05;

/// Timestamps that run ahead by more than this many seconds are believed when those of the next packet agree.
const LONGEST_GAP: f64 = 60.0;

/// No track waits for more seconds than those of a week.
const LONGEST_LEAD: f64 = 604_800.0;

/// Timestamps that fall behind by more than this many seconds are another clock too. By less they do in sound files:
/// packets that share a block may share its timestamp.
const LONGEST_OVERLAP: f64 = 1.0;

/// Seconds of samples handed out, against the timestamps of the packets that they came from.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Seconds so far, silence included.
    passed: f64,
    /// Seconds of silence in place of what is corrupt or missing.
    silent: f64,
    /// The second on the track's clock at which the next packet should start.
    expected: Option<f64>,
    /// The same on the clock of a packet whose timestamp jumped: another clock or a long gap if the next one agrees, a wrong
    /// timestamp if not.
    jumped: Option<f64>,
    /// Frames of silence that are still to be handed out.
    owed: usize,
}

impl Timeline {
    /// How far the recording has been decoded.
    pub fn position(&self) -> Millis {
        millis(self.passed)
    }

    /// How much of that was truly decoded.
    pub fn heard(&self) -> Millis {
        millis(self.passed - self.silent)
    }

    /// The recording begins with so many seconds of silence that somebody else hands out.
    pub fn start_behind(&mut self, lead: f64) {
        (self.passed, self.silent) = (lead, lead);
    }

    /// A track begins, with a clock of its own.
    pub fn start_track(&mut self) {
        (self.expected, self.jumped) = (None, None);
    }

    /// True if a packet was seen.
    pub fn has_begun(&self) -> bool {
        self.expected.is_some()
    }

    /// Seconds that are missing before a packet which starts at the second `start` of the track's clock. More than a minute
    /// may be missing where the clock goes on without the track, `longest` at most.
    pub fn gap_before(&mut self, start: f64, longest: f64) -> Option<f64> {
        let gap = start - *self.expected.get_or_insert(start);
        if (-LONGEST_OVERLAP..LONGEST_GAP).contains(&gap) {
            self.jumped = None;
            return (gap >= SHORTEST_GAP).then_some(gap);
        }
        let is_confirmed = self.jumped.replace(start).is_some_and(|jumped| (start - jumped).abs() < SHORTEST_GAP);
        if is_confirmed && (LONGEST_GAP..longest.min(LONGEST_LEAD)).contains(&gap) {
            return Some(gap);
        }
        if is_confirmed {
            self.expected = Some(start);
        }
        None
    }

    /// A packet became `decoded` frames, of which `kept` belong to the recording.
    pub fn advance(&mut self, decoded: usize, kept: usize, rate: SampleRate) {
        self.passed += seconds(kept, rate);
        for clock in [&mut self.expected, &mut self.jumped].into_iter().flatten() {
            *clock += seconds(decoded, rate);
        }
    }

    /// `length` seconds of silence come next: [`Self::fill`] hands them out.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and at most a week")]
    pub fn owe(&mut self, length: f64, rate: SampleRate) {
        self.owed += (length * f64::from(rate.0)).round() as usize;
    }

    /// Appends at most a second of the silence that is owed to `mono`; false if none is.
    pub fn fill(&mut self, rate: SampleRate, mono: &mut Vec<f32>) -> bool {
        let count = self.owed.min(rate.0 as usize);
        self.owed -= count;
        mono.resize(mono.len() + count, 0.0);
        self.advance(count, count, rate);
        self.silent += seconds(count, rate);
        count > 0
    }
}

/// The seconds of silence before a track that starts so much later than the recording.
pub(super) fn lead(late: f64) -> f64 {
    if (SHORTEST_GAP..LONGEST_LEAD).contains(&late) { late } else { 0.0 }
}

/// A length in milliseconds, any fraction cut off.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and short of 500 million years")]
pub(super) fn millis(seconds: f64) -> Millis {
    // A sum of packets may be a hair below the whole number that it stands for.
    Millis((seconds * 1000.0 + 1e-6) as u64)
}

/// A length in frames, rounded.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; what is too long stays so")]
pub(super) fn frames(seconds: f64, rate: SampleRate) -> u64 {
    (seconds * f64::from(rate.0)).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "one packet's frames")]
pub(super) fn seconds(frames: usize, rate: SampleRate) -> f64 {
    frames as f64 / f64::from(rate.0)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::audio::{
        AudioSource, Settings,
        film::{self, file, movie, tables, track, words},
        open,
    };

    const RATE: SampleRate = SampleRate(8000);

    #[test]
    fn a_gap_is_filled_once_and_the_clock_is_right_again() {
        let (mut timeline, mut mono) = (Timeline::default(), Vec::new());
        assert_eq!(timeline.gap_before(17.0, 0.0), None, "a track may start at any time");
        timeline.advance(8000, 7000, RATE);
        assert_eq!(timeline.gap_before(18.04, 0.0), None, "rounding");
        assert_eq!(timeline.gap_before(100.0, 0.0), None, "another clock");
        let gap = timeline.gap_before(20.0, 0.0).unwrap();
        timeline.owe(gap, RATE);
        while timeline.fill(RATE, &mut mono) {}
        assert_eq!(mono, vec![0.0; 16_000]);
        assert_eq!(timeline.gap_before(20.0, 0.0), None);
        assert_eq!((timeline.position(), timeline.heard()), (Millis(2875), Millis(875)));
    }

    #[test]
    fn a_long_silence_is_handed_out_by_the_second() {
        let (mut timeline, mut mono) = (Timeline::default(), Vec::new());
        timeline.owe(2.5, RATE);
        for count in [8000, 8000, 4000, 0] {
            mono.clear();
            assert_eq!(timeline.fill(RATE, &mut mono), count > 0);
            assert_eq!(mono, vec![0.0; count]);
        }
    }

    /// A timeline on which a second of samples was decoded for each of `starts`, none of them behind a gap.
    fn played(starts: &[f64]) -> Timeline {
        let mut timeline = Timeline::default();
        for &start in starts {
            assert_eq!(timeline.gap_before(start, 0.0), None, "at {start}");
            timeline.advance(8000, 8000, RATE);
        }
        timeline
    }

    #[test]
    fn gaps_are_found_on_another_clock_too() {
        assert_eq!(played(&[0.0, 100.0, 101.0]).gap_before(105.0, 0.0), Some(3.0), "forward");
        assert_eq!(played(&[7.0, 8.0, 0.0, 1.0]).gap_before(5.0, 0.0), Some(3.0), "back");
    }

    #[test]
    fn one_wrong_timestamp_is_not_another_clock() {
        assert_eq!(played(&[7.0, 8.0, 0.0, 10.0]).gap_before(14.0, 0.0), Some(3.0));
        assert_eq!(played(&[7.0, 8.0, 500.0, 10.0, 1.0]).gap_before(12.0, 0.0), None);
        assert_eq!(played(&[1.0, 1.0]).gap_before(3.0, 0.0), None, "packets that share a timestamp");
    }

    #[test]
    fn a_long_gap_is_believed_when_a_second_packet_agrees() {
        for (start, gap) in [(700_000.0, None), (100.0, Some(99.0))] {
            let mut timeline = played(&[0.0, start]);
            assert_eq!(timeline.gap_before(start + 1.0, 1e9), gap, "{start}");
        }
        assert_eq!(played(&[7.0, 8.0, 0.0]).gap_before(1.0, 1e9), None, "back");
        assert_eq!(played(&[0.0, 100.0]).gap_before(2.0, 1e9), None, "one wrong timestamp");
    }

    /// Two seconds of sound, and in the middle of them nothing for so many.
    fn paused(seconds: u32) -> AudioSource {
        let film = file(&vec![1; 32_000], |position| {
            let (packet, pause) = (film::RATE / 10, seconds * film::RATE);
            let times = words(*b"stts", &[0, 3, 9, packet, 1, packet + pause, 10, packet]);
            let rest = &tables(20, packet * 2, packet, position)[words(*b"stts", &[0; 4]).len()..];
            movie(&[track(1, *b"soun", *b"sowt", &[], &[&times, rest].concat())], &[])
        });
        AudioSource::from_bytes(Bytes::from(film))
    }

    #[test]
    fn what_comes_after_a_long_pause_in_a_film_keeps_its_time() {
        let mut pcm = open(paused(100), &Settings::default()).unwrap();
        let mut sound = Vec::new();
        while let Some(block) = pcm.next_block().unwrap() {
            sound.extend(block.iter().map(|sample| *sample != 0.0));
        }
        assert_eq!(sound.len(), 102 * 16_000);
        let heard = |from: usize, to: usize| sound[from * 1600..to * 1600].iter().filter(|heard| **heard).count();
        assert_eq!((heard(12, 1010), heard(1012, 1020)), (0, 8 * 1600));
        assert_eq!(pcm.damage().unwrap().what, "100 s of audio in the middle is missing");
    }

    #[test]
    fn packets_add_up_to_whole_milliseconds() {
        let mut timeline = Timeline::default();
        (0..16).for_each(|_| timeline.advance(100, 100, SampleRate(16_000)));
        assert_eq!(timeline.position(), Millis(100));
    }
}
