//! What a model costs, from the tariffs by which it is charged.

use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::{Channels, ChargeOn, PriceSheet, Scope, Service, Tariff, Unit};
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
    /// What is billed is rounded up to a multiple of it, in units.
    #[schema(example = 1)]
    increment: i64,
    /// The least that is billed for anything at all, in units.
    #[schema(example = 0)]
    minimum: i64,
    /// `batch_file` or `period`, where more than the request is summed before it is rounded: the file of a batch, or what
    /// the account asks for in a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "period")]
    scope: Option<Scope>,
    /// `per_channel`, where the length of a recording counts for each of its channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "per_channel")]
    channels: Option<Channels>,
    /// `non_empty_success`, where a recording in which nothing was said is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "non_empty_success")]
    charge_on: Option<ChargeOn>,
}

impl PriceObject {
    /// In words: `0.01 EUR per started minute of audio`, and the rules that change what comes of it.
    pub(super) fn in_words(&self) -> String {
        let mut words = self.in_short();
        if self.increment > 1 {
            let _ = write!(words, ", in steps of {}", self.increment);
        }
        if self.minimum > 1 {
            let _ = write!(words, ", at least {}", self.minimum);
        }
        words += match self.scope {
            None | Some(Scope::Request) => "",
            Some(Scope::BatchFile) => ", summed over the file of a batch",
            Some(Scope::Period) => ", summed over the month",
        };
        if self.channels == Some(Channels::PerChannel) {
            words += ", for each channel";
        }
        if self.charge_on == Some(ChargeOn::NonEmptySuccess) {
            words += ", free where nothing was said";
        }
        words
    }

    fn in_short(&self) -> String {
        let Self { unit, per, price, currency, .. } = self;
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
        Self {
            unit: tariff.unit,
            per: tariff.per,
            price: decimal(tariff.price),
            currency: tariff.currency.to_string(),
            increment: tariff.increment,
            minimum: tariff.minimum,
            scope: unusual(tariff.scope),
            channels: unusual(tariff.channels),
            charge_on: unusual(tariff.charge_on),
        }
    }
}

/// A rule, where it is another than the one that nobody needs to be told of.
fn unusual<T: Default + PartialEq>(rule: T) -> Option<T> {
    Some(rule).filter(|rule| *rule != T::default())
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

    #[test]
    fn whatever_changes_what_is_paid_is_told() {
        let told = |rules: &str| {
            let sheet = format!(
                r#"tariff = [{{ id = "a", models = ["*"], unit = "second", price = "0.001", currency = "EUR",
                   valid_from = "2026-01-01T00:00:00Z", {rules} }}]"#
            );
            let sheet = PriceSheet::parse(&sheet).expect("a sheet");
            let now = "2026-11-26T00:00:00Z".parse().expect("a time");
            let price = prices(&sheet, "whisper-base", &[Service::Transcription], None, now).remove(0);
            (price.in_words(), serde_json::to_value(price).expect("JSON"))
        };
        let plain = |field: &str, value: serde_json::Value| {
            let mut price = serde_json::json!({
                "unit": "second", "per": 1, "price": "0.001", "currency": "EUR", "increment": 1, "minimum": 0,
            });
            price[field] = value;
            price
        };
        for (rules, words, field, value) in [
            ("", "", "per", 1.into()),
            ("increment = 30", ", in steps of 30", "increment", 30.into()),
            ("minimum = 600", ", at least 600", "minimum", 600.into()),
            ("scope = 'period'", ", summed over the month", "scope", "period".into()),
            ("scope = 'batch_file'", ", summed over the file of a batch", "scope", "batch_file".into()),
            ("channels = 'per_channel'", ", for each channel", "channels", "per_channel".into()),
            (
                "charge_on = 'non_empty_success'",
                ", free where nothing was said",
                "charge_on",
                "non_empty_success".into(),
            ),
        ] {
            let expected = (format!("0.001 EUR per second of audio{words}"), plain(field, value));
            assert_eq!(told(rules), expected, "{rules}");
        }
        let (words, _) = told("increment = 30, minimum = 600, scope = 'period'");
        assert_eq!(words, "0.001 EUR per second of audio, in steps of 30, at least 600, summed over the month");
    }
}
