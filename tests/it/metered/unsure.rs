//! A store that fails just after it has written: nobody is told that a charge was none. And one that fails for a while
//! when a hold is to be renewed, or swept. And a clock that leaps ahead.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use minuted::billing::{
    Budget, Charge, Counted, Entry, Extension, Head, Hold, Kept, Ledger, LedgerError, Meter, MeterError, Owner, PageOf,
    Payer, PriceSheet, Service, Settings, Settlement, Standing, State, Stranger, Tariff, Usage, UsageQuery, UsageRow,
    Window, Work,
};
use minuted::domain::{AccountId, ChargeId, Clock, Currency, RequestId, SystemClock, Timestamp};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Watch;
use crate::app::stores;

/// A ledger that fails to say that a settlement was written, if it was.
struct Unsure {
    ledger: Arc<dyn Ledger>,
    writes: bool,
    /// Nothing else works until then.
    back: Instant,
    /// When a hold was extended.
    extended: Mutex<Vec<Instant>>,
    /// When holds were swept.
    swept: Mutex<Vec<Instant>>,
    /// When a charge was written.
    settled: Mutex<Vec<Instant>>,
}

impl Unsure {
    fn new(ledger: Arc<dyn Ledger>, writes: bool, back: Instant) -> Arc<Self> {
        let (extended, swept, settled) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { ledger, writes, back, extended, swept, settled })
    }

    /// Now, if it works.
    fn works(&self) -> Result<Instant, LedgerError> {
        let now = Instant::now();
        if now < self.back { Err(LedgerError::Store("the disk is full".to_owned())) } else { Ok(now) }
    }
}

#[async_trait]
impl Ledger for Unsure {
    async fn settle(&self, charge: &ChargeId, settlement: &Settlement) -> Result<Charge, LedgerError> {
        if self.writes {
            let now = self.works()?;
            self.settled.lock().expect("no holder panics").push(now);
            self.ledger.settle(charge, settlement).await?;
        }
        Err(LedgerError::Store("the connection was lost".to_owned()))
    }

    async fn hold(&self, hold: &Hold) -> Result<(), LedgerError> {
        self.ledger.hold(hold).await
    }

    async fn extend(&self, _: &ChargeId, _: &Extension) -> Result<(), LedgerError> {
        let now = self.works()?;
        self.extended.lock().expect("no holder panics").push(now);
        Ok(())
    }

    async fn void(&self, charge: &ChargeId, at: Timestamp) -> Result<(), LedgerError> {
        self.ledger.void(charge, at).await
    }

    async fn charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<Charge>, LedgerError> {
        self.ledger.charge(account, charge).await
    }

    async fn sweep(&self, _: Timestamp) -> Result<u64, LedgerError> {
        let now = self.works()?;
        self.swept.lock().expect("no holder panics").push(now);
        Ok(0)
    }

    async fn standing(&self, _: &[Budget], _: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        unreachable!("nobody looks at a budget")
    }

    async fn counted(&self, _: &Owner, _: Window, _: Timestamp, _: u32) -> Result<Vec<Counted>, LedgerError> {
        unreachable!("nobody reads the counters")
    }

    async fn chain(&self, _: &AccountId, _: i64, _: u32) -> Result<Vec<Entry>, LedgerError> {
        unreachable!("nobody reads the rows")
    }

    async fn chains(&self) -> Result<Vec<Head>, LedgerError> {
        unreachable!("nobody reads the rows")
    }

    async fn kept(&self, _: &AccountId) -> Result<Kept, LedgerError> {
        unreachable!("nobody verifies")
    }

    async fn strangers(&self) -> Result<Vec<Stranger>, LedgerError> {
        unreachable!("nobody verifies")
    }

    async fn settled(
        &self,
        _: Option<&AccountId>,
        _: Timestamp,
        _: Timestamp,
        _: Option<&(Timestamp, ChargeId)>,
        _: u32,
    ) -> Result<PageOf<Entry, (Timestamp, ChargeId)>, LedgerError> {
        unreachable!("nobody exports")
    }

