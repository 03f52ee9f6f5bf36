//! What settled rows add to the roll-up, which answers questions about usage without reading rows.

use std::collections::BTreeMap;

use crate::billing::{Entry, Kind, Service};
use crate::domain::{AccountId, Currency, KeyId};

/// The widths of a roll-up's rows in seconds: minutes, and hours for long stretches of time.
pub const WIDTHS: [i64; 2] = [60, 3600];

/// Names a row of the roll-up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollupKey {
    pub account: AccountId,
    /// One of [`WIDTHS`].
    pub width: i64,
    /// Its first second since 1970, a multiple of the width.
    pub start: i64,
    pub key: Option<KeyId>,
    pub model: String,
    pub service: Service,
    pub batch: bool,
    pub currency: Currency,
}

/// What is added to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub requests: i64,
    pub audio_ms: i64,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub nanos: i64,
}

/// What these rows add, in a fixed order.
pub fn rollup(entries: &[Entry]) -> BTreeMap<RollupKey, Totals> {
    let mut sums = BTreeMap::<_, Totals>::new();
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Settle) {
        let usage = entry.usage.unwrap_or_default();
        for width in WIDTHS {
            let key = RollupKey {
                account: entry.account.clone(),
                width,
                start: entry.admitted_at.as_second().div_euclid(width) * width,
                key: entry.key.clone(),
                model: entry.model.clone(),
                service: entry.service,
                batch: usage.batch,
                currency: entry.currency,
            };
            let sum = sums.entry(key).or_default();
            sum.requests += 1;
            sum.audio_ms = sum.audio_ms.saturating_add(usage.audio_ms);
            sum.input_tokens = sum.input_tokens.saturating_add(usage.input_tokens);
            sum.cached_tokens = sum.cached_tokens.saturating_add(usage.cached_tokens);
            sum.output_tokens = sum.output_tokens.saturating_add(usage.output_tokens);
            sum.nanos = sum.nanos.saturating_add(entry.used.nanos);
        }
    }
    sums
}
