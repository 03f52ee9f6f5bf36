//! The metered use case: what is reserved, what is charged, and who joins whom.

mod budgets;
mod charging;
mod postgres;
mod twins;
mod unsure;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use minuted::accounts::{Caller, Limits, Rights, Scopes};
use minuted::audio::{AudioSource, Settings as AudioSettings, Spool};
use minuted::billing::{Meter, MeterError, PriceSheet, Settings as BillingSettings};
use minuted::domain::{Clock, Currency, RequestId, SystemClock, Timestamp};
use minuted::storage::{self, Location, Stores};
use minuted::transcription::{Desk, Error, Listener, Next, Options, Order, Outcome, Settings, Transcriber};
use tempfile::TempDir;

use crate::app::{Script, sample, speech, stores, weights};
use crate::books::Books;
use crate::stores::empty_postgres;

/// A desk before a scripted recogniser, and the book behind it.
struct House {
    desk: Desk,
    books: Books,
    _database: Option<TempDir>,
}

/// What a test wants otherwise.
struct Terms {
    sheet: PriceSheet,
    grace: Duration,
    lease: Duration,
    clock: Arc<dyn Clock>,
}

/// A clock that a test sets.
struct Watch(Mutex<Timestamp>);

impl Watch {
    fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().expect("a time"))))
    }

    fn set(&self, time: &str) {
        *self.0.lock().expect("no holder panics") = time.parse().expect("a time");
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder panics")
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            sheet: PriceSheet::load(None).expect("the built-in sheet"),
            grace: Duration::from_secs(30),
            lease: Duration::from_mins(10),
            clock: Arc::new(SystemClock),
        }
    }
}

impl House {
    async fn new(script: &Script) -> Self {
        Self::with(script, Terms::default()).await
    }

    /// Where this is the only tariff.
    async fn pricing(script: &Script, tariff: &str) -> Self {
        let sheet =
            format!("tariff = [{{ id = \"a\", currency = \"EUR\", valid_from = \"2020-01-01T00:00:00Z\", {tariff} }}]");
        let sheet = PriceSheet::parse(&sheet).expect("a sheet");
        Self::with(script, Terms { sheet, ..Terms::default() }).await
    }

    async fn with(script: &Script, terms: Terms) -> Self {
        let (stores, database) = stores().await;
        Self { _database: Some(database), ..Self::over(script, terms, stores).await }
    }

    /// Before PostgreSQL; `None` where that is not installed.
    async fn before_postgres(script: &Script, test: &str) -> Option<Self> {
        let location = Location::Postgres(empty_postgres(test).await?);
        let stores = storage::open(&storage::Settings { location }).await.expect("a new database");
        Some(Self::over(script, Terms::default(), stores).await)
    }

    async fn over(script: &Script, Terms { sheet, grace, lease, clock }: Terms, stores: Stores) -> Self {
        stores.ledger.publish(sheet.tariffs()).await.expect("new tariffs");
        let settings = BillingSettings { lease, ..BillingSettings::default() };
        let meter = Meter::new(stores.ledger.clone(), sheet, clock, &settings);
        let transcriber = Transcriber::new(script.clone().engine(), weights(), AudioSettings::default(), 1);
        let desk = Desk::new(transcriber, meter, &Settings { grace });
        Self { desk, books: Books::of("acc_alice", stores.ledger), _database: None }
    }

    async fn whole(&self, order: Order) -> Result<Arc<Outcome>, Arc<Error>> {
        to_the_end(self.desk.take(order).await?).await
    }
}

async fn to_the_end(mut listener: Listener) -> Result<Arc<Outcome>, Arc<Error>> {
    loop {
        if let Next::End(outcome) = listener.next().await? {
            return Ok(outcome);
        }
    }
}

fn spooled(file: &[u8]) -> AudioSource {
    let mut spool = Spool::new(&AudioSettings::default());
    spool.push(file).expect("it is kept");
    spool.finish().expect("it is whole")
}

fn caller(limits: Limits) -> Caller {
    Caller::new(Rights {
        account: "acc_alice".parse().expect("an account"),
        currency: Currency::EUR,
        key: "key_a".parse().ok(),
        line: Vec::new(),
        scopes: Scopes::ordinary(),
        models: None,
        follows_successors: false,
        account_limits: limits,
        key_limits: Limits::default(),
    })
}

fn order(file: &[u8]) -> Order {
    order_within(file, Limits::default())
}

fn order_within(file: &[u8], limits: Limits) -> Order {
    Order {
        caller: caller(limits),
        request: RequestId::new(),
        model: "minuted-nano.en".to_owned(),
        source: spooled(file),
        options: Options::default(),
        answer: "json".to_owned(),
        streamed: false,
        key: None,
    }
}

/// A recording behind itself again and again, in a container that tells the length of the first.
fn joined(times: usize) -> Vec<u8> {
    sample("mp3-cbr.mp3").repeat(times)
}

/// A recording that was written as it was made, so that its container does not say how long it is.
fn unmeasured() -> Vec<u8> {
    sample("opus-live.webm")
}

/// So many seconds without a word.
fn silence(seconds: usize) -> Vec<u8> {
    let mut wav = speech(seconds);
    wav[44..].fill(0);
    wav
}

fn minutes_a_day(minutes: u32) -> Limits {
    Limits { audio_minutes_per_day: Some(minutes), ..Limits::default() }
}

fn is_exhausted<T>(result: &Result<T, Arc<Error>>) -> bool {
    matches!(result, Err(error) if matches!(**error, Error::Billing(MeterError::Exhausted(_))))
}
