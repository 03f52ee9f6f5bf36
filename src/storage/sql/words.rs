//! How ids, times and names stand in a column, and back.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Row;
use crate::billing::Hash;
use crate::domain::Timestamp;
use crate::storage::error::Failure;

/// Microseconds since 1970.
pub fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time that a number of microseconds says.
pub fn time(micros: i64, column: &'static str) -> Result<Timestamp, Failure> {
    Timestamp::from_microsecond(micros).map_err(|_| Failure::Row(column))
}

/// The name of a value that serialises as one word, as in `started_minute`.
pub fn word<T: Serialize>(value: &T) -> String {
    json(value).trim_matches('"').to_owned()
}

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Row {
    /// A column that holds the text of an id.
    pub fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, Failure> {
        self.text(column)?.parse().map_err(|_| Failure::Row(column))
    }

    /// The same, or nothing.
    pub fn maybe_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, Failure> {
        self.maybe_text(column)?.map(|text| text.parse().map_err(|_| Failure::Row(column))).transpose()
    }

    /// A column that holds a value's one word.
    pub fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Failure> {
        let word = serde_json::Value::String(self.text(column)?);
        serde_json::from_value(word).map_err(|_| Failure::Row(column))
    }

    /// A column that holds JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Failure> {
        serde_json::from_str(&self.text(column)?).map_err(|_| Failure::Row(column))
    }

    /// The same, or nothing.
    pub fn maybe_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, Failure> {
        let text = self.maybe_text(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| Failure::Row(column))).transpose()
    }

    /// A column that holds a time.
    pub fn time(&self, column: &'static str) -> Result<Timestamp, Failure> {
        time(self.int(column)?, column)
    }

    /// The same, or nothing.
    pub fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, Failure> {
        self.maybe_int(column)?.map(|micros| time(micros, column)).transpose()
    }

    /// A column that holds a SHA-256.
    pub fn hash(&self, column: &'static str) -> Result<Hash, Failure> {
        self.bytes(column)?.try_into().map_err(|_| Failure::Row(column))
    }
}
