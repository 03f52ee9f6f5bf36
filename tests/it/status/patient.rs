//! A database that fails for a while: what was counted waits for it, and whoever looks is told that it fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use minuted::domain::{NoticeId, Timestamp};
use minuted::status::dialects::Feed;
use minuted::status::{
    Board, Detail, Fault, Impact, Measure, Notice, Outcome, Page, Sample, Span, Stage, StatusError, StatusStore,
    Tallies, Update,
};
use minuted::storage::Stores;

use super::{MODEL, quiet, sum};
use crate::app::stores;
use crate::callers::TestClock;

fn failing_service(board: &Board, times: usize) {
    for _ in 0..times {
        let outcome = Outcome::Failed(Fault::Service);
        board.recorder().record(Sample { model: MODEL.to_owned(), outcome, probe: false });
    }
}

/// A store that can be out of reach.
struct Shaky {
    store: Arc<dyn StatusStore>,
    is_down: AtomicBool,
    /// From when on days were last read.
    days_from: Mutex<Option<Timestamp>>,
}

impl Shaky {
    fn over(stores: &Stores, is_down: bool) -> Arc<Self> {
        Arc::new(Self { store: stores.status.clone(), is_down: AtomicBool::new(is_down), days_from: Mutex::default() })
    }

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
        if s == Span::Day {
            *self.days_from.lock().expect("no holder panics") = Some(from);
        }
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
async fn counts_wait_as_long_as_they_have_to() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let store = Shaky::over(&stores, true);
    let (board, mut keeper) = Board::new(store.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
    for (time, failures) in [("2026-11-26T04:00:30Z", 1), ("2026-11-26T05:00:30Z", 10), ("2026-11-26T05:01:30Z", 100)] {
        clock.set(time);
        failing_service(&board, failures);
        keeper.round().await;
    }
    store.is_down.store(false, Ordering::SeqCst);
    keeper.round().await;
    assert_eq!(sum(&stores).await.total(Measure::Failed), 111, "also of more than an hour ago");
    keeper.round().await;
    assert_eq!(sum(&stores).await.total(Measure::Failed), 111, "nothing is written twice");
}

#[tokio::test]
async fn a_store_that_is_silent_is_told_in_every_way() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let store = Shaky::over(&stores, false);
    let (board, mut keeper) = Board::new(store.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
    let text = |page: &Page| String::from_utf8_lossy(&board.page(page).expect("it is told")).into_owned();
    let told = |page: &Page| serde_json::from_str::<serde_json::Value>(&text(page)).expect("JSON");
    failing_service(&board, 1);
    keeper.round().await;
    let before = text(&Page::Html);
    assert!(before.contains("All systems operational"), "{before}");

    store.is_down.store(true, Ordering::SeqCst);
    // The round before it was hours ago, as after a sleep of the machine: that says nothing of the store.
    for time in ["2026-11-26T08:00:10Z", "2026-11-26T08:00:40Z"] {
        clock.set(time);
        keeper.round().await;
        assert_eq!(text(&Page::Html), before, "some rounds in vain are no outage");
    }
    clock.set("2026-11-26T08:00:41Z");
    keeper.round().await;
    let page = text(&Page::Html);
    assert!(page.contains(">Major outage</h1>") && page.contains("out of reach"), "{page}");
    assert!(page.contains("of 1 requests, 1 failed"), "what was known is still told: {page}");
    let summary = told(&Page::Statuspage(Feed::Summary));
    assert_eq!(summary["status"]["indicator"], "critical");
    assert_eq!(summary["components"][0]["status"], "major_outage");
    assert_eq!(told(&Page::Platform)["failed_models"], serde_json::json!([MODEL]));
    assert_eq!(told(&Page::PlatformOf(MODEL.to_owned()))["ok"], false);
    assert!(text(&Page::AvailabilityBadge(MODEL.to_owned())).contains("outage"));
    assert!(text(&Page::Atom).contains("out of reach"));

    store.is_down.store(false, Ordering::SeqCst);
    clock.set("2026-11-26T08:00:50Z");
    for _ in 0..2 {
        keeper.round().await;
    }
    let summary = told(&Page::Statuspage(Feed::Summary));
    assert_eq!((&summary["status"]["indicator"], &summary["incidents"]), (&"none".into(), &serde_json::json!([])));
    let kept = stores.status.notices(Timestamp::UNIX_EPOCH, 9).await.expect("it answers");
    assert_eq!(kept.len(), 1, "it is written once it can be");
    assert_eq!((kept[0].stage(), kept[0].impact), (Stage::Resolved, Impact::Critical));
    assert_eq!(kept[0].opened_at().to_string(), "2026-11-26T08:00:10Z");
}

#[tokio::test]
async fn days_that_are_over_are_read_once_an_hour() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let store = Shaky::over(&stores, false);
    let (board, mut keeper) = Board::new(store.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
    let page = || String::from_utf8_lossy(&board.page(&Page::Html).expect("it is told")).into_owned();
    for (time, from) in [
        ("2026-11-10T23:00:00Z", "2026-08-13T00:00:00Z"),
        ("2026-11-10T23:59:55Z", "2026-11-09T00:00:00Z"),
        ("2026-11-11T00:00:05Z", "2026-08-14T00:00:00Z"),
        ("2026-11-11T00:00:15Z", "2026-11-10T00:00:00Z"),
        ("2026-11-11T00:00:25Z", "2026-11-10T00:00:00Z"),
    ] {
        clock.set(time);
        failing_service(&board, 1);
        keeper.round().await;
        let read = store.days_from.lock().expect("no holder panics").expect("they were read");
        assert_eq!(read.to_string(), from, "{time}");
    }
    assert!(page().contains("of 5 requests, 5 failed"), "{}", page());
    assert!(page().contains("0.00 % of 2 requests, 2 failed"), "the day before: {}", page());
    assert!(page().contains("0.00 % of 3 requests, 3 failed"), "today: {}", page());
}
