//! Many rows in few statements: what is to be inserted, deleted or looked up, before it is in either database's words.

use super::Value;

/// Rows for a table, and what to do about those that are there already.
pub struct Insert {
    /// The table.
    pub into: &'static str,
    /// Its columns, separated by commas.
    pub columns: &'static str,
    /// What follows the rows.
    pub then: &'static str,
}

/// Something to be written.
pub enum Change<'a> {
    /// Rows to insert, whose values follow one another.
    Insert(&'static Insert, Vec<Value<'a>>),
    /// Rows to delete: those of the table whose column has one of these values.
    Delete(&'static str, &'static str, Vec<Value<'a>>),
}

/// A question about many rows at once: those whose columns have one of the given combinations of values.
pub struct Among {
    /// What is asked of them, as after `SELECT`.
    pub what: &'static str,
    /// The table.
    pub of: &'static str,
    /// The columns, separated by commas.
    pub columns: &'static str,
    /// What follows.
    pub then: &'static str,
}

/// How many columns a list names.
pub fn width(columns: &str) -> usize {
    columns.split(',').count()
}
