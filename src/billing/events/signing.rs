//! Signatures as Standard Webhooks has them: <https://github.com/standard-webhooks/standard-webhooks>, version 1.0.0.
//!
//! HMAC-SHA-256 over `id.timestamp.body`. A key is written `whsec_` and the base64 of its bytes. Where one takes the
//! place of another, both sign for a while.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

/// Bytes of a key.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// More than one sender ever needs at a time.
const MOST: usize = 8;

/// What requests are signed with, the newest first. Its `Debug` shows none of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SigningKeys(Vec<Zeroizing<Vec<u8>>>);

impl SigningKeys {
    /// One key, or several with white space between them. `None`: something else is there too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let keys: Vec<_> = text.split_whitespace().map(key).collect::<Option<_>>()?;
        (1..=MOST).contains(&keys.len()).then_some(Self(keys))
    }

    /// These, and then those.
    #[must_use]
    pub fn and(mut self, those: Self) -> Self {
        self.0.extend(those.0);
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the header `webhook-signature`: `v1,` and the base64 of the signature, for each key.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let sign = |key: &Zeroizing<Vec<u8>>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?; // a key of any length will do
            mac.update(head.as_bytes());
            mac.update(body);
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        };
        self.0.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
    }
}

fn key(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix("whsec_")?).ok()?);
    BYTES.contains(&bytes.len()).then_some(bytes)
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: usize) -> String {
        format!("whsec_{}", STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        for text in ["", " ", "whsec_", "whsec_?", "secret", &written(23), &written(65), &written(32)[6..]] {
            assert_eq!(SigningKeys::parse(text), None, "{text:?}");
        }
        assert_eq!(SigningKeys::parse(&format!("{} x", written(24))), None);
        assert!(SigningKeys::parse(&written(24)).is_some() && SigningKeys::parse(&written(64)).is_some());
    }

    #[test]
    fn each_key_signs_and_none_is_shown() {
        let keys = SigningKeys::parse(&format!("{}\n{}\n", written(32), written(24))).expect("two keys");
        let signed = keys.sign("msg_1", 1_790_000_000, b"[]");
        let each: Vec<_> = signed.split(' ').collect();
        assert!(each.len() == 2 && each[0] != each[1] && each.iter().all(|one| one.starts_with("v1,")), "{signed}");
        assert_eq!(format!("{keys:?}"), "SigningKeys(2)");
    }
}
