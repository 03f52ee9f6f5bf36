//! The meter: reserves before work, reserves more as the work outgrows it, charges after, and gives back on failure.
//!
//! What it writes is the [`Ledger`]'s business, and what things cost the [`PriceSheet`]'s. A [`Reservation`] is what a
//! request holds in its hand meanwhile; dropping it gives the money back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::reservation::Reservation;
use super::{
    Amounts, Budget, Charge, Hold, IdempotencyClaim, Ledger, LedgerError, Measure, NoTariff, PriceSheet, Prices,
    Service, Standing, TariffId, Window,
};
use super::{Settings, Usage};
use crate::crash::{self, Point};
use crate::domain::{AccountId, ChargeId, Clock, Currency, KeyId, RequestId, Timestamp};

/// The longest time for which what was dropped is given back before the process ends; what was done has longer.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// Reserves and charges; cheap to clone.
#[derive(Clone)]
pub struct Meter {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lease: Duration,
    /// Steps in the book that nobody waits for any more, but that must be made.
    pub(super) steps: TaskTracker,
    /// Those of them that charge for what was done.
    pub(super) charges: TaskTracker,
    sheet: Arc<PriceSheet>,
}

/// Who pays, and within which ceilings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// Whose money it is.
    pub account: AccountId,
    /// The key that the request came with.
    pub key: Option<KeyId>,
    /// What the account pays in.
    pub currency: Currency,
    /// The ceilings of the account and of the key.
    pub budgets: Vec<Budget>,
}

/// What is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The request, as its caller and the log know it.
    pub request: RequestId,
    /// The kind of work.
    pub service: Service,
    /// The model's id.
    pub model: String,
    /// The caller's `Idempotency-Key`.
    pub claim: Option<IdempotencyClaim>,
}

/// Why nothing is done, or nothing charged.
#[derive(Debug, thiserror::Error)]
pub enum MeterError {
    /// It would be done for free.
    #[error(transparent)]
    NoTariff(#[from] NoTariff),
    /// The budget does not reach.
    #[error("the budget is exhausted")]
    Exhausted(Box<Standing>),
    /// The `Idempotency-Key` was used before.
    #[error("a request with this idempotency key was made before")]
    Claimed {
        /// What it led to.
        first: Box<Charge>,
        /// Whether it was the same recording with the same parameters.
        same_body: bool,
    },
    /// The hold ran out while the work went on, so that nothing can be charged.
    #[error("the hold expired before the work was done")]
    Expired,
    /// The book cannot be written.
    #[error(transparent)]
    Ledger(LedgerError),
}

impl From<LedgerError> for MeterError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Exhausted(standing) => Self::Exhausted(standing),
            LedgerError::Claimed { first, same_body } => Self::Claimed { first, same_body },
            LedgerError::Ended => Self::Expired,
            other => Self::Ledger(other),
        }
    }
}

