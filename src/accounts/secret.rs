//! A key as its holder has it: `mnt_<public id>_<secret>`. It is shown once; the store has a digest of the secret.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::domain::{KeyId, hex};

/// Bytes of a secret: 256 bits, so that nobody guesses it and a fast digest is as good as a slow one.
const BYTES: usize = 32;

/// A key, whole. Its `Debug` shows the public part.
pub struct Secret {
    id: KeyId,
    secret: SecretString,
}

/// What digests are made with, kept apart from the store: who has the one without the other can test no guess.
pub struct Pepper(Hmac<Sha256>);

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key looks like mnt_<id>_<secret>")]
pub struct UnfitSecret;

impl Secret {
    /// A key that nobody has had before.
    ///
    /// # Errors
    /// The system's, if it gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0_u8; 9], [0_u8; BYTES]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        let id = format!("key_{}", hex(&id)).parse().map_err(|_| getrandom::Error::UNEXPECTED)?;
        Ok(Self { id, secret: URL_SAFE_NO_PAD.encode(secret).into() })
    }

    /// Its public part.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole, for its holder's eyes.
    #[must_use]
    pub fn reveal(&self) -> String {
        let id = self.id.as_str().trim_start_matches("key_");
        format!("mnt_{id}_{}", self.secret.expose_secret())
    }

    /// What the store keeps of it: HMAC-SHA-256 of the secret under the pepper.
    #[must_use]
    pub fn digest(&self, pepper: &Pepper) -> [u8; 32] {
        let mut mac = pepper.0.clone();
        mac.update(self.secret.expose_secret().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether the store's digest is of this secret; takes as long whatever the answer.
    #[must_use]
    pub fn matches(&self, digest: &[u8; 32], pepper: &Pepper) -> bool {
        self.digest(pepper).ct_eq(digest).into()
    }
}

impl FromStr for Secret {
    type Err = UnfitSecret;

    fn from_str(text: &str) -> Result<Self, UnfitSecret> {
        let (id, secret) = text.strip_prefix("mnt_").and_then(|rest| rest.split_once('_')).ok_or(UnfitSecret)?;
        let fit = !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let whole = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == BYTES);
        if !fit || !whole {
            return Err(UnfitSecret);
        }
        Ok(Self { id: format!("key_{id}").parse().map_err(|_| UnfitSecret)?, secret: secret.into() })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.id)
    }
}

impl Pepper {
    /// From bytes that were random when they were made.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        // A block of the digest, padded as HMAC pads a shorter key.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&bytes);
        Self(Hmac::new(&block.into()))
    }

    /// What the store keeps of it, to tell another one by: its digest of a text that no secret is, as it has a space.
    #[must_use]
    pub fn mark(&self) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(b"the pepper of minuted");
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_again_by_its_digest_alone() {
        let secret = Secret::generate().expect("random bytes");
        let shown: Secret = secret.reveal().parse().expect("a key");
        assert_eq!(shown.id(), secret.id());
        let (pepper, other) = (Pepper::new([7; 32]), Pepper::new([8; 32]));
        assert!(shown.matches(&secret.digest(&pepper), &pepper));
        assert!(!shown.matches(&secret.digest(&other), &pepper));
        assert!(!Secret::generate().expect("random bytes").matches(&secret.digest(&pepper), &pepper));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[30..]), "Debug hides the secret");
    }

    #[test]
    fn what_is_no_key_is_told_apart_without_the_store() {
        let short = format!("mnt_0123_{}", "A".repeat(42));
        for text in ["", "sk-123", "mnt_", "mnt_0123_", "mnt__AAAA", "mnt_xyz_AAAA", &short] {
            assert!(text.parse::<Secret>().is_err(), "{text:?}");
        }
    }
}
