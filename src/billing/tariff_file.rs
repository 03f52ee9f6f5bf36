//! Tariffs as a person writes them, in TOML, and the way from there to [`Tariff`]s that hold.

use std::path::Path;

use serde::Deserialize;

use super::{Channels, ChargeOn, Scope, Tariff, Unit};
use crate::domain::{Currency, FileError, Timestamp, parse_decimal, read_file, to_the_microsecond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tariff: Vec<Written>,
}

/// A tariff as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    models: Vec<String>,
    unit: Unit,
    #[serde(default = "one")]
    increment: i64,
    #[serde(default)]
    minimum: i64,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    charge_on: ChargeOn,
    #[serde(default)]
    channels: Channels,
    #[serde(default = "whole_price")]
    batch_percent: u8,
    price: String,
    #[serde(default = "one")]
    per: i64,
    currency: String,
    valid_from: String,
    valid_until: Option<String>,
}

fn one() -> i64 {
    1
}

fn whole_price() -> u8 {
    100
}

/// The tariffs of the file at `path`, or of the one that comes with the program.
///
/// # Errors
/// What is wrong with it, with its place.
pub(super) fn read(path: Option<&Path>) -> Result<Vec<Tariff>, FileError> {
    let (file, text) = read_file("the tariffs", path, include_str!("../../models/tariffs.toml"))?;
    parse(&file, &text)
}

/// The tariffs of a text that came from `file`.
///
/// # Errors
/// [`FileError::Unfit`].
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Tariff>, FileError> {
    tariffs(text).map_err(|why| FileError::Unfit { file: file.to_owned(), why })
}

fn tariffs(text: &str) -> Result<Vec<Tariff>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let mut tariffs: Vec<Tariff> = Vec::new();
    for written in file.tariff {
        let id = written.id.clone();
        let tariff = written.checked().map_err(|(field, why)| format!("tariff `{id}`: {field} {why}"))?;
        for other in &tariffs {
            if let Some(models) = tariff.rivals(other) {
                let (first, second) = (&other.id, &tariff.id);
                return Err(format!(
                    "tariffs `{first}` and `{second}` both price {models} at the same time, by the same unit"
                ));
            }
        }
        tariffs.push(tariff);
    }
    if tariffs.is_empty() {
        return Err("there is no tariff in it, so that every request would be refused".to_owned());
    }
    Ok(tariffs)
}

