//! The three widths in which counts are kept, and for how long.

use crate::domain::Timestamp;
use jiff::SignedDuration;

/// A width of time; each begins at a multiple of itself since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// Kept for a day.
    Minute,
    /// Kept for 90 days.
    Hour,
    /// Kept for two years.
    Day,
}

impl Span {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// How wide it is.
    #[must_use]
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// How long its counts are kept.
    #[must_use]
    pub fn kept(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Minute => 24,
            Self::Hour => 90 * 24,
            Self::Day => 2 * 365 * 24,
        })
    }

    /// The first moment of the span in which this moment is.
    #[must_use]
    pub fn start(self, moment: Timestamp) -> Timestamp {
        let second = moment.as_second().div_euclid(self.seconds()) * self.seconds();
        Timestamp::from_second(second).unwrap_or(moment)
    }

    /// The first moment of the span so many before the one in which this moment is.
    #[must_use]
    pub fn back(self, moment: Timestamp, count: i64) -> Timestamp {
        let second = self.start(moment).as_second() - count * self.seconds();
        Timestamp::from_second(second).unwrap_or(moment)
    }

    /// Before this moment nothing of it is kept.
    #[must_use]
    pub fn horizon(self, now: Timestamp) -> Timestamp {
        self.start(now).checked_sub(self.kept()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
