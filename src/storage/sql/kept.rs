//! What is kept beside the rows, read for whoever compares the two.

use super::{Connection, Row, Value};
use crate::billing::{Kept, Place, Stranger};
use crate::domain::AccountId;
use crate::storage::error::Failure;

/// What is kept of an account.
pub async fn kept(connection: &mut dyn Connection, account: &AccountId) -> Result<Kept, Failure> {
    let (mut kept, account) = (Kept::default(), [Value::Text(account.as_str())]);
    for row in connection.rows("SELECT charge, admitted_at FROM holds WHERE account = $1", &account).await? {
        kept.holds.insert(row.parsed("charge")?, row.time("admitted_at")?);
    }
    for row in connection.rows("SELECT tariff, month, quantity FROM sums WHERE account = $1", &account).await? {
        kept.months.insert((row.parsed("tariff")?, row.time("month")?), row.int("quantity")?);
    }
    Ok(kept)
}

/// For whom something is kept that no row names. In one statement: rows and what is kept are written together.
pub async fn strangers(connection: &mut dyn Connection) -> Result<Vec<Stranger>, Failure> {
    let sql = "SELECT 'rollup' AS place, name FROM \
                   (SELECT account AS name FROM rollup EXCEPT SELECT account FROM entries) AS in_rollup \
               UNION ALL SELECT 'counters', name FROM (SELECT owner AS name FROM counters \
                   EXCEPT SELECT account FROM entries EXCEPT SELECT key FROM entries) AS in_counters \
               UNION ALL SELECT 'holds', name FROM \
                   (SELECT account AS name FROM holds EXCEPT SELECT account FROM entries) AS in_holds \
               UNION ALL SELECT 'sums', name FROM \
                   (SELECT account AS name FROM sums EXCEPT SELECT account FROM entries) AS in_sums \
               ORDER BY 2, 1";
    let stranger = |row: &Row| Ok(Stranger { name: row.text("name")?, place: place(&row.text("place")?)? });
    connection.all_rows(sql, &[]).await?.iter().map(stranger).collect()
}

fn place(table: &str) -> Result<Place, Failure> {
    match table {
        "rollup" => Ok(Place::Rollup),
        "counters" => Ok(Place::Counters),
        "holds" => Ok(Place::Holds),
        "sums" => Ok(Place::Months),
        _ => Err(Failure::Row("place")),
    }
}
