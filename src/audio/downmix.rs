//! Several channels → one, and samples that are no numbers → silence.

use symphonia::core::audio::Channels;

use crate::domain::SampleRate;

/// The mean is given up where it has less of the loudest channel's energy than this (-20 dB): a cable or a plug with one
/// channel inverted takes the speech out of it. One voice in one channel of eight still has -18 dB.
const CANCELLED: f32 = 0.01;

/// From this share of the loudest channel's energy on (-10 dB), the mean, or the channel in its place, is good again.
const RESTORED: f32 = 0.1;

/// Seconds in which what was measured fades to a third, so that a pause between two words changes nothing.
const MEMORY: f32 = 0.25;

/// What stands for all channels.
#[derive(Clone, Copy, PartialEq)]
enum Mix {
    Mean,
    /// The loudest channel alone.
    Alone(usize),
}

/// Mixes down to the mean of all channels, or to the loudest channel alone where the channels cancel each other out.
///
/// What a channel is called does not matter. Readers name the fourth one low-frequency effects also where the file names
/// none, and somebody speaks into it; the true effects are only rumble, at a sixth of its strength.
#[derive(Default)]
pub(super) struct Downmix {
    channels: Option<Channels>,
    /// At the end of the last block; `None` before the first.
    mix: Option<Mix>,
    /// Each channel's energy of late, and the mean's.
    energies: Vec<f32>,
    mean_energy: f32,
    /// The mean of one block.
    mean: Vec<f32>,
}

impl Downmix {
    /// Appends the samples of all channels, which are as many in each, as one channel; first they are clipped to ±1, as
    /// any conversion to integers would. Returns how many samples were not finite; each of them counts as 0.
    pub fn mix(
        &mut self,
        samples: &mut [Vec<f32>],
        channels: &Channels,
        rate: SampleRate,
        mono: &mut Vec<f32>,
    ) -> usize {
        if self.channels.as_ref() != Some(channels) {
            let energies = vec![0.0; channels.count()];
            *self = Self { channels: Some(channels.clone()), energies, ..Self::default() };
        }
        let not_finite = samples.iter_mut().map(|channel| clean(channel)).sum();
        if let [only] = samples {
            mono.extend_from_slice(only);
            return not_finite;
        }
        // Blocks of 20 ms: shorter than a syllable.
        let block = usize::try_from(rate.0 / 50).unwrap_or(usize::MAX).max(1);
        let frames = samples.first().map_or(0, Vec::len);
        for start in (0..frames).step_by(block) {
            let end = start.saturating_add(block).min(frames);
            let block: Vec<&[f32]> = samples.iter().map(|channel| &channel[start..end]).collect();
            self.mix_block(&block, rate, mono);
        }
        not_finite
    }

    /// Mixes what is decided upon together. A change of mind is spread over it, so that it does not click.
    fn mix_block(&mut self, block: &[&[f32]], rate: SampleRate, mono: &mut Vec<f32>) {
        self.take_mean(block);
        self.measure(block, rate);
        let now = self.decide();
        let before = self.mix.replace(now).unwrap_or(now);
        let signal = |mix| match mix {
            Mix::Mean => self.mean.as_slice(),
            Mix::Alone(channel) => block[channel],
        };
        if now == before {
            mono.extend_from_slice(signal(now));
            return;
        }
        let step = ratio(1, self.mean.len());
        let mut progress = 0.0;
        mono.extend(signal(before).iter().zip(signal(now)).map(|(before, now)| {
            progress += step;
            before + (now - before) * progress
        }));
    }

    fn take_mean(&mut self, block: &[&[f32]]) {
        let weight = ratio(1, block.len());
        self.mean.clear();
        self.mean.resize(block.first().map_or(0, |samples| samples.len()), 0.0);
        for samples in block {
            self.mean.iter_mut().zip(*samples).for_each(|(mean, sample)| *mean += sample * weight);
        }
    }

    fn measure(&mut self, block: &[&[f32]], rate: SampleRate) {
        let seconds = ratio(self.mean.len(), rate.0 as usize);
        let kept = (1.0 - seconds / MEMORY).max(0.0);
        self.mean_energy = self.mean_energy * kept + energy(&self.mean);
        for (of_late, samples) in self.energies.iter_mut().zip(block) {
            *of_late = *of_late * kept + energy(samples);
        }
    }

    fn decide(&self) -> Mix {
        let before = self.mix.unwrap_or(Mix::Mean);
        let loudest = self.energies.iter().copied().enumerate().rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((loudest, most)) = loudest else { return before };
        match before {
            Mix::Mean if self.mean_energy < most * CANCELLED => Mix::Alone(loudest),
            Mix::Alone(_) if self.mean_energy > most * RESTORED => Mix::Mean,
            Mix::Alone(channel) if self.energies[channel] < most * RESTORED => Mix::Alone(loudest),
            unchanged => unchanged,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "frames of a block, far below 2^24")]
fn ratio(part: usize, whole: usize) -> f32 {
    part as f32 / whole as f32
}

/// The sum of the squares, in eight sums side by side, as a processor can add them.
fn energy(samples: &[f32]) -> f32 {
    let (eights, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, sample)| *sum += sample * sample);
    }
    sums.iter().sum::<f32>() + rest.iter().map(|sample| sample * sample).sum::<f32>()
}

/// Clips samples, and makes those 0 that are not finite; returns how many these were.
fn clean(samples: &mut [f32]) -> usize {
    // Without a way out, so that many are compared at once.
    if samples.iter().fold(true, |fine, sample| fine & (sample.abs() <= 1.0)) {
        return 0;
    }
    let mut not_finite = 0;
    for sample in samples {
        not_finite += usize::from(!sample.is_finite());
        *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    }
    not_finite
}

#[cfg(test)]
mod tests {
    use symphonia::core::audio::Position;

    use super::*;

    fn mixed(interleaved: &[f32], channels: &Channels) -> (Vec<f32>, usize) {
        let mut mono = Vec::new();
        let width = channels.count();
        let channel = |n| interleaved.iter().copied().skip(n).step_by(width).collect();
        let mut samples: Vec<Vec<f32>> = (0..width).map(channel).collect();
        let not_finite = Downmix::default().mix(&mut samples, channels, SampleRate(8000), &mut mono);
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

    /// Four microphones of which only the last is spoken into; readers call it a subwoofer.
    #[test]
    fn every_channel_is_heard_whatever_it_is_called() {
        let four = Channels::Positioned(Position::from_count(4).unwrap());
        assert_eq!(mixed(&[0.0, 0.0, 0.0, 1.0], &four).0, [0.25]);
    }

    #[test]
    fn what_is_no_number_is_silence_and_counted() {
        let samples = [f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        assert_eq!(mixed(&samples, &Channels::Discrete(1)), (vec![0.0, 0.5, 0.0, 0.0, 1.0], 3));
    }
}
