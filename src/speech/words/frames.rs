//! Samples → what can be told of each hundredth of a second without a spectrum: how loud it is, and how sharp.
//!
//! Sharpness is the energy of the differences from sample to sample over that of the samples: a vowel has little, a
//! hiss more than white noise.

/// Samples from one frame to the next: 10 ms at 16 kHz.
pub const FRAME: usize = 160;

/// Energy that is taken for none: 90 dB under full scale.
const NOTHING: f32 = 1e-9;

/// 20 ms of sound, around the 10 ms that the frame stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Mean energy, in dB of full scale.
    pub level: f32,
    /// Mean energy of the differences between samples, in dB over `level`: 3 for white noise.
    pub sharpness: f32,
}

/// A frame for each 10 ms.
pub fn measure(samples: &[f32]) -> Vec<Frame> {
    (0..samples.len().div_ceil(FRAME))
        .map(|frame| {
            let from = (frame * FRAME).saturating_sub(FRAME / 2);
            let to = (frame * FRAME + FRAME * 3 / 2).min(samples.len());
            let around = &samples[from..to];
            let energy: f32 = around.iter().map(|sample| sample * sample).sum();
            let steps: f32 = around.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
            let level = decibels(mean(energy, around.len()));
            Frame { level, sharpness: decibels(mean(steps, around.len())) - level }
        })
        .collect()
}

/// The mean of the quietest twentieth: what is heard where nobody speaks.
pub fn quietest(frames: &[Frame]) -> Frame {
    let mut sorted = frames.to_vec();
    sorted.sort_by(|a, b| a.level.total_cmp(&b.level));
    sorted.truncate((frames.len() / 20).max(1));
    let of = |value: fn(&Frame) -> f32| mean(sorted.iter().map(value).sum(), sorted.len());
    Frame { level: of(|frame| frame.level), sharpness: of(|frame| frame.sharpness) }
}

/// The level that a tenth of the frames are above.
pub fn loud(frames: &[Frame]) -> f32 {
    let mut levels: Vec<f32> = frames.iter().map(|frame| frame.level).collect();
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() * 9 / 10).copied().unwrap_or_default()
}

/// An energy in dB, and one that is not a number as if it were nothing.
pub fn decibels(energy: f32) -> f32 {
    10.0 * if energy > NOTHING { energy.min(f32::MAX) } else { NOTHING }.log10()
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn mean(sum: f32, count: usize) -> f32 {
    sum / count.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(period: usize, level: f32) -> Vec<f32> {
        (0..1600).map(|i| if i % period < period / 2 { level } else { -level }).collect()
    }

    #[test]
    fn loudness_and_sharpness_are_told_apart() {
        let (hum, hiss) = (measure(&wave(160, 0.1)), measure(&wave(2, 0.1)));
        assert_eq!((hum.len(), hiss.len()), (10, 10));
        for frames in [&hum, &hiss] {
            assert!((frames[5].level + 20.0).abs() < 0.1, "{:?}", frames[5]);
        }
        assert!(hum[5].sharpness < -10.0 && hiss[5].sharpness > 5.0);
    }

    #[test]
    fn the_quiet_and_the_loud_are_found_and_odd_samples_survived() {
        let frames = measure(&[wave(20, 0.5), wave(20, 0.001), wave(20, 0.5)].concat());
        assert!(quietest(&frames).level < -55.0 && loud(&frames) > -7.0);
        for samples in [vec![], vec![0.0; 3], vec![f32::MAX; 400], vec![f32::NAN; 400], vec![f32::INFINITY; 1]] {
            let frames = measure(&samples);
            assert!(frames.iter().all(|frame| frame.level.is_finite() && frame.sharpness.is_finite()));
            assert!(!quietest(&frames).level.is_nan() && !loud(&frames).is_nan());
        }
    }
}
