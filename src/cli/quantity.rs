//! Sizes and durations as people read them.

use std::time::Duration;

use crate::domain::Millis;

/// `12.6 MB`, in powers of a thousand, as disks and downloads are sold.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// `0:07`, `12:31`, `3:04:05`.
pub(super) fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How much faster than real time: `24× real time`, `0.8× real time`.
pub(super) fn speed(audio: Millis, took: Duration) -> String {
    let times = audio.as_secs_f64() / took.as_secs_f64().max(0.001);
    if times < 10.0 { format!("{times:.1}× real time") } else { format!("{times:.0}× real time") }
}

/// `1 file`, `3 files`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// What `span` takes.
const SPAN: &str = "a number of seconds, minutes, hours or days, such as 90s, 15m, 24h or 30d";

/// `90s`, `15m`, `24h`, `30d`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let unit = |letter| match letter {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let read = || {
        let scale: u64 = unit(text.chars().last()?)?;
        let number: u64 = text[..text.len() - 1].parse().ok()?;
        number.checked_mul(scale).map(Duration::from_secs)
    };
    read().ok_or_else(|| format!("it is {SPAN}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(12_606_490), "12.6 MB");
        assert_eq!(size(3_095_033_483), "3.10 GB");
        assert_eq!(clock(Duration::from_millis(7_900)), "0:07");
        assert_eq!(clock(Duration::from_secs(11_045)), "3:04:05");
        assert_eq!(speed(Millis(60_000), Duration::from_millis(2_500)), "24× real time");
        assert_eq!(speed(Millis(800), Duration::from_secs(1)), "0.8× real time");
        assert_eq!(span("24h"), span("1d"));
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        for unfit in ["", "90", "h", "1w", "-1d", "1.5h", "99999999999999999999d", "1é"] {
            assert!(span(unfit).is_err(), "{unfit}");
        }
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".to_owned(), "0 files".to_owned()));
    }
}
