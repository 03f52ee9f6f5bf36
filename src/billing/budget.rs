//! Ceilings that no hold may pass, and the windows of time over which they are counted.

use jiff::ToSpan;
use jiff::tz::Offset;

use crate::domain::{AccountId, KeyId, Timestamp};

/// What is counted against ceilings: what a request holds or has used, in three measures at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    /// Money, in nanos of the account's currency.
    pub nanos: i64,
    /// Audio, in milliseconds.
    pub audio_ms: i64,
    /// Tokens written.
    pub output_tokens: i64,
}

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// [`Amounts::nanos`].
    Spend,
    /// [`Amounts::audio_ms`].
    Audio,
    /// [`Amounts::output_tokens`].
    OutputTokens,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Spend, Self::Audio, Self::OutputTokens];
}

impl Amounts {
    /// One of the three.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        match measure {
            Measure::Spend => self.nanos,
            Measure::Audio => self.audio_ms,
            Measure::OutputTokens => self.output_tokens,
        }
    }

    /// Whether these are enough for those.
    #[must_use]
    pub fn cover(&self, those: &Self) -> bool {
        self.at_least(those) == *self
    }

    /// In each measure the greater of both.
    #[must_use]
    pub fn at_least(&self, those: &Self) -> Self {
        Self {
            nanos: self.nanos.max(those.nanos),
            audio_ms: self.audio_ms.max(those.audio_ms),
            output_tokens: self.output_tokens.max(those.output_tokens),
        }
    }
    /// Each of the three, added.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            audio_ms: self.audio_ms.saturating_add(other.audio_ms),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }

    /// Each of the three, subtracted.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(other.nanos),
            audio_ms: self.audio_ms.saturating_sub(other.audio_ms),
            output_tokens: self.output_tokens.saturating_sub(other.output_tokens),
        }
    }

    /// Each of the three, or zero where it is less.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        Self { nanos: self.nanos.max(0), audio_ms: self.audio_ms.max(0), output_tokens: self.output_tokens.max(0) }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// All keys of an account.
    Account(AccountId),
    /// One key.
    Key(KeyId),
}

impl Owner {
    /// Its id; the prefixes tell accounts and keys apart.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(account) => account.as_str(),
            Self::Key(key) => key.as_str(),
        }
    }
}

/// A stretch of the calendar, in UTC: no time zone and no daylight-saving has a say in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From the first of a month to the first of the next.
    Month,
}

impl Window {
    /// All of them. In each every charge is counted, whether or not there is a ceiling yet.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// Its name, in the stores too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The window that holds a moment: its start, inclusive, and its end, exclusive.
    #[must_use]
    pub fn around(self, moment: Timestamp) -> (Timestamp, Timestamp) {
        let date = Offset::UTC.to_datetime(moment);
        let (start, span) = match self {
            Self::Hour => (date.date().at(date.hour(), 0, 0, 0), 1.hour()),
            Self::Day => (date.date().at(0, 0, 0, 0), 1.day()),
            Self::Month => (date.date().first_of_month().at(0, 0, 0, 0), 1.month()),
        };
        let utc = |date| Offset::UTC.to_timestamp(date);
        let start_at = utc(start).unwrap_or(moment);
        let end_at = start.checked_add(span).and_then(utc).unwrap_or(Timestamp::MAX);
        (start_at, end_at)
    }
}

/// A ceiling: in each window, what an owner has used and holds together never passes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Whose.
    pub owner: Owner,
    /// Keys that share it with its owner, a key whose place they have taken or that has taken theirs: what they use counts too.
    pub kin: Vec<KeyId>,
    /// Of what.
    pub measure: Measure,
    /// Over which stretches of time.
    pub window: Window,
    /// The most, in the measure's unit.
    pub ceiling: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_and_end_in_utc() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        for (window, moment, start, end) in [
            (Window::Hour, "2026-03-29T01:59:59.999999Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
            (Window::Day, "2026-03-29T02:00:00+02:00", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
            (Window::Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (Window::Month, "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Window::Day, "2026-10-25T00:00:00Z", "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"),
        ] {
            assert_eq!(window.around(at(moment)), (at(start), at(end)), "{window:?} of {moment}");
        }
    }
}
