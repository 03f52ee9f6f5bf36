//! Many rows in few statements, and few different statements: so that all of them stay prepared.

use super::{Connection, Row, Value};

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
                let statement = self.statement(size, width, |number| connection.place(number));
                connection.run_built(statement, now).await?;
                rest = later;
            }
        }
        Ok(())
    }

    fn statement(&self, rows: usize, width: usize, place: impl Fn(usize) -> String) -> String {
        let row = |row: usize| format!("({})", places(row * width, width, &place));
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!("INSERT INTO {} ({}) VALUES {} {}", self.into, self.columns, rows.join(","), self.then)
    }
}

/// Places for so many values, after so many that stand before them.
fn places(before: usize, count: usize, place: impl Fn(usize) -> String) -> String {
    let places: Vec<_> = (before + 1..=before + count).map(place).collect();
    places.join(",")
}

/// Runs a statement for any number of values: `before`, a list of some of them in parentheses, `after`.
pub async fn rows_in(
    connection: &mut dyn Connection,
    (before, after): (&str, &str),
    values: &[Value<'_>],
) -> Result<Vec<Row>, sqlx::Error> {
    let (mut rest, mut found) = (values, Vec::new());
    for size in SIZES {
        while rest.len() >= size {
            let (now, later) = rest.split_at(size);
            let sql = format!("{before} ({}) {after}", places(0, size, |number| connection.place(number)));
            found.extend(connection.rows_built(sql, now).await?);
            rest = later;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through() {
        let insert = Insert { into: "t", columns: "a, b", then: "ON CONFLICT DO NOTHING" };
        assert_eq!(
            insert.statement(2, 2, |number| format!("${number}")),
            "INSERT INTO t (a, b) VALUES ($1,$2),($3,$4) ON CONFLICT DO NOTHING"
        );
    }
}
