//! The formats of an export.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values (RFC 4180), everything that is known of a line.
    Csv,
    /// The same as JSON, an object on each line.
    Jsonl,
    /// The `FinOps` Open Cost and Usage Specification, version 1.4, as CSV.
    Focus,
    /// One page of OpenAI's organization costs: a bucket for each day.
    OpenAi,
}

/// Why a text names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the formats are csv, jsonl, focus and openai")]
pub struct NoFormat;

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Jsonl, Self::Focus, Self::OpenAi];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Focus => "focus",
            Self::OpenAi => "openai",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Focus => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl",
            Self::OpenAi => "application/json",
        }
    }
}

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(text: &str) -> Result<Self, NoFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(NoFormat)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
