//! The use case of this room: an [`Order`] comes in, an [`Answer`] that has begun goes out.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::Stream;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Error;
use super::due::Due;
use super::endpoint::Endpoint;
use super::journey::Journey;
use super::outcome::Outcome;
use super::plan::{self, Plan};
use super::relay::Broken;
use super::request::Asked;
use super::retry::RetryBudget;
use super::settings::Settings;
use super::table::{OnDisconnect, RemoteModel, Table};
use crate::accounts::Caller;
use crate::billing::{Bill, IdempotencyClaim, Meter, Work};
use crate::domain::{AccountId, FileError, Live, Pool, RequestId, Share};
use crate::status::{self, Recorder, Sample};

/// Bodies from this size on are read where blocking is allowed.
const LARGE_BODY: usize = 256 << 10;

/// Passes requests on; shared by all of them.
pub struct Gateway {
    /// The table that holds from now on; requests keep the one with which they began.
    pub(super) table: Live<Table>,
    pub(super) file: Option<PathBuf>,
    meter: Meter,
    recorder: Recorder,
    max_body_bytes: u64,
    /// Memory for bodies.
    bodies: Pool,
    places: Pool,
    retries: Arc<RetryBudget>,
    turn: AtomicUsize,
    /// Requests that go on though their clients may have gone.
    drains: TaskTracker,
}

/// A request to be passed on.
pub struct Order {
    /// Who asks, and pays.
    pub caller: Caller,
    /// Its name.
    pub request: RequestId,
    /// What is asked for.
    pub endpoint: Endpoint,
    /// As they came; few of them pass.
    pub headers: HeaderMap,
    /// What is passed on, as [`read`](Gateway::read).
    pub asked: Asked,
    /// The caller's own name for it, under which it is passed on once.
    pub claim: Option<IdempotencyClaim>,
    /// Taken before the body was read.
    pub place: Share,
    /// Cancelled when the service cannot wait for the answer any longer.
    pub overdue: CancellationToken,
}

/// An answer whose first byte is there.
pub struct Answer {
    /// The backend's.
    pub status: StatusCode,
    /// Those of the backend's that pass, and ours.
    pub headers: HeaderMap,
    /// What it costs once it is whole, where that is known already: a recording has been measured.
    pub bill: Option<Bill>,
    /// The backend's bytes, as they come. Dropping it is hanging up.
    pub body: Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>,
}

