//! A store that is away is waited for: a database is started again in less than a hold lasts.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::LedgerError;

/// Waits between tries to write a step while the store fails: each is twice the one before, from the first to the
/// longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Tries again while the store is away, for about so long, and until `dropped` is cancelled: a step that was made after all
/// is not made twice.
pub(super) async fn persistently<T, F: Future<Output = Result<T, LedgerError>>>(
    patience: Duration,
    dropped: &CancellationToken,
    mut step: impl FnMut() -> F,
) -> Result<T, LedgerError> {
    let (begun, (mut wait, longest)) = (Instant::now(), WAITS);
    loop {
        if dropped.is_cancelled() {
            return Err(LedgerError::Store("nobody waits for it any more".to_owned()));
        }
        match step().await {
            Err(LedgerError::Store(_)) if begun.elapsed() < patience => {
                dropped.run_until_cancelled(tokio::time::sleep(wait)).await;
            }
            other => return other,
        }
        wait = (2 * wait).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_mins(2);

    /// What comes of a step that is tried for so long, when the store fails for a time before it works.
    async fn after(outage: Duration, patience: Duration) -> Result<(), LedgerError> {
        let begun = Instant::now();
        persistently(patience, &CancellationToken::new(), || async move {
            if begun.elapsed() < outage { Err(LedgerError::Store("no disk".to_owned())) } else { Ok(()) }
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_store_refuses_is_not_tried_again() {
        let tries = std::cell::Cell::new(0);
        let refusal = LedgerError::Refused("no such row".to_owned());
        let refused = persistently(LEASE, &CancellationToken::new(), || {
            tries.set(tries.get() + 1);
            std::future::ready(Err::<(), _>(refusal.clone()))
        })
        .await;
        assert_eq!((refused, tries.get()), (Err(refusal.clone()), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_for_a_while_costs_nobody_a_transcript() {
        for seconds in [0, 1, 30, 119] {
            assert_eq!(after(Duration::from_secs(seconds), LEASE).await, Ok(()), "{seconds}");
        }
        assert!(after(2 * LEASE, LEASE).await.is_err());
        assert!(after(LEASE, Duration::from_secs(2)).await.is_err());
    }
}
