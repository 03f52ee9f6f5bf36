//! A database that crashes and is started again while work is under way.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use minuted::billing::{self, Meter, Payer, PriceSheet, Service, State, Usage, Work};
use minuted::domain::{Currency, RequestId, SystemClock};
use minuted::storage::{self, Location, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::task::spawn_blocking;

use super::audit::audit;
use super::between::SOCKET;
use super::cluster::Cluster;
use super::{account, empty_postgres, hold_of, installed};

/// For how long the database is away: longer than anybody waits who has nothing to lose.
const AWAY: Duration = Duration::from_secs(4);

/// What PostgreSQL says to whoever connects while it is starting.
const STARTING: &[u8] = b"E\x00\x00\x00\x3eSFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";

fn work() -> Work {
    let (request, model) = (RequestId::new(), "minuted-nano.en".to_owned());
    Work { request, service: Service::Transcription, model, claim: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_is_charged_though_the_database_was_started_again_meanwhile() {
    let name = concat!(module_path!(), "::what_was_done_is_charged_though_the_database_was_started_again_meanwhile");
    let Some(mut cluster) = installed(name, Cluster::start).await else { return };
    let location = Location::Postgres(cluster.database("restarted"));
    let ledger = storage::open(&Settings { location }).await.expect("a new database").ledger;
    let sheet = PriceSheet::load(None).expect("the built-in sheet");
    ledger.publish(sheet.tariffs()).await.expect("new tariffs");
    let meter = Meter::new(ledger.clone(), sheet, Arc::new(SystemClock), &billing::Settings::default());
    let payer = Payer { account: account("alice"), key: None, currency: Currency::EUR, budgets: Vec::new() };
    let usage = Usage { audio_ms: 60_000, ..Usage::default() };
    let mut heard = meter.hold(&payer, work(), &usage).await.expect("there is no budget");
    let passed_on = meter.hold(&payer, work(), &usage).await.expect("there is no budget");
    let unheard = passed_on.charge().clone();

    let mut cluster = spawn_blocking(move || {
        cluster.order("crash");
        cluster
    })
    .await
    .expect("it crashes");
    let settled = tokio::spawn(async move { heard.settle(&usage).await });
    passed_on.settle_within(usage, usage);
    let refused = tokio::time::timeout(AWAY, meter.hold(&payer, work(), &usage)).await;
    assert!(refused.expect("nobody waits who has nothing to lose").is_err());
    tokio::time::sleep(AWAY).await;
    let _cluster = spawn_blocking(move || {
        cluster.order("start");
        cluster
    })
    .await
    .expect("it starts");

    let charge = settled.await.expect("no panic").expect("it is charged");
    meter.settle_down().await;
    for id in [&charge.id, &unheard] {
        let charge = ledger.charge(&account("alice"), id).await.expect("it answers").expect("it is there");
        assert_eq!((charge.state, charge.used.audio_ms), (State::Settled, usage.audio_ms));
    }
    audit(&*ledger, &account("alice")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_starting_is_asked_a_few_times_for_all_who_wait() {
    let name = concat!(module_path!(), "::a_database_that_is_starting_is_asked_a_few_times_for_all_who_wait");
    let Some(url) = empty_postgres(name).await else { return };
    let (url, there) = url.split_once("?host=").expect("it is in a folder");
    let folder = tempfile::tempdir().expect("a temp folder");
    let socket = folder.path().join(SOCKET);
    symlink(Path::new(there).join(SOCKET), &socket).expect("a new link");
    let location = Location::Postgres(format!("{url}?host={}&sslmode=disable", folder.path().display()));
    let ledger = storage::open(&Settings { location }).await.expect("it is there").ledger;

    fs::remove_file(&socket).expect("a link");
    let starting = UnixListener::bind(&socket).expect("a new socket");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let starting = tokio::spawn(async move {
        while let Ok((mut connection, _)) = starting.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            // One that leaves at once is not waited for.
            let _ = connection.read(&mut [0; 1024]).await;
            let _ = connection.write_all(STARTING).await;
        }
    });
    let holds: Vec<_> = (0..256).map(|_| hold_of(1)).collect();
    let held = join_all(holds.iter().map(|hold| ledger.hold(hold))).await;
    assert!(held.iter().all(Result::is_err), "it is not there yet");
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked < 64, "it was asked {asked} times");

    starting.abort();
    fs::remove_file(&socket).expect("a socket");
    symlink(Path::new(there).join(SOCKET), &socket).expect("a new link");
    ledger.hold(&holds[0]).await.expect("it has started");
}
