//! Cost and usage by the `FinOps` Open Cost and Usage Specification (FOCUS), version 1.4.
//!
//! All mandatory columns, the conditional ones that apply, and four of our own that lead back to the ledger. The price is
//! the same listed, contracted and effective. `PricingQuantity` is what is billed, after rounding; `ConsumedQuantity` is
//! what was measured. `BillingAccountName` is empty: a name may change, and a closed month may not.

use jiff::tz::Offset;

use super::csv::{self, Field};
use super::decimals;
use crate::billing::{Entry, Line, Service, Tariff, Unit, Window};
use crate::domain::{KeyId, Timestamp, decimal};

/// The names of the columns, in order.
const NAMES: [&str; 38] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceId",
    "Tags",
    "x_ChargeId",
    "x_KeyId",
    "x_LedgerSeq",
    "x_RequestId",
    "x_TariffId",
];

/// The first line.
pub(super) fn head(out: &mut Vec<u8>) {
    csv::row(&NAMES.map(Field::Plain), out);
}

/// A line. `tariff` is what it was priced by, as far as it is known.
pub(super) fn line(entry: &Entry, line: &Line, tariff: Option<&Tariff>, provider: &str, out: &mut Vec<u8>) {
    let batch = entry.usage.unwrap_or_default().batch;
    let cost = decimal(line.nanos);
    let unit_price = tariff.and_then(|tariff| decimals::unit_price(tariff, batch));
    let unit_price = unit_price.as_deref().map_or(Field::Null, Field::Plain);
    let (month_start, month_end) = times(Window::Month.around(entry.admitted_at));
    let (hour_start, hour_end) = times(Window::Hour.around(entry.admitted_at));
    let Words { consumed, consumed_unit, pricing_unit, meter } = words(line);
    let (name, subcategory) = offered(entry.service);
    let billed = line.billed.to_string();
    let description = format!("{name} by {}: {billed} {}", entry.model, meter.to_lowercase());
    let price_id = if batch { format!("{}/batch", line.tariff) } else { line.tariff.to_string() };
    let sku = format!("{}/{}", entry.model, entry.service.as_str());
    let seq = entry.seq.to_string();
    let fields: [Field<'_>; 38] = [
        Field::Plain(&cost),
        Field::Plain(entry.account.as_str()),
        Field::Null,
        Field::Plain(entry.currency.code()),
        Field::Plain(&month_end),
        Field::Plain(&month_start),
        Field::Plain("Usage"),
        Field::Null,
        Field::Text(&description),
        Field::Plain("Usage-Based"),
        Field::Plain(&hour_end),
        Field::Plain(&hour_start),
        Field::Plain(&consumed),
        Field::Plain(consumed_unit),
        Field::Plain(&cost),
        unit_price,
        Field::Plain(&cost),
        Field::Text(provider),
        Field::Null,
        Field::Text(provider),
        Field::Plain(&cost),
        unit_price,
        Field::Plain("Standard"),
        Field::Plain(&billed),
        Field::Plain(pricing_unit),
        Field::Plain("AI and Machine Learning"),
        Field::Plain(name),
        Field::Text(provider),
        Field::Plain(subcategory),
        Field::Text(&sku),
        Field::Plain(meter),
        Field::Text(&price_id),
        Field::Null,
        Field::Plain(entry.charge.as_str()),
        Field::maybe(entry.key.as_ref().map(KeyId::as_str)),
        Field::Plain(&seq),
        Field::Text(entry.request.as_str()),
        Field::Text(line.tariff.as_str()),
    ];
    csv::row(&fields, out);
}

struct Words {
    consumed: String,
    consumed_unit: &'static str,
    pricing_unit: &'static str,
    meter: &'static str,
}

fn words(line: &Line) -> Words {
    let (pricing_unit, meter) = match line.unit {
        Unit::Second => ("Seconds", "Audio seconds"),
        Unit::StartedMinute => ("Minutes", "Started audio minutes"),
        Unit::InputToken => ("Tokens", "Input tokens"),
        Unit::CachedToken => ("Tokens", "Cached input tokens"),
        Unit::OutputToken => ("Tokens", "Output tokens"),
        Unit::Request => ("Requests", "Requests"),
    };
    let audio = matches!(line.unit, Unit::Second | Unit::StartedMinute);
    Words {
        consumed: line.measured().0,
        consumed_unit: if audio { "Seconds" } else { pricing_unit },
        pricing_unit,
        meter,
    }
}

/// The name of what is offered, and where FOCUS puts it.
fn offered(service: Service) -> (&'static str, &'static str) {
    match service {
        Service::Transcription => ("Speech to text", "Natural Language Processing"),
        Service::Translation => ("Speech to English text", "Natural Language Processing"),
        Service::Completion => ("Text generation", "Generative AI"),
        Service::Embedding => ("Embeddings", "Machine Learning"),
        Service::Other => ("Other inference", "Other (AI and Machine Learning)"),
    }
}

fn times((start, end): (Timestamp, Timestamp)) -> (String, String) {
    let text = |moment| Offset::UTC.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    (text(start), text(end))
}
