//! Brings the layout of the tables up to date, step by step, under a lock: several processes may start at once.

use super::{Connection, Value};
use crate::storage::error::StorageError;

/// Takes the steps that have not been taken; to be called in a transaction that keeps others out. `location` is for
/// the error.
pub async fn migrate(
    connection: &mut dyn Connection,
    steps: &[&'static str],
    location: &str,
) -> Result<(), StorageError> {
    let unusable = |error: sqlx::Error| StorageError::unusable(location, error);
    connection.script("CREATE TABLE IF NOT EXISTS layout (step BIGINT PRIMARY KEY)").await.map_err(unusable)?;
    let taken = taken(connection).await.map_err(unusable)?;
    if taken > i64::try_from(steps.len()).unwrap_or(i64::MAX) {
        return Err(StorageError::Newer { location: location.to_owned(), found: taken });
    }
    for (number, step) in (1_i64..).zip(steps) {
        if number > taken {
            connection.script(step).await.map_err(unusable)?;
            connection.run("INSERT INTO layout (step) VALUES ($1)", &[Value::Int(number)]).await.map_err(unusable)?;
        }
    }
    Ok(())
}

/// The last step that was taken; 0 if none was.
pub async fn taken(connection: &mut dyn Connection) -> Result<i64, sqlx::Error> {
    let rows = connection.rows("SELECT MAX(step) AS step FROM layout", &[]).await?;
    Ok(rows.first().map(|row| row.maybe_int("step")).transpose()?.flatten().unwrap_or(0))
}
