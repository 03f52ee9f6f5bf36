//! The relay: takes events out of the outbox and sends them, one batch after the other, while it has the turn.
//!
//! One process sends for all that share the database, so that order is kept: an event is sent when all before it have
//! arrived. What the receiver has and the outbox still holds, after a crash between the two, is sent again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::batch::MOST;
use super::{Answer, Batch, EventsError, Outbox, Schedule, Settings, Turn, Webhook};
use crate::billing::LedgerError;
use crate::domain::{ChargeId, Clock, SystemClock, Timestamp};

/// How often an outbox that was empty is looked into.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long, after it was told to stop, it goes on sending what is there.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Events that wait are counted up to here, and so often while there are many.
const COUNTED: u32 = 100_000;
const COUNT_AGAIN: Duration = Duration::from_secs(5);

/// Sends what is in the outbox, as long as it runs.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    webhook: Webhook,
    source: String,
    /// For one request.
    timeout: Duration,
    /// Names this process among those that want the turn.
    holder: String,
    /// Until when it has the turn.
    until: Timestamp,
    /// Arrived, and not taken out of the outbox yet.
    arrived: Vec<ChargeId>,
    schedule: Schedule,
    /// Events in a batch at most; fewer for a receiver that finds that too large.
    limit: u32,
    counted: Option<Instant>,
}

/// A relay that runs.
pub struct Delivery {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

/// What is next.
enum Next {
    /// There is more to send.
    More,
    /// Nothing is there, or it is another's turn.
    Idle,
    /// Later again.
    Wait(Duration),
    /// Nothing is wanted any more.
    Never,
}

impl Relay {
    /// As the settings say, from an outbox that keeps events from now on; `None` where no webhook is configured.
    ///
    /// # Errors
    /// Any of [`EventsError`].
    pub fn open(settings: &Settings, outbox: Arc<dyn Outbox>) -> Result<Option<Self>, EventsError> {
        let Some(webhook) = Webhook::open(settings)? else { return Ok(None) };
        outbox.keep_events();
        Ok(Some(Self {
            outbox,
            webhook,
            source: settings.source.clone(),
            timeout: settings.timeout,
            holder: Uuid::now_v7().simple().to_string(),
            until: Timestamp::MIN,
            arrived: Vec::new(),
            schedule: Schedule::default(),
            limit: MOST,
            counted: None,
        }))
    }

    /// Runs in the background. Must be called on a tokio runtime.
    #[must_use]
    pub fn start(self) -> Delivery {
        let stop = CancellationToken::new();
        tracing::info!("charges are told to {}", self.webhook.endpoint());
        Delivery { running: tokio::spawn(self.run(stop.clone())), stop }
    }

    async fn run(mut self, stop: CancellationToken) {
        let out_of_time = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::select! {
            () = self.send_until(&stop) => {}
            () = out_of_time => {}
        }
        if let Err(error) = self.outbox.leave_turn(&self.holder).await {
            tracing::debug!(%error, "the turn to send events ends by itself");
        }
    }

