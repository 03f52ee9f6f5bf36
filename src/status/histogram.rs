//! Values in a fixed number of bins, each about a fifth wider than the one before: quantiles in bounded space, and two
//! histograms are added by adding their bins.

/// The number of bins; the last one takes whatever is larger.
pub const BINS: usize = 96;

/// The first value of each bin: 0, 1, 2 …, then each 19/16 of the one before. In milliseconds the last is 4.6 hours.
const FIRST: [u64; BINS] = first_values();

const fn first_values() -> [u64; BINS] {
    let mut first = [0; BINS];
    let mut bin = 1;
    while bin < BINS {
        let (next, wider) = (first[bin - 1] + 1, first[bin - 1] * 19 / 16);
        first[bin] = if wider > next { wider } else { next };
        bin += 1;
    }
    first
}

/// The bin of a value.
#[must_use]
pub fn bin_of(value: u64) -> u16 {
    let after = FIRST.partition_point(|&first| first <= value);
    u16::try_from(after - 1).unwrap_or(u16::MAX)
}

/// A value in the middle of a bin: at most a tenth from any other in it.
#[must_use]
pub fn middle_of(bin: u16) -> u64 {
    let bin = usize::from(bin).min(BINS - 1);
    match FIRST.get(bin + 1) {
        Some(next) => u64::midpoint(FIRST[bin], next - 1),
        None => FIRST[bin],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_is_told_to_a_tenth(value in 0_u64..16_000_000) {
            let told = middle_of(bin_of(value));
            prop_assert!(told.abs_diff(value) * 10 <= value, "{} was told as {}", value, told);
        }
    }

    #[test]
    fn bins_follow_one_another_and_the_last_takes_the_rest() {
        assert!(FIRST.windows(2).all(|two| two[0] < two[1]));
        assert_eq!((bin_of(0), bin_of(u64::MAX)), (0, 95));
        assert!(FIRST[BINS - 1] > 16_000_000, "{}", FIRST[BINS - 1]);
    }
}