impl Gateway {
    /// Before the backends of the file that `settings` name, if any. What comes of requests is told to `recorder`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn new(settings: &Settings, meter: Meter, recorder: Recorder) -> Result<Self, FileError> {
        let table = settings.backends.as_deref().map_or_else(|| Ok(Table::empty()), |path| Table::load(path, None))?;
        let bodies = Pool::new(settings.body_memory);
        Ok(Self {
            table: Live::new(table),
            file: settings.backends.clone(),
            meter,
            recorder,
            // One that is larger would never find room.
            max_body_bytes: settings.max_body_bytes.min(bodies.most_for_one()),
            bodies,
            places: Pool::new(settings.max_requests as u64),
            retries: Arc::default(),
            turn: AtomicUsize::new(0),
            drains: TaskTracker::new(),
        })
    }

    /// The backends as they are now.
    #[must_use]
    pub fn table(&self) -> Arc<Table> {
        self.table.get()
    }

    /// Largest body of a request that is passed on.
    #[must_use]
    pub fn max_body_bytes(&self) -> u64 {
        self.max_body_bytes
    }

    /// Memory for a body, as a share that grows as the body comes and is held for as long as it is kept.
    #[must_use]
    pub fn memory_for(&self, account: &AccountId) -> Share {
        self.bodies.share(account)
    }

    /// Whether there is any backend.
    #[must_use]
    pub fn has_backends(&self) -> bool {
        !self.table().backends.is_empty()
    }

    /// Every model that a backend has.
    #[must_use]
    pub fn models(&self) -> Vec<RemoteModel> {
        self.table().models()
    }

    /// Whether a backend has this model.
    #[must_use]
    pub fn has(&self, model: &str) -> bool {
        !self.table().offers(model).is_empty()
    }

    /// A place for this account among the requests that are passed on at once, to be taken before a body is read. Dropping
    /// it is leaving.
    ///
    /// # Errors
    /// [`Error::Full`], and [`Error::Crowded`] for an account that has more than half of the places.
    pub fn enter(&self, account: &AccountId) -> Result<Share, Error> {
        let mut share = self.places.share(account);
        share.take(1)?;
        Ok(share)
    }

    /// Reads what must be known of a body of JSON; a large one would keep others waiting.
    ///
    /// # Errors
    /// [`Error::Body`], [`Error::Missing`], [`Error::Kept`].
    pub async fn read(&self, endpoint: Endpoint, body: Bytes) -> Result<Asked, Error> {
        if body.len() < LARGE_BODY {
            return Asked::of(endpoint, body);
        }
        tokio::task::spawn_blocking(move || Asked::of(endpoint, body)).await.unwrap_or(Err(Error::Failed))
    }

    /// The model that is declared to read the pictures of a request, in place of one that does not see.
    #[must_use]
    pub fn stand_in(&self, endpoint: Endpoint, asked: &Asked) -> Option<String> {
        plan::stand_in(&self.table(), endpoint, asked).map(str::to_owned)
    }

    /// A request for this model failed by a fault of ours, before [`take`](Self::take) had reserved what it may cost: that is
    /// where it would have been seen.
    pub fn failed(&self, model: &str, fault: status::Fault) {
        if self.has(model) {
            let outcome = status::Outcome::Failed(fault);
            self.recorder.record(Sample { model: model.to_owned(), outcome, probe: false });
        }
    }

    /// Passes a request on, once what it may cost is reserved, and waits for the first byte of an answer. Must be called
    /// on a tokio runtime.
    ///
    /// # Errors
    /// Any of [`Error`]. Nothing is charged then.
    pub async fn take(&self, order: Order) -> Result<Answer, Error> {
        let Order { caller, request, endpoint, headers, asked, claim, place, overdue } = order;
        let table = self.table();
        let plan = Plan::of(&table, endpoint, &asked, |model| caller.may_use(model))?;
        let expected = asked.expected(endpoint, plan.output_ceiling);
        let measured = asked.measured();
        let payer = caller.payer();
        let work = Work { request, service: endpoint.service(), model: plan.model.clone(), claim };
        let reservation = self.meter.hold(&payer, work, &Due::usage(&expected, &measured)).await?;
        let is_measured = endpoint == Endpoint::Transcriptions;
        let ahead = || Bill::ahead(reservation.charge(), reservation.prices(), &measured, payer.currency);
        let bill = is_measured.then(ahead).flatten();
        self.retries.deposit();
        let drains = (table.rules.on_disconnect == OnDisconnect::Drain).then(|| self.drains.clone());
        let journey = Journey {
            outcome: Some(Outcome::new(endpoint, plan.model.clone(), asked.stream, self.recorder.clone())),
            due: Some(Due::new(reservation, endpoint, expected, measured)),
            bill,
            table,
            endpoint,
            asked,
            plan,
            headers,
            overdue,
            retries: Arc::clone(&self.retries),
            turn: self.turn.fetch_add(1, Ordering::Relaxed),
            place: Some(place),
            trying: None,
            drains: drains.clone(),
        };
        let Some(drains) = drains else { return journey.travel().await };
        // It goes on though its client may go; an answer that nobody takes is then dropped within what is waited for.
        let (answer, answered) = oneshot::channel();
        drains.spawn(async move { drop(answer.send(journey.travel().await)) });
        answered.await.unwrap_or(Err(Error::Failed))
    }

    /// Waits until no answer is read any more whose client has gone. To be called once nobody comes any more.
    pub async fn drained(&self) {
        self.drains.close();
        self.drains.wait().await;
    }
}
