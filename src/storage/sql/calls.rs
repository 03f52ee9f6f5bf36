//! Counts of calls of models whose end has been announced.

use super::words::micros;
use super::{Connection, Row, Value};
use crate::catalog::Calls;
use crate::domain::AccountId;
use crate::storage::error::Failure;

/// Adds to the counts that are there; to be called in a transaction, with calls in order of model and account, so that
/// no two servers wait for each other.
pub async fn add_calls(connection: &mut dyn Connection, calls: &[Calls]) -> Result<(), Failure> {
    let sql = "INSERT INTO calls (model, account, count, first_at, last_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (model, account) DO UPDATE SET count = calls.count + excluded.count, \
               first_at = CASE WHEN calls.first_at < excluded.first_at THEN calls.first_at ELSE excluded.first_at END, \
               last_at = CASE WHEN calls.last_at > excluded.last_at THEN calls.last_at ELSE excluded.last_at END";
    for Calls { model, account, count, first_at, last_at } in calls {
        let values = [
            Value::Text(model),
            Value::Text(account.as_str()),
            Value::Int(*count),
            Value::Int(micros(*first_at)),
            Value::Int(micros(*last_at)),
        ];
        connection.run(sql, &values).await?;
    }
    Ok(())
}

/// The counts of a model, or of all, in order of model and account, after this model and account.
pub async fn calls(
    connection: &mut dyn Connection,
    model: Option<&str>,
    after: Option<(&str, &AccountId)>,
    limit: u32,
) -> Result<Vec<Calls>, Failure> {
    let (after_model, after_account) = after.map_or(("", ""), |(model, account)| (model, account.as_str()));
    let mut values = vec![Value::Text(after_model), Value::Text(after_account), Value::Int(limit.into())];
    let sql = match model {
        None => {
            "SELECT model, account, count, first_at, last_at FROM calls WHERE (model, account) > ($1, $2) \
             ORDER BY model, account LIMIT $3"
        }
        Some(model) => {
            values.push(Value::Text(model));
            "SELECT model, account, count, first_at, last_at FROM calls WHERE model = $4 \
             AND (model, account) > ($1, $2) ORDER BY model, account LIMIT $3"
        }
    };
    connection.rows(sql, &values).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Calls, Failure> {
    Ok(Calls {
        model: row.text("model")?,
        account: row.parsed("account")?,
        count: row.int("count")?,
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
    })
}
