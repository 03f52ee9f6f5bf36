//! Counts of calls as they are told in JSON, over the admin API and on the command line. Times are seconds since 1970.

use serde::Serialize;
use utoipa::ToSchema;

use super::Calls;

/// An account's calls of a model that is deprecated or retired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeprecatedCalls)]
pub struct CallsObject {
    /// Always `deprecated_calls`.
    #[schema(example = "deprecated_calls")]
    object: &'static str,
    /// The model's id.
    model: String,
    /// Who called it.
    account_id: String,
    /// How often.
    calls: i64,
    /// When for the first time, in seconds since 1970.
    first_called_at: i64,
    /// When for the last time.
    last_called_at: i64,
}

impl From<&Calls> for CallsObject {
    fn from(calls: &Calls) -> Self {
        Self {
            object: "deprecated_calls",
            model: calls.model.clone(),
            account_id: calls.account.to_string(),
            calls: calls.count,
            first_called_at: calls.first_at.as_second(),
            last_called_at: calls.last_at.as_second(),
        }
    }
}
