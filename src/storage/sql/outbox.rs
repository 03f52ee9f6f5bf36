//! Events that wait to be delivered, and whose turn it is to deliver them.

use super::words::micros;
use super::{Change, Connection, Value, entries};
use crate::billing::Entry;
use crate::billing::events::Turn;
use crate::domain::ChargeId;
use crate::storage::error::Failure;

/// The row of `turns` that is about the outbox.
const NAME: &str = "outbox";

/// Takes the turn if it is nobody's, the holder's own already, or another's that is over.
pub async fn take_turn(connection: &mut dyn Connection, turn: Turn<'_>) -> Result<bool, Failure> {
    let sql = "INSERT INTO turns (name, holder, until) VALUES ($1, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
               WHERE turns.holder = excluded.holder OR turns.until <= $4";
    let (until, now) = (Value::Int(micros(turn.until)), Value::Int(micros(turn.now)));
    Ok(connection.run(sql, &[Value::Text(NAME), Value::Text(turn.holder), until, now]).await? > 0)
}

pub async fn leave_turn(connection: &mut dyn Connection, holder: &str) -> Result<(), Failure> {
    let sql = "DELETE FROM turns WHERE name = $1 AND holder = $2";
    connection.run(sql, &[Value::Text(NAME), Value::Text(holder)]).await?;
    Ok(())
}

pub async fn undelivered(connection: &mut dyn Connection, limit: u32) -> Result<Vec<Entry>, Failure> {
    // SQLite looks at what a cross join names first: the outbox, and not all that was ever settled.
    let sql = concat!(
        "SELECT ",
        entries::columns!(),
        " FROM (SELECT id AS place, charge AS event FROM outbox) AS waiting CROSS JOIN entries \
         WHERE charge = event AND kind = 'settle' AND step = 0 ORDER BY place LIMIT $1"
    );
    connection.rows(sql, &[Value::Int(limit.into())]).await?.iter().map(entries::read).collect()
}

pub async fn waiting(connection: &mut dyn Connection, most: u32) -> Result<u64, Failure> {
    let sql = "SELECT COUNT(*) AS waiting FROM (SELECT id FROM outbox LIMIT $1) AS first";
    let rows = connection.rows(sql, &[Value::Int(most.into())]).await?;
    Ok(rows.first().map(|row| row.int("waiting")).transpose()?.unwrap_or_default().unsigned_abs())
}

pub async fn delivered(connection: &mut dyn Connection, charges: &[ChargeId]) -> Result<(), Failure> {
    let charges: Vec<_> = charges.iter().map(|charge| Value::Text(charge.as_str())).collect();
    Ok(connection.write(&[Change::Delete("outbox", "charge", charges)]).await?)
}
