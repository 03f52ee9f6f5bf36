//! The promise of the month: of all requests that count, at least 99 % are answered.
//!
//! What counts: requests that were answered, probes included, and requests that failed by a fault of ours. A request that
//! failed while a maintenance had been announced before it began is left out, and shown apart. The month is UTC's.

use jiff::tz::Offset;

use super::{Measure, Tally};
use crate::domain::Timestamp;

/// What is promised, in percent.
pub const GOAL_PERCENT: u64 = 99;

/// How many requests of how many were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that count.
    pub counted: u64,
    /// Of these, those that failed.
    pub failed: u64,
    /// Failures during announced maintenance, which do not count.
    pub excused: u64,
}

impl Share {
    /// Of what was counted.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        let (failed, excused) = (tally.total(Measure::Failed), tally.total(Measure::Excused));
        Self { counted: tally.counted(), failed, excused }
    }

    /// Availability in hundredths of a percent, rounded down; `None` if nothing was counted.
    #[must_use]
    pub fn basis_points(self) -> Option<u64> {
        (self.counted > 0).then(|| (self.counted - self.failed) * 10_000 / self.counted)
    }

    /// Whether the promise is kept. It is, where nothing was asked.
    #[must_use]
    pub fn is_kept(self) -> bool {
        (self.counted - self.failed) * 100 >= self.counted * GOAL_PERCENT
    }

    /// How many more requests of as many may fail before the promise is broken.
    #[must_use]
    pub fn left(self) -> u64 {
        (self.counted * (100 - GOAL_PERCENT) / 100).saturating_sub(self.failed)
    }

    /// `99.95 %`, rounded down, so that 100 % is never said of anything less.
    #[must_use]
    pub fn percent(self) -> Option<String> {
        self.basis_points().map(|points| format!("{}.{:02}", points / 100, points % 100))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            counted: self.counted + other.counted,
            failed: self.failed + other.failed,
            excused: self.excused + other.excused,
        }
    }
}

/// The first moment of the month in which a moment is.
#[must_use]
pub fn month(moment: Timestamp) -> Timestamp {
    let first = Offset::UTC.to_datetime(moment).date().first_of_month();
    Offset::UTC.to_timestamp(first.at(0, 0, 0, 0)).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promise_is_counted_exactly() {
        for (counted, failed, points, kept, left) in [
            (0, 0, None, true, 0),
            (100, 1, Some(9_900), true, 0),
            (100, 2, Some(9_800), false, 0),
            (99, 1, Some(9_898), false, 0),
            (100_000, 1, Some(9_999), true, 999), // never rounded up to 100 %
            (1_000, 1_000, Some(0), false, 0),
        ] {
            let share = Share { counted, failed, excused: 7 };
            let told = (share.basis_points(), share.is_kept(), share.left());
            assert_eq!(told, (points, kept, left), "{failed} of {counted}");
        }
    }

    #[test]
    fn a_month_begins_at_its_first_midnight() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        assert_eq!(month(at("2026-11-26T04:00:00Z")), at("2026-11-01T00:00:00Z"));
        assert_eq!(month(at("2026-11-01T00:00:00Z")), at("2026-11-01T00:00:00Z"));
    }
}
