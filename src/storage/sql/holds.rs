//! The list of charges that are under way, beside the rows that say so.

use super::words::micros;
use super::{Connection, Value};
use crate::domain::Timestamp;
use crate::storage::error::Failure;

/// The end of a hold that was set aside, in microseconds: the last day of the year 9999 that a `Timestamp` holds.
const SET_ASIDE: i64 = 253_402_128_000_000_000;

/// Those that have expired, the longest expired first; as they are written, whether or not that is an id.
pub async fn expired(connection: &mut dyn Connection, now: Timestamp, limit: u32) -> Result<Vec<String>, Failure> {
    let sql = "SELECT charge FROM holds WHERE expires_at <= $1 ORDER BY expires_at, charge LIMIT $2";
    let rows = connection.rows(sql, &[Value::Int(micros(now)), Value::Int(limit.into())]).await?;
    Ok(rows.iter().map(|row| row.text("charge")).collect::<Result<_, _>>()?)
}

/// Sets aside what is no hold by the rows. `false` if it was done before, or is listed no more.
pub async fn set_aside(connection: &mut dyn Connection, listed: &str) -> Result<bool, Failure> {
    let sql = "UPDATE holds SET expires_at = $1 WHERE charge = $2 AND expires_at < $1";
    Ok(connection.run(sql, &[Value::Int(SET_ASIDE), Value::Text(listed)]).await? > 0)
}

/// How many there are of requests that were admitted before a time, without those that were set aside.
pub async fn open_before(connection: &mut dyn Connection, end: Timestamp) -> Result<u64, Failure> {
    let sql = "SELECT COUNT(*) AS open FROM holds WHERE admitted_at < $1 AND expires_at < $2";
    let rows = connection.rows(sql, &[Value::Int(micros(end)), Value::Int(SET_ASIDE)]).await?;
    Ok(rows.first().map(|row| row.int("open")).transpose()?.unwrap_or_default().unsigned_abs())
}
