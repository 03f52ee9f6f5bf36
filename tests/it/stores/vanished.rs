//! A database whose machine vanishes: nothing comes from it any more, not even the end of a connection.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use minuted::billing::events::Turn;
use minuted::storage::{self, Location, Settings, Stores};
use tokio::time::timeout;

use super::audit::audit;
use super::between::{Between, SOCKET};
use super::{account, at, empty_postgres, hold_of, used};
use crate::app::{IN_VAIN, until};

/// The same database twice: with something between, and without; `None` where PostgreSQL is not installed.
async fn opened(test: &str) -> Option<(Between, Stores, Stores)> {
    let url = empty_postgres(test).await?;
    let (url, folder) = url.split_once("?host=").expect("it is in a folder");
    let between = Between::before(Path::new(folder).join(SOCKET));
    let open = async |folder: &Path| {
        let location = Location::Postgres(format!("{url}?host={}", folder.display()));
        storage::open(&Settings { location }).await.expect("it is there")
    };
    let (there, here) = (open(between.folder.path()).await, open(Path::new(folder)).await);
    Some((between, there, here))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_vanishes_without_a_word_is_found_again() {
    let name = concat!(module_path!(), "::a_database_that_vanishes_without_a_word_is_found_again");
    let Some((between, stores, direct)) = opened(name).await else { return };
    let ledger = stores.ledger;
    let charges: Vec<_> = (0..4).map(|_| hold_of(1)).collect();
    for hold in &charges {
        ledger.hold(hold).await.expect("there is no budget");
    }
    assert!(between.taken.load(Ordering::SeqCst) >= 3, "all that write are connected");
    between.vanished.cancel();
    let (charge, used) = (&charges[0].charge, used(30));
    let settled = timeout(IN_VAIN, ledger.settle(charge, &used)).await;
    let settled = settled.expect("nobody waits for ever");
    let again = ledger.settle(charge, &used).await;
    assert_eq!(settled.expect("it is held"), again.expect("it was made already"));
    audit(&*direct.ledger, &account("alice")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_ask_a_database_that_vanishes_wait_a_while_and_stand_in_nobodys_way() {
    let name =
        concat!(module_path!(), "::those_who_ask_a_database_that_vanishes_wait_a_while_and_stand_in_nobodys_way");
    let Some((between, stores, _)) = opened(name).await else { return };
    let (keys, trap) = (stores.keys, &between.trap);
    trap.set("somebody");
    // More than there are connections.
    let asked = join_all((0..24).map(|_| keys.account_named("somebody")));
    let asked = timeout(IN_VAIN, asked).await.expect("nobody waits for ever");
    assert!(asked.iter().all(Result::is_err), "nobody was answered");
    trap.unset();
    assert_eq!(keys.account_named("somebody").await, Ok(None), "the next one finds it again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_at_the_beginning_of_a_transaction_leaves_nobody_else_in_it() {
    let name = concat!(module_path!(), "::who_leaves_at_the_beginning_of_a_transaction_leaves_nobody_else_in_it");
    let Some((between, stores, direct)) = opened(name).await else { return };
    let trap = &between.trap;
    trap.set("BEGIN");
    let outbox = stores.outbox.clone();
    let leaving = tokio::spawn(async move { outbox.delivered(&[]).await });
    until(|| trap.caught.load(Ordering::SeqCst) > 0).await;
    leaving.abort();
    assert!(leaving.await.is_err_and(|error| error.is_cancelled()), "it waits for its answer");
    trap.unset();
    trap.released.cancel();
    // Long enough for a connection to be given back that should not be.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (now, until) = (at("2026-10-14T12:00:00Z"), at("2026-10-14T13:00:00Z"));
    let turn = |holder| Turn { holder, now, until };
    assert_eq!(stores.outbox.take_turn(turn("one")).await, Ok(true));
    assert_eq!(direct.outbox.take_turn(turn("other")).await, Ok(false), "what is answered is written, for all");
}
