//! `POST /v1/audio/transcriptions`: a recording in, what was said out. The route of translations is the same with
//! another task.

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::http::asked::Asked;
use crate::http::error::ErrorBody;
use crate::http::form::{self, TranscriptionForm};
use crate::http::service::Shared;
use crate::http::stream::StreamEvent;
use crate::http::{Error, notes, stream};
use crate::transcript::Task;
use crate::transcript::render::{self, Json, VerboseJson};
use crate::transcription::Run;

/// Transcribe a recording.
#[utoipa::path(
    post,
    path = "/v1/audio/transcriptions",
    tag = "Audio",
    operation_id = "createTranscription",
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The transcript, in the form asked for", content(
            (TranscriptJson = "application/json"),
            (String = "text/plain"),
            (String = "text/vtt"),
            (StreamEvent = "text/event-stream"),
        ), headers(
            ("x-request-id" = String, description = "Names the request in the service's log"),
            ("x-minuted-ignored-params" = String, description = "Fields that had no effect"),
            ("x-minuted-warnings" = String, description = "Stretches whose text is doubtful"),
            ("x-minuted-damage" = String, description = "What was wrong with the file"),
            ("x-minuted-prompt-truncated" = String, description = "Only the end of the prompt was used"),
        )),
        (status = 400, description = "The form or the file cannot be used", body = ErrorBody),
        (status = 404, description = "No such model", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 429, description = "Too many requests at once", body = ErrorBody),
    ),
)]
pub(in crate::http) async fn create(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    answer(&running, Task::Transcribe, request).await
}

/// `json` or `verbose_json`, for the OpenAPI document.
pub(super) struct TranscriptJson;

impl ToSchema for TranscriptJson {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [(Json::name(), Json::schema()), (VerboseJson::name(), VerboseJson::schema())] {
            schemas.push((name.into_owned(), schema));
        }
        Json::schemas(schemas);
        VerboseJson::schemas(schemas);
    }
}

impl PartialSchema for TranscriptJson {
    fn schema() -> RefOr<Schema> {
        let either = OneOfBuilder::new();
        let either = either.item(Ref::from_schema_name(Json::name())).item(Ref::from_schema_name(VerboseJson::name()));
        either.into()
    }
}

/// From request to answer, for both audio routes.
pub(super) async fn answer(running: &Shared, task: Task, request: Request) -> Result<Response, Error> {
    let service = &running.service;
    let place = running.admission.enter(&service.transcriber)?;
    let mut form = form::read(request, &service.audio, &service.settings).await?;
    let asked = Asked::of(&mut form, task, &service.catalog)?;
    let file = form.file.take().ok_or(Error::MissingParameter("file"))?;
    let run = service.transcriber.start(file, asked.options.clone()).await?;
    let mut response = if asked.stream {
        let events = stream::answer(run, asked.detail.logprobs, running.overdue.clone(), place);
        // nginx would otherwise collect the whole stream before it passes any of it on.
        ([("x-accel-buffering", "no")], events).into_response()
    } else {
        whole(run, &asked).await?
    };
    notes::note_ignored(response.headers_mut(), &form.ignored);
    Ok(response)
}

async fn whole(mut run: Run, asked: &Asked) -> Result<Response, Error> {
    while run.next().await?.is_some() {}
    let outcome = run.finish();
    let body = render::render(&outcome.transcript, asked.format, asked.detail);
    let mut response = ([(CONTENT_TYPE, asked.format.media_type())], body).into_response();
    notes::note_outcome(response.headers_mut(), &outcome);
    Ok(response)
}
