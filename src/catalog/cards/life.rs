//! The life of a model, from its evaluation to its end. Days begin at midnight in UTC.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// Calendar months between the announcement of an end and the end.
const NOTICE_MONTHS: i32 = 3;

/// Where in its life a model is. Each comes after the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It may be tried, change and go without notice.
    Evaluation,
    /// It stays, and its end is announced.
    Production,
    /// Its end has been announced.
    Deprecated,
    /// It is gone.
    Retired,
}

impl Phase {
    /// As the file and the API write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::Production => "production",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }
}

/// A life as it is written down: a phase, and the days on which the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The phase that was written. A day that has come makes it a later one.
    pub written: Phase,
    /// From when on it is in production.
    pub production_on: Option<Date>,
    /// From when on it is deprecated.
    pub announced_on: Option<Date>,
    /// The first day on which it is gone.
    pub ends_on: Option<Date>,
    /// Whether it is supported for longer than others.
    pub lts: bool,
    /// Whether the operator has said that this end comes in spite of the notice that it should have had.
    pub forced: bool,
}

impl Life {
    /// Where in its life the model is at a time.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        let today = day_of(now);
        let begun = [
            (self.production_on, Phase::Production),
            (self.announced_on, Phase::Deprecated),
            (self.ends_on, Phase::Retired),
        ];
        let by_date = begun.into_iter().filter(|(day, _)| day.is_some_and(|day| day <= today));
        by_date.map(|(_, phase)| phase).chain([self.written]).max().unwrap_or(self.written)
    }

    /// The earliest day for an end that was announced on this one: three calendar months later, or the last day of that
    /// month where it has no such day.
    #[must_use]
    pub fn earliest_end(announced_on: Date) -> Date {
        announced_on.saturating_add(NOTICE_MONTHS.months())
    }
}

/// The day in UTC.
pub(super) fn day_of(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// The first moment of a day in UTC; the end of time for a day after it.
pub(super) fn midnight(day: Date) -> Timestamp {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_phase_begins_at_midnight_in_utc() {
        let life = Life {
            written: Phase::Evaluation,
            production_on: Some(date("2026-01-10")),
            announced_on: Some(date("2026-06-01")),
            ends_on: Some(date("2026-09-01")),
            lts: false,
            forced: false,
        };
        for (at, phase) in [
            ("2026-01-09T23:59:59.999999Z", Phase::Evaluation),
            ("2026-01-10T00:00:00Z", Phase::Production),
            ("2026-05-31T23:59:59.999999Z", Phase::Production),
            ("2026-06-01T00:00:00Z", Phase::Deprecated),
            ("2026-08-31T23:59:59.999999Z", Phase::Deprecated),
            ("2026-09-01T00:00:00Z", Phase::Retired),
            ("2026-09-01T01:00:00+02:00", Phase::Deprecated),
        ] {
            assert_eq!(life.phase(at.parse().expect("a time")), phase, "{at}");
        }
        let early = Life { written: Phase::Deprecated, ..life };
        assert_eq!(early.phase("2026-01-01T00:00:00Z".parse().expect("a time")), Phase::Deprecated);
    }

    #[test]
    fn notice_is_counted_in_calendar_months() {
        for (announced, earliest) in [
            ("2026-10-01", "2027-01-01"),
            ("2026-11-30", "2027-02-28"),
            ("2027-11-30", "2028-02-29"),
            ("2026-03-31", "2026-06-30"),
            ("2026-12-31", "2027-03-31"),
        ] {
            assert_eq!(Life::earliest_end(date(announced)), date(earliest), "{announced}");
        }
    }

    #[test]
    fn a_day_and_its_first_moment_are_each_others() {
        let day = date("2027-03-01");
        assert_eq!(midnight(day).to_string(), "2027-03-01T00:00:00Z");
        assert_eq!(day_of(midnight(day)), day);
    }
}
