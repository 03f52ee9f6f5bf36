//! How much an account, or one of its keys, may use. Users behind a key are never limited or counted.

use serde::{Deserialize, Serialize};

use super::WrittenLimits;
use crate::billing::{Budget, Measure, Owner, Window};
use crate::domain::KeyId;

/// Ceilings; what is `None` has none. The first two are kept by each server in memory, the others by the ledger. They are
/// written as [`WrittenLimits`], in the store too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "WrittenLimits", try_from = "WrittenLimits")]
pub struct Limits {
    /// Requests a minute.
    pub requests_per_minute: Option<u32>,
    /// Requests at the same time.
    pub concurrent_requests: Option<u32>,
    /// Minutes of audio an hour.
    pub audio_minutes_per_hour: Option<u32>,
    /// Minutes of audio a day.
    pub audio_minutes_per_day: Option<u32>,
    /// Tokens written an hour.
    pub output_tokens_per_hour: Option<u64>,
    /// Tokens written a day.
    pub output_tokens_per_day: Option<u64>,
    /// Money a month, in nanos of the account's currency.
    pub spend_nanos_per_month: Option<i64>,
}

impl Limits {
    /// What the ledger keeps of them, for this owner and for keys that share them with it.
    #[must_use]
    pub fn budgets(&self, owner: &Owner, kin: &[KeyId]) -> Vec<Budget> {
        let minutes = |minutes: Option<u32>| minutes.map(|minutes| i64::from(minutes) * 60_000);
        let tokens = |tokens: Option<u64>| tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX));
        [
            (Measure::Audio, Window::Hour, minutes(self.audio_minutes_per_hour)),
            (Measure::Audio, Window::Day, minutes(self.audio_minutes_per_day)),
            (Measure::OutputTokens, Window::Hour, tokens(self.output_tokens_per_hour)),
            (Measure::OutputTokens, Window::Day, tokens(self.output_tokens_per_day)),
            (Measure::Spend, Window::Month, self.spend_nanos_per_month),
        ]
        .into_iter()
        .filter_map(|(measure, window, ceiling)| {
            Some(Budget { owner: owner.clone(), kin: kin.to_vec(), measure, window, ceiling: ceiling? })
        })
        .collect()
    }

    /// These, and where they say nothing, those.
    #[must_use]
    pub fn or(self, those: Self) -> Self {
        Self {
            requests_per_minute: self.requests_per_minute.or(those.requests_per_minute),
            concurrent_requests: self.concurrent_requests.or(those.concurrent_requests),
            audio_minutes_per_hour: self.audio_minutes_per_hour.or(those.audio_minutes_per_hour),
            audio_minutes_per_day: self.audio_minutes_per_day.or(those.audio_minutes_per_day),
            output_tokens_per_hour: self.output_tokens_per_hour.or(those.output_tokens_per_hour),
            output_tokens_per_day: self.output_tokens_per_day.or(those.output_tokens_per_day),
            spend_nanos_per_month: self.spend_nanos_per_month.or(those.spend_nanos_per_month),
        }
    }
}
