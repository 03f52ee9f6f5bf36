//! Recordings for a model that a backend has. The form is read, and the recording decoded, as for a model of our own:
//! its length is what is billed, and a backend is not asked for it. What else the form says goes on, also what means nothing
//! to us.

use axum::http::request;
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::passed_on::{no_dry_run, note_failure, response};
use crate::audio::AudioSource;
use crate::billing::IdempotencyClaim;
use crate::domain::RequestId;
use crate::gateway::{Asked, Endpoint, Order, Recording};
use crate::http::form::Form;
use crate::http::manner::{self, Manner};
use crate::http::middleware::door::caller;
use crate::http::service::Running;
use crate::http::{Error, asked, charge, guard, notes};
use crate::transcript::Task;

/// Fields that hold lists, whose names end in brackets on the wire.
const LISTS: [&str; 2] = ["timestamp_granularities", "include"];

/// Whether a model is not ours but a backend's.
pub(super) fn is_elsewhere(running: &Running, model: &str) -> bool {
    !running.service.model.answers_to(model) && running.service.gateway.has(model)
}

/// Measures the recording, pays for it and passes it on. Backends translate nothing.
pub(super) async fn pass_on(
    running: &Running,
    head: &request::Parts,
    form: Form,
    model: String,
    asked: (Task, Manner),
) -> Result<Response, Error> {
    let passed_on = measured(running, head, form, model.clone(), asked).await;
    passed_on.inspect_err(|error| note_failure(running, &model, error))
}

async fn measured(
    running: &Running,
    head: &request::Parts,
    mut form: Form,
    model: String,
    (task, manner): (Task, Manner),
) -> Result<Response, Error> {
    if manner.dry_run {
        return Err(no_dry_run());
    }
    if task != Task::Transcribe {
        return Err(Error::TranscribesOnly(model));
    }
    if asked::named_task(&form)?.is_some_and(|task| task != "transcribe") {
        let why = format!("The model `{model}` transcribes only.");
        return Err(Error::UnsupportedValue { param: "task", why });
    }
    let service = &running.service;
    let caller = caller(head)?;
    if !caller.may_use(&model) {
        return Err(Error::ModelForbidden(model));
    }
    guard::check_prompts(running, &form).await?;
    guard::check_others(running, &form).await?;
    let place = service.gateway.enter(&caller.rights().account)?;
    let file = form.file.take().ok_or(Error::MissingParameter("file"))?;
    let (duration, channels, usual) = service.transcriber.measure(file.clone()).await?;
    let ending = form.ending.take().unwrap_or_else(|| usual.to_owned());
    let claim = claim(head, &form, &file, &model)?;
    let recording = Recording { model, fields: fields(&form), file, ending, duration, channels };
    let asked = Asked::of_recording(recording);
    let order = Order {
        caller,
        request: head.extensions.get::<RequestId>().cloned().unwrap_or_default(),
        endpoint: Endpoint::Transcriptions,
        headers: head.headers.clone(),
        asked,
        claim,
        place,
        overdue: running.overdue.clone(),
    };
    let mut answer = service.gateway.take(order).await?;
    let bill = answer.bill.take();
    let mut response = response(answer);
    if let Some(bill) = bill {
        charge::note(response.headers_mut(), bill);
    }
    notes::note_ignored(response.headers_mut(), &form.ignored);
    Ok(response)
}

/// The claim to the request's `Idempotency-Key`.
fn claim(
    head: &request::Parts,
    form: &Form,
    file: &AudioSource,
    model: &str,
) -> Result<Option<IdempotencyClaim>, Error> {
    let Some(key) = manner::idempotency_key(head)? else { return Ok(None) };
    let mut digest = Sha256::new().chain_update(file.digest().ok_or(Error::Internal)?);
    let mut add = |part: &str| {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    };
    add(model);
    for (name, text) in fields(form) {
        add(&name);
        add(&text);
    }
    Ok(Some(key.claim(digest.finalize().into())))
}

/// What else the form says, under the names that it has on the wire. What is empty says nothing.
fn fields(form: &Form) -> Vec<(String, String)> {
    let is_own = |field: &str| matches!(field, "model" | "task") || LISTS.contains(&field);
    let name = |field: &str, key: &str| match key {
        // The other name of it is ours alone.
        "" if field == "initial_prompt" => "prompt".to_owned(),
        "" => field.to_owned(),
        key => format!("{field}[{}]", key.replace(['"', '\r', '\n'], "")),
    };
    let read = form.values.iter().filter(|value| !is_own(value.field));
    let read = read.map(|value| (name(value.field, &value.key), value.text.clone()));
    let items = |field| asked::list(form, field).into_iter().map(move |item| (format!("{field}[]"), item));
    let others = form.others.iter().map(|other| (other.name.clone(), other.text.clone()));
    let all = read.chain(LISTS.into_iter().flat_map(items)).chain(others);
    all.filter(|(_, text)| !text.trim().is_empty()).collect()
}
