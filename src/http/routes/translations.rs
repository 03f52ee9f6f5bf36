//! `POST /v1/audio/translations`: a recording in, what was said out, in English.

use axum::extract::{Request, State};
use axum::response::Response;

use super::transcriptions::{TranscriptJson, answer};
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::form::TranscriptionForm;
use crate::http::service::Shared;
use crate::http::stream::StreamEvent;
use crate::transcript::Task;

/// Translate a recording into English.
///
/// A model that knows English only writes down the English that it hears.
#[utoipa::path(
    post,
    path = "/v1/audio/translations",
    tag = "Audio",
    operation_id = "createTranslation",
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The translation, in the form asked for", content(
            (TranscriptJson = "application/json"),
            (String = "text/plain"),
            (String = "text/vtt"),
            (StreamEvent = "text/event-stream"),
        )),
        (status = 400, description = "The form or the file cannot be used", body = ErrorBody),
        (status = 404, description = "No such model", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 429, description = "Too many requests at once", body = ErrorBody),
    ),
)]
pub(in crate::http) async fn create(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    answer(&running, Task::Translate, request).await
}
