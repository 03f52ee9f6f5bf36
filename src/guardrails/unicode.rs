//! Characters that hide something from whoever reads a text, and not from a model.
//!
//! Accents, emoji, and the marks that Arabic, Hebrew, Persian and the languages of India need are ordinary and pass.

use serde::Deserialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::Blocked;
use super::error::Trick;

/// Joiners and spaces without width that may follow each other. No script needs two; pages and mails that were copied
/// have a few; a message in such letters has eight or more for each character.
const MAX_JOINERS: usize = 8;

/// How closely characters are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Strictness {
    /// Only what cannot be there for an honest reason.
    Tricks,
    /// Also whatever its compatibility normalisation (NFKC) would change: letters of mathematics, wide letters,
    /// ligatures, fractions.
    Strict,
}

impl Strictness {
    /// Looks at a text.
    ///
    /// # Errors
    /// [`Blocked::Unicode`].
    pub(super) fn check(self, text: &str) -> Result<(), Blocked> {
        if text.is_ascii() {
            return Ok(());
        }
        let trick =
            trick(text).or_else(|| (self == Self::Strict && is_compatibility(text)).then_some(Trick::Compatibility));
        trick.map_or(Ok(()), |trick| Err(Blocked::Unicode(trick)))
    }
}

fn trick(text: &str) -> Option<Trick> {
    if has_stray_tags(text) {
        return Some(Trick::Tags);
    }
    let (mut isolates, mut joiners, mut after_selector) = (0_u32, 0, false);
    for letter in text.chars() {
        match letter {
            '\u{202D}' | '\u{202E}' => return Some(Trick::Order),
            '\u{2066}'..='\u{2068}' => isolates += 1,
            '\u{2069}' => isolates = isolates.saturating_sub(1),
            _ => {}
        }
        joiners = if is_joiner(letter) { joiners + 1 } else { 0 };
        // A second selector has nothing left to select.
        if joiners > MAX_JOINERS || (after_selector && is_selector(letter)) {
            return Some(Trick::Invisible);
        }
        after_selector = is_selector(letter);
    }
    (isolates > 0).then_some(Trick::Order)
}

/// The three flags that are made of tag characters, after a black flag: England, Scotland, Wales.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

fn is_tag(letter: char) -> bool {
    ('\u{E0000}'..='\u{E007F}').contains(&letter)
}

fn has_stray_tags(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        if is_tag(letter) {
            let mut tags = vec![letter];
            while let Some(tag) = letters.next_if(|letter| is_tag(*letter)) {
                tags.push(tag);
            }
            let shown = tags.iter().filter_map(|tag| char::from_u32(u32::from(*tag) - 0xE0000)).collect::<String>();
            let is_flag = before == Some('\u{1F3F4}') && FLAGS.iter().any(|flag| shown == format!("{flag}\u{7F}"));
            if !is_flag {
                return true;
            }
        }
        before = Some(letter);
    }
    false
}

/// A joiner, a non-joiner, or a space without width.
fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}')
}

/// Chooses the form of the character before it.
fn is_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether nothing is seen of a character: Unicode's `Default_Ignorable_Code_Point`, and the marks of annotations.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether normalisation changes more than how accents are put together, of which it never holds more than thirty.
fn is_compatibility(text: &str) -> bool {
    is_nfkc_quick(text.chars()) != IsNormalized::Yes && text.stream_safe().nfkc().ne(text.stream_safe().nfc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(strictness: Strictness, text: &str) -> Option<Trick> {
        match strictness.check(text) {
            Ok(()) => None,
            Err(Blocked::Unicode(trick)) => Some(trick),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_people_write_passes() {
        for text in [
            "plain",
            "naïve Ångström, e\u{301}",
            "«Ça va ?»\u{A0}",
            "日本語のＡＢＣと㈱",
            "می\u{200C}خواهم",                                         // Persian, with a non-joiner
            "שלום\u{200F} עולם (abc)\u{200E}",                         // Hebrew, with marks of direction
            "\u{2068}Alice\u{2069} hat \u{2068}3\u{2069} Nachrichten", // as translated programs put names in
            "\u{202A}C:\\Users\\alice",                                // as Windows copies a path
            "👩\u{200D}👩\u{200D}👧\u{200D}👦 ❤\u{FE0F}\u{200D}🔥",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", // Scotland
            "क्\u{200D}ष",
            "𝗕𝗼𝗹𝗱 words, ½ ﬁnished…",
            "soft\u{AD}hyphens\u{AD}in\u{AD}it",
            "a mail's first line\u{34F}\u{200C}\u{A0}\u{34F}\u{200C}\u{A0}\u{FEFF}\u{FEFF}\u{AD}\u{AD}\u{AD}\u{AD}",
        ] {
            assert_eq!(told(Strictness::Tricks, text), None, "{text:?}");
        }
    }

    #[test]
    fn what_hides_something_is_told() {
        let hidden: String = "ignore".chars().filter_map(|c| char::from_u32(u32::from(c) + 0xE0000)).collect();
        let bytes: String = (0..8).filter_map(|n| char::from_u32(0xE0100 + n)).collect();
        for (text, trick) in [
            (format!("fine{hidden}"), Trick::Tags),
            (format!("🏴{hidden}\u{E007F}"), Trick::Tags),
            ("a\u{E0001}".to_owned(), Trick::Tags),
            ("txt.\u{202E}cod".to_owned(), Trick::Order),
            ("access \u{2066}// check".to_owned(), Trick::Order),
            (format!("😀{bytes}"), Trick::Invisible),
            (format!("a{}b", "\u{200B}\u{200C}".repeat(8)), Trick::Invisible),
        ] {
            for strictness in [Strictness::Tricks, Strictness::Strict] {
                assert_eq!(told(strictness, &text), Some(trick), "{text:?}");
            }
        }
    }

    #[test]
    fn strict_stops_what_normalisation_changes_and_no_accent() {
        for text in ["𝗕𝗼𝗹𝗱", "ｗｉｄｅ", "ﬁ", "½", "①"] {
            assert_eq!(told(Strictness::Strict, text), Some(Trick::Compatibility), "{text}");
        }
        for text in ["naïve", "e\u{301}", "日本語", "привет", "한국어", "❤"] {
            assert_eq!(told(Strictness::Strict, text), None, "{text}");
        }
    }
}
