//! The desk at which requests are ordered and paid for: each is done once and charged once, however often it is sent.

use std::sync::Arc;
use std::time::Duration;

use super::order::Order;
use super::quote::Quote;
use super::run::usage;
use super::session::{Listener, Session};
use super::waiting_room::WaitingRoom;
use super::{Error, Run, Transcriber};
use crate::billing::{Measure, Meter, MeterError, Usage};

/// Takes orders; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    transcriber: Transcriber,
    meter: Meter,
    room: WaitingRoom,
}

/// What the configuration sets of the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a request whose client has gone waits for it to come back. Zero: not at all, and only requests with an
    /// `Idempotency-Key` are told to be the same.
    pub grace: Duration,
}

impl Default for Settings {
    /// Half a minute.
    fn default() -> Self {
        Self { grace: Duration::from_secs(30) }
    }
}

/// Audio that is reserved at first where more was refused, and the length is not known: the least that is decoded.
const LEAST_MS: i64 = 100;

impl Desk {
    /// Where `meter` is paid for what `transcriber` does.
    #[must_use]
    pub fn new(transcriber: Transcriber, meter: Meter, settings: &Settings) -> Self {
        Self { transcriber, meter, room: WaitingRoom::new(settings.grace) }
    }

    /// Does what is ordered, or joins the same order under way, once the recording is open and its length is paid for.
    /// Must be called on a tokio runtime.
    ///
    /// # Errors
    /// As [`Transcriber::start`]; [`Error::Billing`] if it cannot be paid for, or was before; [`Error::KeyInUse`].
    pub async fn take(&self, order: Order) -> Result<Listener, Arc<Error>> {
        let name = order.name().filter(|_| order.key.is_some() || self.room.joins_twins());
        let (desk, body, streamed) = (self.clone(), order.body().unwrap_or_default(), order.streamed);
        let open = || Session::open(async move { desk.start(order).await });
        let session = match &name {
            Some(name) => self.room.enter(name, body, open)?,
            None => Arc::new(open()),
        };
        let mut listener = Listener::new(self.room.clone(), name, session, streamed);
        listener.opened().await?;
        Ok(listener)
    }

    /// Opens the recording and reserves what it will cost.
    async fn start(&self, order: Order) -> Result<Run, Error> {
        let (payer, work) = (order.caller.payer(), order.work());
        // Without a price there is no use in opening it.
        self.meter.prices(&payer, &work).map_err(MeterError::from)?;
        let mut options = order.options;
        // Accounts share the workers evenly.
        options.claim.party = payer.account.as_str().into();
        let run = self.transcriber.start(order.source, options).await?;
        let expected = run.expected_usage();
        let hold = async |expected: Usage| self.meter.hold(&payer, work.clone(), &expected).await;
        let reservation = match hold(expected).await {
            Err(MeterError::Exhausted(_)) if run.declared_duration().is_none() => {
                hold(Usage { audio_ms: LEAST_MS, ..expected }).await?
            }
            other => other?,
        };
        Ok(run.paid_by(reservation))
    }

    /// Decodes the recording and says what it would cost, without recognising or charging anything.
    ///
    /// # Errors
    /// As [`Transcriber::start`]; [`Error::Billing`] if it has no price, or nothing is left of a budget for it: to decode
    /// takes compute that nobody pays for.
    pub async fn quote(&self, order: Order) -> Result<Quote, Error> {
        self.transcriber.check(&order.options)?;
        let (payer, work) = (order.caller.payer(), order.work());
        let prices = self.meter.prices(&payer, &work).map_err(MeterError::from)?;
        self.meter.check(&payer, &[Measure::Audio, Measure::Spend]).await?;
        let (audio, channels, _) = self.transcriber.measure(order.source).await?;
        let month = self.meter.month_so_far(&payer, &prices).await?;
        let lines = prices.lines_after(&month, &usage(audio, channels));
        let wait = self.transcriber.health().expected_wait;
        Ok(Quote::of(audio, &lines, payer.currency, wait))
    }

    /// From now on no request waits for a client that has gone.
    pub fn close(&self) {
        self.room.close();
    }

    /// Requests that wait for a client that has gone.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.room.parked()
    }

    /// The meter that is paid here.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}
