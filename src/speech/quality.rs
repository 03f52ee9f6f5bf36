//! Tells text that a model got stuck on from text that it heard, by the two figures of Whisper's own decoder
//! (compression ratio over 2.4, mean log-probability under -1.0).

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::transcript::WarningKind;

/// Text that zlib makes smaller than this many times repeats itself.
const MAX_COMPRESSION_RATIO: f32 = 2.4;
/// Tokens with a lower mean natural logarithm of their probability are guesses.
const MIN_AVG_LOGPROB: f32 = -1.0;

/// Bytes of `text` over the bytes of its zlib form; 0 for no text.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a window's text has a few kilobytes")]
pub fn compression_ratio(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.map_or(0.0, |compressed| text.len() as f32 / compressed.len() as f32)
}

/// What is suspicious about a window's text, if anything.
#[must_use]
pub fn doubt(text: &str, avg_logprob: f32) -> Option<WarningKind> {
    if text.trim().is_empty() {
        None
    } else if compression_ratio(text) > MAX_COMPRESSION_RATIO {
        Some(WarningKind::Repetition)
    } else if avg_logprob < MIN_AVG_LOGPROB {
        Some(WarningKind::LowConfidence)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_and_a_guess_are_doubted_and_plain_text_is_not() {
        let plain = " The meeting starts at nine, and the budget comes first on the agenda.";
        assert_eq!(doubt(plain, -0.3), None);
        assert_eq!(doubt(plain, -1.4), Some(WarningKind::LowConfidence));
        assert_eq!(doubt(&" Thank you.".repeat(12), -0.1), Some(WarningKind::Repetition));
        assert_eq!(doubt("", -9.0), None);
    }
}
