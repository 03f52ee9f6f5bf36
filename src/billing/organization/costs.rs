//! Results of the route of costs.

use serde::Serialize;
use utoipa::ToSchema;

use super::Sum;
use crate::billing::Service;
use crate::domain::decimal;

/// What something cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostsResult {
    /// Always `organization.costs.result`.
    object: &'static str,
    /// How much.
    amount: Amount,
    /// The model and the kind of work.
    #[schema(required = true, example = "minuted-nano.en, transcription")]
    line_item: Option<String>,
    /// The account.
    #[schema(required = true)]
    project_id: Option<String>,
    /// The key.
    #[schema(required = true)]
    api_key_id: Option<String>,
    /// How much of it was used, measured and not rounded; with line items.
    #[schema(required = true)]
    quantity: Option<f64>,
    /// In what: `duration_seconds` or `tokens`.
    #[schema(required = true)]
    quantity_unit: Option<&'static str>,
}

/// Money as OpenAI tells it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amount {
    /// A number, which a reader may round; exports have every digit.
    #[schema(example = 0.06)]
    value: f64,
    /// ISO 4217, in lower case.
    #[schema(example = "eur")]
    currency: String,
}

impl From<&Sum> for CostsResult {
    fn from(sum: &Sum) -> Self {
        let (line_item, service) = sum.line_item.clone().unzip();
        let (quantity, quantity_unit) = service.and_then(|service| quantity(service, sum)).unzip();
        Self {
            object: "organization.costs.result",
            amount: Amount { value: number(&decimal(sum.nanos)), currency: sum.currency.code().to_ascii_lowercase() },
            line_item,
            project_id: sum.project.clone(),
            api_key_id: sum.key.clone(),
            quantity,
            quantity_unit,
        }
    }
}

fn quantity(service: Service, sum: &Sum) -> Option<(f64, &'static str)> {
    let tokens = sum.input_tokens.saturating_add(sum.output_tokens);
    match service {
        // Thousandths are written like nanos of a larger unit.
        Service::Transcription | Service::Translation => {
            Some((number(&decimal(sum.audio_ms.saturating_mul(1_000_000))), "duration_seconds"))
        }
        Service::Completion | Service::Embedding => Some((number(&tokens.to_string()), "tokens")),
        Service::Other => None,
    }
}

/// The nearest number to a decimal one, which is written with the same digits as long as there are at most fifteen.
fn number(decimal: &str) -> f64 {
    decimal.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_digits_that_they_have() {
        for (nanos, text) in [(60_000_000, "0.06"), (1_800, "1.8e-6"), (123_456_780_000_000, "123456.78")] {
            assert_eq!(serde_json::to_string(&number(&decimal(nanos))).expect("a number"), text);
        }
    }
}
