//! Limits as people write and read them, in the file of plans, the admin API and the store: money is a decimal number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Limits;
use crate::domain::{decimal, parse_decimal};

/// Ceilings, of an account or of a key; what is missing has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Limits)]
pub struct WrittenLimits {
    /// Requests a minute, 1 to 1000000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Requests at the same time, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent_requests: Option<u32>,
    /// Minutes of audio an hour, from one full hour in UTC to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_minutes_per_hour: Option<u32>,
    /// Minutes of audio a day, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_minutes_per_day: Option<u32>,
    /// Tokens written an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_per_hour: Option<u64>,
    /// Tokens written a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_per_day: Option<u64>,
    /// Money a calendar month in UTC: a decimal number, in the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "250.00")]
    pub spend_per_month: Option<String>,
}

/// Why a limit is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct UnfitLimit {
    /// Which.
    pub field: &'static str,
    /// What it can be.
    pub why: &'static str,
}

impl From<Limits> for WrittenLimits {
    fn from(limits: Limits) -> Self {
        Self {
            requests_per_minute: limits.requests_per_minute,
            concurrent_requests: limits.concurrent_requests,
            audio_minutes_per_hour: limits.audio_minutes_per_hour,
            audio_minutes_per_day: limits.audio_minutes_per_day,
            output_tokens_per_hour: limits.output_tokens_per_hour,
            output_tokens_per_day: limits.output_tokens_per_day,
            spend_per_month: limits.spend_nanos_per_month.map(decimal),
        }
    }
}

impl TryFrom<WrittenLimits> for Limits {
    type Error = UnfitLimit;

    fn try_from(written: WrittenLimits) -> Result<Self, UnfitLimit> {
        if written.requests_per_minute.is_some_and(|count| !(1..=1_000_000).contains(&count)) {
            return Err(UnfitLimit { field: "requests_per_minute", why: "it is a whole number from 1 to 1000000" });
        }
        if written.concurrent_requests == Some(0) {
            return Err(UnfitLimit { field: "concurrent_requests", why: "it is at least 1" });
        }
        let spend = written.spend_per_month.map(|text| parse_decimal(&text).ok().filter(|nanos| *nanos >= 0));
        if spend == Some(None) {
            return Err(UnfitLimit {
                field: "spend_per_month",
                why: "it is a decimal number like 250.00, with at most nine digits after the point, up to 9223372036",
            });
        }
        Ok(Self {
            requests_per_minute: written.requests_per_minute,
            concurrent_requests: written.concurrent_requests,
            audio_minutes_per_hour: written.audio_minutes_per_hour,
            audio_minutes_per_day: written.audio_minutes_per_day,
            output_tokens_per_hour: written.output_tokens_per_hour,
            output_tokens_per_day: written.output_tokens_per_day,
            spend_nanos_per_month: spend.flatten(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: serde_json::Value) -> Result<Limits, String> {
        let written: WrittenLimits = serde_json::from_value(text).map_err(|error| error.to_string())?;
        written.try_into().map_err(|error: UnfitLimit| error.to_string())
    }

    #[test]
    fn money_is_a_decimal_and_every_limit_comes_back() {
        let text = json!({
            "requests_per_minute": 60, "concurrent_requests": 4, "audio_minutes_per_hour": 600,
            "audio_minutes_per_day": 6000, "output_tokens_per_hour": 1, "output_tokens_per_day": 2,
            "spend_per_month": "250.5",
        });
        let limits = read(text.clone()).expect("limits");
        assert_eq!(limits.spend_nanos_per_month, Some(250_500_000_000));
        assert_eq!(serde_json::to_value(WrittenLimits::from(limits)).expect("JSON"), text);
        assert_eq!(read(json!({})), Ok(Limits::default()));
    }

    #[test]
    fn what_is_no_limit_is_told_by_its_name() {
        for (text, told) in [
            (json!({"requests_per_minute": 0}), "requests_per_minute"),
            (json!({"concurrent_requests": 0}), "concurrent_requests"),
            (json!({"spend_per_month": "-1"}), "spend_per_month"),
            (json!({"spend_per_month": "1e3"}), "spend_per_month"),
            (json!({"spend_nanos_per_month": 1}), "spend_nanos_per_month"),
            (json!({"users": 5}), "users"),
        ] {
            let error = read(text).expect_err(told);
            assert!(error.contains(told), "{error}");
        }
    }
}
