//! What a model costs, from the tariffs by which it is charged.

use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::{PriceSheet, Service, Tariff, Unit};
use crate::catalog::Capability;
use crate::domain::{Currency, Timestamp, decimal};

/// A price that holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Price)]
pub(in crate::http) struct PriceObject {
    /// What is counted: `second`, `started_minute`, `input_token`, `cached_token`, `output_token` or `request`.
    #[schema(value_type = String, example = "started_minute")]
    unit: Unit,
    /// Of how many of them `price` is the price.
    per: i64,
    /// A decimal number.
    #[schema(example = "0.01")]
    price: String,
    /// What it is paid in.
    #[schema(example = "EUR")]
    currency: String,
}

impl PriceObject {
    /// In words: `0.01 EUR per started minute`.
    pub(super) fn in_words(&self) -> String {
        let Self { unit, per, price, currency } = self;
        let unit = match unit {
            Unit::Second => "second of audio",
            Unit::StartedMinute => "started minute of audio",
            Unit::InputToken => "input token",
            Unit::CachedToken => "cached input token",
            Unit::OutputToken => "output token",
            Unit::Request => "request",
        };
        match per {
            1 => format!("{price} {currency} per {unit}"),
            1_000_000 => format!("{price} {currency} per million {unit}s"),
            _ => format!("{price} {currency} per {per} {unit}s"),
        }
    }
}

impl From<&Tariff> for PriceObject {
    fn from(tariff: &Tariff) -> Self {
        let Tariff { unit, per, price, currency, .. } = tariff;
        Self { unit: *unit, per: *per, price: decimal(*price), currency: currency.to_string() }
    }
}

/// The prices of a model that hold for these services, in one currency or in all that the sheet knows.
pub(super) fn prices(
    sheet: &PriceSheet,
    model: &str,
    services: &[Service],
    currency: Option<Currency>,
    now: Timestamp,
) -> Vec<PriceObject> {
    let mut currencies: Vec<Currency> = Vec::from_iter(currency);
    if currencies.is_empty() {
        currencies.extend(sheet.tariffs().iter().map(|tariff| tariff.currency));
        currencies.sort_unstable_by_key(|currency| currency.code().to_owned());
        currencies.dedup();
    }
    let mut found = Vec::new();
    for (currency, service) in currencies.iter().flat_map(|currency| services.iter().map(move |it| (*currency, *it))) {
        let Ok(prices) = sheet.prices(model, service, currency, now) else { continue };
        for price in prices.tariffs().iter().map(PriceObject::from) {
            if !found.contains(&price) {
                found.push(price);
            }
        }
    }
    found
}

/// As what a capability is charged.
pub(super) fn service(capability: Capability) -> Service {
    match capability {
        Capability::Transcription => Service::Transcription,
        Capability::Translation => Service::Translation,
        Capability::Chat | Capability::Vision | Capability::Tools | Capability::Reasoning => Service::Completion,
        Capability::Embeddings => Service::Embedding,
        Capability::Rerank | Capability::Moderation | Capability::Images | Capability::Speech => Service::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = r#"
        tariff = [
            { id = "audio", models = ["*"], unit = "started_minute", price = "0.01", currency = "EUR",
              valid_from = "2026-01-01T00:00:00Z" },
            { id = "audio-usd", models = ["*"], unit = "second", price = "0.0002", currency = "USD",
              valid_from = "2026-01-01T00:00:00Z" },
            { id = "in", models = ["*"], unit = "input_token", price = "1.8", per = 1000000, currency = "EUR",
              valid_from = "2026-01-01T00:00:00Z" },
        ]
    "#;

    #[test]
    fn a_speech_model_has_prices_of_audio_and_none_of_tokens() {
        let sheet = PriceSheet::parse(SHEET).expect("a sheet");
        let now = "2026-11-26T00:00:00Z".parse().expect("a time");
        let speech = [Service::Transcription, Service::Translation];
        let words = |currency| {
            let prices = prices(&sheet, "whisper-base", &speech, currency, now);
            prices.iter().map(PriceObject::in_words).collect::<Vec<_>>()
        };
        assert_eq!(
            words(None),
            ["0.01 EUR per started minute of audio", "0.0002 USD per second of audio"],
            "transcription and translation have the same"
        );
        assert_eq!(words(Some(Currency::EUR)), ["0.01 EUR per started minute of audio"]);
        let early = "2025-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(prices(&sheet, "whisper-base", &speech, None, early), [], "no tariff holds yet");
    }
}