    async fn usage(&self, _: &UsageQuery) -> Result<Vec<UsageRow>, LedgerError> {
        unreachable!("nobody asks for the usage")
    }

    async fn close_period(&self, _: Timestamp) -> Result<(), LedgerError> {
        unreachable!("no month ends")
    }

    async fn closed_until(&self) -> Result<Timestamp, LedgerError> {
        self.works().map(|_| Timestamp::MIN)
    }

    async fn publish(&self, _: &[Tariff]) -> Result<(), LedgerError> {
        unreachable!("there are no new prices")
    }

    async fn tariffs(&self) -> Result<Vec<Tariff>, LedgerError> {
        unreachable!("nobody reads the prices")
    }
}

/// Before this ledger, with holds that live for so long by themselves.
async fn meter(unsure: &Arc<Unsure>, lease: Duration) -> Meter {
    meter_by(unsure, lease, Arc::new(SystemClock)).await
}

async fn meter_by(unsure: &Arc<Unsure>, lease: Duration, clock: Arc<dyn Clock>) -> Meter {
    let sheet = PriceSheet::load(None).expect("the built-in sheet");
    unsure.ledger.publish(sheet.tariffs()).await.expect("new tariffs");
    Meter::new(unsure.clone(), sheet, clock, &Settings { lease, ..Settings::default() })
}

fn payer() -> Payer {
    let account = "acc_alice".parse().expect("an account");
    Payer { account, key: None, currency: Currency::EUR, budgets: Vec::new() }
}

fn work() -> Work {
    let (request, model) = (RequestId::new(), "minuted-nano.en".to_owned());
    Work { request, service: Service::Transcription, model, claim: None }
}

