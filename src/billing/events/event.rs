//! A settled charge as an event of `CloudEvents` 1.0.
//!
//! Its `id` is that of the charge: a receiver that has seen it together with its `source` has seen the event. Of what was
//! said there is nothing in it, as there is nothing in the ledger. Numbers that a reader must not round are strings.

use serde::Serialize;

use crate::billing::export::seconds;
use crate::billing::{Entry, Line, Origin, Service, Unit};
use crate::domain::{KeyId, Timestamp, decimal, hex};

/// The event's `type`. What `data` has may grow; if it ever changes its meaning, this becomes `v2`.
const TYPE: &str = "minuted.charge.settled.v1";

/// See the specification, <https://github.com/cloudevents/spec>, for each attribute.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    request_id: &'a str,
    key_id: Option<&'a str>,
    service: Service,
    model: &'a str,
    admitted_at: Timestamp,
    batch: bool,
    origin: Origin,
    audio_seconds: String,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    amount: String,
    amount_nanos: i64,
    currency: &'a str,
    lines: Vec<Priced<'a>>,
    ledger_seq: i64,
    ledger_hash: String,
}

#[derive(Serialize)]
struct Priced<'a> {
    tariff: &'a str,
    unit: Unit,
    quantity: String,
    quantity_unit: &'static str,
    billed: i64,
    amount: String,
    amount_nanos: i64,
}

impl<'a> Event<'a> {
    /// Of a row that settles.
    pub(super) fn of(entry: &'a Entry, source: &'a str) -> Self {
        Self {
            specversion: "1.0",
            id: entry.charge.as_str(),
            source,
            kind: TYPE,
            subject: entry.account.as_str(),
            time: entry.at,
            datacontenttype: "application/json",
            data: Data::of(entry),
        }
    }
}

impl<'a> Data<'a> {
    fn of(entry: &'a Entry) -> Self {
        let usage = entry.usage.unwrap_or_default();
        Self {
            request_id: entry.request.as_str(),
            key_id: entry.key.as_ref().map(KeyId::as_str),
            service: entry.service,
            model: &entry.model,
            admitted_at: entry.admitted_at,
            batch: usage.batch,
            origin: usage.origin,
            audio_seconds: seconds(usage.audio_ms),
            input_tokens: usage.input_tokens,
            cached_tokens: usage.cached_tokens,
            output_tokens: usage.output_tokens,
            amount: decimal(entry.used.nanos),
            amount_nanos: entry.used.nanos,
            currency: entry.currency.code(),
            lines: entry.lines.iter().map(Priced::of).collect(),
            ledger_seq: entry.seq,
            ledger_hash: hex(&entry.hash),
        }
    }
}

impl<'a> Priced<'a> {
    fn of(line: &'a Line) -> Self {
        let (quantity, quantity_unit) = line.measured();
        Self {
            tariff: line.tariff.as_str(),
            unit: line.unit,
            quantity,
            quantity_unit,
            billed: line.billed,
            amount: decimal(line.nanos),
            amount_nanos: line.nanos,
        }
    }
}
