//! A database that fails for a while: what was counted waits for it, and the page goes on telling what it told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use minuted::domain::{NoticeId, Timestamp};
use minuted::status::{
    Board, Detail, Fault, Impact, Measure, Notice, Outcome, Page, Sample, Span, Stage, StatusError, StatusStore,
    Tallies, Update,
};

use super::{MODEL, quiet, sum};
use crate::app::stores;
use crate::callers::TestClock;

/// A store that can be out of reach.
struct Shaky {
    store: Arc<dyn StatusStore>,
    is_down: AtomicBool,
}

impl Shaky {
    fn reach(&self) -> Result<&dyn StatusStore, StatusError> {
        let is_down = self.is_down.load(Ordering::SeqCst);
        if is_down { Err(StatusError::Store("out of reach".to_owned())) } else { Ok(&*self.store) }
    }
}

#[async_trait]
impl StatusStore for Shaky {
    async fn add(&self, minutes: &Tallies) -> Result<(), StatusError> {
        self.reach()?.add(minutes).await
    }

    async fn tallies(&self, s: Span, from: Timestamp, to: Timestamp, d: Detail) -> Result<Tallies, StatusError> {
        self.reach()?.tallies(s, from, to, d).await
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StatusError> {
        self.reach()?.forget(now).await
    }

    async fn post(&self, notice: &Notice) -> Result<bool, StatusError> {
        self.reach()?.post(notice).await
    }

    async fn update(&self, n: &NoticeId, at: (Stage, usize), u: &Update, i: Impact) -> Result<bool, StatusError> {
        self.reach()?.update(n, at, u, i).await
    }

    async fn notice(&self, id: &NoticeId) -> Result<Option<Notice>, StatusError> {
        self.reach()?.notice(id).await
    }

    async fn notices(&self, closed_after: Timestamp, limit: u32) -> Result<Vec<Notice>, StatusError> {
        self.reach()?.notices(closed_after, limit).await
    }
}

#[tokio::test]
async fn counts_wait_for_an_hour() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let store = Arc::new(Shaky { store: stores.status.clone(), is_down: AtomicBool::new(true) });
    let (board, mut keeper) = Board::new(store.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
    let before = board.page(&Page::Html);
    for (time, failures) in [("2026-11-26T04:00:30Z", 1), ("2026-11-26T05:00:30Z", 10), ("2026-11-26T05:01:30Z", 100)] {
        clock.set(time);
        for _ in 0..failures {
            let outcome = Outcome::Failed(Fault::Service);
            board.recorder().record(Sample { model: MODEL.to_owned(), outcome, probe: false });
        }
        keeper.round().await;
    }
    assert_eq!(board.page(&Page::Html), before, "what was told is still told");
    store.is_down.store(false, Ordering::SeqCst);
    keeper.round().await;
    assert_eq!(sum(&stores).await.total(Measure::Failed), 110, "what is older than an hour is lost, and counted so");
    keeper.round().await;
    assert_eq!(sum(&stores).await.total(Measure::Failed), 110, "nothing is written twice");
    assert_ne!(board.page(&Page::Html), before);
}
