//! Results of the three usage routes. A field that the question does not group by is null.

use serde::Serialize;
use utoipa::ToSchema;

use super::Sum;

/// What a result is grouped by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Group {
    /// The account.
    #[schema(required = true)]
    project_id: Option<String>,
    /// Always null: nobody is told apart below a key.
    #[schema(required = true, value_type = Option<String>)]
    user_id: (),
    /// The key.
    #[schema(required = true)]
    api_key_id: Option<String>,
    /// The model.
    #[schema(required = true)]
    model: Option<String>,
}

impl From<&Sum> for Group {
    fn from(sum: &Sum) -> Self {
        Self { project_id: sum.project.clone(), user_id: (), api_key_id: sum.key.clone(), model: sum.model.clone() }
    }
}

/// Audio that was transcribed or translated.
#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptionsResult {
    /// Always `organization.usage.audio_transcriptions.result`.
    object: &'static str,
    /// Length of the recordings together, a started second as a whole one; not what was billed.
    #[schema(example = 427)]
    seconds: i64,
    /// Requests that were charged, those that cost nothing included.
    #[schema(example = 12)]
    num_model_requests: i64,
    /// Whose, with which key and by which model.
    #[serde(flatten)]
    group: Group,
}

impl From<&Sum> for TranscriptionsResult {
    fn from(sum: &Sum) -> Self {
        Self {
            object: "organization.usage.audio_transcriptions.result",
            seconds: sum.audio_ms.saturating_add(999) / 1_000,
            num_model_requests: sum.requests,
            group: sum.into(),
        }
    }
}

/// Text that was read and written.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionsResult {
    /// Always `organization.usage.completions.result`.
    object: &'static str,
    /// Tokens read, those from a cache included.
    input_tokens: i64,
    /// Those of them that a backend had cached.
    input_cached_tokens: i64,
    /// Those that no cache had.
    input_uncached_tokens: i64,
    /// Tokens written.
    output_tokens: i64,
    /// Requests that were charged.
    num_model_requests: i64,
    /// Whose, with which key and by which model.
    #[serde(flatten)]
    group: Group,
    /// Whether they were files of batches.
    #[schema(required = true)]
    batch: Option<bool>,
    /// Always null: there is one tier of service.
    #[schema(required = true, value_type = Option<String>)]
    service_tier: (),
}

impl From<&Sum> for CompletionsResult {
    fn from(sum: &Sum) -> Self {
        Self {
            object: "organization.usage.completions.result",
            input_tokens: sum.input_tokens,
            input_cached_tokens: sum.cached_tokens,
            input_uncached_tokens: sum.input_tokens - sum.cached_tokens,
            output_tokens: sum.output_tokens,
            num_model_requests: sum.requests,
            group: sum.into(),
            batch: sum.batch,
            service_tier: (),
        }
    }
}

/// Text that became vectors.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmbeddingsResult {
    /// Always `organization.usage.embeddings.result`.
    object: &'static str,
    /// Tokens read.
    input_tokens: i64,
    /// Requests that were charged.
    num_model_requests: i64,
    /// Whose, with which key and by which model.
    #[serde(flatten)]
    group: Group,
}

impl From<&Sum> for EmbeddingsResult {
    fn from(sum: &Sum) -> Self {
        Self {
            object: "organization.usage.embeddings.result",
            input_tokens: sum.input_tokens,
            num_model_requests: sum.requests,
            group: sum.into(),
        }
    }
}
