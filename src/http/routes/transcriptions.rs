//! `POST /v1/audio/transcriptions`: a recording in, what was said out. The route of translations is the same with
//! another task.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request;
use axum::response::{IntoResponse, Response};

use super::answers::Answers;
use super::recordings;
use crate::domain::RequestId;
use crate::http::asked::{self, Asked};
use crate::http::charge::DryRun;
use crate::http::form::{self, TranscriptionForm};
use crate::http::manner::{self, Manner};
use crate::http::middleware::door::caller;
use crate::http::service::{Running, Shared};
use crate::http::watch::Watch;
use crate::http::{Error, guard, notes, stream, sunset};
use crate::transcript::Task;
use crate::transcript::render;
use crate::transcription::{Listener, Next, Order};

/// Transcribe a recording.
#[utoipa::path(
    post,
    path = "/v1/audio/transcriptions",
    tag = "Audio",
    operation_id = "createTranscription",
    params(Manner, ("idempotency-key" = Option<String>, Header, description = KEY)),
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(Answers),
)]
pub(in crate::http) async fn create(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    answer(&running, Task::Transcribe, request).await
}

/// What the header of that name is for.
pub(super) const KEY: &str = "Your own name for the request, 1 to 255 printable characters. Sent again with the same \
                              name, it is done and charged once.";

/// From request to answer, for both audio routes; the status is told how it went.
pub(super) async fn answer(running: &Running, task: Task, request: Request) -> Result<Response, Error> {
    let mut watch = Watch::over(running);
    let answered = attempt(running, task, request, &mut watch).await;
    if let Err(error) = &answered {
        watch.failed(error);
    }
    answered
}

async fn attempt(running: &Running, task: Task, request: Request, watch: &mut Watch) -> Result<Response, Error> {
    let service = &running.service;
    let (head, body) = request.into_parts();
    let caller = caller(&head)?;
    let place = running.admission.enter(&caller.rights().account, &service.transcriber)?;
    let manner = Manner::of(&head)?;
    let key = manner::idempotency_key(&head)?;
    let request = Request::from_parts(head.clone(), body);
    let spooled = running.spools.share(&caller.rights().account);
    let mut form = form::read(request, &service.audio, &service.settings, spooled).await?;
    let model = model(running, &head, asked::named_model(&form)?)?;
    if recordings::is_elsewhere(running, &model) {
        watch.leave();
        return recordings::pass_on(running, &head, form, model, (task, manner)).await;
    }
    if !service.model.answers_to(&model) {
        return Err(Error::ModelNotFound(model.chars().take(100).collect()));
    }
    form.ignore_others();
    let asked = Asked::of(&mut form, task, service.model.id.clone())?;
    asked.permit(&caller)?;
    guard::check_prompts(running, &form).await?;
    watch.asked(&asked.model);
    let order = Order {
        caller,
        request: head.extensions.get::<RequestId>().cloned().unwrap_or_default(),
        model: asked.model.clone(),
        source: form.file.take().ok_or(Error::MissingParameter("file"))?,
        options: asked.options.clone(),
        answer: asked.answer(),
        streamed: asked.stream,
        key,
    };
    let mut response = if manner.dry_run {
        Json(DryRun::from(service.desk.quote(order).await?)).into_response()
    } else {
        let listener = service.desk.take(order).await?;
        let prompt_cut = listener.prompt_cut();
        let mut response = if asked.stream {
            let events =
                stream::answer(listener, asked.detail.logprobs, running.overdue.clone(), place, watch.hand_over());
            // nginx would otherwise collect the whole stream before it passes any of it on.
            ([("x-accel-buffering", "no")], events).into_response()
        } else {
            whole(listener, &asked, watch).await?
        };
        notes::note_prompt(response.headers_mut(), prompt_cut);
        response
    };
    notes::note_ignored(response.headers_mut(), &form.ignored);
    Ok(response)
}

/// The id of the model that is to answer to a name; to none, it is our own.
fn model(running: &Running, head: &request::Parts, name: Option<&str>) -> Result<String, Error> {
    let named = name.map_or_else(|| running.service.model.id.clone(), |name| running.id_of(name));
    sunset::admit(running, &head.extensions, named)
}

async fn whole(mut listener: Listener, asked: &Asked, watch: &mut Watch) -> Result<Response, Error> {
    loop {
        if let Next::End(outcome) = listener.next().await? {
            watch.served(outcome.transcript.duration);
            let body = render::render(&outcome.transcript, asked.format, asked.detail);
            let mut response = ([(CONTENT_TYPE, asked.format.media_type())], body).into_response();
            notes::note_outcome(response.headers_mut(), &outcome);
            return Ok(response);
        }
    }
}
