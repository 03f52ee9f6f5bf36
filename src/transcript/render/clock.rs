//! How subtitles write a place on the recording's clock.

use std::fmt;

use crate::domain::Millis;

/// Hours, minutes, seconds and milliseconds, with the mark that the format puts before the milliseconds.
pub(super) struct Clock {
    pub at: Millis,
    /// `,` in SubRip, `.` in WebVTT.
    pub mark: char,
}

impl fmt::Display for Clock {
    /// `01:05:03,250`; the hours take as many digits as they need.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Millis(ms) = self.at;
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}{}{:03}", self.mark, ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ms: u64) -> String {
        Clock { at: Millis(ms), mark: ',' }.to_string()
    }

    #[test]
    fn minutes_start_again_after_each_hour() {
        assert_eq!(written(0), "00:00:00,000");
        assert_eq!(written(3_599_999), "00:59:59,999");
        assert_eq!(written(3_903_250), "01:05:03,250");
        assert_eq!(written(100 * 3_600_000), "100:00:00,000");
    }
}
