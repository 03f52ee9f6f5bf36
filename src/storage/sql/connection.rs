//! A connection to either database, and the few kinds of values that stand in their tables.

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Database, Encode, Row as _, SqlSafeStr, Type};

/// What a statement is given for a `$1`.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A whole number; also times, in microseconds since 1970.
    Int(i64),
    /// The same, or nothing.
    MaybeInt(Option<i64>),
    /// A text.
    Text(&'a str),
    /// The same, or nothing.
    MaybeText(Option<&'a str>),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A row of an answer.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// Takes statements, which are prepared once and kept.
#[async_trait]
pub trait Connection: Send {
    /// Runs a statement that answers with rows, and that has been put together here, of nothing but our own words.
    async fn rows_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error>;

    /// The same for a statement that answers with the count of rows that it changed.
    async fn run_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<u64, sqlx::Error>;

    /// What stands for the value of this number, from 1, in a statement that is put together.
    fn place(&self, number: usize) -> String;

    /// Runs several statements without values.
    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error>;

    /// Runs a statement that answers with rows.
    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        self.rows_built(sql.to_owned(), values).await
    }

    /// Runs a statement; gives the count of rows that it changed.
    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        self.run_built(sql.to_owned(), values).await
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    /// Without a number: SQLite looks names up one by one, for each value.
    fn place(&self, _: usize) -> String {
        "?".to_owned()
    }

    async fn rows_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        let rows = bind(sqlx::query(AssertSqlSafe(sql).into_sql_str()), values).fetch_all(self).await?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    async fn run_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        Ok(bind(sqlx::query(AssertSqlSafe(sql).into_sql_str()), values).execute(self).await?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }
}

#[async_trait]
impl Connection for PgConnection {
    fn place(&self, number: usize) -> String {
        format!("${number}")
    }

    async fn rows_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        let rows = bind(sqlx::query(AssertSqlSafe(sql).into_sql_str()), values).fetch_all(self).await?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    async fn run_built(&mut self, sql: String, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        Ok(bind(sqlx::query(AssertSqlSafe(sql).into_sql_str()), values).execute(self).await?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }
}

fn bind<'q, DB: Database>(query: Query<'q, DB, DB::Arguments>, values: &[Value<'_>]) -> Query<'q, DB, DB::Arguments>
where
    for<'t> i64: Encode<'t, DB> + Type<DB>,
    for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
    for<'t> &'t str: Encode<'t, DB> + Type<DB>,
    for<'t> Option<&'t str>: Encode<'t, DB> + Type<DB>,
    for<'t> &'t [u8]: Encode<'t, DB> + Type<DB>,
{
    values.iter().fold(query, |query, value| match *value {
        Value::Int(number) => query.bind(number),
        Value::MaybeInt(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::MaybeText(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

/// Reads a column of either kind of row.
macro_rules! column {
    ($name:ident, $kind:ty) => {
        pub fn $name(&self, column: &str) -> Result<$kind, sqlx::Error> {
            match self {
                Self::Sqlite(row) => row.try_get(column),
                Self::Postgres(row) => row.try_get(column),
            }
        }
    };
}

impl Row {
    column!(int, i64);
    column!(maybe_int, Option<i64>);
    column!(text, String);
    column!(maybe_text, Option<String>);
    column!(bytes, Vec<u8>);
}
