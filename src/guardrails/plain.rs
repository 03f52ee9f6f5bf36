//! A text as its reader sees it: what patterns are compared with, so that other letters for the same word do not help.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::unicode::is_invisible;

/// Letters of other alphabets that look like plain ones, and those.
const LOOKALIKES: [(char, char); 50] = [
    // Cyrillic
    ('а', 'a'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ӏ', 'l'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('у', 'y'),
    ('А', 'A'),
    ('В', 'B'),
    ('С', 'C'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('К', 'K'),
    ('М', 'M'),
    ('О', 'O'),
    ('Р', 'P'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('У', 'Y'),
    // Greek
    ('α', 'a'),
    ('ι', 'i'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('υ', 'u'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

/// The text in its compatibility form, without what has no width. More than thirty marks on one letter are put in order
/// in stretches of thirty (Unicode's Stream-Safe Text Format), or all of them would be held at once, in ten times their
/// bytes. What parts the stretches has no width.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.stream_safe().nfkc().filter(|letter| !is_invisible(*letter)).collect())
}

/// The same, with plain letters in place of those that look like them.
pub(super) fn latin(plain: &str) -> Cow<'_, str> {
    let look = |letter: char| LOOKALIKES.iter().find(|(other, _)| *other == letter).map_or(letter, |(_, latin)| *latin);
    if plain.chars().all(|letter| look(letter) == letter) {
        return Cow::Borrowed(plain);
    }
    Cow::Owned(plain.chars().map(look).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_letters_for_the_same_word_are_that_word() {
        for text in ["ignore", "𝐢𝐠𝐧𝐨𝐫𝐞", "ｉｇｎｏｒｅ", "ig\u{200B}no\u{AD}re", "іgnоrе", "\u{24D8}gnore"]
        {
            assert_eq!(latin(&plain(text)), "ignore", "{text:?}");
        }
        assert_eq!(latin(&plain("naïve 日本 한국어 ខ្មែរ")), "naïve 日本 한국어 ខ្មែរ");
    }

    #[test]
    fn marks_are_put_in_order_in_stretches_of_thirty() {
        let (acute, dot) = ("\u{301}", "\u{323}");
        let marked = |marks: usize| format!("a{}{dot}", acute.repeat(marks));
        assert_eq!(plain(&marked(2)), format!("\u{1EA1}{acute}{acute}"), "the dot goes first, and joins its letter");
        assert_eq!(plain(&marked(90)), format!("á{}{dot}", acute.repeat(89)), "it is too far away");
    }

    #[test]
    fn what_has_no_width_is_not_in_the_way() {
        let ignorable = [
            0xAD..=0xAD,
            0x34F..=0x34F,
            0x61C..=0x61C,
            0x115F..=0x1160,
            0x17B4..=0x17B5,
            0x180B..=0x180F,
            0x200B..=0x200F,
            0x202A..=0x202E,
            0x2060..=0x206F,
            0x3164..=0x3164,
            0xFE00..=0xFE0F,
            0xFEFF..=0xFEFF,
            0xFFA0..=0xFFA0,
            0xFFF0..=0xFFFB,
            0x1BCA0..=0x1BCA3,
            0x1D173..=0x1D17A,
            0xE0000..=0xE0FFF,
        ];
        for letter in ignorable.into_iter().flatten().filter_map(char::from_u32) {
            assert_eq!(plain(&format!("ig{letter}nore")), "ignore", "{letter:?}");
        }
    }
}
