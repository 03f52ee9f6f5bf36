//! Samples → log-mel spectrogram, the encoder's input.
//!
//! Whisper's own recipe (`whisper/audio.py`): frames of 25 ms every 10 ms under a Hann window, the power of 201
//! frequencies, the bands of the model's own filter bank, log₁₀, everything under a hundred-millionth of the loudest
//! raised to that, and (x + 4) / 4. whisper.cpp can do it too, at twenty times the price.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples under a frame's window: 25 ms.
const FRAME: usize = 400;
/// Samples from one frame to the next: 10 ms.
const HOP: usize = 160;
/// Frequencies of a frame, 0 Hz and 8 kHz included.
pub const BINS: usize = FRAME / 2 + 1;
/// Frames that become one position of the encoder.
const FRAMES_PER_POSITION: usize = 2;
/// Powers outside of this are an empty band, or samples that no recording has.
const POWER: (f32, f32) = (1e-10, 1e10);
/// How far under the loudest band the floor is, as a power of ten.
const RANGE: f32 = 8.0;

/// A model's mel filter bank: the weights of each band's frequencies, without the zeros around them.
#[derive(Debug, Clone)]
pub struct Filters(Vec<Band>);

#[derive(Debug, Clone)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl Filters {
    /// From a table of [`BINS`] weights for each band.
    #[must_use]
    pub fn new(table: &[f32]) -> Self {
        let band = |row: &[f32]| {
            let first = row.iter().position(|&weight| weight != 0.0).unwrap_or(0);
            let end = row.iter().rposition(|&weight| weight != 0.0).map_or(first, |last| last + 1);
            Band { first, weights: row[first..end].to_vec() }
        };
        Self(table.chunks_exact(BINS).map(band).collect())
    }

    /// Number of bands: 80, or 128 from large-v3 on.
    #[must_use]
    pub fn bands(&self) -> usize {
        self.0.len()
    }
}

/// Computes spectrograms; holds the plan and the buffers.
pub struct LogMel {
    filters: Arc<Filters>,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl LogMel {
    /// For a model with these filters.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "400 samples")]
    pub fn new(filters: Arc<Filters>) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FRAME);
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f32 / FRAME as f32).cos();
        Self {
            filters,
            window: (0..FRAME).map(hann).collect(),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            power: vec![0.0; BINS],
            fft,
        }
    }

    /// The spectrogram of so many encoder positions, silence after the samples' end: one row for each band.
    #[must_use]
    pub fn compute(&mut self, samples: &[f32], positions: usize) -> Vec<f32> {
        let frames = positions * FRAMES_PER_POSITION;
        let mut mel = vec![POWER.0.log10(); self.filters.bands() * frames];
        // A frame's middle is at `index * HOP`; one that starts after the end holds nothing but silence.
        let heard = ((samples.len() + FRAME / 2).div_ceil(HOP)).min(frames);
        let mut loudest = POWER.0.log10();
        for index in 0..heard {
            self.take_frame(samples, index * HOP);
            for (band, row) in self.filters.0.iter().zip(mel.chunks_exact_mut(frames)) {
                let sum: f32 = band.weights.iter().zip(&self.power[band.first..]).map(|(w, p)| w * p).sum();
                // `max` and `min` also make a number of what is none.
                row[index] = sum.max(POWER.0).min(POWER.1).log10();
                loudest = loudest.max(row[index]);
            }
        }
        for value in &mut mel {
            *value = (value.max(loudest - RANGE) + 4.0) / 4.0;
        }
        mel
    }

    /// The power spectrum of the frame whose middle is at `centre`. Before the start the recording is mirrored.
    fn take_frame(&mut self, samples: &[f32], centre: usize) {
        for (i, (value, window)) in self.frame.iter_mut().zip(&self.window).enumerate() {
            let at = (centre + i).abs_diff(FRAME / 2);
            *value = samples.get(at).map_or(0.0, |sample| sample * window);
        }
        if self.fft.process(&mut self.frame, &mut self.spectrum).is_err() {
            // Only for buffers of another length, and these were made for it.
            self.spectrum.fill(Complex::default());
        }
        for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One band for each frequency.
    fn identity() -> Arc<Filters> {
        let table: Vec<f32> = (0..BINS * BINS).map(|i| f32::from(u8::from(i / BINS == i % BINS))).collect();
        Arc::new(Filters::new(&table))
    }

    #[test]
    fn a_tone_is_loudest_in_its_band_and_silence_is_at_the_floor() {
        // 1 kHz is the 25th frequency of 40 Hz.
        let tone: Vec<f32> = (0..8000u16).map(|i| 0.5 * (TAU * f32::from(i) / 16.0).sin()).collect();
        let mel = LogMel::new(identity()).compute(&tone, 50);
        let at = |band: usize, frame: usize| mel[band * 100 + frame];
        let loudest = (0..BINS).max_by(|&a, &b| at(a, 20).total_cmp(&at(b, 20)));
        assert_eq!(loudest, Some(25));
        // A sine's peak under a Hann window: (amplitude * 400 / 4)².
        assert!((at(25, 20) - (50.0_f32.powi(2).log10() + 4.0) / 4.0).abs() < 1e-3, "{}", at(25, 20));
        assert!((at(25, 99) - (at(25, 20) - 2.0)).abs() < 1e-3, "silence after the end");
    }

    #[test]
    fn what_is_no_recording_makes_numbers_all_the_same() {
        for samples in [vec![], vec![0.3], vec![f32::MAX; 900], vec![f32::NAN; 900], vec![f32::INFINITY; 200]] {
            let mel = LogMel::new(identity()).compute(&samples, 10);
            assert_eq!(mel.len(), BINS * 20);
            assert!(mel.iter().all(|value| value.is_finite()), "{} samples", samples.len());
        }
    }

    #[test]
    fn bands_are_stored_without_the_zeros_around_them() {
        let mut table = vec![0.0; 2 * BINS];
        table[3..5].fill(0.5);
        let filters = Filters::new(&table);
        assert_eq!((filters.bands(), filters.0[0].first, filters.0[0].weights.len()), (2, 3, 2));
        assert!(filters.0[1].weights.is_empty());
    }
}
