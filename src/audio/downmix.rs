//! Several channels → one, and samples that are no numbers → silence.

use symphonia::core::audio::{Channels, Position};

use crate::domain::SampleRate;

/// The mean is given up where it has less of the loudest channel's energy than this (-20 dB): a cable or a plug with one
/// channel inverted takes the speech out of it. One voice in one channel of eight still has -18 dB.
const CANCELLED: f32 = 0.01;

/// From this share of the loudest channel's energy on (-10 dB), the mean, or the channel in its place, is good again.
const RESTORED: f32 = 0.1;

/// Seconds in which what was measured fades to a third, so that a pause between two words changes nothing.
const MEMORY: f32 = 0.25;

/// Mixes down to the mean of all channels but those for low-frequency effects, or to the loudest channel alone where the
/// channels cancel each other out.
#[derive(Default)]
pub(super) struct Downmix {
    channels: Option<Channels>,
    heard: Vec<bool>,
    /// What each channel counts at the end of the last block; empty before the first.
    weights: Vec<f32>,
    /// Each channel's energy of late, and the mean's.
    energies: Vec<f32>,
    mean_energy: f32,
    /// The one channel that stands in for the mean.
    alone: Option<usize>,
}

impl Downmix {
    /// Appends interleaved frames, clipped to ±1 as any conversion to integers would, as one channel. Returns how many
    /// samples were not finite; each of them counts as 0.
    pub fn mix(&mut self, frames: &mut [f32], channels: &Channels, rate: SampleRate, mono: &mut Vec<f32>) -> usize {
        if self.channels.as_ref() != Some(channels) {
            let heard = heard(channels);
            let energies = vec![0.0; heard.len()];
            *self = Self { channels: Some(channels.clone()), heard, energies, ..Self::default() };
        }
        let width = self.heard.len().max(1);
        if width == 1 {
            // One channel is its own mean.
            let not_finite = frames.iter_mut().map(|sample| usize::from(clean(sample))).sum();
            mono.extend_from_slice(frames);
            return not_finite;
        }
        let not_finite = frames.chunks_exact_mut(width).map(|frame| clean_frame(frame, &self.heard)).sum();
        // Blocks of 20 ms: shorter than a syllable.
        let block = usize::try_from(rate.0 / 50).unwrap_or(usize::MAX).max(1);
        for frames in frames.chunks(block * width) {
            self.mix_block(frames, width, rate, mono);
        }
        not_finite
    }

    /// Mixes frames that are all decided upon together. A change of mind is spread over them, so that it does not click.
    fn mix_block(&mut self, frames: &[f32], width: usize, rate: SampleRate, mono: &mut Vec<f32>) {
        let mean = self.mean();
        self.measure(frames, width, &mean, rate);
        self.decide();
        let target = match self.alone {
            Some(alone) => (0..width).map(|channel| if channel == alone { 1.0 } else { 0.0 }).collect(),
            None => mean,
        };
        let start = if self.weights.is_empty() { &target } else { &self.weights };
        let step = ratio(1, frames.len() / width);
        let mut progress = 0.0;
        mono.extend(frames.chunks_exact(width).map(|frame| {
            progress += step;
            let weights = start.iter().zip(&target).map(|(start, target)| start + (target - start) * progress);
            frame.iter().zip(weights).map(|(sample, weight)| sample * weight).sum::<f32>()
        }));
        self.weights = target;
    }

    /// What each channel counts in the mean.
    fn mean(&self) -> Vec<f32> {
        let count = self.heard.iter().filter(|&&heard| heard).count();
        self.heard.iter().map(|&heard| if heard { ratio(1, count) } else { 0.0 }).collect()
    }

    fn measure(&mut self, frames: &[f32], width: usize, mean: &[f32], rate: SampleRate) {
        let seconds = ratio(frames.len() / width, rate.0 as usize);
        let kept = (1.0 - seconds / MEMORY).max(0.0);
        self.mean_energy *= kept;
        self.energies.iter_mut().for_each(|energy| *energy *= kept);
        for frame in frames.chunks_exact(width) {
            self.mean_energy += frame.iter().zip(mean).map(|(sample, weight)| sample * weight).sum::<f32>().powi(2);
            for ((energy, sample), &heard) in self.energies.iter_mut().zip(frame).zip(&self.heard) {
                *energy += if heard { sample * sample } else { 0.0 };
            }
        }
    }

    fn decide(&mut self) {
        let loudest = self.energies.iter().copied().enumerate().rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((loudest, most)) = loudest else { return };
        self.alone = match self.alone {
            None if self.mean_energy < most * CANCELLED => Some(loudest),
            Some(_) if self.mean_energy > most * RESTORED => None,
            Some(alone) if self.energies[alone] < most * RESTORED => Some(loudest),
            unchanged => unchanged,
        };
    }
}

#[expect(clippy::cast_precision_loss, reason = "frames of a block, far below 2^24")]
fn ratio(part: usize, whole: usize) -> f32 {
    part as f32 / whole as f32
}

