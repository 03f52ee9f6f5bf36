//! Servers whose clocks are wrong, or were.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minuted::domain::{Clock, NoticeId, Timestamp};
use minuted::status::{
    Board, Detail, Impact, Keeper, Kind, Measure, Notice, Outcome, Page, Sample, Settings, Span, Stage, Tallies, Tally,
    Update,
};
use minuted::storage::Stores;

use super::{Failing, MODEL, quiet};
use crate::app::{stores, until_async};
use crate::callers::TestClock;

fn server(stores: &Stores, clock: &Arc<TestClock>, settings: Settings) -> (Board, Keeper) {
    Board::new(stores.status.clone(), clock.clone(), vec![MODEL.to_owned()], settings)
}

/// A request that was answered, in each of these minutes.
async fn answered(stores: &Stores, minutes: &[&str]) {
    let mut tally = Tally::default();
    tally.count(&Sample { model: MODEL.to_owned(), outcome: Outcome::Reached, probe: false }, false);
    let at = |start: &&str| (start.parse().expect("a time"), MODEL.to_owned());
    let minutes: Tallies = minutes.iter().map(|start| (at(start), tally.clone())).collect();
    stores.status.add(&minutes).await.expect("it is written");
}

async fn kept(stores: &Stores, span: Span) -> u64 {
    let all = stores.status.tallies(span, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Outcomes).await;
    all.expect("it answers").values().map(|tally| tally.total(Measure::Served)).sum()
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_makes_nothing_forgotten() {
    let (stores, _folder) = stores().await;
    let days = ["2026-11-23T04:00:00Z", "2026-11-24T04:00:00Z", "2026-11-25T03:00:00Z", "2026-11-26T03:59:00Z"];
    answered(&stores, &days).await;
    let clock = Arc::new(TestClock::at("2036-11-26T04:00:00Z"));
    let (board, mut keeper) = server(&stores, &clock, quiet());
    board.recorder().record(Sample { model: MODEL.to_owned(), outcome: Outcome::Reached, probe: false });
    keeper.round().await;
    assert_eq!((kept(&stores, Span::Minute).await, kept(&stores, Span::Day).await), (5, 5));

    clock.set("2026-11-26T04:00:00Z");
    keeper.round().await;
    assert_eq!((kept(&stores, Span::Minute).await, kept(&stores, Span::Day).await), (2, 5), "a day of minutes is kept");
    let page = String::from_utf8_lossy(&board.page(&Page::Html).expect("it is told")).into_owned();
    assert!(page.contains("of 4 requests"), "what is in the future is not told: {page}");
}

#[tokio::test]
async fn a_clock_that_is_put_back_does_not_stop_probes_and_rules() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2027-11-26T04:00:00Z"));
    let (board, keeper) = server(&stores, &clock, Settings::default());
    let of_the_future = |stage| Update { stage, body: "Long ago.".to_owned(), at: clock.now() };
    let notice = Notice {
        id: NoticeId::new(),
        name: "An incident of the future".to_owned(),
        models: vec![MODEL.to_owned()],
        impact: Impact::Minor,
        kind: Kind::Incident { by_rule: true },
        updates: [Stage::Investigating, Stage::Resolved].map(of_the_future).to_vec(),
    };
    assert_eq!(stores.status.post(&notice).await, Ok(true));
    let asked = Arc::new(AtomicUsize::new(0));
    let mut keeper = keeper.with_probe(Arc::new(Failing(asked.clone())));
    keeper.round().await;
    for (minute, expected) in [(0, 0), (1, 1), (2, 2), (3, 3)] {
        clock.set(&format!("2026-11-26T04:0{minute}:00Z"));
        keeper.round().await;
        until_async(async || asked.load(Ordering::SeqCst) >= expected).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    for (time, stage) in [("04:03:15", Stage::Investigating), ("04:04:15", Stage::Identified)] {
        clock.set(&format!("2026-11-26T{time}Z"));
        keeper.round().await;
        let notices = board.operator().notices(9).await.expect("it answers");
        let open: Vec<_> = notices.iter().filter(|notice| notice.is_open()).map(Notice::stage).collect();
        assert_eq!(open, [stage], "{time}");
    }
}
