//! A connection to either database, and the few kinds of values that stand in their tables.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{Database, Encode, Row as _, Type};

use super::bulk::{Among, Change};

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
    /// Runs a statement that answers with rows.
    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error>;

    /// The same for a statement that may go through the whole book, and is given time for that.
    async fn all_rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error>;

    /// Runs a statement; gives the count of rows that it changed.
    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, sqlx::Error>;

    /// Runs several statements without values, which take as long as they take.
    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error>;

    /// Looks up many rows, in as few statements as will do; the values of each follow one another.
    async fn rows_among(&mut self, among: &Among, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error>;

    /// Writes changes that are independent of each other, in as few statements as will do.
    async fn write(&mut self, changes: &[Change<'_>]) -> Result<(), sqlx::Error>;
}

/// Gives a statement its values.
pub fn bind<'q, DB: Database>(query: Query<'q, DB, DB::Arguments>, values: &[Value<'_>]) -> Query<'q, DB, DB::Arguments>
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
