//! Tells text that a model got stuck on, or left out, from text that it heard: by the figures of Whisper's own decoder
//! (compression ratio over 2.4, mean log-probability under -1.0, probability of no speech over 0.6), and by how much is
//! said in the time.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::domain::Millis;
use crate::transcript::WarningKind;

/// Text that zlib makes smaller than this many times repeats itself.
const MAX_COMPRESSION_RATIO: f32 = 2.4;
/// Tokens with a lower mean natural logarithm of their probability are guesses.
const MIN_AVG_LOGPROB: f32 = -1.0;

/// Guesses at what the model takes for no speech, more likely than this, are none.
const MAX_NO_SPEECH: f32 = 0.6;

/// Speech has some 12 letters a second in most languages, and 4 characters in Chinese; less than this has a gap.
const MIN_LETTERS_A_SECOND: u64 = 2;
/// In less time than this a single word may well be all that was said.
const GAP: Millis = Millis(8000);
/// How long a letter takes a slow speaker, and a Chinese character a fast one.
const LETTER: Millis = Millis(125);

/// How long a segment really is whose text is far too short for its `length`: the model skipped what came after it. A note
/// on what else is heard may hold for all of it.
#[must_use]
pub fn before_gap(text: &str, length: Millis) -> Option<Millis> {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count() as u64;
    let sparse = length > GAP && letters * 1000 < MIN_LETTERS_A_SECOND * length.0 && !is_note(text);
    sparse.then(|| Millis((letters * LETTER.0).max(1000)))
}

/// True for text of nothing but brackets, stars and note signs: `[Music]`, `(applause)`, `*laughs*`. Dots are none: so a
/// model writes what it leaves out.
fn is_note(text: &str) -> bool {
    if !text.contains(['[', '(', '\u{ff08}', '\u{3010}', '*', '\u{2669}', '\u{266a}', '\u{266b}', '\u{266c}']) {
        return false;
    }
    let (mut depth, mut in_stars) = (0_usize, false);
    let has_words = text.chars().any(|c| {
        match c {
            '[' | '(' | '\u{ff08}' | '\u{3010}' => depth += 1,
            ']' | ')' | '\u{ff09}' | '\u{3011}' => depth = depth.saturating_sub(1),
            '*' => in_stars = !in_stars,
            _ => {}
        }
        depth == 0 && !in_stars && c.is_alphanumeric()
    });
    !has_words && depth == 0 && !in_stars
}

/// Bytes of `text` over the bytes of its zlib form; 0 for no text.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a window's text has a few kilobytes")]
pub fn compression_ratio(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.map_or(0.0, |compressed| text.len() as f32 / compressed.len() as f32)
}

/// What is suspicious about a text, if anything.
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

/// Whether a text is what a model guesses where nobody speaks.
#[must_use]
pub fn is_of_silence(no_speech_prob: f32, avg_logprob: f32) -> bool {
    no_speech_prob > MAX_NO_SPEECH && avg_logprob < MIN_AVG_LOGPROB
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

    #[test]
    fn a_guess_is_of_silence_only_if_the_model_takes_it_for_that() {
        assert!(is_of_silence(0.7, -1.1));
        assert!(!is_of_silence(0.5, -1.1) && !is_of_silence(0.9, -0.9) && !is_of_silence(f32::NAN, -1.1));
    }

    #[test]
    fn a_few_words_do_not_take_half_a_minute() {
        let text = " The budget for security is $";
        assert_eq!(before_gap(text, Millis(24_000)), Some(Millis(22 * 125)));
        assert_eq!(before_gap(text, Millis(7000)), None);
        assert_eq!(before_gap(&text.repeat(4), Millis(24_000)), None);
        assert_eq!(before_gap(" Yes.", Millis(9000)), Some(Millis(1000)));
    }

    #[test]
    fn a_note_on_music_may_hold_for_half_a_minute() {
        for note in [
            " [Music]",
            " (soft music) [Applause]",
            " \u{266a}\u{266a}",
            "\u{ff08}\u{97f3}\u{697d}\u{ff09}",
            "\u{3010}\u{62cd}\u{624b}\u{3011}",
            " *sad music*",
        ] {
            assert_eq!(before_gap(note, Millis(29_760)), None, "{note}");
        }
        for text in [" [Music] Yes.", " (the", " Hm) [Music]", " 5 * 3", " *", " ..."] {
            assert!(before_gap(text, Millis(29_760)).is_some(), "{text}");
        }
    }
}
