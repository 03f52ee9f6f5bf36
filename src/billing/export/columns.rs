//! A line of a charge with everything that is known of it: as CSV, and as an object of JSON.

use serde::{Serialize, Serializer};

use super::csv::{self, Field};
use crate::billing::{Entry, Line, Origin, Unit};
use crate::domain::{KeyId, decimal, hex};

/// The names of the columns, in order.
const NAMES: [&str; 20] = [
    "charge_id",
    "line",
    "request_id",
    "account_id",
    "key_id",
    "service",
    "model",
    "admitted_at",
    "settled_at",
    "batch",
    "origin",
    "tariff",
    "unit",
    "quantity",
    "quantity_unit",
    "billed",
    "amount",
    "currency",
    "ledger_seq",
    "ledger_hash",
];

/// A value with the way in which JSON has it.
enum Cell<'a> {
    Whole(i64),
    /// A decimal number; in JSON a string, so that no reader rounds it.
    Decimal(String),
    /// A word of ours.
    Word(String),
    Text(&'a str),
    Yes(bool),
    Null,
}

fn cells<'a>(entry: &'a Entry, number: usize, line: &'a Line) -> [Cell<'a>; 20] {
    let usage = entry.usage.unwrap_or_default();
    let (quantity, quantity_unit) = line.measured();
    [
        Cell::Word(entry.charge.to_string()),
        Cell::Whole(i64::try_from(number).unwrap_or(i64::MAX)),
        Cell::Text(entry.request.as_str()),
        Cell::Word(entry.account.to_string()),
        entry.key.as_ref().map_or(Cell::Null, |key| Cell::Word(KeyId::to_string(key))),
        Cell::Word(entry.service.as_str().to_owned()),
        Cell::Text(&entry.model),
        Cell::Word(entry.admitted_at.to_string()),
        Cell::Word(entry.at.to_string()),
        Cell::Yes(usage.batch),
        Cell::Word(origin(usage.origin).to_owned()),
        Cell::Text(line.tariff.as_str()),
        Cell::Word(unit(line.unit).to_owned()),
        Cell::Decimal(quantity),
        Cell::Word(quantity_unit.to_owned()),
        Cell::Whole(line.billed),
        Cell::Decimal(decimal(line.nanos)),
        Cell::Word(entry.currency.to_string()),
        Cell::Whole(entry.seq),
        Cell::Word(hex(&entry.hash)),
    ]
}

/// The first line of the CSV.
pub(super) fn csv_head(out: &mut Vec<u8>) {
    csv::row(&NAMES.map(Field::Plain), out);
}

/// A line of the CSV.
pub(super) fn csv(entry: &Entry, number: usize, line: &Line, out: &mut Vec<u8>) {
    let cells = cells(entry, number, line);
    let whole = cells.each_ref().map(|cell| match cell {
        Cell::Whole(number) => number.to_string(),
        _ => String::new(),
    });
    let fields: Vec<Field<'_>> = cells
        .iter()
        .zip(&whole)
        .map(|(cell, whole)| match cell {
            Cell::Whole(_) => Field::Plain(whole),
            Cell::Decimal(text) | Cell::Word(text) => Field::Plain(text),
            Cell::Text(text) => Field::Text(text),
            Cell::Yes(yes) => Field::Plain(if *yes { "true" } else { "false" }),
            Cell::Null => Field::Null,
        })
        .collect();
    csv::row(&fields, out);
}

/// A line of JSON, its names in the same order.
pub(super) fn json(entry: &Entry, number: usize, line: &Line, out: &mut Vec<u8>) {
    let mut writer = serde_json::Serializer::new(&mut *out);
    // Nothing of it can fail: it is written to memory, and its names are texts.
    let _ = writer.collect_map(NAMES.iter().zip(cells(entry, number, line)));
    out.push(b'\n');
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Decimal(text) | Self::Word(text) => serializer.serialize_str(text),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Yes(yes) => serializer.serialize_bool(*yes),
            Self::Null => serializer.serialize_none(),
        }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Reported => "reported",
        Origin::Estimated => "estimated",
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "second",
        Unit::StartedMinute => "started_minute",
        Unit::InputToken => "input_token",
        Unit::CachedToken => "cached_token",
        Unit::OutputToken => "output_token",
        Unit::Request => "request",
    }
}
