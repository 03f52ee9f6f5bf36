//! The writer: it takes whatever steps are waiting, makes them in one transaction, and answers when that is on the disk.
//!
//! A commit costs the same for one step as for hundreds, so the more callers there are, the less each pays. What the
//! writer has read or written it keeps on its page, and reads again only after another connection has written.

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::BEGIN;
use crate::billing::{Charge, LedgerError};
use crate::storage::book::{Page, Step};
use crate::storage::error::Failure;
use crate::storage::sql::{self, Connection};

/// Steps that wait; more callers than that wait for a place.
const QUEUE: usize = 1024;

/// Steps in one transaction at most.
const BATCH: usize = 256;

/// How much the page may hold before it is begun anew.
const PAGE: usize = 100_000;

/// Where steps are handed in.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    step: Step,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Charge, LedgerError>;

impl Writer {
    /// Starts writing; it ends when this is dropped and what was handed in is done.
    pub fn start(connection: SqliteConnection) -> Self {
        let (jobs, mut waiting) = mpsc::channel::<Job>(QUEUE);
        tokio::spawn(async move {
            let mut desk = Desk { connection, page: Page::default(), version: None };
            let mut batch = Vec::with_capacity(BATCH);
            while waiting.recv_many(&mut batch, BATCH).await > 0 {
                desk.work(std::mem::take(&mut batch)).await;
                // Those who were answered may have a next step: it still goes into the next transaction.
                tokio::task::yield_now().await;
            }
        });
        Self { jobs }
    }

    /// Hands a step in. It is made even if nobody waits for the answer any more.
    pub async fn step(&self, step: Step) -> Answer {
        let (answer, answered) = oneshot::channel();
        let gone = || LedgerError::Store("the writer has ended".to_owned());
        self.jobs.send(Job { step, answer }).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Where the writer works.
struct Desk {
    connection: SqliteConnection,
    page: Page,
    /// SQLite's count of what other connections have written, when the page was last right.
    version: Option<i64>,
}

impl Desk {
    async fn work(&mut self, jobs: Vec<Job>) {
        let (steps, callers): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.step, job.answer)).unzip();
        let answers = match self.commit(&steps).await {
            Ok(answers) => answers,
            Err(failure) if steps.len() == 1 => vec![Err(failure.into())],
            // One of them may be what the database does not take: each gets a transaction of its own.
            Err(_) => self.one_by_one(&steps).await,
        };
        for (caller, answer) in callers.into_iter().zip(answers) {
            // A caller that has gone needs no answer.
            let _ = caller.send(answer);
        }
    }

    async fn one_by_one(&mut self, steps: &[Step]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            match self.commit(std::slice::from_ref(step)).await {
                Ok(answer) => answers.extend(answer),
                Err(failure) => answers.push(Err(failure.into())),
            }
        }
        answers
    }

    /// Makes these steps in one transaction. After a failure nothing is written, and the page begun anew.
    async fn commit(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let answers = self.transact(steps).await;
        if answers.is_err() || self.page.len() > PAGE {
            self.page = Page::default();
        }
        self.page.forget_ended();
        answers
    }

    async fn transact(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let mut transaction = self.connection.begin_with(BEGIN).await?;
        let connection: &mut dyn Connection = &mut *transaction;
        let version = connection.rows("PRAGMA data_version", &[]).await?;
        let version = version.first().map(|row| row.int("data_version")).transpose()?;
        if version != self.version {
            self.page = Page::default();
            self.version = version;
        }
        sql::load_tabs(connection, &mut self.page, steps.iter().map(Step::charge)).await?;
        let mut answers = Vec::with_capacity(steps.len());
        for step in steps {
            sql::load(connection, &mut self.page, step).await?;
            answers.push(self.page.make(step));
        }
        let changes = self.page.take_changes();
        sql::flush(connection, &self.page, &changes).await?;
        transaction.commit().await?;
        Ok(answers)
    }
}
