//! A stretch of time in buckets, and the cursor that leads to the rest of it.

use std::fmt;
use std::str::FromStr;

use crate::domain::Timestamp;

/// Whole buckets, side by side: `[start, end)`, in seconds since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first second, a multiple of the width.
    pub start: i64,
    /// The first second after it, a multiple of the width.
    pub end: i64,
    /// Seconds in a bucket.
    pub width: i64,
}

/// Where the next page begins, and where the last one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    start: i64,
    end: i64,
}

/// Why a text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is the next_page of the answer before")]
pub struct NoCursor;

impl Span {
    /// The buckets that hold any moment of `[start, end)`.
    #[must_use]
    pub fn around(start: i64, end: i64, width: i64) -> Self {
        let floor = start.div_euclid(width) * width;
        let ceiling = end.saturating_add(width - 1).div_euclid(width) * width;
        Self { start: floor, end: ceiling, width }
    }

    /// What of it a page shows, and where the next begins.
    #[must_use]
    pub fn page(self, limit: i64) -> (Self, Option<Cursor>) {
        let end = self.end.min(self.start.saturating_add(limit.saturating_mul(self.width)));
        let next = (end < self.end).then_some(Cursor { start: end, end: self.end });
        (Self { end, ..self }, next)
    }

    /// What is left of it from a cursor on; `None` if that came from another question.
    #[must_use]
    pub fn from(self, cursor: Cursor) -> Option<Self> {
        let Cursor { start, end } = cursor;
        let fits = self.start < start && start < end && start % self.width == 0 && end % self.width == 0;
        fits.then_some(Self { start, end, ..self })
    }

    /// The first seconds of its buckets.
    pub fn starts(self) -> impl Iterator<Item = i64> {
        (0..).map(move |bucket| self.start + bucket * self.width).take_while(move |start| *start < self.end)
    }

    /// The same in the ledger's terms.
    #[must_use]
    pub fn times(self) -> (Timestamp, Timestamp) {
        let time = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        (time(self.start), time(self.end))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page_{:x}_{:x}", self.start, self.end)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (start, end) = text.strip_prefix("page_").and_then(|rest| rest.split_once('_')).ok_or(NoCursor)?;
        // So many digits that no time is too large for what is worked out with it.
        let second = |digits: &str| match digits.len() {
            1..=10 => i64::from_str_radix(digits, 16).map_err(|_| NoCursor),
            _ => Err(NoCursor),
        };
        Ok(Self { start: second(start)?, end: second(end)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let mut span = Some(Span::around(90_000, 700_001, 86_400));
        let (mut starts, mut pages) = (Vec::new(), 0);
        while let Some(rest) = span {
            let (page, next) = rest.page(3);
            starts.extend(page.starts());
            let cursor = next.map(|next| next.to_string().parse().expect("it is read as it is written"));
            span = cursor.map(|cursor| rest.from(cursor).expect("it belongs to the same question"));
            pages += 1;
        }
        let expected: Vec<i64> = (1..=8).map(|day| day * 86_400).collect();
        assert_eq!((starts, pages), (expected, 3));
    }

    #[test]
    fn a_cursor_of_another_question_is_told() {
        let hours = Span::around(0, 86_400, 3_600).page(1).1.expect("there is more");
        assert_eq!(Span::around(0, 86_400, 86_400).from(hours), None);
        for text in ["", "page_", "page_1", "page_x_y", "page_0_fffffffffffffffff", "page_-1_2"] {
            let read = text.parse::<Cursor>().ok().and_then(|cursor| Span::around(0, 86_400, 60).from(cursor));
            assert_eq!(read, None, "{text:?}");
        }
    }
}
