//! Subtitle cues: segments with text, on one line, each shown after the one before it.
//!
//! Players need every cue to end after it starts, and cues that overlap are shown on top of each other. The model gives
//! neither promise, so both are made here, for SubRip and WebVTT alike.

use crate::domain::Millis;
use crate::transcript::Segment;

/// One subtitle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cue {
    pub start: Millis,
    /// Always after `start`, never after the next cue's start.
    pub end: Millis,
    /// On one line: an empty line would end the cue.
    pub text: String,
}

/// The cues of `segments`, which are in order of time. Segments without text are left out.
pub(super) fn cues(segments: &[Segment]) -> impl Iterator<Item = Cue> {
    let mut free_from = Millis(0);
    segments.iter().filter_map(move |segment| {
        let text = segment.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return None;
        }
        let start = segment.start.max(free_from);
        let end = segment.end.max(start + Millis(1));
        free_from = end;
        Some(Cue { start, end, text })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transcript::render::sample::segment;

    #[test]
    fn lines_are_joined_and_silence_is_left_out() {
        let told: Vec<Cue> = cues(&[segment(0, 500, " One\n\ntwo. "), segment(500, 900, "  ")]).collect();
        assert_eq!(told, [Cue { start: Millis(0), end: Millis(500), text: "One two.".to_owned() }]);
    }

    proptest! {
        #[test]
        fn cues_are_monotone_and_lose_no_text(times in prop::collection::vec((0_u64..9_000_000, 0_u64..9_000_000), 0..40)) {
            let segments: Vec<_> = times.iter().map(|&(start, end)| segment(start, end, " word")).collect();
            let told: Vec<Cue> = cues(&segments).collect();
            prop_assert_eq!(told.len(), segments.len());
            prop_assert!(told.iter().all(|cue| cue.start < cue.end));
            prop_assert!(told.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }

        #[test]
        fn cues_of_sound_segments_keep_their_times(gaps in prop::collection::vec((0_u64..5_000, 1_u64..30_000), 0..40)) {
            let mut at = 0;
            let segments: Vec<_> = gaps.iter().map(|&(gap, length)| {
                let start = at + gap;
                at = start + length;
                segment(start, at, " word")
            }).collect();
            for (cue, segment) in cues(&segments).zip(&segments) {
                prop_assert_eq!((cue.start, cue.end), (segment.start, segment.end));
            }
        }
    }
}
