//! Many rows in few statements, and few different statements: so that all of them stay prepared.

use std::fmt::Write;

use super::{Connection, Value};

/// How many rows a statement has; the last must be 1. A charge is counted in six counters, and twice in the roll-up.
const SIZES: [usize; 5] = [64, 16, 6, 2, 1];

/// An `INSERT` of any number of rows.
pub struct Insert {
    /// The table.
    pub into: &'static str,
    /// Its columns, separated by commas.
    pub columns: &'static str,
    /// What follows the rows: what to do about those that are there already.
    pub then: &'static str,
}

impl Insert {
    /// Inserts rows, whose values follow one another in `values`.
    pub async fn rows(&self, connection: &mut dyn Connection, values: &[Value<'_>]) -> Result<(), sqlx::Error> {
        let width = self.columns.split(',').count();
        let mut rest = values;
        for size in SIZES {
            while rest.len() >= size * width {
                let (now, later) = rest.split_at(size * width);
                connection.run_built(self.statement(size, width), now).await?;
                rest = later;
            }
        }
        Ok(())
    }

    fn statement(&self, rows: usize, width: usize) -> String {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.into, self.columns);
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..width {
                let comma = if column == 0 { "" } else { "," };
                let _ = write!(sql, "{comma}${}", row * width + column + 1);
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(self.then);
        sql
    }
}

/// Takes out the rows whose `column` is one of these values.
pub async fn delete(
    connection: &mut dyn Connection,
    from: &'static str,
    column: &'static str,
    values: &[Value<'_>],
) -> Result<(), sqlx::Error> {
    let mut rest = values;
    for size in SIZES {
        while rest.len() >= size {
            let (now, later) = rest.split_at(size);
            let places: Vec<_> = (1..=size).map(|place| format!("${place}")).collect();
            let sql = format!("DELETE FROM {from} WHERE {column} IN ({})", places.join(","));
            connection.run_built(sql, now).await?;
            rest = later;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through() {
        let insert = Insert { into: "t", columns: "a, b", then: "ON CONFLICT DO NOTHING" };
        assert_eq!(insert.statement(2, 2), "INSERT INTO t (a, b) VALUES ($1,$2), ($3,$4) ON CONFLICT DO NOTHING");
    }
}
