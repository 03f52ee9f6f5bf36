//! Bytes as hexadecimal digits, two for each.

use std::fmt::Write as _;

/// In small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}"); // a String takes every write
        digits
    })
}

/// The bytes, if the digits are as many as those need; in small or in capital letters.
#[must_use]
pub fn unhex<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    // A sign would be read as a part of the number.
    if digits.len() != BYTES * 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_as_they_are_written() {
        assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
        assert_eq!((unhex("000aff"), unhex("000AFF")), (Some([0, 0x0a, 0xff]), Some([0, 0x0a, 0xff])));
        for digits in ["", "000af", "000aff00", "000a+f", "000axf", "000aé"] {
            assert_eq!(unhex::<3>(digits), None, "{digits}");
        }
    }
}
