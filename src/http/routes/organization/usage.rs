//! `GET /v1/organization/usage/…`: audio, completions and embeddings.

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::question::{Kind, Question, WIDTHS};
use crate::billing::Service;
use crate::billing::organization::{CompletionsResult, EmbeddingsResult, Page, TranscriptionsResult};
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// What a question about usage can say; for the document of the API, which [`Question`] reads by itself.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query to readers of the OpenAPI document")]
pub(in crate::http) struct UsageParameters {
    /// The first second that is asked for, since 1970; rounded down to a whole bucket.
    start_time: i64,
    /// The first second that is not; rounded up to a whole bucket. Now, if it is not given.
    end_time: Option<i64>,
    /// `1m`, `1h` or `1d`. Buckets begin in UTC.
    #[param(default = "1d")]
    bucket_width: Option<String>,
    /// Only these accounts.
    project_ids: Option<Vec<String>>,
    /// Nobody is known by such an id: with any, nothing is found.
    user_ids: Option<Vec<String>>,
    /// Only these keys.
    api_key_ids: Option<Vec<String>>,
    /// Only these models, by their ids or other names; what is told of them are ids.
    models: Option<Vec<String>>,
    /// What is told apart: `project_id`, `user_id`, `api_key_id`, `model`; for completions also `batch` and
    /// `service_tier`.
    group_by: Option<Vec<String>>,
    /// Buckets in an answer: 7 and at most 31 days, 24 and 168 hours, or 60 and 1440 minutes.
    limit: Option<i64>,
    /// The `next_page` of the answer before.
    page: Option<String>,
}

const FILTERS: &[&str] = &["project_ids", "user_ids", "api_key_ids", "models"];
const GROUPS: &[&str] = &["project_id", "user_id", "api_key_id", "model", "api_source"];

const AUDIO: Kind = Kind {
    services: &[Service::Transcription, Service::Translation],
    widths: WIDTHS,
    filters: FILTERS,
    groups: GROUPS,
};

const COMPLETIONS: Kind = Kind {
    services: &[Service::Completion],
    widths: WIDTHS,
    filters: &["project_ids", "user_ids", "api_key_ids", "models", "batch"],
    groups: &["project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"],
};

const EMBEDDINGS: Kind = Kind { services: &[Service::Embedding], widths: WIDTHS, filters: FILTERS, groups: GROUPS };

/// Tell how much audio was transcribed.
#[utoipa::path(get, path = "/v1/organization/usage/audio_transcriptions", tag = "Organization",
    operation_id = "usageAudioTranscriptions", params(UsageParameters),
    responses(
        (status = 200, description = "Usage by bucket", body = Page<TranscriptionsResult>),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
    ))]
pub(in crate::http) async fn audio_transcriptions(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<Page<TranscriptionsResult>>, Error> {
    let question = Question::of(&AUDIO, &running, &request.into_parts().0)?;
    Ok(Json(question.answer(&running, |sum| sum.into()).await?))
}

/// Tell how much text was read and written.
#[utoipa::path(get, path = "/v1/organization/usage/completions", tag = "Organization",
    operation_id = "usageCompletions",
    params(UsageParameters, ("batch" = Option<bool>, Query, description = "Files of batches alone, or all else")),
    responses(
        (status = 200, description = "Usage by bucket", body = Page<CompletionsResult>),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
    ))]
pub(in crate::http) async fn completions(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<Page<CompletionsResult>>, Error> {
    let question = Question::of(&COMPLETIONS, &running, &request.into_parts().0)?;
    Ok(Json(question.answer(&running, |sum| sum.into()).await?))
}

/// Tell how much text became vectors.
#[utoipa::path(get, path = "/v1/organization/usage/embeddings", tag = "Organization",
    operation_id = "usageEmbeddings", params(UsageParameters),
    responses(
        (status = 200, description = "Usage by bucket", body = Page<EmbeddingsResult>),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
    ))]
pub(in crate::http) async fn embeddings(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<Page<EmbeddingsResult>>, Error> {
    let question = Question::of(&EMBEDDINGS, &running, &request.into_parts().0)?;
    Ok(Json(question.answer(&running, |sum| sum.into()).await?))
}
