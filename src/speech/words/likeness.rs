//! How well a stretch of sound fits a kind of sound.
//!
//! Each kind has a usual loudness and sharpness, and how far they scatter. Noise is added to both before they are
//! compared with what was heard (parallel model combination: Gales and Young, 1993): what is softer than the noise
//! sounds like noise, and scatters as little.

use super::frames::{self, Frame};
use super::sounds::Kind;

/// A mean and how far from it is usual, in dB.
type Usual = (f32, f32);

/// Loudness of each [`Kind`] in order, over the segment's loud frames; as synthesised voices have it.
const LEVELS: [Usual; Kind::COUNT] =
    [(-3.0, 4.5), (-7.5, 6.0), (-15.0, 7.0), (-22.0, 9.0), (-28.0, 12.0), (-16.0, 9.0), (-10.0, 11.0), (-70.0, 7.0)];
/// Its sharpness.
const SHARPNESS: [Usual; Kind::COUNT] =
    [(-12.0, 5.0), (-16.0, 5.0), (2.0, 4.0), (-5.0, 6.0), (-5.0, 7.0), (-13.0, 7.0), (-9.0, 8.0), (0.0, 12.0)];

/// How far what lies under the noise scatters, in dB.
const IN_NOISE: f32 = 5.0;
/// The noise is taken to be so far under the loud frames, in dB.
const NOISE: std::ops::RangeInclusive<f32> = -50.0..=-3.0;
/// No frame costs more: what is said is not always what is written.
const MOST: f32 = 7.0;
/// A frame so far over the noise, and not too far under the loud ones, is somebody speaking, in dB.
const OVER_NOISE: f32 = 2.0;
const UNDER_LOUD: f32 = 35.0;

/// What each stretch of a segment costs as each kind of sound.
pub struct Costs {
    /// For each kind, the sums of the costs of the first 0, 1, 2 … frames.
    sums: Vec<Vec<f32>>,
    /// Frames in which somebody speaks.
    audible: usize,
}

impl Costs {
    /// Of a segment's frames, in a window with this noise.
    pub fn new(heard: &[Frame], noise: Frame) -> Self {
        let loud = frames::loud(heard);
        let noise = Frame { level: (noise.level - loud).clamp(*NOISE.start(), *NOISE.end()), ..noise };
        let floor = (noise.level + OVER_NOISE).max(-UNDER_LOUD);
        let sums = (0..Kind::COUNT).map(|kind| {
            let expected = Expected::new(LEVELS[kind], SHARPNESS[kind], noise);
            let mut sum = 0.0;
            let costs = heard.iter().map(|frame| {
                sum += expected.cost((frame.level - loud).max(noise.level - OVER_NOISE), frame.sharpness);
                sum
            });
            std::iter::once(0.0).chain(costs).collect()
        });
        Self { sums: sums.collect(), audible: heard.iter().filter(|frame| frame.level - loud > floor).count() }
    }

    /// The sums of the costs of the first 0, 1, 2 … frames as this kind.
    pub fn sums(&self, kind: Kind) -> &[f32] {
        &self.sums[kind as usize]
    }

    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.sums(Kind::Pause).len() - 1
    }

    /// In how many of them somebody speaks.
    pub fn audible(&self) -> usize {
        self.audible
    }
}

/// A kind of sound as it is heard in noise.
struct Expected {
    level: Usual,
    sharpness: Usual,
    base: f32,
}

impl Expected {
    fn new(level: Usual, sharpness: Usual, noise: Frame) -> Self {
        let energy = power(level.0) + power(noise.level);
        let steps = power(level.0 + sharpness.0) + power(noise.level + noise.sharpness);
        let share = power(level.0) / energy;
        let scatter = |usual: f32| IN_NOISE.min(usual) + (usual - IN_NOISE).max(0.0) * share;
        let (level, sharpness) = (
            (frames::decibels(energy), scatter(level.1)),
            (frames::decibels(steps) - frames::decibels(energy), scatter(sharpness.1)),
        );
        // So that a frame in the middle of a usual kind costs about nothing.
        Self { level, sharpness, base: (level.1 * sharpness.1).ln() - 2.0 }
    }

    /// Minus the logarithm of a likelihood, up to a constant.
    fn cost(&self, level: f32, sharpness: f32) -> f32 {
        let level = (level - self.level.0) / self.level.1;
        let sharpness = (sharpness - self.sharpness.0) / self.sharpness.1;
        (0.5 * (level * level + sharpness * sharpness) + self.base).min(MOST)
    }
}

fn power(decibels: f32) -> f32 {
    10_f32.powf(decibels / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(costs: &Costs, kind: Kind, frame: usize) -> f32 {
        costs.sums(kind)[frame + 1] - costs.sums(kind)[frame]
    }

    #[test]
    fn what_is_heard_fits_its_own_kind_best() {
        let (vowel, hiss) = (Frame { level: -23.0, sharpness: -12.0 }, Frame { level: -35.0, sharpness: 2.0 });
        let quiet = Frame { level: -80.0, sharpness: 3.0 };
        let heard = [vowel, hiss, quiet, Frame { level: -20.0, ..vowel }];
        let costs = Costs::new(&heard, quiet);
        assert_eq!((costs.frames(), costs.audible()), (4, 3));
        for (frame, own) in [(0, Kind::Vowel), (1, Kind::Hiss), (2, Kind::Pause)] {
            for other in [Kind::Vowel, Kind::Hiss, Kind::Pause].into_iter().filter(|&kind| kind != own) {
                let [own, other] = [own, other].map(|kind| cost(&costs, kind, frame));
                assert!(own + 1.0 < other, "frame {frame}: {own} and {other}");
            }
        }
    }

    #[test]
    fn noise_is_a_pause_and_no_vowel() {
        let (vowel, noise) = (Frame { level: -20.0, sharpness: -12.0 }, Frame { level: -32.0, sharpness: 3.0 });
        let costs = Costs::new(&[vowel, vowel, noise, noise], noise);
        assert!(cost(&costs, Kind::Pause, 3) + 1.0 < cost(&costs, Kind::Vowel, 3));
        assert!(cost(&costs, Kind::Vowel, 0) + 1.0 < cost(&costs, Kind::Pause, 0));
    }
}
