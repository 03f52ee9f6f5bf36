//! The status: counts add up in every width and from every server, and what is said of notices is said once.

use std::time::Duration;

use minuted::domain::{Millis, NoticeId, Timestamp};
use minuted::status::{
    Detail, Fault, Impact, Kind, Measure, Notice, Outcome, Sample, Span, Stage, Tallies, Tally, Update, Work,
};
use tokio::task::JoinSet;

use super::{Database, at};

super::for_each_database!(
    counts_add_up_to_the_same_in_every_width,
    many_servers_count_together,
    what_is_too_old_goes_width_by_width,
    notices_are_read_as_they_were_written,
    what_is_open_is_read_however_much_was_closed_since,
    of_many_servers_one_opens_the_incident,
    of_two_updates_at_once_one_is_written,
);

pub fn served(ms: u64) -> Sample {
    let took = Duration::from_millis(ms);
    let outcome = Outcome::Served { first_byte: took, took, work: Work::Audio(Millis(10_000)) };
    Sample { model: "m".to_owned(), outcome, probe: false }
}

fn failed(fault: Fault) -> Sample {
    Sample { model: "m".to_owned(), outcome: Outcome::Failed(fault), probe: true }
}

/// One tally of these samples, at a minute.
pub fn minute(start: &str, model: &str, samples: &[Sample]) -> Tallies {
    let mut tally = Tally::default();
    for sample in samples {
        tally.count(sample, false);
    }
    [((at(start), model.to_owned()), tally)].into()
}

