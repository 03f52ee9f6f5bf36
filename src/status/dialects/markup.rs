//! Text that stands in HTML, SVG or Atom, and the ways in which numbers and times are written there.

use crate::domain::Timestamp;
use crate::status::{Measure, ModelStatus};

/// Text as it may stand in an element or an attribute of HTML and XML. Characters that XML cannot hold are left out.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(letter),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {}
            other => safe.push(other),
        }
    }
    safe
}

/// `26 Nov 2026, 04:05 UTC`.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// The same, so that programs read it too, in HTML.
pub fn time(at: Timestamp) -> String {
    format!("<time datetime=\"{}\">{}</time>", at.strftime("%Y-%m-%dT%H:%M:%SZ"), moment(at))
}

/// `26 Nov 2026`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

/// `340 ms`, `1.2 s`, `83 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} s", ms / 1000),
    }
}

/// The time to the first byte that half of the last hour's answers did not need.
pub fn first_byte(model: &ModelStatus) -> Option<String> {
    model.hour.quantile(Measure::FirstByte, 500).map(duration)
}

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(
            escaped("<b a='1' c=\"2\">&\u{0}\u{8}x</b>"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;x&lt;/b&gt;"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([999, 1_250, 83_700].map(duration), ["999 ms", "1.2 s", "83 s"]);
        assert_eq!([7, 1_000, 1_234_567].map(grouped), ["7", "1,000", "1,234,567"]);
        assert_eq!(moment("2026-11-06T04:05:06Z".parse().expect("a time")), "6 Nov 2026, 04:05 UTC");
    }
}
