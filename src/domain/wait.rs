//! How long another server wants to be left alone.

use std::time::{Duration, SystemTime};

/// From the value of a `Retry-After`: seconds or a date (RFC 9110, section 10.2.3), which may be over.
#[must_use]
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Thu, 26 Nov 2026 08:00:00 GMT").expect("a date");
        for (text, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Thu, 26 Nov 2026 08:00:42 GMT", Some(42)),
            ("Thursday, 26-Nov-26 08:01:00 GMT", Some(60)),
            ("Thu Nov 26 08:00:05 2026", Some(5)),
            ("Thu, 26 Nov 2026 07:59:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
