//! When an incident begins, moves on and ends by itself: a keeper, a clock that the test sets, and two servers.

use std::sync::Arc;
use std::time::Duration;

use minuted::domain::{Clock, Millis, NoticeId, Timestamp};
use minuted::status::{
    Board, Fault, Impact, Keeper, NewIncident, NewMaintenance, NewUpdate, Notice, Outcome, Page, Sample, Stage, Work,
};
use minuted::storage::Stores;
use serde_json::Value;
use tempfile::TempDir;

use super::{MODEL, quiet};
use crate::app::stores;
use crate::callers::TestClock;

/// A server's status, at a time that the test sets.
struct Server {
    board: Board,
    keeper: Keeper,
    clock: Arc<TestClock>,
    stores: Stores,
    _folder: Option<TempDir>,
}

impl Server {
    async fn start() -> Self {
        let (stores, folder) = stores().await;
        let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
        let (board, keeper) = Board::new(stores.status.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
        Self { board, keeper, clock, stores, _folder: Some(folder) }
    }

    /// Another one of the same database.
    fn beside(&self) -> Self {
        let (clock, stores) = (self.clock.clone(), self.stores.clone());
        let (board, keeper) = Board::new(stores.status.clone(), clock.clone(), vec![MODEL.to_owned()], quiet());
        Self { board, keeper, clock, stores, _folder: None }
    }

    /// A minute in which so many requests are answered, and so many fail; then its end, and a round.
    async fn minute(&mut self, served: usize, failed: usize) {
        let took = Duration::from_millis(300);
        let good = Outcome::Served { first_byte: took, took, work: Work::Audio(Millis(3_000)) };
        let bad = Outcome::Failed(Fault::Model);
        for outcome in std::iter::repeat_n(good, served).chain(std::iter::repeat_n(bad, failed)) {
            self.board.recorder().record(Sample { model: MODEL.to_owned(), outcome, probe: false });
        }
        self.keeper.round().await;
        self.pass(60).await;
    }

    /// So many seconds pass, and a round.
    async fn pass(&mut self, seconds: i64) {
        let later = Timestamp::from_second(self.clock.now().as_second() + seconds).expect("a time");
        self.clock.set(&later.to_string());
        self.keeper.round().await;
    }

    async fn notices(&self) -> Vec<Notice> {
        self.board.operator().notices(99).await.expect("it answers")
    }

    async fn stages(&self) -> Vec<Stage> {
        self.notices().await.iter().flat_map(|notice| notice.updates.iter().map(|update| update.stage)).collect()
    }

    fn told(&self, page: &Page) -> Value {
        serde_json::from_slice(&self.board.page(page).expect("it is told")).expect("JSON")
    }
}

#[tokio::test]
async fn an_incident_begins_after_two_bad_minutes_and_ends_by_itself() {
    let mut server = Server::start().await;
    server.minute(10, 0).await;
    server.minute(5, 5).await;
    server.minute(5, 5).await;
    assert_eq!(server.stages().await, [], "the second minute may still be written of by another server");
    server.pass(15).await;
    assert_eq!(server.stages().await, [Stage::Investigating]);
    let platform = server.told(&Page::Platform);
    assert_eq!(platform["failed_models"], serde_json::json!([MODEL]));
    assert_eq!(server.told(&Page::PlatformOf(MODEL.to_owned()))["ok"], false);

    server.pass(-15).await; // the next minutes begin at their beginning again
    server.minute(5, 5).await;
    server.minute(10, 0).await;
    assert_eq!(server.stages().await, [Stage::Investigating, Stage::Identified]);
    for _ in 0..9 {
        server.minute(10, 0).await;
    }
    assert_eq!(server.stages().await, [Stage::Investigating, Stage::Identified, Stage::Monitoring, Stage::Resolved]);
    let notice = server.notices().await.pop().expect("it is in the archive");
    assert_eq!((notice.impact, notice.is_open()), (Impact::Major, false));
    assert!(notice.updates[1].body.contains("the model failed"), "{notice:?}");
    assert_eq!(server.told(&Page::Platform)["status"], "operational");
    assert_eq!(server.told(&Page::Platform)["failed_models"], serde_json::json!([]));
}

#[tokio::test]
async fn what_comes_and_goes_is_one_incident_and_what_flickers_is_none() {
    let mut server = Server::start().await;
    for minute in 0..10 {
        server.minute(10, if minute % 2 == 0 { 0 } else { 10 }).await;
    }
    assert_eq!(server.stages().await, [], "no two bad minutes in a row");
    for _ in 0..3 {
        for failed in [9, 9, 0, 0, 0] {
            server.minute(1, failed).await;
        }
    }
    server.minute(1, 0).await;
    assert_eq!(server.notices().await.len(), 1, "it came back while it was watched");
    assert!(server.stages().await.iter().filter(|stage| **stage == Stage::Investigating).count() >= 2);
}

#[tokio::test]
async fn without_requests_nothing_is_said() {
    let mut server = Server::start().await;
    for _ in 0..2 {
        server.minute(0, 1).await;
    }
    server.pass(15).await;
    assert_eq!(server.stages().await, [Stage::Investigating]);
    for _ in 0..30 {
        server.minute(0, 0).await;
    }
    assert_eq!(server.stages().await, [Stage::Investigating], "silence is no recovery");
}

#[tokio::test]
async fn with_few_requests_an_incident_ends_as_with_many() {
    let mut server = Server::start().await;
    for failed in [1, 1].into_iter().chain([0; 8]) {
        server.minute(1 - failed, failed).await;
        for _ in 0..5 {
            server.minute(0, 0).await;
        }
    }
    assert_eq!(server.stages().await, [Stage::Investigating, Stage::Monitoring, Stage::Resolved]);
}

#[tokio::test]
async fn two_servers_open_one_incident_and_a_restart_goes_on_with_it() {
    let mut first = Server::start().await;
    let mut second = first.beside();
    for _ in 0..2 {
        // Only together they are over the threshold of 5 %: 1 of 10 and none of 5.
        second.minute(5, 0).await;
        first.pass(-60).await;
        first.minute(9, 1).await;
    }
    first.pass(15).await;
    second.keeper.round().await;
    assert_eq!(first.stages().await, [Stage::Investigating]);
    assert_eq!(second.told(&Page::Platform)["status"], "degraded_performance");
    let month = second.board.page(&Page::Html).expect("it is told");
    assert!(String::from_utf8_lossy(&month).contains("of 30 requests, 2 failed"));

    let mut third = first.beside();
    drop((second, first.keeper));
    third.keeper.round().await;
    assert_eq!(third.told(&Page::Platform)["status"], "degraded_performance");
    assert_eq!(third.stages().await, [Stage::Investigating]);
}

#[tokio::test]
async fn an_operator_and_the_rules_work_on_the_same_incident() {
    let mut server = Server::start().await;
    for _ in 0..2 {
        server.minute(0, 3).await;
    }
    server.pass(15).await;
    let operator = server.board.operator();
    let id = server.notices().await[0].id.to_string();
    let watched = NewUpdate { stage: Some(Stage::Monitoring), impact: None, body: "A fix is out.".to_owned() };
    operator.update(&id, watched).await.expect("it is open");
    server.pass(5).await;
    assert_eq!(server.notices().await[0].stage(), Stage::Monitoring, "the minutes before the fix do not count");
    for _ in 0..8 {
        server.minute(3, 0).await;
    }
    let notice = server.notices().await.pop().expect("it is there");
    assert_eq!((notice.stage(), notice.updates.len()), (Stage::Resolved, 3));

    let wish = NewIncident {
        name: "Uploads are slow".to_owned(),
        models: Vec::new(),
        impact: Impact::Minor,
        body: "We look into it.".to_owned(),
    };
    operator.open(wish).await.expect("it is good");
    for _ in 0..20 {
        server.minute(3, 0).await;
    }
    assert!(server.notices().await[0].is_open(), "a rule ends only what a rule has opened");
}

#[tokio::test]
async fn announced_maintenance_begins_and_ends_on_time_and_excuses_failures() {
    let mut server = Server::start().await;
    let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
    let (from, until) = (at("2026-11-26T04:02:00Z"), at("2026-11-26T04:06:00Z"));
    let (name, body) = ("Disks".to_owned(), "Disks are replaced.".to_owned());
    let wish = NewMaintenance { name, models: Vec::new(), from, until, body };
    server.board.operator().plan(wish).await.expect("it is in the future");
    server.keeper.round().await;
    assert_eq!(server.told(&Page::Platform)["status"], "operational");
    for failed in [0, 0, 5, 5, 5] {
        server.minute(1, failed).await;
    }
    assert_eq!(server.stages().await, [Stage::Scheduled, Stage::InProgress], "no incident");
    assert_eq!(server.told(&Page::Platform)["status"], "under_maintenance");
    server.minute(1, 0).await;
    server.minute(99, 1).await;
    assert_eq!(server.stages().await, [Stage::Scheduled, Stage::InProgress, Stage::Completed]);
    let page = String::from_utf8_lossy(&server.board.page(&Page::Html).expect("it is told")).into_owned();
    assert!(page.contains("of 106 requests, 1 failed. 15 more, during announced maintenance, do not count."), "{page}");
    assert!(page.contains("99.05 %"), "{page}");
}

#[tokio::test]
async fn of_one_with_too_many_updates_nothing_more_is_said_but_that_it_is_over() {
    let server = Server::start().await;
    let body = "We look into it.".to_owned();
    let wish = NewIncident { name: "Uploads fail".to_owned(), models: Vec::new(), impact: Impact::Minor, body };
    let operator = server.board.operator();
    let mut long = operator.open(wish).await.expect("it is good");
    long.id = NoticeId::new();
    long.updates = vec![long.updates[0].clone(); 500];
    assert_eq!(server.stores.status.post(&long).await, Ok(true));
    let said = NewUpdate { stage: None, impact: None, body: "It goes on.".to_owned() };
    let refused = operator.update(long.id.as_str(), said.clone()).await.expect_err("there are too many");
    assert!(refused.to_string().contains("500 updates"), "{refused}");
    let over = operator.end(long.id.as_str(), "Over.".to_owned()).await.expect("it can end");
    assert_eq!((over.stage(), over.updates.len()), (Stage::Resolved, 501));
    assert!(operator.update(long.id.as_str(), said).await.is_err(), "and nothing after that");
}
