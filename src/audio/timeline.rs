//! Where decoding stands on the recording's clock, and where silence must be put so that it stays right.

use crate::domain::{Millis, SampleRate};

/// Timestamps that run ahead of the samples by less than this many seconds are rounding, or clocks that drift.
const SHORTEST_GAP: f64 = 0.05;

/// Timestamps that run ahead by more than this many seconds are no gap in the recording but another clock.
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
    /// The same on the clock of a packet whose timestamp jumped: another clock if the next one agrees, a wrong timestamp
    /// if not.
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

    /// Seconds that are missing before a packet which starts at the second `start` of the track's clock.
    pub fn gap_before(&mut self, start: f64) -> Option<f64> {
        let gap = start - *self.expected.get_or_insert(start);
        if (-LONGEST_OVERLAP..LONGEST_GAP).contains(&gap) {
            self.jumped = None;
            return (gap >= SHORTEST_GAP).then_some(gap);
        }
        if self.jumped.replace(start).is_some_and(|jumped| (start - jumped).abs() < SHORTEST_GAP) {
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
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and at most a minute")]
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
    use super::*;

    const RATE: SampleRate = SampleRate(8000);

    #[test]
    fn a_gap_is_filled_once_and_the_clock_is_right_again() {
        let (mut timeline, mut mono) = (Timeline::default(), Vec::new());
        assert_eq!(timeline.gap_before(17.0), None, "a track may start at any time");
        timeline.advance(8000, 7000, RATE);
        assert_eq!(timeline.gap_before(18.04), None, "rounding");
        assert_eq!(timeline.gap_before(100.0), None, "another clock");
        let gap = timeline.gap_before(20.0).unwrap();
        timeline.owe(gap, RATE);
        while timeline.fill(RATE, &mut mono) {}
        assert_eq!(mono, vec![0.0; 16_000]);
        assert_eq!(timeline.gap_before(20.0), None);
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
            assert_eq!(timeline.gap_before(start), None, "at {start}");
            timeline.advance(8000, 8000, RATE);
        }
        timeline
    }

    #[test]
    fn gaps_are_found_on_another_clock_too() {
        assert_eq!(played(&[0.0, 100.0, 101.0]).gap_before(105.0), Some(3.0), "forward");
        assert_eq!(played(&[7.0, 8.0, 0.0, 1.0]).gap_before(5.0), Some(3.0), "back");
    }

    #[test]
    fn one_wrong_timestamp_is_not_another_clock() {
        assert_eq!(played(&[7.0, 8.0, 0.0, 10.0]).gap_before(14.0), Some(3.0));
        assert_eq!(played(&[7.0, 8.0, 500.0, 10.0, 1.0]).gap_before(12.0), None);
        assert_eq!(played(&[1.0, 1.0]).gap_before(3.0), None, "packets that share a timestamp");
    }

    #[test]
    fn packets_add_up_to_whole_milliseconds() {
        let mut timeline = Timeline::default();
        (0..16).for_each(|_| timeline.advance(100, 100, SampleRate(16_000)));
        assert_eq!(timeline.position(), Millis(100));
    }
}
