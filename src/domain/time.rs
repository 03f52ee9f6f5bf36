//! Time as the service counts it: samples while audio flows, milliseconds once it is text.

use std::{fmt, ops};

/// The rate at which every recording is recognised: 16 kHz, mono.
pub const PCM_RATE: SampleRate = SampleRate(16_000);

/// Samples a second, per channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleRate(pub u32);

/// A number of samples at [`PCM_RATE`]: a place on the recording's clock, or a length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleCount(pub u64);

/// Milliseconds: a place on the recording's clock, or a length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl SampleCount {
    /// The length of a buffer of mono samples.
    #[must_use]
    pub fn of(samples: &[f32]) -> Self {
        Self(samples.len() as u64)
    }

    /// To the nearest millisecond.
    #[must_use]
    pub fn to_millis(self) -> Millis {
        let rate = u64::from(PCM_RATE.0);
        Millis((self.0 * 1000 + rate / 2) / rate)
    }

    /// Seconds, for a gauge or a JSON number; never for arithmetic on the clock.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 17,000 years")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / f64::from(PCM_RATE.0)
    }
}

impl Millis {
    /// The number of samples at [`PCM_RATE`] that this long a recording has.
    #[must_use]
    pub const fn to_samples(self) -> SampleCount {
        SampleCount(self.0 * PCM_RATE.0 as u64 / 1000)
    }

    /// Seconds, for a JSON number; never for arithmetic on the clock.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285,000 years")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Whole seconds, a started second counting as one.
    #[must_use]
    pub fn started_seconds(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

impl ops::Add for SampleCount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl ops::AddAssign for SampleCount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl ops::Sub for SampleCount {
    type Output = Self;
    /// Saturates at zero: a length is never negative.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Add for Millis {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl ops::Sub for Millis {
    type Output = Self;
    /// Saturates at zero: a length is never negative.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Millis {
    /// `0.1 s`, `83.25 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_round_to_the_nearest_millisecond() {
        assert_eq!(SampleCount(16_000).to_millis(), Millis(1000));
        assert_eq!(SampleCount(7).to_millis(), Millis(0));
        assert_eq!(SampleCount(8).to_millis(), Millis(1));
        assert_eq!(Millis(30_000).to_samples(), SampleCount(480_000));
    }

    #[test]
    fn a_started_second_counts() {
        assert_eq!(Millis(8470).started_seconds(), 9);
        assert_eq!(Millis(9000).started_seconds(), 9);
        assert_eq!(Millis(0).started_seconds(), 0);
    }
}
