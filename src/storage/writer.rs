//! The writer: it takes whatever steps are waiting, has them made in one transaction, and answers when that is committed.
//!
//! A commit costs the same for one step as for hundreds, so the more callers there are, the less each pays. What a
//! transaction is, a [`Desk`] knows: one of either database. Several desks take their steps from one queue.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::book::Step;
use super::error::Failure;
use crate::billing::{Charge, LedgerError};

/// Steps that wait; more callers than that wait for a place.
const QUEUE: usize = 1024;

/// Steps in one transaction at most.
const BATCH: usize = 256;

/// What comes of a step.
pub(super) type Answer = Result<Charge, LedgerError>;

/// A connection that writes.
pub(super) trait Desk: Send + 'static {
    /// Makes these steps in one transaction; after a failure none of them is written.
    fn commit(&mut self, steps: &[Step]) -> impl Future<Output = Result<Vec<Answer>, Failure>> + Send;
}

/// Where steps are handed in.
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    step: Step,
    answer: oneshot::Sender<Answer>,
}

impl Writer {
    /// Starts writing; it ends when this is dropped and what was handed in is done.
    pub fn start<D: Desk>(desks: Vec<D>) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for desk in desks {
            tokio::spawn(serve(desk, Arc::clone(&waiting)));
        }
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

async fn serve<D: Desk>(mut desk: D, waiting: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.lock().await.recv_many(&mut batch, BATCH).await > 0 {
        let (steps, callers): (Vec<_>, Vec<_>) = batch.drain(..).map(|job| (job.step, job.answer)).unzip();
        for (caller, answer) in callers.into_iter().zip(make(&mut desk, &steps).await) {
            // A caller that has gone needs no answer.
            let _ = caller.send(answer);
        }
        // Those who were answered may have a next step: it still goes into the next transaction.
        tokio::task::yield_now().await;
    }
}

async fn make(desk: &mut impl Desk, steps: &[Step]) -> Vec<Answer> {
    match desk.commit(steps).await {
        Ok(answers) => answers,
        Err(failure) if steps.len() > 1 && failure.may_be_of_one() => one_by_one(desk, steps).await,
        Err(failure) => vec![Err(failure.into()); steps.len()],
    }
}

/// One of the steps may be what the database does not take: each gets a transaction of its own.
async fn one_by_one(desk: &mut impl Desk, steps: &[Step]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(steps.len());
    for step in steps {
        match desk.commit(std::slice::from_ref(step)).await {
            Ok(answer) => answers.extend(answer),
            Err(failure) => answers.push(Err(failure.into())),
        }
    }
    answers
}
