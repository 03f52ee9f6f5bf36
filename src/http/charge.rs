//! What an answer says of money: in headers, in the last event of a stream, and in the answer to a dry run.
//!
//! Money is a decimal number in a string, with its currency beside it; minutes are one too, since a tariff may bill by
//! the second.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::{self, Bill, in_minutes};
use crate::domain::decimal;
use crate::transcription::Quote;

pub(super) const SECONDS: HeaderName = HeaderName::from_static("x-minuted-billed-seconds");
pub(super) const MINUTES: HeaderName = HeaderName::from_static("x-minuted-billed-minutes");
pub(super) const COST: HeaderName = HeaderName::from_static("x-minuted-cost");
pub(super) const CHARGE: HeaderName = HeaderName::from_static("x-minuted-charge-id");

/// What a request was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Charge {
    /// Names the charge in the account's ledger.
    #[schema(example = "chg_01976b1a0c5e7f4a9d3c2b1a09876543")]
    #[serde(rename = "charge_id")]
    pub id: String,
    /// Seconds of audio that were billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 60)]
    pub billed_seconds: Option<u64>,
    /// The same in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1")]
    pub billed_minutes: Option<String>,
    /// What it cost.
    #[schema(example = "0.01")]
    pub cost: String,
    /// In what.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl From<&billing::Charge> for Charge {
    fn from(charge: &billing::Charge) -> Self {
        Bill::of(charge).into()
    }
}

impl From<Bill> for Charge {
    fn from(bill: Bill) -> Self {
        Self {
            id: bill.charge.to_string(),
            billed_minutes: bill.minutes(),
            billed_seconds: bill.seconds,
            cost: decimal(bill.cost.nanos),
            currency: bill.cost.currency.to_string(),
        }
    }
}

/// Says in headers what was charged.
pub(super) fn note(headers: &mut HeaderMap, charge: impl Into<Charge>) {
    let Charge { id, billed_seconds, billed_minutes, cost, currency } = charge.into();
    let told = [
        (SECONDS, billed_seconds.map(|seconds| seconds.to_string())),
        (MINUTES, billed_minutes),
        (COST, Some(format!("{cost} {currency}"))),
        (CHARGE, Some(id)),
    ];
    for (name, text) in told {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
}

/// What a recording would cost. Nothing was recognised and nothing charged.
#[derive(Debug, Serialize, ToSchema)]
pub struct DryRun {
    /// Always `dry_run`.
    #[schema(example = "dry_run")]
    object: &'static str,
    /// Length of the recording, in seconds.
    #[schema(example = 8.47)]
    duration: f64,
    /// Seconds of audio that would be billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 60)]
    billed_seconds: Option<u64>,
    /// The same in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1")]
    billed_minutes: Option<String>,
    /// What it would cost, if something is said in it.
    #[schema(example = "0.01")]
    price: String,
    /// In what.
    #[schema(example = "EUR")]
    currency: String,
    /// How long it would wait at first, in seconds.
    #[schema(example = 0.4)]
    expected_wait_seconds: f64,
}

impl From<Quote> for DryRun {
    fn from(quote: Quote) -> Self {
        Self {
            object: "dry_run",
            duration: quote.duration.as_secs_f64(),
            billed_seconds: quote.billed_seconds,
            billed_minutes: quote.billed_seconds.map(in_minutes),
            price: decimal(quote.price.nanos),
            currency: quote.price.currency.to_string(),
            expected_wait_seconds: quote.expected_wait.as_secs_f64(),
        }
    }
}
