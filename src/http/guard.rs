//! The guardrails on the wire: what they stop is counted, and logged by the name of the rule alone.

use super::Error;
use super::service::Running;
use crate::guardrails::Blocked;

/// Looks at the prompt of a transcription.
///
/// # Errors
/// [`Error::Blocked`].
pub(super) async fn check_prompt(running: &Running, prompt: &str) -> Result<(), Error> {
    let guardrails = &running.service.guardrails;
    guardrails.check_text(prompt).map_err(stop)?;
    guardrails.moderate_text(prompt).await.map_err(stop)
}

fn stop(blocked: Blocked) -> Error {
    metrics::counter!("minuted_guardrails_blocked_total", "rule" => blocked.rule()).increment(1);
    tracing::info!(rule = blocked.rule(), "a guardrail stopped a request");
    blocked.into()
}
