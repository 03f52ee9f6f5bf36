//! What was wrong with a recording that could be decoded all the same.

use crate::domain::Millis;

/// Damage met after which decoding could not go on, or that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// In the caller's terms: `the file is cut off`, `12 corrupt packets were skipped`.
    pub what: String,
    /// How much audio was decoded before the first damage.
    pub at: Millis,
}
