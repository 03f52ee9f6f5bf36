//! `POST /v1/audio/transcriptions`: a recording in, what was said out. The route of translations is the same with
//! another task.

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request;
use axum::response::{IntoResponse, Response};

use super::answers::Answers;
use crate::accounts::Caller;
use crate::http::asked::Asked;
use crate::http::form::{self, TranscriptionForm};
use crate::http::service::Shared;
use crate::http::{Error, notes, stream};
use crate::transcript::Task;
use crate::transcript::render;
use crate::transcription::Run;

/// Transcribe a recording.
#[utoipa::path(
    post,
    path = "/v1/audio/transcriptions",
    tag = "Audio",
    operation_id = "createTranscription",
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(Answers),
)]
pub(in crate::http) async fn create(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    answer(&running, Task::Transcribe, request).await
}

/// From request to answer, for both audio routes.
pub(super) async fn answer(running: &Shared, task: Task, request: Request) -> Result<Response, Error> {
    let service = &running.service;
    let place = running.admission.enter(&service.transcriber)?;
    let (head, body) = request.into_parts();
    let mut form = form::read(Request::from_parts(head.clone(), body), &service.audio, &service.settings).await?;
    let asked = Asked::of(&mut form, task, &service.catalog)?;
    asked.permit(&caller(&head)?)?;
    let file = form.file.take().ok_or(Error::MissingParameter("file"))?;
    let run = service.transcriber.start(file, asked.options.clone()).await?;
    let prompt_cut = run.prompt_cut();
    let mut response = if asked.stream {
        let events = stream::answer(run, asked.detail.logprobs, running.overdue.clone(), place);
        // nginx would otherwise collect the whole stream before it passes any of it on.
        ([("x-accel-buffering", "no")], events).into_response()
    } else {
        whole(run, &asked).await?
    };
    notes::note_ignored(response.headers_mut(), &form.ignored);
    notes::note_prompt(response.headers_mut(), prompt_cut);
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

/// Who asks, as the door has found out.
fn caller(head: &request::Parts) -> Result<Caller, Error> {
    head.extensions.get::<Caller>().cloned().ok_or(Error::Internal)
}
