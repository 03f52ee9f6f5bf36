//! What a recording would cost: its length, priced, with nothing recognised and nothing charged.

use std::time::Duration;

use crate::billing::{Line, billed_seconds, total};
use crate::domain::{Currency, Millis, NanoMoney};

/// An answer to "what if".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// All of its audio, silence included.
    pub duration: Millis,
    /// Audio that would be billed, in seconds; `None` where audio is not what is billed.
    pub billed_seconds: Option<u64>,
    /// What it would cost, if something is said in it.
    pub price: NanoMoney,
    /// How long a window that came now would wait for a worker.
    pub expected_wait: Duration,
}

impl Quote {
    /// For so much audio, as these lines price it.
    #[must_use]
    pub fn of(duration: Millis, lines: &[Line], currency: Currency, expected_wait: Duration) -> Self {
        Self { duration, billed_seconds: billed_seconds(lines), price: total(lines, currency), expected_wait }
    }
}