    /// Sends until it is told to stop, and then until nothing is left. While it waits to try again it just stops.
    async fn send_until(&mut self, stop: &CancellationToken) {
        loop {
            let last = stop.is_cancelled();
            let (wait, failing) = match self.pass().await {
                Ok(Next::More) => continue,
                Ok(Next::Never) => return,
                Ok(Next::Idle) => (LOOK_AGAIN, false),
                Ok(Next::Wait(wait)) => (wait, true),
                Err(error) => {
                    let wait = self.schedule.failed(None, chance());
                    tracing::error!(%error, "the outbox cannot be read or written; trying again in {wait:.1?}");
                    (wait, true)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => if last || failing { return },
            }
        }
    }

    /// One batch.
    async fn pass(&mut self) -> Result<Next, LedgerError> {
        let longest = SystemClock.now().checked_add(self.timeout * 3 / 2).unwrap_or(Timestamp::MAX);
        if self.until < longest && !self.take_turn(Duration::ZERO).await? {
            return Ok(Next::Idle);
        }
        self.take_out().await?;
        let entries = self.outbox.undelivered(self.limit).await?;
        self.count(entries.len()).await?;
        if entries.is_empty() {
            return Ok(Next::Idle);
        }
        let batch = Batch::of(&entries, &self.source);
        let answer = self.webhook.send(&batch, SystemClock.now()).await;
        if answer != Answer::Delivered {
            let next = self.not_delivered(&answer, entries.len());
            if let Next::Wait(wait) = next {
                // Nobody else is to send meanwhile what the receiver did not take.
                self.take_turn(wait).await?;
            }
            return Ok(next);
        }
        counter!("minuted_events_delivered_total").increment(batch.charges.len() as u64);
        if self.schedule.failures() > 0 {
            tracing::info!("{} takes events again", self.webhook.endpoint());
        }
        self.schedule.succeeded();
        self.arrived = batch.charges;
        self.take_out().await?;
        Ok(if entries.len() < self.limit as usize { Next::Idle } else { Next::More })
    }

    /// Takes the turn for so long, and for two requests after it. Says whether it is this process's now.
    async fn take_turn(&mut self, wait: Duration) -> Result<bool, LedgerError> {
        let now = SystemClock.now();
        let until = now.checked_add(wait + self.timeout * 2).unwrap_or(Timestamp::MAX);
        let ours = self.outbox.take_turn(Turn { holder: &self.holder, now, until }).await?;
        self.until = if ours { until } else { Timestamp::MIN };
        if !ours {
            gauge!("minuted_events_waiting").set(0.0);
        }
        Ok(ours)
    }

    /// Takes what has arrived out of the outbox. Should that fail, it is done before anything is sent again.
    async fn take_out(&mut self) -> Result<(), LedgerError> {
        if !self.arrived.is_empty() {
            self.outbox.delivered(&self.arrived).await?;
            self.arrived.clear();
        }
        Ok(())
    }

    fn not_delivered(&mut self, answer: &Answer, events: usize) -> Next {
        let endpoint = self.webhook.endpoint();
        counter!("minuted_events_failed_attempts_total").increment(1);
        let (why, retry_after) = match answer {
            Answer::Delivered => return Next::More,
            Answer::Gone => {
                tracing::error!(
                    "{endpoint} answered 410: it wants no more events, and gets none until this server is started \
                     again; they are kept as long as billing.webhook_url is set"
                );
                return Next::Never;
            }
            Answer::TooLarge if self.limit > 1 => {
                self.limit = u32::try_from(events).unwrap_or(MOST).div_ceil(2);
                tracing::warn!("{endpoint} answered 413: it gets {} events at a time from now on", self.limit);
                return Next::More;
            }
            Answer::TooLarge => ("it answered 413", None),
            Answer::Failed { why, retry_after } => (why.as_str(), *retry_after),
        };
        let wait = self.schedule.failed(retry_after, chance());
        let failures = self.schedule.failures();
        tracing::warn!(failures, events, "{endpoint} did not take events: {why}; trying again in {wait:.1?}");
        Next::Wait(wait)
    }

    /// Tells how many events wait, of which so many were read.
    async fn count(&mut self, read: usize) -> Result<(), LedgerError> {
        let waiting = if read < self.limit as usize {
            u32::try_from(read).unwrap_or(u32::MAX)
        } else if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT_AGAIN) {
            self.counted = Some(Instant::now());
            u32::try_from(self.outbox.waiting(COUNTED).await?).unwrap_or(u32::MAX)
        } else {
            return Ok(());
        };
        gauge!("minuted_events_waiting").set(f64::from(waiting));
        Ok(())
    }
}

impl Delivery {
    /// Sends what is left, for a few seconds at most, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.running.await;
    }
}

/// Any number.
fn chance() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}
