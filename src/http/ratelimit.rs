//! What is left of a caller's limits, in the headers that OpenAI's answers have: `x-ratelimit-limit-requests`,
//! `x-ratelimit-remaining-requests` and `x-ratelimit-reset-requests`, and the same for `audio-seconds`. A reset is a
//! duration, as in `6m0s` or `120ms`, until the whole is there again.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use tokio::time::timeout;

use crate::accounts::{Caller, Turn};
use crate::billing::{Ledger, LedgerError, Measure, Standing};
use crate::domain::Timestamp;

/// How long an answer waits for what is left of a budget.
const PATIENCE: Duration = Duration::from_millis(500);

const REQUESTS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];

const AUDIO: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-audio-seconds"),
    HeaderName::from_static("x-ratelimit-remaining-audio-seconds"),
    HeaderName::from_static("x-ratelimit-reset-audio-seconds"),
];

/// Says how many requests are left of a minute's worth.
pub(super) fn note_requests(headers: &mut HeaderMap, turn: &Turn) {
    put(headers, &REQUESTS, u64::from(turn.limit), u64::from(turn.remaining), turn.resets_in);
}

/// Says how much audio is left of the tightest of the caller's budgets, if there is one and the ledger tells it at once.
pub(super) async fn note_audio(headers: &mut HeaderMap, ledger: &dyn Ledger, caller: &Caller, now: Timestamp) {
    let mut budgets = caller.budgets();
    budgets.retain(|budget| budget.measure == Measure::Audio);
    if budgets.is_empty() {
        return;
    }
    note_tightest(headers, ledger.standing(&budgets, now), now).await;
}

async fn note_tightest(
    headers: &mut HeaderMap,
    standings: impl Future<Output = Result<Vec<Standing>, LedgerError>>,
    now: Timestamp,
) {
    match timeout(PATIENCE, standings).await {
        Ok(Ok(standings)) => {
            if let Some(tightest) = standings.iter().min_by_key(|standing| standing.left()) {
                note_standing(headers, tightest, now);
            }
        }
        Ok(Err(error)) => tracing::warn!(%error, "what is left of a budget could not be read, and is not told"),
        Err(_) => tracing::warn!("what is left of a budget could not be read in time, and is not told"),
    }
}

fn note_standing(headers: &mut HeaderMap, standing: &Standing, now: Timestamp) {
    let seconds = |milliseconds: i64| u64::try_from(milliseconds / 1_000).unwrap_or(0);
    let resets_in = Duration::try_from(standing.resets_at.duration_since(now)).unwrap_or_default();
    put(headers, &AUDIO, seconds(standing.budget.ceiling), seconds(standing.left()), resets_in);
}

fn put(
    headers: &mut HeaderMap,
    [limit, remaining, reset]: &[HeaderName; 3],
    whole: u64,
    left: u64,
    resets_in: Duration,
) {
    headers.insert(limit, HeaderValue::from(whole));
    headers.insert(remaining, HeaderValue::from(left));
    if let Ok(value) = HeaderValue::from_str(&duration(resets_in)) {
        headers.insert(reset, value);
    }
}

/// `120ms`, `8s`, `6m0s`, `3h0m12s`: rounded up.
fn duration(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{}ms", span.as_micros().div_ceil(1_000));
    }
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_does_not_wait_for_a_ledger_that_says_nothing() {
        let mut headers = HeaderMap::new();
        note_tightest(&mut headers, std::future::pending(), Timestamp::UNIX_EPOCH).await;
        assert!(headers.is_empty());
    }

    #[test]
    fn a_reset_is_written_as_openai_does() {
        for (millis, text) in
            [(0, "0ms"), (120, "120ms"), (1_000, "1s"), (1_001, "2s"), (360_000, "6m0s"), (59_999_999, "16h40m0s")]
        {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
        assert_eq!(duration(Duration::from_micros(1)), "1ms");
    }
}
