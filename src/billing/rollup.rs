//! Settled rows, added up by bucket, key, model and kind of work: the same sums that a store keeps, from the rows.

use std::collections::BTreeMap;

use super::{Entry, Service, UsageRow};
use crate::domain::{AccountId, Currency, KeyId, Timestamp};

/// Sums so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    bucket_seconds: i64,
    rows: BTreeMap<Place, UsageRow>,
}

/// Names a row of it.
pub type Place = (Timestamp, AccountId, Option<KeyId>, String, Service, bool, Currency);

impl UsageRow {
    /// What tells it apart from other rows.
    #[must_use]
    pub fn place(&self) -> Place {
        let Self { start, account, key, model, service, batch, currency, .. } = self.clone();
        (start, account, key, model, service, batch, currency)
    }
}

impl Rollup {
    /// Of nothing yet, in buckets of this width; they begin at multiples of it since 1970.
    #[must_use]
    pub fn new(bucket_seconds: i64) -> Self {
        Self { bucket_seconds, rows: BTreeMap::new() }
    }

    /// The rows, in order of time, account, key, model and service.
    #[must_use]
    pub fn rows(&self) -> &BTreeMap<Place, UsageRow> {
        &self.rows
    }

    /// Adds a settled row.
    pub fn add(&mut self, row: &Entry) {
        let usage = row.usage.unwrap_or_default();
        let second = row.admitted_at.as_second().div_euclid(self.bucket_seconds) * self.bucket_seconds;
        let nothing = UsageRow {
            start: Timestamp::from_second(second).unwrap_or(row.admitted_at),
            account: row.account.clone(),
            key: row.key.clone(),
            model: row.model.clone(),
            service: row.service,
            batch: usage.batch,
            requests: 0,
            audio_ms: 0,
            input_tokens: 0,
            cached_tokens: 0,
            output_tokens: 0,
            nanos: 0,
            currency: row.currency,
        };
        let sum = self.rows.entry(nothing.place()).or_insert(nothing);
        sum.requests += 1;
        sum.audio_ms = sum.audio_ms.saturating_add(usage.audio_ms);
        sum.input_tokens = sum.input_tokens.saturating_add(usage.input_tokens);
        sum.cached_tokens = sum.cached_tokens.saturating_add(usage.cached_tokens);
        sum.output_tokens = sum.output_tokens.saturating_add(usage.output_tokens);
        sum.nanos = sum.nanos.saturating_add(row.used.nanos);
    }
}
