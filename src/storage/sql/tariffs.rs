//! Published tariffs.

use super::words::{json, micros, word};
use super::{Connection, Row, Value};
use crate::billing::{LedgerError, Tariff, TariffId};
use crate::domain::Timestamp;
use crate::storage::error::Failure;

/// Writes down those that are new, and ends of those that had none, in a transaction that keeps others out.
pub async fn publish(connection: &mut dyn Connection, published: &[Tariff]) -> Result<(), LedgerError> {
    let known = tariffs(connection).await?;
    for tariff in published {
        match known.iter().find(|known| known.id == tariff.id) {
            Some(known) if known == tariff => {}
            Some(known) => match end_of(known, tariff) {
                Some(at) => end(connection, &tariff.id, at).await?,
                None => return Err(LedgerError::Tariff(tariff.id.clone())),
            },
            None => insert(connection, tariff).await?,
        }
    }
    Ok(())
}

async fn insert(connection: &mut dyn Connection, tariff: &Tariff) -> Result<(), Failure> {
    let sql = "INSERT INTO tariffs (id, models, unit, increment, minimum, scope, charge_on, channels, batch_percent, \
               price, per, currency, valid_from, valid_until) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let (models, unit, scope) = (json(&tariff.models), word(&tariff.unit), word(&tariff.scope));
    let (charge_on, channels) = (word(&tariff.charge_on), word(&tariff.channels));
    let values = [
        Value::Text(tariff.id.as_str()),
        Value::Text(&models),
        Value::Text(&unit),
        Value::Int(tariff.increment),
        Value::Int(tariff.minimum),
        Value::Text(&scope),
        Value::Text(&charge_on),
        Value::Text(&channels),
        Value::Int(tariff.batch_percent.into()),
        Value::Int(tariff.price),
        Value::Int(tariff.per),
        Value::Text(tariff.currency.code()),
        Value::Int(micros(tariff.valid_from)),
        Value::MaybeInt(tariff.valid_until.map(micros)),
    ];
    connection.run(sql, &values).await?;
    Ok(())
}

/// The end that a tariff gets which was published without one; `None` if something else is different.
fn end_of(known: &Tariff, tariff: &Tariff) -> Option<Timestamp> {
    let at = tariff.valid_until.filter(|_| known.valid_until.is_none())?;
    let ended = Tariff { valid_until: Some(at), ..known.clone() };
    (ended == *tariff).then_some(at)
}

/// Ends a tariff, unless that would be before something that it prices. What a hold will be priced by is not written, so
/// that any hold may be one of its.
async fn end(connection: &mut dyn Connection, tariff: &TariffId, at: Timestamp) -> Result<(), LedgerError> {
    let sql = "SELECT 1 FROM holds WHERE admitted_at >= $1 UNION ALL SELECT 1 FROM entries WHERE kind = 'settle' \
               AND admitted_at >= $1 AND lines <> REPLACE(lines, $2, '') LIMIT 1";
    let named = format!("\"tariff\":{}", json(tariff));
    let values = [Value::Int(micros(at)), Value::Text(&named)];
    if !connection.rows(sql, &values).await.map_err(Failure::from)?.is_empty() {
        return Err(LedgerError::Charged(tariff.clone()));
    }
    let sql = "INSERT INTO tariff_ends (tariff, ends_at) VALUES ($1, $2)";
    let values = [Value::Text(tariff.as_str()), Value::Int(micros(at))];
    connection.run(sql, &values).await.map_err(Failure::from)?;
    Ok(())
}

/// All of them, in order of their ids.
pub async fn tariffs(connection: &mut dyn Connection) -> Result<Vec<Tariff>, Failure> {
    let sql = "SELECT id, models, unit, increment, minimum, scope, charge_on, channels, batch_percent, price, per, \
               currency, valid_from, valid_until, ends_at FROM tariffs LEFT JOIN tariff_ends ON tariff = id \
               ORDER BY id";
    connection.rows(sql, &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Tariff, Failure> {
    Ok(Tariff {
        id: row.parsed("id")?,
        models: row.json("models")?,
        unit: row.word("unit")?,
        increment: row.int("increment")?,
        minimum: row.int("minimum")?,
        scope: row.word("scope")?,
        charge_on: row.word("charge_on")?,
        channels: row.word("channels")?,
        batch_percent: row.int("batch_percent")?.try_into().map_err(|_| Failure::Row("batch_percent"))?,
        price: row.int("price")?,
        per: row.int("per")?,
        currency: row.parsed("currency")?,
        valid_from: row.time("valid_from")?,
        valid_until: row.maybe_time("valid_until")?.or(row.maybe_time("ends_at")?),
    })
}
