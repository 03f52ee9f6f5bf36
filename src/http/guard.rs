//! The guardrails on the wire: what they stop is counted, and logged by the name of the rule alone.

use std::sync::Arc;

use bytes::Bytes;

use super::Error;
use super::form::Form;
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
    let guardrails = running.service.guardrails.get();
    let prompts = form.values.iter().filter(|value| matches!(value.field, "prompt" | "initial_prompt"));
    for prompt in prompts.map(|value| value.text.trim()).filter(|text| !text.is_empty()) {
        guardrails.check_text(prompt).map_err(stop)?;
        guardrails.moderate(prompt).await.map_err(stop)?;
    }
    Ok(())
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
