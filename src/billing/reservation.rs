//! Money that is reserved for one request, from its hold to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::meter::{Meter, MeterError, Payer};
use super::patience::persistently;
use super::{Amounts, Charge, Extension, LedgerError, Prices, Settlement, State, Usage};
use crate::crash::{self, Point};
use crate::domain::ChargeId;

/// The most audio that an extension reserves beyond what is needed: few rows for a long recording, and not much that
/// others of the account go without meanwhile.
const LONGEST_STRIDE_MS: i64 = 10 * 60_000;

/// How long a step is tried that may fail: a hold is renewed again later, and ends by itself.
const BRIEFLY: Duration = Duration::from_secs(2);

/// What a request has reserved. It is renewed while it lives; dropping it gives the money back.
pub struct Reservation {
    held: Arc<Held>,
    renewal: AbortHandle,
    runtime: Handle,
    ended: bool,
}

struct Held {
    meter: Meter,
    charge: ChargeId,
    payer: Payer,
    prices: Prices,
    /// Cancelled when it is dropped before its end: what is tried until the store is back is tried no more.
    dropped: CancellationToken,
    /// Locked for as long as a step is being written, so that they are written one after the other.
    progress: Mutex<Progress>,
}

struct Progress {
    /// What is reserved in all.
    amounts: Amounts,
    /// Extensions written so far.
    steps: u32,
}

impl Reservation {
    /// Of a hold that has been written.
    pub(super) fn new(meter: Meter, charge: ChargeId, payer: Payer, prices: Prices, amounts: Amounts) -> Self {
        let progress = Mutex::new(Progress { amounts, steps: 0 });
        let dropped = CancellationToken::new();
        let held = Arc::new(Held { meter, charge, payer, prices, dropped, progress });
        let renewal = tokio::spawn(Arc::clone(&held).keep()).abort_handle();
        Self { held, renewal, runtime: Handle::current(), ended: false }
    }

    /// The charge that it will become.
    #[must_use]
    pub fn charge(&self) -> &ChargeId {
        &self.held.charge
    }

    /// The prices of the moment at which it was made.
    #[must_use]
    pub fn prices(&self) -> &Prices {
        &self.held.prices
    }

    /// Sees to it that this much usage is reserved: more than that if the budget allows, or else just as much.
    ///
    /// # Errors
    /// [`MeterError::Exhausted`] if the budget does not reach; what was reserved before stays so.
    pub async fn cover(&self, usage: &Usage) -> Result<(), MeterError> {
        if self.held.progress.lock().await.amounts.cover(&self.held.prices.amounts(usage)) {
            return Ok(());
        }
        let (held, usage) = (Arc::clone(&self.held), *usage);
        self.to_the_end(async move { held.grow(&usage).await }).await
    }

    /// Charges what was used, and gives back the rest. It may be called again if nobody waited for its answer.
    ///
    /// # Errors
    /// [`MeterError::Exhausted`] if more was used than is reserved and the budget does not reach; nothing is charged.
    pub async fn settle(&mut self, usage: &Usage) -> Result<Charge, MeterError> {
        let (held, usage) = (Arc::clone(&self.held), *usage);
        let charge = self.to_the_end(async move { held.settle_or_void(&usage).await }).await?;
        self.end();
        crash::pass(Point::AfterSettle);
        Ok(charge)
    }

    /// Gives the money back, and waits until that is written.
    pub async fn void(mut self) {
        self.end();
        let held = Arc::clone(&self.held);
        let _ = self.to_the_end(async move { held.void().await }).await;
    }

    /// Charges what was used, though nobody waits for that.
    pub fn settle_unheard(self, usage: Usage) {
        let held = Arc::clone(&self.held);
        self.charge_unheard(async move { held.settle(&usage).await });
    }

    /// Charges what was used, though nobody waits for that; where the budget does not reach, the part of it that is
    /// reserved.
    pub fn settle_within(self, usage: Usage, reserved: Usage) {
        let held = Arc::clone(&self.held);
        self.charge_unheard(async move {
            match held.settle(&usage).await {
                Err(MeterError::Exhausted(_)) => held.settle(&reserved).await,
                other => other,
            }
        });
    }

    /// Makes a settlement to its end, though nobody waits for that.
    fn charge_unheard(mut self, settlement: impl Future<Output = Result<Charge, MeterError>> + Send + 'static) {
        self.end();
        let held = Arc::clone(&self.held);
        let charging = async move {
            if let Err(error) = settlement.await {
                tracing::error!(%error, charge = %held.charge, "what was done could not be charged");
            }
        };
        let Meter { steps, charges, .. } = &self.held.meter;
        steps.spawn_on(charges.track_future(charging), &self.runtime);
    }

