//! Usage from the roll-up, closed months, and claims that nobody needs any more.

use super::words::micros;
use super::{Connection, Row, Value, holds, load};
use crate::billing::{LedgerError, UsageQuery, UsageRow, Window};
use crate::domain::{Timestamp, seconds_up};
use crate::storage::error::Failure;

/// The sums of the roll-up, of all or of what this says of a row: two statements, each of which has its index.
macro_rules! usage_where {
    ($condition:literal) => {
        concat!(
            "SELECT start - start % $4 AS bucket, account, key, model, service, batch, currency, \
             CAST(SUM(requests) AS BIGINT) AS requests, CAST(SUM(audio_ms) AS BIGINT) AS audio_ms, \
             CAST(SUM(input_tokens) AS BIGINT) AS input_tokens, CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens, \
             CAST(SUM(output_tokens) AS BIGINT) AS output_tokens, CAST(SUM(nanos) AS BIGINT) AS nanos \
             FROM rollup WHERE ",
            $condition,
            "width = $1 AND start >= $2 AND start < $3 GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7"
        )
    };
}

/// Reads the roll-up: its rows of an hour where the question is of whole hours, or else those of a minute.
pub async fn usage(connection: &mut dyn Connection, query: &UsageQuery) -> Result<Vec<UsageRow>, Failure> {
    let (from, to) = (query.from.as_second(), seconds_up(query.to));
    let whole_hours = [from, to, query.bucket_seconds].iter().all(|seconds| seconds % 3600 == 0);
    let width = if whole_hours { 3600 } else { 60 };
    let mut values = vec![
        Value::Int(width),
        Value::Int(from.div_euclid(width) * width),
        Value::Int(to),
        Value::Int(query.bucket_seconds.max(1)),
    ];
    let sql = match &query.account {
        None => usage_where!(""),
        Some(account) => {
            values.push(Value::Text(account.as_str()));
            usage_where!("account = $5 AND ")
        }
    };
    connection.all_rows(sql, &values).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<UsageRow, Failure> {
    let key = row.text("key")?;
    Ok(UsageRow {
        start: Timestamp::from_second(row.int("bucket")?).map_err(|_| Failure::Row("start"))?,
        account: row.parsed("account")?,
        key: if key.is_empty() { None } else { Some(key.parse().map_err(|_| Failure::Row("key"))?) },
        model: row.text("model")?,
        service: row.word("service")?,
        batch: row.int("batch")? != 0,
        requests: row.int("requests")?,
        audio_ms: row.int("audio_ms")?,
        input_tokens: row.int("input_tokens")?,
        cached_tokens: row.int("cached_tokens")?,
        output_tokens: row.int("output_tokens")?,
        nanos: row.int("nanos")?,
        currency: row.parsed("currency")?,
    })
}

/// Closes a month, in a transaction that keeps holds out.
pub async fn close_period(connection: &mut dyn Connection, end: Timestamp) -> Result<(), LedgerError> {
    if Window::Month.around(end).0 != end {
        return Err(LedgerError::Store(format!("{end} is not the end of a month")));
    }
    if load::closed_until(connection).await? >= end {
        return Ok(());
    }
    let open = holds::open_before(connection, end).await?;
    if open > 0 {
        return Err(LedgerError::Open(open));
    }
    let sql = "INSERT INTO periods (closed_until) VALUES ($1)";
    connection.run(sql, &[Value::Int(micros(end))]).await.map_err(Failure::from)?;
    Ok(())
}

/// Takes out claims whose charge had ended before a time.
pub async fn forget_claims(connection: &mut dyn Connection, before: Timestamp) -> Result<(), Failure> {
    let sql = "DELETE FROM claims WHERE at < $1 AND NOT EXISTS \
               (SELECT 1 FROM holds WHERE holds.charge = claims.charge) AND NOT EXISTS \
               (SELECT 1 FROM entries WHERE entries.charge = claims.charge AND kind = 'settle' AND at >= $1)";
    connection.run(sql, &[Value::Int(micros(before))]).await?;
    Ok(())
}
