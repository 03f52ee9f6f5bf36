//! A power cut at every point in the life of a charge: nothing is lost, nothing is charged twice, nothing stays reserved.
//!
//! The server is killed (SIGKILL, from inside, so that it hits the very point) again and again, always before the same
//! database; then a server that lives is asked for the same requests again.

use std::collections::HashMap;

use minuted::billing::{Amounts, Charge, Entry, Kind, State};
use minuted::crash::{Point, VARIABLE};
use minuted::storage::{self, Location, Settings};
use reqwest::multipart::{Form, Part};

use super::Sandbox;
use super::serve::Server;
use crate::app::{sentence, speech, until_async};
use crate::books::Books;
use crate::stores::empty_postgres;

/// Those through which every request goes.
const POINTS: [Point; 4] = [Point::AfterHold, Point::AfterInference, Point::BeforeSettle, Point::AfterSettle];

/// Silence is quick: it goes through all the same points but for the recogniser, and every tenth is speech.
fn recording(number: usize) -> Vec<u8> {
    if number % 40 < POINTS.len() {
        return sentence();
    }
    let mut silence = speech(1);
    silence[44..].fill(0);
    silence
}

/// Where the servers run, and the database that they share.
struct House {
    sandbox: Sandbox,
    database: String,
}

impl House {
    fn with(database: &str) -> Self {
        Self { sandbox: Sandbox::new(), database: database.to_owned() }
    }

    /// With these variables of its environment, too.
    fn server(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = self.sandbox.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
        command.env("MINUTED_STORAGE_URL", &self.database);
        Server::with(command.envs(variables.iter().copied()))
    }

    /// One that dies there, and soon has nothing reserved any more.
    fn doomed(&self, point: Point) -> Server {
        self.server(&[(VARIABLE, point.name()), ("MINUTED_BILLING_LEASE_SECONDS", "2")])
    }

    async fn books(&self) -> Books {
        let location = Location::parse(&self.database, &self.sandbox.path("")).unwrap();
        Books::of("acc_local", storage::open(&Settings { location }).await.unwrap().ledger)
    }
}

const SQLITE: &str = "sqlite:minuted.db";

async fn ask(client: &reqwest::Client, server: &Server, number: usize) -> reqwest::Result<reqwest::Response> {
    let form = Form::new().part("file", Part::bytes(recording(number)).file_name("a.wav"));
    let url = format!("{}/v1/audio/transcriptions", server.url);
    client.post(url).header("Idempotency-Key", format!("request {number}")).multipart(form).send().await
}

#[tokio::test]
async fn killed_two_hundred_times_it_charges_each_request_once() {
    killed_again_and_again(&House::with(SQLITE), 200).await;
}

#[tokio::test]
async fn killed_forty_times_before_postgres_it_charges_each_request_once() {
    let test = "cli::crash::killed_forty_times_before_postgres_it_charges_each_request_once";
    if let Some(database) = empty_postgres(test).await {
        killed_again_and_again(&House::with(&database), 40).await;
    }
}

async fn killed_again_and_again(house: &House, kills: usize) {
    let client = reqwest::Client::new();
    let mut seen = HashMap::new();
    for number in 0..kills {
        let point = POINTS[number % POINTS.len()];
        let mut doomed = house.doomed(point);
        let answer = ask(&client, &doomed, number).await;
        assert!(answer.is_err(), "nobody is told: it died {}", point.name());
        assert_eq!(doomed.process.wait().unwrap().code(), None, "a signal ended it");
        if number % 20 < POINTS.len() {
            let books = house.books().await;
            let holds: Vec<Entry> =
                books.entries().await.into_iter().filter(|entry| entry.kind == Kind::Hold).collect();
            assert_eq!(holds.len(), number + 1, "one hold for each request");
            let last = books.charge(&holds[number].charge).await;
            let expected = if point == Point::AfterSettle { State::Settled } else { State::Held };
            assert_eq!(last.state, expected, "{}", point.name());
            seen.insert(number, last);
        }
    }

    let mut server = house.server(&[("MINUTED_BILLING_LEASE_SECONDS", "10")]);
    let books = house.books().await;
    until_async(async || books.open().await == 0).await;
    let settled: Vec<Charge> = of(State::Settled, &books).await;
    assert_eq!(settled.len(), kills / POINTS.len(), "those that were killed after it, and no other");
    for number in 0..kills {
        let answer = ask(&client, &server, number).await.unwrap();
        let expected = if POINTS[number % POINTS.len()] == Point::AfterSettle { 409 } else { 200 };
        let status = answer.status().as_u16();
        let told = answer.text().await.unwrap();
        assert_eq!(status, expected, "request {number}: {told}");
        if let Some(first) = seen.get(&number).filter(|first| first.state == State::Settled) {
            assert!(told.contains(first.id.as_str()), "it is told what it was charged: {told}");
        }
    }
    let settled = of(State::Settled, &books).await;
    assert_eq!(settled.len(), kills);
    assert!(settled.iter().all(|charge| charge.used.nanos == 10_000_000 && charge.held == Amounts::default()));
    assert_eq!(of(State::Voided, &books).await.len(), kills / POINTS.len() * 3);
    assert_eq!(books.open().await, 0);
    let sums = books.sums().await;
    assert_eq!(sums, (i64::try_from(kills).unwrap(), settled.iter().map(|charge| charge.used.nanos).sum()));
    server.stop();
}

async fn of(state: State, books: &Books) -> Vec<Charge> {
    books.charges().await.into_iter().filter(|charge| charge.state == state).collect()
}

/// On a thread of its own the client can close its connection while the test waits for the server's end.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_is_told_to_stop_leaves_nothing_reserved() {
    for goes in [true, false] {
        let house = House::with(SQLITE);
        let mut server = house.server(&[("MINUTED_SERVER_DRAIN_SECONDS", "1")]);
        let form = Form::new().part("file", Part::bytes(speech(600)).file_name("a.wav"));
        let url = format!("{}/v1/audio/transcriptions", server.url);
        let asked = tokio::spawn(reqwest::Client::new().post(url).multipart(form).send());
        let books = house.books().await;
        until_async(async || books.steps().await == ["hold"]).await;
        if goes {
            asked.abort();
        }
        server.stop();
        assert_eq!(books.steps().await, ["hold", "void"], "its client goes: {goes}");
        if !goes {
            assert_eq!(asked.await.unwrap().unwrap().status(), 503);
        }
    }
}
