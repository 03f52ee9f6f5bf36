//! Voice activity: a score for each 16 ms of audio, by the network inside `earshot`.

/// Samples that are scored together: 16 ms.
pub const FRAME: usize = 256;

/// Scores frames of one recording in order; it remembers the ones before.
pub struct Vad {
    detector: Box<earshot::Detector>,
}

impl Vad {
    /// A detector that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { detector: earshot::Detector::default_boxed() }
    }

    /// How likely it is that somebody speaks in this frame, 0 to 1. A last, shorter frame is taken as if silence
    /// followed.
    pub fn score(&mut self, frame: &[f32]) -> f32 {
        debug_assert!(frame.len() <= FRAME);
        let mut whole = [0.0; FRAME];
        for (to, from) in whole.iter_mut().zip(frame) {
            *to = from.clamp(-1.0, 1.0);
        }
        self.detector.predict_f32(&whole)
    }
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}