/// All that is kept in a width, added up.
async fn sum(db: &Database, span: Span) -> Tally {
    let store = &db.stores.status;
    let all = store.tallies(span, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await.expect("it answers");
    all.values().fold(Tally::default(), |mut sum, tally| {
        sum.merge(tally);
        sum
    })
}

async fn counts_add_up_to_the_same_in_every_width(db: Database) {
    let store = &db.stores.status;
    let mut whole = Tally::default();
    for (number, start) in
        ["2026-10-14T23:58:00Z", "2026-10-14T23:59:00Z", "2026-10-15T00:00:00Z", "2026-10-14T23:59:00Z"]
            .iter()
            .enumerate()
    {
        let samples = [served(100 * number as u64), served(7_000), failed(Fault::Model), failed(Fault::Overloaded)];
        let minutes = minute(start, "m", &samples);
        for tally in minutes.values() {
            whole.merge(tally);
        }
        store.add(&minutes).await.expect("it is written");
    }
    for (span, starts) in [(Span::Minute, 3), (Span::Hour, 2), (Span::Day, 2)] {
        assert_eq!(sum(&db, span).await, whole, "{span:?}");
        let all = store.tallies(span, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await.expect("it answers");
        assert_eq!(all.len(), starts, "{span:?}");
    }
    let again = db.again().await.status;
    let (from, to) = (at("2026-10-14T00:00:00Z"), at("2026-10-15T00:00:00Z"));
    let first = again.tallies(Span::Day, from, to, Detail::Outcomes).await.expect("it answers");
    let day = &first[&(from, "m".to_owned())];
    assert_eq!((day.total(Measure::Served), day.total(Measure::Failed), day.total(Measure::FirstByte)), (6, 6, 0));
}

async fn many_servers_count_together(db: Database) {
    let stores = [db.stores.status.clone(), db.again().await.status];
    let mut writers = JoinSet::new();
    for number in 0..24_usize {
        let store = stores[number % 2].clone();
        writers.spawn(async move {
            let mut minutes = minute("2026-10-14T12:00:00Z", "m", &[served(50), failed(Fault::Backend)]);
            minutes.extend(minute("2026-10-14T12:01:00Z", if number % 3 == 0 { "m" } else { "n" }, &[served(80)]));
            store.add(&minutes).await
        });
    }
    writers.join_all().await.into_iter().for_each(|written| written.expect("it is written"));
    for span in Span::ALL {
        let sum = sum(&db, span).await;
        assert_eq!((sum.total(Measure::Served), sum.total(Measure::Failed)), (48, 24), "{span:?}");
    }
}

async fn what_is_too_old_goes_width_by_width(db: Database) {
    let (store, now) = (&db.stores.status, at("2026-10-14T12:00:30Z"));
    for start in [
        "2024-10-13T11:00:00Z", // two years and a day ago
        "2024-10-15T12:00:00Z",
        "2026-07-16T11:59:00Z", // 90 days and an hour ago
        "2026-07-16T12:00:00Z",
        "2026-10-13T11:59:00Z", // a day and a minute ago
        "2026-10-13T12:00:00Z",
    ] {
        store.add(&minute(start, "m", &[served(1)])).await.expect("it is written");
    }
    assert!(store.forget(now).await.expect("it answers") > 0);
    for (span, left) in [(Span::Minute, 1), (Span::Hour, 3), (Span::Day, 5)] {
        assert_eq!(sum(&db, span).await.total(Measure::Served), left, "{span:?}");
    }
    assert_eq!(store.forget(now).await, Ok(0));
}

fn incident(by_rule: bool) -> Notice {
    let update = |stage, minute| Update {
        stage,
        body: format!("It is {stage}.\n\"Quoted\", größer."),
        at: at(&format!("2026-10-14T12:0{minute}:00.123456Z")),
    };
    Notice {
        id: NoticeId::new(),
        name: "m fails".to_owned(),
        models: vec!["m".to_owned()],
        impact: Impact::Major,
        kind: Kind::Incident { by_rule },
        updates: vec![update(Stage::Investigating, 0)],
    }
}

fn over(minute: u8) -> Update {
    Update { stage: Stage::Resolved, body: "Over.".to_owned(), at: at(&format!("2026-10-14T12:0{minute}:00Z")) }
}

async fn notices_are_read_as_they_were_written(db: Database) {
    let store = &db.stores.status;
    let mut first = incident(true);
    let later = Update { stage: Stage::Scheduled, body: "Disks.".to_owned(), at: at("2026-10-14T12:01:00Z") };
    let kind = Kind::Maintenance { from: at("2026-10-20T00:00:00Z"), until: at("2026-10-20T01:00:00Z") };
    let (models, impact) = (Vec::new(), Impact::None);
    let maintenance = Notice { id: NoticeId::new(), models, impact, kind, updates: vec![later], ..first.clone() };
    for notice in [&first, &maintenance] {
        assert_eq!(store.post(notice).await, Ok(true));
    }
    first.updates.push(over(5));
    first.impact = Impact::Critical;
    assert_eq!(store.update(&first.id, (Stage::Investigating, 1), &over(5), Impact::Critical).await, Ok(true));
    let again = db.again().await.status;
    assert_eq!(again.notice(&first.id).await, Ok(Some(first.clone())));
    assert_eq!(again.notice(&NoticeId::new()).await, Ok(None));
    let all = again.notices(Timestamp::UNIX_EPOCH, 10).await;
    assert_eq!(all, Ok(vec![maintenance.clone(), first.clone()]), "the newest first");
    assert_eq!(
        again.notices(at("2026-10-14T12:05:00Z"), 10).await,
        Ok(vec![maintenance.clone()]),
        "open, or closed later"
    );
    assert_eq!(again.notices(Timestamp::UNIX_EPOCH, 0).await, Ok(vec![maintenance]), "what is open is always there");
}

async fn what_is_open_is_read_however_much_was_closed_since(db: Database) {
    let store = &db.stores.status;
    let open = incident(true);
    assert_eq!(store.post(&open).await, Ok(true));
    let mut closed = Vec::new();
    for minute in 1..4_u8 {
        let said = Update { at: over(minute).at, ..open.updates[0].clone() };
        let updates = vec![said, over(minute + 1)];
        let notice = Notice { id: NoticeId::new(), updates, ..incident(false) };
        assert_eq!(store.post(&notice).await, Ok(true));
        closed.push(notice);
    }
    let read = store.notices(Timestamp::UNIX_EPOCH, 2).await.expect("it answers");
    assert_eq!(read, [closed[2].clone(), closed[1].clone(), open]);
}

async fn of_many_servers_one_opens_the_incident(db: Database) {
    let stores = [db.stores.status.clone(), db.again().await.status];
    let mut servers = JoinSet::new();
    for number in 0..16_usize {
        let store = stores[number % 2].clone();
        servers.spawn(async move { store.post(&incident(true)).await.expect("it answers") });
    }
    assert_eq!(servers.join_all().await.into_iter().filter(|first| *first).count(), 1);
    let open = stores[0].notices(Timestamp::UNIX_EPOCH, 99).await.expect("it answers");
    assert_eq!(open.len(), 1);
    assert_eq!(stores[0].post(&incident(false)).await, Ok(true), "an operator may open another");
    assert_eq!(stores[0].update(&open[0].id, (Stage::Investigating, 1), &over(5), Impact::Major).await, Ok(true));
    assert_eq!(stores[1].post(&incident(true)).await, Ok(true), "and so may a rule, now that it is over");
}

async fn of_two_updates_at_once_one_is_written(db: Database) {
    let stores = [db.stores.status.clone(), db.again().await.status];
    let notice = incident(true);
    assert_eq!(stores[0].post(&notice).await, Ok(true));
    let mut servers = JoinSet::new();
    for number in 0..8_usize {
        let (store, id) = (stores[number % 2].clone(), notice.id.clone());
        servers.spawn(async move {
            store.update(&id, (Stage::Investigating, 1), &over(5), Impact::Major).await.expect("it answers")
        });
    }
    assert_eq!(servers.join_all().await.into_iter().filter(|first| *first).count(), 1);
    let written = stores[1].notice(&notice.id).await.expect("it answers").expect("it is there");
    assert_eq!(written.updates.len(), 2);
    // What was said after its end does not move the end.
    let late = Update { at: at("2026-10-14T12:09:00Z"), ..over(9) };
    assert_eq!(stores[0].update(&notice.id, (Stage::Resolved, 2), &late, Impact::Major).await, Ok(true));
    let written = stores[1].notice(&notice.id).await.expect("it answers").expect("it is there");
    assert_eq!(written.closed_at(), Some(at("2026-10-14T12:05:00Z")));
}
