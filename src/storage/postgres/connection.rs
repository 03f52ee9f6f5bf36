//! PostgreSQL takes many rows as arrays, a column each: one statement for any number of them, and one round trip for all
//! that a transaction writes.
//!
//! A database whose machine is gone says nothing more, not even that: who is not answered in time has lost the
//! connection.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr};
use tokio::time::timeout;

use super::{LONG, PATIENCE};
use crate::storage::sql::{Among, Change, Connection, Insert, Row, Value, bind, width};

type Asked<'q> = Query<'q, Postgres, PgArguments>;

/// What comes of something that the database is asked, if it answers in time.
pub(super) async fn answered<T, E: From<sqlx::Error>>(asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    within(PATIENCE, asked).await
}

async fn within<T, E: From<sqlx::Error>>(
    patience: Duration,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let in_time = timeout(patience, asked).await;
    in_time.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()).into()))
}

#[async_trait]
impl Connection for PgConnection {
    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        answered(self.all_rows(sql, values)).await
    }

    async fn all_rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        let rows = within(LONG, bind(sqlx::query(sql), values).fetch_all(self)).await?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        Ok(answered(bind(sqlx::query(sql), values).execute(self)).await?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }

    async fn rows_among(&mut self, among: &Among, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let Among { what, of, columns, then } = among;
        let rows = rows(1, values, width(columns));
        let sql = format!("SELECT {what} FROM {rows} AS wanted ({columns}) JOIN {of} USING ({columns}) {then}");
        let query = bind_columns(sqlx::query(AssertSqlSafe(sql).into_sql_str()), values, width(columns));
        Ok(answered(query.fetch_all(self)).await?.into_iter().map(Row::Postgres).collect())
    }

    async fn write(&mut self, changes: &[Change<'_>]) -> Result<(), sqlx::Error> {
        let changes: Vec<_> = changes.iter().filter(|change| !values_of(change).0.is_empty()).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(AssertSqlSafe(statement(&changes)).into_sql_str());
        let query = changes.iter().fold(query, |query, change| {
            let (values, width) = values_of(change);
            bind_columns(query, values, width)
        });
        answered(query.execute(self)).await.map(drop)
    }
}

/// What it has to say, and how much of that makes a row.
fn values_of<'a, 'v>(change: &'a Change<'v>) -> (&'a [Value<'v>], usize) {
    match change {
        Change::Insert(insert, values) => (values, width(insert.columns)),
        Change::Delete(_, _, values) => (values, 1),
    }
}

/// All changes in one statement; each is of other rows than the rest.
fn statement(changes: &[&Change<'_>]) -> String {
    let (mut sql, mut first) = ("WITH ".to_owned(), 1);
    for (number, change) in changes.iter().enumerate() {
        let (values, width) = values_of(change);
        let rows = rows(first, values, width);
        let comma = if number == 0 { "" } else { ", " };
        let _ = match change {
            Change::Insert(Insert { into, columns, then }, _) => {
                write!(sql, "{comma}change_{number} AS (INSERT INTO {into} ({columns}) SELECT * FROM {rows} {then})")
            }
            Change::Delete(table, column, _) => {
                write!(sql, "{comma}change_{number} AS (DELETE FROM {table} WHERE {column} IN (SELECT * FROM {rows}))")
            }
        };
        first += width;
    }
    sql.push_str(" SELECT 1");
    sql
}

/// The rows that are in arrays, of which the first has this number.
fn rows(first: usize, values: &[Value<'_>], width: usize) -> String {
    let array = |(number, value): (usize, &Value<'_>)| match value {
        Value::Int(_) | Value::MaybeInt(_) => format!("${number}::bigint[]"),
        Value::Text(_) | Value::MaybeText(_) => format!("${number}::text[]"),
        Value::Bytes(_) => format!("${number}::bytea[]"),
    };
    let arrays: Vec<_> = (first..).zip(&values[..width]).map(array).collect();
    format!("unnest({})", arrays.join(", "))
}

/// Binds rows as columns; all values of a column are of the kind of its first.
fn bind_columns<'q>(query: Asked<'q>, values: &[Value<'_>], width: usize) -> Asked<'q> {
    (0..width).fold(query, |query, column| {
        let values = || values.iter().skip(column).step_by(width).copied();
        match values().next() {
            Some(Value::Int(_) | Value::MaybeInt(_)) => query.bind(values().map(whole).collect::<Vec<_>>()),
            Some(Value::Text(_) | Value::MaybeText(_)) => query.bind(values().map(text).collect::<Vec<_>>()),
            _ => query.bind(values().map(bytes).collect::<Vec<_>>()),
        }
    })
}

fn whole(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Int(number) => Some(number),
        Value::MaybeInt(number) => number,
        _ => None,
    }
}

fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::MaybeText(text) => text,
        _ => None,
    }
}

fn bytes(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_changes_are_one_statement() {
        static INSERT: Insert = Insert { into: "t", columns: "a, b", then: "ON CONFLICT DO NOTHING" };
        let insert = Change::Insert(&INSERT, vec![Value::Int(1), Value::Text("x"), Value::Int(2), Value::Text("y")]);
        let delete = Change::Delete("u", "c", vec![Value::Bytes(&[1])]);
        assert_eq!(
            statement(&[&insert, &delete]),
            "WITH change_0 AS (INSERT INTO t (a, b) SELECT * FROM unnest($1::bigint[], $2::text[]) \
             ON CONFLICT DO NOTHING), change_1 AS (DELETE FROM u WHERE c IN (SELECT * FROM unnest($3::bytea[]))) \
             SELECT 1"
        );
    }
}
