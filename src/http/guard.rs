//! The guardrails on the wire: what they stop is counted, and logged by the name of the rule alone.

use std::sync::Arc;

use bytes::Bytes;

use super::Error;
use super::form::{Form, Other};
use super::service::Running;
use crate::accounts::Caller;
use crate::guardrails::Blocked;

/// Bodies from this size on are looked at where blocking is allowed.
const LARGE_BODY: usize = 256 << 10;

/// Looks at the prompt of a transcription, under either of its names.
///
/// # Errors
/// [`Error::Blocked`].
pub(super) async fn check_prompts(running: &Running, form: &Form) -> Result<(), Error> {
    let prompts = form.values.iter().filter(|value| matches!(value.field, "prompt" | "initial_prompt"));
    check_texts(running, prompts.map(|value| value.text.as_str())).await
}

/// Looks at the fields of a form of which only a backend knows what they mean, and of which one may be a prompt.
///
/// # Errors
/// [`Error::Blocked`].
pub(super) async fn check_others(running: &Running, form: &Form) -> Result<(), Error> {
    // The base64 of a voice is no text.
    let is_text = |other: &&Other| !(other.name.starts_with("known_speaker_references") && is_data(&other.text));
    check_texts(running, form.others.iter().filter(is_text).map(|other| other.text.as_str())).await
}

fn is_data(text: &str) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let data = text.trim().strip_prefix("data:audio/").and_then(|rest| rest.split_once(";base64,"));
    data.is_some_and(|(kind, data)| kind.len() <= 16 && data.bytes().all(base64))
}

async fn check_texts(running: &Running, texts: impl Iterator<Item = &str>) -> Result<(), Error> {
    let guardrails = running.service.guardrails.get();
    let texts: Vec<&str> = texts.map(str::trim).filter(|text| !text.is_empty()).collect();
    for text in &texts {
        guardrails.check_text(text).map_err(stop)?;
    }
    if texts.is_empty() { Ok(()) } else { guardrails.moderate(&texts.join("\n")).await.map_err(stop) }
}

/// Looks at the body of a text request.
///
/// # Errors
/// [`Error::Blocked`].
pub(super) async fn check_body(running: &Running, caller: &Caller, body: &Bytes) -> Result<(), Error> {
    let (guardrails, now) = (running.service.guardrails.get(), running.service.gate.now());
    let account = caller.rights().account.clone();
    let checked = if body.len() < LARGE_BODY {
        guardrails.check(body, &account, now)
    } else {
        let (guardrails, body) = (Arc::clone(&guardrails), body.clone());
        let checked = tokio::task::spawn_blocking(move || guardrails.check(&body, &account, now));
        checked.await.map_err(|_| Error::Internal)?
    };
    guardrails.moderate(&checked.map_err(stop)?).await.map_err(stop)
}

fn stop(blocked: Blocked) -> Error {
    let labels = [("kind", blocked.kind().to_owned()), ("rule", blocked.rule().to_owned())];
    metrics::counter!("minuted_guardrails_blocked_total", &labels).increment(1);
    // What it says names the rule, and nothing of what was sent.
    tracing::info!(kind = blocked.kind(), rule = blocked.rule(), why = %blocked, "a guardrail stopped a request");
    blocked.into()
}
