//! How much silence the encoder hears after a window.
//!
//! Whisper was trained on half a minute, filled up with silence, and its own models lose accuracy without that. The
//! encoder's work grows faster than its positions, though: where a model can do with less, a clip of five seconds costs
//! a quarter.

/// Samples that one position of the encoder covers: 20 ms.
const POSITION: usize = 320;
/// Positions of the longest window, [`crate::speech::MAX_WINDOW`].
const WHOLE: usize = 1488;
/// Positions of silence after a short window: 5 s. With 1 s the bundled model errs a quarter more often.
const SILENCE: usize = 250;
/// The kernels run best on multiples of this.
const STEP: usize = 64;

/// What follows a window that is shorter than half a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Padding {
    /// Silence up to half a minute, as Whisper was trained.
    #[default]
    Whole,
    /// A few seconds of silence, for models that can do with it.
    Short,
}

impl Padding {
    /// Encoder positions for a window of so many samples.
    #[must_use]
    pub(super) fn positions(self, samples: usize) -> usize {
        match self {
            Self::Whole => WHOLE,
            Self::Short => (samples.div_ceil(POSITION) + SILENCE).next_multiple_of(STEP).min(WHOLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_room_and_never_more_than_the_longest() {
        for seconds in [0, 1, 5, 24, 29] {
            let positions = Padding::Short.positions(seconds * 16_000);
            assert!((seconds * 50..=WHOLE).contains(&positions), "{seconds} s: {positions}");
            assert!(positions.is_multiple_of(16), "{positions}");
        }
        assert_eq!(Padding::Short.positions(5 * 16_000), 512);
        assert_eq!(Padding::Short.positions(476_160), WHOLE);
        assert_eq!(Padding::Whole.positions(16_000), WHOLE);
    }
}
