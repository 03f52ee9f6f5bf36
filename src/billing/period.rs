//! A stretch of time as a person names it, always in UTC.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::Window;
use crate::domain::Timestamp;

/// `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// Why a text names no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPeriod {
    /// It is no time.
    #[error("a time is a month such as 2026-10, a day such as 2026-10-14, or 2026-10-14T12:00:00Z; it is in UTC")]
    Time,
    /// It is no month.
    #[error("a month is written like 2026-10")]
    Month,
    /// There is nothing between the two.
    #[error("the end comes after the beginning")]
    Empty,
}

impl Period {
    /// Between two times, each written as a month, a day or a moment; a month and a day begin at midnight in UTC.
    ///
    /// # Errors
    /// [`UnfitPeriod::Time`], [`UnfitPeriod::Empty`].
    pub fn between(from: &str, to: &str) -> Result<Self, UnfitPeriod> {
        let (from, to) = (moment(from)?, moment(to)?);
        if from < to { Ok(Self { from, to }) } else { Err(UnfitPeriod::Empty) }
    }

    /// The month that holds a moment.
    #[must_use]
    pub fn month_of(moment: Timestamp) -> Self {
        let (from, to) = Window::Month.around(moment);
        Self { from, to }
    }
}

impl FromStr for Period {
    type Err = UnfitPeriod;

    /// A month.
    fn from_str(text: &str) -> Result<Self, UnfitPeriod> {
        month(text).map(Self::month_of).ok_or(UnfitPeriod::Month)
    }
}

fn moment(text: &str) -> Result<Timestamp, UnfitPeriod> {
    month(text).or_else(|| day(text)).or_else(|| text.parse().ok()).ok_or(UnfitPeriod::Time)
}

fn month(text: &str) -> Option<Timestamp> {
    let plain = text.len() == 7 && text.as_bytes()[4] == b'-';
    plain.then(|| day(&format!("{text}-01"))).flatten()
}

fn day(text: &str) -> Option<Timestamp> {
    let plain = text.len() == 10 && text.is_ascii();
    let date: Date = plain.then(|| text.parse().ok()).flatten()?;
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_days_and_moments() {
        let period = Period::between("2026-10", "2026-10-14").expect("a period");
        assert_eq!(
            (period.from.to_string(), period.to.to_string()),
            ("2026-10-01T00:00:00Z".into(), "2026-10-14T00:00:00Z".into())
        );
        let period = Period::between("2026-10-25T02:30:00+02:00", "2026-11").expect("a period");
        assert_eq!(period.from.to_string(), "2026-10-25T00:30:00Z");
        let december: Period = "2026-12".parse().expect("a month");
        assert_eq!(december.to.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(Period::between("2026-11", "2026-10"), Err(UnfitPeriod::Empty));
        for text in ["", "yesterday", "2026-13", "2026-02-30", "2026-1", "20261014", "2026-10-14T12:00:00"] {
            assert_eq!(Period::between(text, "2027-01"), Err(UnfitPeriod::Time), "{text:?}");
        }
        assert_eq!("2026-10-01".parse::<Period>(), Err(UnfitPeriod::Month));
    }
}
