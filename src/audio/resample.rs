//! Any sample rate → 16 kHz.
//!
//! The resampler works by overlapping blocks in the frequency domain. Its blocks are at least 25 ms long: with shorter
//! ones the edge of the filter reaches into speech (at 5 ms it takes 14 dB from 7 kHz).

use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction, audioadapter_buffers::direct::SequentialSlice};

use crate::domain::{PCM_RATE, SampleRate};

/// A stream of one channel, from one sample rate to [`PCM_RATE`].
pub(super) struct Resampler {
    rate: SampleRate,
    /// `None` where there is nothing to do.
    engine: Option<Engine>,
}

struct Engine {
    fft: Fft<f32>,
    waiting: Vec<f32>,
    block: Vec<f32>,
    /// Samples at the start of the output that are the filter's own delay, not yet dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// From `rate` to [`PCM_RATE`].
    ///
    /// # Panics
    /// If the rate is zero, which the decoder rules out.
    pub fn new(rate: SampleRate) -> Self {
        Self { rate, engine: (rate != PCM_RATE).then(|| Engine::new(rate)) }
    }

    /// The rate of the samples that [`Self::push`] takes.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Takes samples and appends to `out` what they complete.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        match &mut self.engine {
            None => out.extend_from_slice(samples),
            Some(engine) => engine.push(samples, out),
        }
    }

    /// Appends the rest. All in all, `n` samples in have become `n · 16000 / rate` out, rounded.
    pub fn finish(self, out: &mut Vec<f32>) {
        if let Some(engine) = self.engine {
            engine.finish(self.rate, out);
        }
    }
}

impl Engine {
    fn new(rate: SampleRate) -> Self {
        let input = rate.0 as usize;
        let fft = Fft::new_custom(
            input,
            PCM_RATE.0 as usize,
            input / 40,
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .expect("both rates and the block size are positive");
        let (delay, block) = (fft.output_delay(), vec![0.0; fft.output_frames_max()]);
        Self { fft, waiting: Vec::new(), block, delay, taken: 0, given: 0 }
    }

    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        self.waiting.extend_from_slice(samples);
        let size = self.fft.input_frames_next();
        let whole = self.waiting.len() / size * size;
        for start in (0..whole).step_by(size) {
            self.process(start, size, out);
        }
        self.waiting.drain(..whole);
    }

    fn finish(mut self, rate: SampleRate, out: &mut Vec<f32>) {
        let due = (self.taken * u64::from(PCM_RATE.0) + u64::from(rate.0) / 2) / u64::from(rate.0);
        let size = self.fft.input_frames_next();
        while self.given < due {
            self.waiting.resize(size, 0.0);
            self.process(0, size, out);
            self.waiting.clear();
        }
        let excess = usize::try_from(self.given - due).unwrap_or(usize::MAX);
        out.truncate(out.len().saturating_sub(excess));
    }

    fn process(&mut self, start: usize, size: usize, out: &mut Vec<f32>) {
        let frames = self.block.len();
        let input =
            SequentialSlice::new(&self.waiting[start..start + size], 1, size).expect("one channel of this size");
        let mut output = SequentialSlice::new_mut(&mut self.block, 1, frames).expect("one channel of this size");
        let (_, count) = self
            .fft
            .process_into_buffer(&input, &mut output, None::<&Indexing>)
            .expect("both buffers have the sizes that the resampler asked for");
        let dropped = self.delay.min(count);
        self.delay -= dropped;
        self.given += (count - dropped) as u64;
        out.extend_from_slice(&self.block[dropped..count]);
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers, none of them negative"
)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    fn resampled(rate: u32, samples: &[f32], block: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(SampleRate(rate));
        let mut out = Vec::new();
        for block in samples.chunks(block.max(1)) {
            resampler.push(block, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    fn tone(rate: u32, hertz: f64, seconds: f64) -> Vec<f32> {
        let count = (f64::from(rate) * seconds) as u32;
        (0..count).map(|n| (0.5 * (TAU * hertz * f64::from(n) / f64::from(rate)).sin()) as f32).collect()
    }

    /// Power of the middle half of what a tone of half amplitude became, in dB of what it was.
    fn gain(rate: u32, hertz: f64) -> f64 {
        let out = resampled(rate, &tone(rate, hertz, 2.0), 4096);
        let middle = &out[out.len() / 4..out.len() * 3 / 4];
        let power = middle.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / middle.len() as f64;
        10.0 * (power / 0.125).log10()
    }

    const RATES: [u32; 12] =
        [8000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_056, 44_100, 48_000, 88_200, 96_000, 192_000];

    #[test]
    fn speech_passes_flat_to_7_khz() {
        for rate in RATES {
            for hertz in [100.0, 1000.0, 3000.0, 5000.0, 6500.0, 7000.0] {
                if hertz < f64::from(rate) * 0.45 {
                    let gain = gain(rate, hertz);
                    assert!(gain.abs() < 0.5, "{hertz} Hz at {rate} Hz: {gain:.2} dB");
                }
            }
        }
    }

    #[test]
    fn nothing_above_8_khz_comes_back_as_an_alias() {
        for rate in RATES {
            for hertz in [8300.0, 9000.0, 11_000.0, 15_000.0, 20_000.0] {
                if hertz < f64::from(rate) * 0.49 {
                    let gain = gain(rate, hertz);
                    assert!(gain < -80.0, "{hertz} Hz at {rate} Hz: {gain:.1} dB");
                }
            }
        }
    }

    #[test]
    fn no_delay_is_left_in() {
        for rate in RATES {
            // A click at exactly one second: its centre of mass must come out there.
            let mut click = vec![0.0; rate as usize * 2];
            click[rate as usize] = 1.0;
            let out = resampled(rate, &click, 1000);
            let peak = (0..out.len()).max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs())).unwrap();
            assert!(peak.abs_diff(16_000) <= 1, "{rate} Hz: at sample {peak}");
        }
    }

    #[test]
    fn sixteen_kilohertz_are_left_alone() {
        let samples = tone(16_000, 440.0, 0.1);
        assert_eq!(resampled(16_000, &samples, 77), samples);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn length_is_exact_and_blocks_do_not_matter(rate in 8000u32..=192_000, count in 0usize..20_000, block in 1usize..9000) {
            let samples: Vec<f32> = (0..count).map(|n| (n as f32 * 0.1).sin()).collect();
            let out = resampled(rate, &samples, block);
            let due = (count as f64 * 16_000.0 / f64::from(rate) + 0.5).floor() as usize;
            prop_assert_eq!(out.len(), due);
            prop_assert_eq!(out, resampled(rate, &samples, count.max(1)));
        }
    }
}
