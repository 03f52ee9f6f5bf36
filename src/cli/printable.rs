//! Names of files on a terminal: whoever named a file does not get to move the cursor, or to start a new line.

/// The text with its control characters written as a Rust literal has them: `\n`, `\u{1b}`. Doing it twice changes
/// nothing more.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(printable("größe \\ 会議.wav"), "größe \\ 会議.wav");
        let shown = printable("a\x1b[31m\n\u{9b}b");
        assert_eq!(shown, r"a\u{1b}[31m\n\u{9b}b");
        assert_eq!(printable(&shown), shown);
    }
}
