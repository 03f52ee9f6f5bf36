//! A process that writes is killed at any moment, again and again: what it was answered is there, what it was not is
//! there whole or not at all.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use minuted::billing::{Extension, Hold, State};
use minuted::storage::{self, Location, Settings};
use tokio::task::JoinSet;

use super::audit::audit;
use super::{Database, a_month, account, at, hold_of, minutes, used};

super::for_each_database!(what_was_answered_survives_a_kill);

/// Where the process that is to be killed finds the database.
const LOCATION: &str = "STORES_KILLED_LOCATION";
const KILLS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that is killed: the tests of this module run it"]
async fn the_process_that_is_killed() {
    let location = std::env::var(LOCATION).expect("it is told where");
    let location = Location::parse(&location, Path::new("/")).expect("a location");
    let stores = storage::open(&Settings { location }).await.expect("it is there");
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let ledger = stores.ledger.clone();
        callers.spawn(async move {
            loop {
                let hold = Hold { budgets: vec![a_month(1_000_000)], ..hold_of(1) };
                let extension = Extension {
                    step: 1,
                    amounts: minutes(2),
                    budgets: Vec::new(),
                    at: hold.at,
                    expires_at: hold.expires_at,
                };
                ledger.hold(&hold).await.expect("there is room in the budget");
                ledger.extend(&hold.charge, &extension).await.expect("it is held");
                ledger.settle(&hold.charge, &used(90)).await.expect("it is held");
                // Past the harness, which would keep it.
                writeln!(std::io::stdout(), "settled {}", hold.charge).expect("somebody reads");
            }
        });
    }
    callers.join_all().await;
}

/// Starts it, kills it after so many charges, and gives those that it was answered for.
fn kill_after(charges: usize, location: &str) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "stores::killed::the_process_that_is_killed", "--ignored", "--nocapture"]);
    let mut child =
        command.env(LOCATION, location).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut settled = Vec::new();
    for line in lines.map_while(Result::ok) {
        settled.extend(line.split_once("settled ").map(|(_, charge)| charge.to_owned()));
        if settled.len() == charges {
            child.kill().expect("it runs until now");
        }
    }
    assert!(settled.len() >= charges, "it ended by itself");
    child.wait().expect("it has ended");
    settled
}

async fn what_was_answered_survives_a_kill(db: Database) {
    let location = match &db.settings.location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.clone(),
    };
    for round in 0..KILLS {
        let location = location.clone();
        let killed = tokio::task::spawn_blocking(move || kill_after(1 + round * 3, &location));
        let settled = killed.await.expect("it was killed");
        let ledger = db.again().await.ledger;
        // It has its turn after whatever the dead process had under way.
        let hold = hold_of(1);
        ledger.hold(&hold).await.expect("there is no budget");
        ledger.void(&hold.charge, hold.at).await.expect("it is held");
        for charge in settled {
            let charge = ledger.charge(&account("alice"), &charge.parse().expect("an id")).await.expect("it answers");
            assert_eq!(charge.map(|charge| charge.state), Some(State::Settled), "it was answered");
        }
        ledger.sweep(at("2026-10-14T13:00:00Z")).await.expect("it answers");
        let standing = ledger.standing(&[a_month(1)], hold.at).await.expect("it answers");
        assert_eq!(standing[0].held, 0, "no hold is stuck");
        audit(&*ledger, &account("alice")).await;
    }
}