    /// Makes a step to its end, though nobody may wait for it any more; where the store is away, for as long as this is
    /// not dropped.
    async fn to_the_end<T: Send + 'static>(
        &self,
        step: impl Future<Output = Result<T, MeterError>> + Send + 'static,
    ) -> Result<T, MeterError> {
        let step = self.held.meter.steps.spawn(step);
        step.await.unwrap_or_else(|error| Err(MeterError::Ledger(LedgerError::Store(error.to_string()))))
    }

    fn end(&mut self) {
        self.ended = true;
        self.renewal.abort();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.renewal.abort();
        if !self.ended {
            self.held.dropped.cancel();
            let held = Arc::clone(&self.held);
            self.held.meter.steps.spawn_on(
                async move {
                    let _ = held.void().await;
                },
                &self.runtime,
            );
        }
    }
}

impl Held {
    /// Renews the hold for as long as it lives, well before it ends; where the store fails, some times more until then.
    async fn keep(self: Arc<Self>) {
        let mut pause = self.meter.lease / 2;
        loop {
            tokio::time::sleep(pause).await;
            let this = Arc::clone(&self);
            let renewed = self.meter.steps.spawn(async move {
                let mut progress = this.progress.lock().await;
                let amounts = progress.amounts;
                this.extend(&mut progress, amounts, BRIEFLY).await
            });
            pause = match renewed.await {
                Ok(Err(MeterError::Expired)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::warn!(%error, charge = %self.charge, "a hold could not be renewed");
                    self.meter.lease / 8
                }
                Ok(Ok(())) => self.meter.lease / 2,
            };
        }
    }

    async fn grow(&self, usage: &Usage) -> Result<(), MeterError> {
        let mut progress = self.progress.lock().await;
        let exact = progress.amounts.at_least(&self.prices.amounts(usage));
        let ahead = usage.audio_ms.saturating_add(usage.audio_ms.min(LONGEST_STRIDE_MS));
        let ahead = Usage { audio_ms: ahead.saturating_add(59_999) / 60_000 * 60_000, ..*usage };
        let generous = exact.at_least(&self.prices.amounts(&ahead));
        let patience = self.meter.lease;
        match self.extend(&mut progress, generous, patience).await {
            Err(MeterError::Exhausted(_)) if generous != exact => self.extend(&mut progress, exact, patience).await,
            other => other,
        }
    }

    async fn extend(&self, progress: &mut Progress, amounts: Amounts, patience: Duration) -> Result<(), MeterError> {
        let at = self.meter.clock.now();
        // More time alone is no step of its own.
        let step = progress.steps + u32::from(amounts != progress.amounts);
        let extension = Extension {
            step: progress.steps + 1,
            amounts,
            budgets: self.payer.budgets.clone(),
            at,
            expires_at: self.meter.end_of_lease(at),
        };
        persistently(patience, &self.dropped, || self.meter.ledger.extend(&self.charge, &extension)).await?;
        *progress = Progress { amounts, steps: step };
        Ok(())
    }

    /// The work is done, so that it waits for a store that fails as long as the hold may last: a database is started
    /// again in less.
    async fn settle(&self, usage: &Usage) -> Result<Charge, MeterError> {
        let mut progress = self.progress.lock().await;
        let (needed, patience) = (progress.amounts.at_least(&self.prices.amounts(usage)), self.meter.lease);
        if needed != progress.amounts {
            self.extend(&mut progress, needed, patience).await?;
        }
        let tariffs = self.prices.tariffs().to_vec();
        let settlement = Settlement { usage: *usage, tariffs, at: self.meter.clock.now() };
        crash::pass(Point::BeforeSettle);
        Ok(persistently(patience, &self.dropped, || self.meter.ledger.settle(&self.charge, &settlement)).await?)
    }

    /// Settles. Where the store fails, what was reserved is given back, unless it turns out that the settlement was written.
    async fn settle_or_void(&self, usage: &Usage) -> Result<Charge, MeterError> {
        let failure = match self.settle(usage).await {
            Err(failure @ MeterError::Ledger(LedgerError::Store(_))) => failure,
            other => return other,
        };
        match self.void().await {
            Err(MeterError::Expired) => {
                let charge = self.meter.ledger.charge(&self.payer.account, &self.charge).await;
                charge.ok().flatten().filter(|charge| charge.state == State::Settled).ok_or(failure)
            }
            _ => Err(failure),
        }
    }

    async fn void(&self) -> Result<(), MeterError> {
        let _one_after_the_other = self.progress.lock().await;
        // This is what is left to do when it has been dropped.
        let regardless = CancellationToken::new();
        let void = || self.meter.ledger.void(&self.charge, self.meter.clock.now());
        let voided = persistently(BRIEFLY, &regardless, void).await;
        if let Err(error) = &voided
            && !matches!(error, LedgerError::Ended)
        {
            tracing::warn!(%error, charge = %self.charge, "a hold could not be given back; it ends by itself");
        }
        Ok(voided?)
    }
}
