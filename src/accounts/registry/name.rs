//! What people call accounts and keys. A name must look like what it is wherever it is read: in a table, a log line or an
//! invoice.

use super::{RegistryError, unfit};

/// The most characters.
const MOST: usize = 100;

/// Whether a key can be called that.
///
/// # Errors
/// [`RegistryError::Unfit`].
pub(super) fn check(name: &str) -> Result<(), RegistryError> {
    if let Some(letter) = name.chars().find(|letter| is_unseen(*letter)) {
        let why = "which is not seen, or changes the order in which other characters are; leave it out";
        return Err(unfit("name", &format!("it has the character U+{:04X}, {why}", u32::from(letter))));
    }
    if name.trim() == name && (1..=MOST).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(unfit("name", &format!("it has 1 to {MOST} characters, and no space around it")))
}

/// The same for an account, which is found by its name or its id, so that one cannot look like the other.
///
/// # Errors
/// [`RegistryError::Unfit`].
pub(super) fn check_of_account(name: &str) -> Result<(), RegistryError> {
    check(name)?;
    if name.starts_with("acc_") { Err(unfit("name", "what begins with acc_ is an id")) } else { Ok(()) }
}

/// Control characters, line separators, marks of direction, and what Unicode has as ignorable when it is displayed (the
/// property `Default_Ignorable_Code_Point`).
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_is_seen_of_it() {
        for name in ["acme", "Größe & Söhne (2)", "会議室", "שלום", "a", &"é".repeat(100), "😀 ½"] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
        for (name, told) in [
            ("acme\u{202E}gpj", "U+202E"),
            ("\u{2066}acme\u{2069}", "U+2066"),
            ("ac\u{200B}me", "U+200B"),
            ("acme\u{FEFF}", "U+FEFF"),
            ("acme\u{E0041}", "U+E0041"),
            ("two\nlines", "U+000A"),
            ("two\u{2028}lines", "U+2028"),
            ("\u{1B}[31macme", "U+001B"),
            ("", "1 to 100"),
            (" acme", "no space"),
            (&"x".repeat(101), "1 to 100"),
        ] {
            let error = check(name).expect_err(told).to_string();
            assert!(error.starts_with("name: ") && error.contains(told), "{name:?}: {error}");
        }
        assert!(check_of_account("acc_1").is_err() && check("acc_1").is_ok());
    }
}
