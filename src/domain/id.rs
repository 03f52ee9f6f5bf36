//! Ids that a person recognises in a log line.

use std::fmt;

use uuid::Uuid;

/// Names one HTTP request or one file on the command line: `req_` and 32 hexadecimal digits, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A new id; ids made later sort after it.
    #[must_use]
    pub fn new() -> Self {
        Self(format!("req_{}", Uuid::now_v7().simple()))
    }

    /// The id as it stands in the `x-request-id` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