#[tokio::test]
async fn a_charge_whose_writing_was_not_confirmed_is_told_if_it_is_there_and_given_back_if_not() {
    for writes in [true, false] {
        let (stores, _folder) = stores().await;
        let unsure = Unsure::new(stores.ledger.clone(), writes, Instant::now());
        let meter = meter(&unsure, Duration::from_millis(300)).await;
        let usage = Usage { audio_ms: 60_000, ..Usage::default() };
        let mut reservation = meter.hold(&payer(), work(), &usage).await.expect("there is no budget");
        let id = reservation.charge().clone();
        let settled = reservation.settle(&usage).await;
        let charge = stores.ledger.charge(&payer().account, &id).await;
        let state = charge.expect("it can be read").expect("a charge").state;
        if writes {
            assert_eq!((settled.expect("it was charged").id, state), (id, State::Settled));
        } else {
            assert!(matches!(settled, Err(MeterError::Ledger(LedgerError::Store(_)))));
            assert_eq!(state, State::Voided);
        }
    }
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_given_back_and_no_longer_tried_to_be_charged() {
    let (stores, _folder) = stores().await;
    let unsure = Unsure::new(stores.ledger.clone(), true, Instant::now() + Duration::from_hours(1));
    let meter = meter(&unsure, Duration::from_mins(2)).await;
    let usage = Usage { audio_ms: 60_000, ..Usage::default() };
    let mut reservation = meter.hold(&payer(), work(), &usage).await.expect("there is no budget");
    let id = reservation.charge().clone();
    let settled = tokio::time::timeout(Duration::from_millis(20), reservation.settle(&usage)).await;
    assert!(settled.is_err(), "the store is away, and its client has lost patience");
    drop(reservation);
    meter.settle_down().await;
    let charge = stores.ledger.charge(&payer().account, &id).await;
    assert_eq!(charge.expect("it can be read").expect("a charge").state, State::Voided);
}

#[tokio::test]
async fn a_hold_is_renewed_before_it_ends_though_the_store_fails_for_most_of_that_time() {
    let (stores, _folder) = stores().await;
    let (lease, begun) = (Duration::from_mins(2), Instant::now());
    let unsure = Unsure::new(stores.ledger.clone(), true, begun + lease * 5 / 6);
    let meter = meter(&unsure, lease).await;
    let usage = Usage { audio_ms: 60_000, ..Usage::default() };
    let _held = meter.hold(&payer(), work(), &usage).await.expect("there is no budget");
    tokio::time::pause();
    tokio::time::sleep(lease).await;
    assert!(!unsure.extended.lock().expect("no holder panics").is_empty(), "it has been renewed");
}

#[tokio::test]
async fn after_the_store_was_away_what_is_done_is_charged_before_holds_are_swept() {
    let (stores, _folder) = stores().await;
    let (lease, away) = (Duration::from_mins(2), Duration::from_secs(62));
    let back = Instant::now() + away;
    let unsure = Unsure::new(stores.ledger.clone(), true, back);
    let (meter, stop) = (meter(&unsure, lease).await, CancellationToken::new());
    tokio::time::pause();
    let _stops = stop.clone().drop_guard();
    tokio::spawn(async move { meter.sweep_until(stop).await });
    tokio::time::sleep(2 * away).await;
    let swept = unsure.swept.lock().expect("no holder panics").clone();
    assert!(swept.first().is_some_and(|first| *first >= back + Duration::from_secs(5)), "{back:?}, {swept:?}");
}

#[tokio::test]
async fn who_has_just_started_lets_others_charge_what_is_done_before_it_sweeps() {
    let (stores, _folder) = stores().await;
    let begun = Instant::now();
    let unsure = Unsure::new(stores.ledger.clone(), true, begun);
    let (meter, stop) = (meter(&unsure, Duration::from_mins(2)).await, CancellationToken::new());
    tokio::time::pause();
    let _stops = stop.clone().drop_guard();
    tokio::spawn(async move { meter.sweep_until(stop).await });
    tokio::time::sleep(Duration::from_secs(12)).await;
    let swept = unsure.swept.lock().expect("no holder panics").clone();
    assert!(swept.first().is_some_and(|first| *first >= begun + Duration::from_secs(5)), "{begun:?}, {swept:?}");
}

#[tokio::test]
async fn a_server_that_stops_waits_for_the_store_to_charge_what_is_done() {
    let (stores, _folder) = stores().await;
    let (lease, away) = (Duration::from_mins(2), Duration::from_secs(20));
    let back = Instant::now() + away;
    let unsure = Unsure::new(stores.ledger.clone(), true, back);
    let meter = meter(&unsure, lease).await;
    let usage = Usage { audio_ms: 60_000, ..Usage::default() };
    let reservation = meter.hold(&payer(), work(), &usage).await.expect("there is no budget");
    tokio::time::pause();
    reservation.settle_within(usage, usage);
    meter.settle_down().await;
    let settled = unsure.settled.lock().expect("no holder panics").clone();
    assert!(settled.first().is_some_and(|first| *first >= back), "{back:?}, {settled:?}");
}

#[tokio::test]
async fn after_the_clock_has_leapt_holds_are_renewed_before_they_are_swept() {
    let (stores, _folder) = stores().await;
    let (lease, watch) = (Duration::from_mins(2), Watch::at("2026-10-14T12:00:00Z"));
    let unsure = Unsure::new(stores.ledger.clone(), true, Instant::now());
    let (meter, stop) = (meter_by(&unsure, lease, watch.clone()).await, CancellationToken::new());
    tokio::time::pause();
    let _stops = stop.clone().drop_guard();
    tokio::spawn(async move { meter.sweep_until(stop).await });
    tokio::time::sleep(Duration::from_secs(17)).await;
    watch.set("2026-10-14T13:00:00Z");
    let leapt = Instant::now();
    tokio::time::sleep(2 * lease).await;
    let swept = unsure.swept.lock().expect("no holder panics").clone();
    let (before, after): (Vec<_>, Vec<_>) = swept.into_iter().partition(|at| *at < leapt);
    assert!(before.len() >= 3, "{before:?}");
    assert!(after.first().is_some_and(|first| *first > leapt + lease / 2), "{leapt:?}, {after:?}");
}