/// Clips a frame, and counts the samples to be heard in it that were not finite.
fn clean_frame(frame: &mut [f32], heard: &[bool]) -> usize {
    frame.iter_mut().zip(heard).map(|(sample, &heard)| usize::from(clean(sample) && heard)).sum()
}

/// Clips a sample; true if it was not finite, and is 0 now.
fn clean(sample: &mut f32) -> bool {
    let is_finite = sample.is_finite();
    *sample = if is_finite { sample.clamp(-1.0, 1.0) } else { 0.0 };
    !is_finite
}

/// For each channel, in the order of the frame: is it part of the mix?
fn heard(channels: &Channels) -> Vec<bool> {
    let mut heard = vec![true; channels.count()];
    if let Channels::Positioned(positions) = channels {
        for effects in [Position::LFE1, Position::LFE2] {
            if positions.contains(effects)
                && let Some(index) = channels.get_canonical_index_for_positioned_channel(effects)
            {
                heard[index] = false;
            }
        }
    }
    // A file with nothing but a low-frequency channel is a mono file with an odd label.
    if heard.iter().any(|&heard| heard) { heard } else { vec![true; channels.count()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(interleaved: &[f32], channels: &Channels) -> (Vec<f32>, usize) {
        let mut mono = Vec::new();
        let mut frames = interleaved.to_vec();
        let not_finite = Downmix::default().mix(&mut frames, channels, SampleRate(8000), &mut mono);
        (mono, not_finite)
    }

    #[test]
    fn channels_are_averaged() {
        let stereo = Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT);
        assert_eq!(mixed(&[0.5, 0.25, -1.0, 1.0], &stereo).0, [0.375, 0.0]);
        assert_eq!(mixed(&[0.5, -0.5], &Channels::Discrete(1)).0, [0.5, -0.5]);
        assert_eq!(mixed(&[0.5; 8], &Channels::Discrete(8)).0, [0.5]);
    }

    /// Half a second of a tone at 8 kHz in two channels, louder or softer, or inverted, in each.
    fn tone(left: f32, right: f32) -> Vec<f32> {
        let samples = (0..4000_u16).map(|n| (f32::from(n) * std::f32::consts::PI / 20.0).sin());
        samples.flat_map(|sample| [sample * left, sample * right]).collect()
    }

    fn stereo(frames: &[Vec<f32>]) -> Vec<f32> {
        mixed(&frames.concat(), &Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT)).0
    }

    fn loudness(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |most, sample| sample.abs().max(most))
    }

    #[test]
    fn channels_that_cancel_each_other_out_leave_the_louder() {
        let left: Vec<f32> = tone(0.5, 0.0).into_iter().step_by(2).collect();
        assert_eq!(stereo(&[tone(0.5, -0.5)]), left);
        assert_eq!(stereo(&[tone(0.5, -0.48)]), left);
        assert!(stereo(&[tone(0.5, -0.25)]).iter().zip(&left).all(|(mix, left)| (mix - left / 4.0).abs() < 1e-6));
    }

    #[test]
    fn the_mean_is_given_up_and_comes_back_without_a_click() {
        let parts = [tone(0.5, 0.5), tone(0.0, 0.0), tone(0.5, -0.5), tone(0.5, -0.5), tone(0.5, -0.5), tone(0.0, 0.4)];
        let mix = stereo(&parts);
        let steps: Vec<f32> = mix.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(loudness(&steps) < 0.09, "{}", loudness(&steps));
        assert!(loudness(&mix[16_000..20_000]) > 0.49, "the channel alone");
        assert!(loudness(&mix[22_000..]) > 0.19, "the mean again");
    }

    #[test]
    fn a_channel_that_falls_silent_gives_way_to_the_one_that_speaks() {
        let eight = |frames: Vec<f32>, first: usize| -> Vec<f32> {
            frames
                .chunks(2)
                .flat_map(|pair| (0..8).map(move |n| if n / 2 == first { pair[n % 2] } else { 0.0 }))
                .collect()
        };
        let frames = [eight(tone(0.5, -0.5), 0), eight(tone(0.5, 0.0), 2).repeat(4)].concat();
        let (mix, _) = mixed(&frames, &Channels::Discrete(8));
        assert!(loudness(&mix[16_000..]) > 0.49);
    }

    #[test]
    fn the_subwoofer_is_left_out() {
        let surround = Position::FRONT_LEFT | Position::FRONT_RIGHT | Position::FRONT_CENTER | Position::LFE1;
        assert_eq!(mixed(&[0.25, 0.25, 0.25, 1.0], &Channels::Positioned(surround)).0, [0.25]);
        assert_eq!(mixed(&[0.5], &Channels::Positioned(Position::LFE1)).0, [0.5]);
    }

    #[test]
    fn what_is_no_number_is_silence_and_counted() {
        let samples = [f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        assert_eq!(mixed(&samples, &Channels::Discrete(1)), (vec![0.0, 0.5, 0.0, 0.0, 1.0], 3));
    }
}