impl Meter {
    /// Over a ledger that knows the sheet's tariffs.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, sheet: PriceSheet, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let (steps, charges) = (TaskTracker::new(), TaskTracker::new());
        Self { ledger, sheet: Arc::new(sheet), clock, lease: settings.lease, steps, charges }
    }

    /// The tariffs by which it charges.
    #[must_use]
    pub fn sheet(&self) -> &PriceSheet {
        &self.sheet
    }

    /// What a request that was admitted now would pay.
    ///
    /// # Errors
    /// [`NoTariff`]: it is to be refused.
    pub fn prices(&self, payer: &Payer, work: &Work) -> Result<Prices, NoTariff> {
        self.sheet.prices(&work.model, work.service, payer.currency, self.clock.now())
    }

    /// The time by the meter's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reserves what the work is expected to cost. Must be called on a tokio runtime.
    ///
    /// The step is made to its end though the caller may lose interest; what was reserved is given back then.
    ///
    /// # Errors
    /// [`MeterError::NoTariff`], [`MeterError::Exhausted`] and [`MeterError::Claimed`]: nothing was reserved.
    /// [`MeterError::Ledger`].
    pub async fn hold(&self, payer: &Payer, work: Work, expected: &Usage) -> Result<Reservation, MeterError> {
        // By the prices of the moment at which it is admitted.
        let at = self.clock.now();
        let prices = self.sheet.prices(&work.model, work.service, payer.currency, at)?;
        let (meter, payer, amounts) = (self.clone(), payer.clone(), prices.amounts(expected));
        let step = self.steps.spawn(async move {
            let charge = ChargeId::new();
            let hold = hold(&payer, work, charge.clone(), amounts, (at, meter.end_of_lease(at)));
            meter.ledger.hold(&hold).await?;
            crash::pass(Point::AfterHold);
            Ok(Reservation::new(meter, charge, payer, prices, amounts))
        });
        step.await.unwrap_or_else(|error| Err(MeterError::Ledger(LedgerError::Store(error.to_string()))))
    }

    /// Looks whether something is left of each of the payer's budgets of these measures.
    ///
    /// # Errors
    /// [`MeterError::Exhausted`], [`MeterError::Ledger`].
    pub async fn check(&self, payer: &Payer, measures: &[Measure]) -> Result<(), MeterError> {
        let budgets: Vec<_> =
            payer.budgets.iter().filter(|budget| measures.contains(&budget.measure)).cloned().collect();
        if budgets.is_empty() {
            return Ok(());
        }
        let standings = self.ledger.standing(&budgets, self.clock.now()).await?;
        match standings.into_iter().find(|standing| standing.left() <= 0) {
            Some(used_up) => Err(MeterError::Exhausted(Box::new(used_up))),
            None => Ok(()),
        }
    }

    /// What of this month was chargeable so far, by those of these prices that sum it up.
    ///
    /// # Errors
    /// [`MeterError::Ledger`].
    pub async fn month_so_far(&self, payer: &Payer, prices: &Prices) -> Result<BTreeMap<TariffId, i64>, MeterError> {
        if !prices.sum_up() {
            return Ok(BTreeMap::new());
        }
        let month = Window::Month.around(self.clock.now()).0;
        let kept = self.ledger.kept(&payer.account).await?.months.into_iter();
        Ok(kept.filter(|((_, start), _)| *start == month).map(|((tariff, _), sum)| (tariff, sum)).collect())
    }

    /// Voids holds whose time is over, every few seconds, until it is told to stop. After the store was away, and at first,
    /// since nobody knows for how long it was, it waits once more: holds may have run out that could not be renewed, and work
    /// that was done, by whichever server, is charged first. After the clock has leapt ahead, as when a machine has slept, it
    /// waits until those that live have been renewed.
    pub async fn sweep_until(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(pause_before_sweep(self.lease));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut away, mut seen, mut not_before) = (true, (self.clock.now(), Instant::now()), Instant::now());
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            let now = (self.clock.now(), Instant::now());
            if self.has_leapt(seen, now) {
                tracing::warn!("the clock has leapt from {} to {}", seen.0, now.0);
                not_before = now.1 + self.lease * 3 / 4;
            }
            seen = now;
            if now.1 < not_before {
                continue;
            }
            if away {
                away = self.ledger.closed_until().await.is_err();
                continue;
            }
            match self.ledger.sweep(now.0).await {
                Ok(0) => {}
                Ok(voided) => tracing::info!(voided, "holds whose requests never ended were given back"),
                Err(error) => {
                    tracing::error!(%error, "holds that expired could not be given back");
                    away = true;
                }
            }
        }
    }

    /// Whether holds may have ended between two looks at the clock, by the clock alone.
    fn has_leapt(&self, before: (Timestamp, Instant), now: (Timestamp, Instant)) -> bool {
        let told = now.0.duration_since(before.0).as_secs_f64();
        told > (now.1 - before.1 + self.lease / 4).as_secs_f64()
    }

    /// Waits until what was dropped has been given back, for a few seconds at most; until what was done has been charged,
    /// for as long as a lease, since the store may be back by then.
    pub async fn settle_down(&self) {
        self.steps.close();
        self.charges.close();
        if tokio::time::timeout(LAST_STEPS, self.steps.wait()).await.is_err() {
            if !self.charges.is_empty() {
                tracing::warn!(charges = self.charges.len(), "what was done waits for the ledger, to be charged");
                let _ = tokio::time::timeout(self.lease, self.charges.wait()).await;
            }
            let lost = self.charges.len();
            if lost > 0 {
                tracing::error!(lost, "what was done could not be charged: the ledger cannot be reached");
            }
            if self.steps.len() > lost {
                tracing::warn!("some holds could not be given back; they end by themselves");
            }
        }
        self.steps.reopen();
        self.charges.reopen();
    }

    /// When a hold that is made or renewed now ends by itself.
    pub(super) fn end_of_lease(&self, at: Timestamp) -> Timestamp {
        at.checked_add(self.lease).unwrap_or(Timestamp::MAX)
    }
}

/// The time between two sweeps, with holds of this lease; also that in which what was done is charged by whoever could not
/// reach the store, before what has run out is given back.
#[must_use]
pub fn pause_before_sweep(lease: Duration) -> Duration {
    (lease / 4).clamp(Duration::from_millis(100), Duration::from_secs(5))
}

fn hold(
    payer: &Payer,
    work: Work,
    charge: ChargeId,
    amounts: Amounts,
    (at, expires_at): (Timestamp, Timestamp),
) -> Hold {
    Hold {
        charge,
        request: work.request,
        account: payer.account.clone(),
        key: payer.key.clone(),
        service: work.service,
        model: work.model,
        currency: payer.currency,
        amounts,
        budgets: payer.budgets.clone(),
        at,
        expires_at,
        claim: work.claim,
    }
}