/// A field and what is wrong with it.
type Fault = (&'static str, String);

impl Written {
    fn checked(self) -> Result<Tariff, Fault> {
        let at_least = |field, value: i64, least: i64| {
            if value >= least { Ok(value) } else { Err((field, format!("is {value}; it is at least {least}"))) }
        };
        let valid_from = moment("valid_from", &self.valid_from)?;
        let valid_until = self.valid_until.as_deref().map(|text| moment("valid_until", text)).transpose()?;
        if valid_until.is_some_and(|end| end <= valid_from) {
            return Err(("valid_until", "is not after valid_from".to_owned()));
        }
        if self.batch_percent > 100 {
            return Err(("batch_percent", format!("is {}; it is at most 100", self.batch_percent)));
        }
        Ok(Tariff {
            id: self.id.parse().map_err(|error| ("id", format!("cannot be used: {error}")))?,
            models: models(self.models)?,
            unit: self.unit,
            increment: at_least("increment", self.increment, 1)?,
            minimum: at_least("minimum", self.minimum, 0)?,
            scope: self.scope,
            charge_on: self.charge_on,
            channels: self.channels,
            batch_percent: self.batch_percent,
            price: price(&self.price)?,
            per: at_least("per", self.per, 1)?,
            currency: currency(&self.currency)?,
            valid_from,
            valid_until,
        })
    }
}

fn models(names: Vec<String>) -> Result<Vec<String>, Fault> {
    if names.is_empty() {
        return Err(("models", "names none; `*` stands for all".to_owned()));
    }
    match names.iter().find(|name| name.is_empty() || inner(name)) {
        Some(bad) => Err(("models", format!("has `{bad}`; it takes names, with one `*` at the end for any ending"))),
        None => Ok(names),
    }
}

/// Whether a star stands anywhere but at the end.
fn inner(name: &str) -> bool {
    name.find('*').is_some_and(|at| at + 1 < name.len())
}

fn price(text: &str) -> Result<i64, Fault> {
    match parse_decimal(text) {
        Ok(nanos @ 0..) => Ok(nanos),
        Ok(_) => Err(("price", format!("is {text}; nobody is paid for a request"))),
        Err(error) => Err(("price", format!("cannot be `{text}`: {error}"))),
    }
}

fn currency(text: &str) -> Result<Currency, Fault> {
    text.parse().map_err(|error| ("currency", format!("cannot be `{text}`: {error}")))
}

/// As fine as the stores keep it: what is published must be the same when it is read again.
fn moment(field: &'static str, text: &str) -> Result<Timestamp, Fault> {
    let moment = text.parse().map(to_the_microsecond);
    moment.map_err(|_| (field, format!("cannot be `{text}`; it is a time such as 2026-01-01T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        [[tariff]]
        id = "audio"
        models = ["whisper-*"]
        unit = "second"
        price = "0.0001"
        currency = "EUR"
        valid_from = "2026-01-01T00:00:00Z"
    "#;

    #[test]
    fn the_built_in_file_is_good_and_costs_what_it_says() {
        let tariffs = read(None).expect("the built-in tariffs");
        let cost = |id: &str, billed| {
            tariffs.iter().find(|tariff| tariff.id.as_str() == id).map(|tariff| tariff.cost(billed, false))
        };
        assert_eq!(cost("audio-2026", 3), Some(30_000_000));
        assert_eq!(cost("input-2026", 1), Some(1_800));
        assert_eq!(cost("output-2026", 1_000_000), Some(8_000_000_000));
    }

    #[test]
    fn errors_name_file_tariff_and_field() {
        for (from, to, told) in [
            ("0.0001", "0,0001", "prices.toml: tariff `audio`: price cannot be `0,0001`: an amount is"),
            ("0.0001", "-1", "prices.toml: tariff `audio`: price is -1;"),
            ("EUR", "euro", "prices.toml: tariff `audio`: currency cannot be `euro`"),
            ("whisper-*", "whi*per", "prices.toml: tariff `audio`: models has `whi*per`"),
            ("whisper-*", "whisper**", "prices.toml: tariff `audio`: models has `whisper**`"),
            ("2026-01-01T00:00:00Z", "today", "prices.toml: tariff `audio`: valid_from cannot be `today`"),
            ("\"audio\"", "\"Audio\"", "prices.toml: tariff `Audio`: id cannot be used"),
            ("unit = \"second\"", "unit = \"second\"\nincrement = 0", "tariff `audio`: increment is 0"),
            ("unit = \"second\"", "unit = \"hour\"", "unknown variant `hour`"),
            ("unit = \"second\"", "unit = \"second\"\nprize = 1", "unknown field `prize`"),
            ("currency = \"EUR\"", "", "missing field `currency`"),
        ] {
            let error = parse("prices.toml", &GOOD.replace(from, to)).expect_err(told).to_string();
            assert!(error.starts_with("prices.toml: ") && error.contains(told), "{error}");
        }
        assert!(parse("prices.toml", "tariff = []").is_err());
    }

    #[test]
    fn times_are_no_finer_than_the_stores_keep_them() {
        let text = GOOD.replace("currency", "valid_until = \"2026-12-31T23:59:59.999999999Z\"\ncurrency");
        let end = parse("prices.toml", &text).expect("a good file")[0].valid_until;
        assert_eq!(end, "2026-12-31T23:59:59.999999Z".parse().ok());
    }

    #[test]
    fn two_prices_for_the_same_at_the_same_time_are_refused() {
        let twice = |from: &str, unit: &str, models: &str| {
            let other = GOOD.replace("\"audio\"", "\"other\"").replace("\"second\"", unit).replace("whisper-*", models);
            parse("prices.toml", &format!("{GOOD}\n{}", other.replace("2026-01-01", from)))
        };
        let error = twice("2027-01-01", "\"started_minute\"", "whisper-*").expect_err("they overlap").to_string();
        assert!(error.contains("`audio` and `other` both price whisper-*"), "{error}");
        assert!(twice("2026-01-01", "\"second\"", "whisper-1").is_ok(), "an exception from the rule");
        assert!(twice("2026-01-01", "\"request\"", "whisper-*").is_ok(), "another unit");
        let ended = GOOD.replace("currency", "valid_until = \"2027-01-01T00:00:00Z\"\ncurrency");
        let next = GOOD.replace("\"audio\"", "\"other\"").replace("2026-01-01", "2027-01-01");
        assert!(parse("prices.toml", &format!("{ended}\n{next}")).is_ok(), "one ends as the other begins");
    }
}
