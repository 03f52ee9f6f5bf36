//! Which tariffs price a request: the price sheet. Pure; the same prices estimate before work and charge after it.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Amounts, Line, Scope, Service, Tariff, TariffId, Unit, Usage, tariff_file};
use crate::domain::{Currency, FileError, Timestamp};

/// All tariffs, past, present and to come.
#[derive(Debug, Clone)]
pub struct PriceSheet {
    tariffs: Vec<Tariff>,
}

/// Why a request has no price. It is refused then: nothing is ever done for free by mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no tariff in {currency} prices {unit} of the model `{model}`")]
pub struct NoTariff {
    /// The model.
    pub model: String,
    /// What of it would have to be priced.
    pub unit: &'static str,
    /// In what the account pays.
    pub currency: Currency,
}

/// The tariffs of one request, chosen when it is admitted: a price that changes meanwhile does not concern it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices(Vec<Tariff>);

/// Units that a request pays at most one tariff of.
type Family = &'static [Unit];

const AUDIO: Family = &[Unit::Second, Unit::StartedMinute];
const INPUT: Family = &[Unit::InputToken];
const CACHED: Family = &[Unit::CachedToken];
const OUTPUT: Family = &[Unit::OutputToken];
const REQUEST: Family = &[Unit::Request];

/// What a kind of work must have a price for, unless it is priced by the request.
fn needed(service: Service) -> &'static [(Family, &'static str)] {
    match service {
        Service::Transcription | Service::Translation => &[(AUDIO, "audio")],
        Service::Completion => &[(INPUT, "input tokens"), (CACHED, "cached tokens"), (OUTPUT, "output tokens")],
        Service::Embedding => &[(INPUT, "input tokens"), (CACHED, "cached tokens")],
        Service::Other => &[(REQUEST, "requests")],
    }
}

impl PriceSheet {
    /// Of the file at `path`, or of the one that comes with the program.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn load(path: Option<&Path>) -> Result<Self, FileError> {
        Ok(Self { tariffs: tariff_file::read(path)? })
    }

    /// Of the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        Ok(Self { tariffs: tariff_file::parse("the tariffs", text)? })
    }

    /// All of them.
    #[must_use]
    pub fn tariffs(&self) -> &[Tariff] {
        &self.tariffs
    }

    /// What a request that is admitted at `at` pays. Of several tariffs for the same, the one holds that names the
    /// model most closely.
    ///
    /// # Errors
    /// [`NoTariff`] if something that it may use has no price.
    pub fn prices(&self, model: &str, service: Service, currency: Currency, at: Timestamp) -> Result<Prices, NoTariff> {
        let find = |family: Family| {
            let fit =
                |tariff: &&Tariff| family.contains(&tariff.unit) && tariff.currency == currency && tariff.is_valid(at);
            let closest = |tariff: &Tariff| tariff.closeness(model);
            self.tariffs
                .iter()
                .filter(fit)
                .filter(|tariff| closest(tariff).is_some())
                .max_by_key(|tariff| closest(tariff))
        };
        let by_request = find(REQUEST);
        let mut chosen = Vec::from_iter(by_request.cloned());
        for &(family, unit) in needed(service).iter().filter(|(family, _)| *family != REQUEST) {
            match find(family) {
                Some(tariff) => chosen.push(tariff.clone()),
                None if by_request.is_some() => {}
                None => return Err(NoTariff { model: model.to_owned(), unit, currency }),
            }
        }
        if chosen.is_empty() {
            return Err(NoTariff { model: model.to_owned(), unit: "requests", currency });
        }
        Ok(Prices(chosen))
    }
}

impl Prices {
    /// The tariffs.
    #[must_use]
    pub fn tariffs(&self) -> &[Tariff] {
        &self.0
    }

    /// A usage, priced. Where a tariff sums up the month, this is the most that the request can add to it.
    #[must_use]
    pub fn lines(&self, usage: &Usage) -> Vec<Line> {
        self.lines_after(&BTreeMap::new(), usage)
    }

    /// The same after what was chargeable in the month so far, by tariffs that sum it up.
    #[must_use]
    pub fn lines_after(&self, month: &BTreeMap<TariffId, i64>, usage: &Usage) -> Vec<Line> {
        let before = |tariff: &Tariff| month.get(&tariff.id).copied().unwrap_or_default();
        self.0.iter().filter_map(|tariff| tariff.line(usage, before(tariff))).collect()
    }

    /// Whether one of them sums up the month.
    #[must_use]
    pub fn sum_up(&self) -> bool {
        self.0.iter().any(|tariff| tariff.scope == Scope::Period)
    }

