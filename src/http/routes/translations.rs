//! `POST /v1/audio/translations`: a recording in, what was said out, in English.

use axum::extract::{Request, State};
use axum::response::Response;

use super::answers::Answers;
use super::transcriptions::{KEY, answer};
use crate::http::Error;
use crate::http::form::TranscriptionForm;
use crate::http::manner::Manner;
use crate::http::service::Shared;
use crate::transcript::Task;

/// Translate a recording into English.
///
/// A model that knows English only writes down the English that it hears. One that knows more and was not trained to
/// translate, such as `whisper-large-v3-turbo`, is refused.
#[utoipa::path(
    post,
    path = "/v1/audio/translations",
    tag = "Audio",
    operation_id = "createTranslation",
    params(Manner, ("idempotency-key" = Option<String>, Header, description = KEY)),
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(Answers),
)]
pub(in crate::http) async fn create(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    answer(&running, Task::Translate, request).await
}
