//! SQLite takes many rows as many values: in a few sizes of statement, so that all of them stay prepared.

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::storage::sql::{Among, Change, Connection, Insert, Row, Value, bind, width};

/// How many rows a statement has; the last must be 1. Each statement wakes SQLite's thread and waits for it, so that few
/// are wanted for any number of rows, and few sizes, as each is kept prepared.
const SIZES: [usize; 12] = [64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/// Statements of so few rows go to SQLite's thread together. What goes together is kept prepared together, in each of its
/// combinations: larger ones would need too much memory.
const FEW: usize = 4;

#[async_trait]
impl Connection for SqliteConnection {
    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        let rows = bind(sqlx::query(sql), values).fetch_all(self).await?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    async fn all_rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        self.rows(sql, values).await
    }

    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        Ok(bind(sqlx::query(sql), values).execute(self).await?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(self).await.map(drop)
    }

    async fn rows_among(&mut self, among: &Among, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        let mut found = Vec::new();
        for part in parts(values, width(among.columns)) {
            let sql = AssertSqlSafe(question(among, part.len())).into_sql_str();
            let rows = bind(sqlx::query(sql), part).fetch_all(&mut *self).await?;
            found.extend(rows.into_iter().map(Row::Sqlite));
        }
        Ok(found)
    }

    async fn write(&mut self, changes: &[Change<'_>]) -> Result<(), sqlx::Error> {
        let (mut script, mut given) = (String::new(), Vec::new());
        for change in changes {
            let (values, width) = match change {
                Change::Insert(insert, values) => (values, width(insert.columns)),
                Change::Delete(_, _, values) => (values, 1),
            };
            for part in parts(values, width) {
                let sql = match change {
                    Change::Insert(insert, _) => insertion(insert, part.len()),
                    Change::Delete(table, column, _) => {
                        format!("DELETE FROM {table} WHERE {column} IN {}", row(part.len()))
                    }
                };
                if part.len() > FEW * width {
                    bind(sqlx::query(AssertSqlSafe(sql).into_sql_str()), part).execute(&mut *self).await?;
                } else {
                    script.push_str(&sql);
                    script.push(';');
                    given.extend_from_slice(part);
                }
            }
        }
        if script.is_empty() {
            return Ok(());
        }
        bind(sqlx::query(AssertSqlSafe(script).into_sql_str()), &given).execute(self).await.map(drop)
    }
}

/// Rows of so many values, in as many parts as there are sizes to make.
fn parts<'a, 'v>(values: &'a [Value<'v>], width: usize) -> impl Iterator<Item = &'a [Value<'v>]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let rows = SIZES.into_iter().find(|size| size * width <= rest.len())?;
        let (now, later) = rest.split_at(rows * width);
        rest = later;
        Some(now)
    })
}

/// A place for each value of a row. Without numbers: SQLite looks names up one by one.
fn row(width: usize) -> String {
    let mut places = "(?".to_owned();
    places.push_str(&",?".repeat(width - 1));
    places.push(')');
    places
}

fn rows(width: usize, values: usize) -> String {
    let row = row(width);
    let mut rows = row.clone();
    for _ in 1..values / width {
        rows.push(',');
        rows.push_str(&row);
    }
    rows
}

fn insertion(Insert { into, columns, then }: &Insert, values: usize) -> String {
    format!("INSERT INTO {into} ({columns}) VALUES {} {then}", rows(width(columns), values))
}

/// The values come first in the join, so that each is looked up: given a list of rows, SQLite reads the whole table.
fn question(Among { what, of, columns, then }: &Among, values: usize) -> String {
    let rows = rows(width(columns), values);
    format!(
        "WITH wanted ({columns}) AS (VALUES {rows}) SELECT {what} FROM wanted CROSS JOIN {of} USING ({columns}) {then}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_every_value() {
        let insert = Insert { into: "t", columns: "a, b", then: "ON CONFLICT DO NOTHING" };
        assert_eq!(insertion(&insert, 4), "INSERT INTO t (a, b) VALUES (?,?),(?,?) ON CONFLICT DO NOTHING");
        let among = Among { what: "t.*", of: "t", columns: "a, b", then: "LEFT JOIN u ON u.b = t.b" };
        assert_eq!(
            question(&among, 4),
            "WITH wanted (a, b) AS (VALUES (?,?),(?,?)) SELECT t.* FROM wanted CROSS JOIN t USING (a, b) LEFT JOIN u ON u.b = t.b"
        );
    }

    #[test]
    fn parts_are_of_the_sizes_and_leave_nothing_out() {
        let values = vec![Value::Int(7); 2 * (64 + 12 + 1)];
        let sizes: Vec<_> = parts(&values, 2).map(<[_]>::len).collect();
        assert_eq!(sizes, [128, 24, 2]);
        assert_eq!(parts(&[], 2).count(), 0);
    }
}