    /// What must be held for a usage.
    #[must_use]
    pub fn amounts(&self, usage: &Usage) -> Amounts {
        // Whether it will come out empty is not known before the end.
        let usage = Usage { empty: false, ..*usage };
        let lines = self.lines(&usage);
        // The price of a sum that grows is rounded at both ends.
        let rounding = self.0.iter().filter(|tariff| tariff.scope == Scope::Period).map(|_| 1);
        let nanos = lines.iter().map(|line| line.nanos).chain(rounding).fold(0, i64::saturating_add);
        Amounts { nanos, audio_ms: usage.audio_ms, output_tokens: usage.output_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = r#"
        tariff = [
            { id = "all", models = ["*"], unit = "started_minute", price = "0.01", currency = "EUR",
              valid_from = "2026-01-01T00:00:00Z", valid_until = "2027-01-01T00:00:00Z" },
            { id = "large", models = ["whisper-large-*"], unit = "started_minute", price = "0.03", currency = "EUR",
              valid_from = "2026-01-01T00:00:00Z" },
            { id = "turbo", models = ["whisper-large-v3-turbo"], unit = "second", price = "0.0002", currency = "EUR",
              valid_from = "2026-06-01T00:00:00Z", charge_on = "non_empty_success", channels = "per_channel" },
            { id = "flat", models = ["flat-*"], unit = "request", price = "0.5", currency = "EUR",
              valid_from = "2026-01-01T00:00:00Z" },
        ]
    "#;

    fn prices(model: &str, service: Service, at: &str) -> Result<Prices, NoTariff> {
        let sheet = PriceSheet::parse(SHEET).expect("a sheet");
        sheet.prices(model, service, Currency::EUR, at.parse().expect("a time"))
    }

    fn ids(prices: &Prices) -> Vec<&str> {
        prices.tariffs().iter().map(|tariff| tariff.id.as_str()).collect()
    }

    #[test]
    fn the_tariff_that_names_the_model_most_closely_holds_at_its_time() {
        for (model, at, expected) in [
            ("whisper-1", "2026-12-31T23:59:59Z", "all"),
            ("whisper-large-v2", "2026-07-01T00:00:00Z", "large"),
            ("whisper-large-v3-turbo", "2026-05-31T23:59:59.999999Z", "large"),
            ("whisper-large-v3-turbo", "2026-06-01T00:00:00Z", "turbo"),
        ] {
            let found = prices(model, Service::Transcription, at).expect("a price");
            assert_eq!(ids(&found), [expected], "{model} at {at}");
        }
    }

    #[test]
    fn what_has_no_price_is_refused_and_never_free() {
        let late = prices("whisper-1", Service::Transcription, "2027-01-01T00:00:00Z").expect_err("it has ended");
        assert_eq!(late.to_string(), "no tariff in EUR prices audio of the model `whisper-1`");
        let early = prices("whisper-1", Service::Translation, "2025-12-31T23:59:59Z");
        assert!(early.is_err(), "it has not begun");
        let text = prices("small-chat", Service::Completion, "2026-07-01T00:00:00Z").expect_err("tokens have no price");
        assert_eq!(text.unit, "input tokens");
        let by_request =
            prices("flat-chat", Service::Completion, "2026-07-01T00:00:00Z").expect("priced by the request");
        assert_eq!(ids(&by_request), ["flat"]);
        let sheet = PriceSheet::load(None).expect("the built-in sheet");
        let dollars = "USD".parse().expect("a currency");
        let at = "2026-07-01T00:00:00Z".parse().expect("a time");
        assert!(sheet.prices("any", Service::Transcription, dollars, at).is_err(), "no price in dollars");
        for service in [Service::Transcription, Service::Translation, Service::Completion, Service::Embedding] {
            assert!(sheet.prices("any", service, Currency::EUR, at).is_ok(), "{service:?}");
        }
    }

    #[test]
    fn silence_is_held_and_then_not_charged_where_the_tariff_says_so() {
        let turbo = prices("whisper-large-v3-turbo", Service::Transcription, "2026-07-01T00:00:00Z").expect("a price");
        let silence = Usage { audio_ms: 9_500, channels: 2, empty: true, ..Usage::default() };
        assert_eq!(turbo.amounts(&silence), Amounts { nanos: 19 * 200_000, audio_ms: 9_500, output_tokens: 0 });
        let line = &turbo.lines(&silence)[0];
        assert_eq!((line.quantity, line.billed, line.nanos), (19_000, 0, 0));
        let spoken = &turbo.lines(&Usage { empty: false, ..silence })[0];
        assert_eq!((spoken.quantity, spoken.billed, spoken.nanos), (19_000, 19, 3_800_000));
    }
}
