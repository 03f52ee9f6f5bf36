//! A power cut at every point in the life of a charge: nothing is lost, nothing is charged twice, nothing stays reserved.
//!
//! The server is killed (SIGKILL, from inside, so that it hits the very point) two hundred times, always before the same
//! database; then a server that lives is asked for the same two hundred requests again.

use std::collections::HashMap;

use minuted::billing::{Amounts, Charge, State};
use minuted::crash::{Point, VARIABLE};
use minuted::storage::{self, Location, Settings};
use reqwest::multipart::{Form, Part};

use super::Sandbox;
use super::serve::Server;
use crate::app::{sentence, speech, until_async};
use crate::books::Books;

const KILLS: usize = 200;

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

fn server(sandbox: &Sandbox, point: Option<Point>) -> Server {
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    command.env("MINUTED_BILLING_LEASE_SECONDS", "1");
    if let Some(point) = point {
        command.env(VARIABLE, point.name());
    }
    Server::with(&mut command)
}

async fn ask(client: &reqwest::Client, server: &Server, number: usize) -> reqwest::Result<reqwest::Response> {
    let form = Form::new().part("file", Part::bytes(recording(number)).file_name("a.wav"));
    let url = format!("{}/v1/audio/transcriptions", server.url);
    client.post(url).header("Idempotency-Key", format!("request {number}")).multipart(form).send().await
}

async fn books(sandbox: &Sandbox) -> Books {
    let location = Location::Sqlite(sandbox.path("data/minuted.db"));
    Books::of("acc_local", storage::open(&Settings { location }).await.unwrap().ledger)
}

#[tokio::test]
async fn killed_two_hundred_times_it_charges_each_request_once() {
    let sandbox = Sandbox::new();
    let client = reqwest::Client::new();
    let mut charged = HashMap::new();
    for number in 0..KILLS {
        let point = POINTS[number % POINTS.len()];
        let mut doomed = server(&sandbox, Some(point));
        let answer = ask(&client, &doomed, number).await;
        assert!(answer.is_err(), "nobody is told: it died {}", point.name());
        assert_eq!(doomed.process.wait().unwrap().code(), None, "a signal ended it");
        if number % 20 < POINTS.len() {
            let charges = books(&sandbox).await.charges().await;
            assert_eq!(charges.len(), number + 1, "one hold for each request");
            let expected = if point == Point::AfterSettle { State::Settled } else { State::Held };
            let last = charges.last().unwrap();
            assert_eq!(last.state, expected, "{}", point.name());
            charged.insert(number, last.clone());
        }
    }

    let mut server = server(&sandbox, None);
    let books = books(&sandbox).await;
    until_async(async || books.open().await == 0).await;
    let settled: Vec<Charge> = of(State::Settled, &books).await;
    assert_eq!(settled.len(), KILLS / POINTS.len(), "those that were killed after it, and no other");
    for number in 0..KILLS {
        let answer = ask(&client, &server, number).await.unwrap();
        let expected = if POINTS[number % POINTS.len()] == Point::AfterSettle { 409 } else { 200 };
        let status = answer.status().as_u16();
        let told = answer.text().await.unwrap();
        assert_eq!(status, expected, "request {number}: {told}");
        if let Some(first) = charged.get(&number).filter(|first| first.state == State::Settled) {
            assert!(told.contains(first.id.as_str()), "it is told what it was charged: {told}");
        }
    }
    let settled = of(State::Settled, &books).await;
    assert_eq!(settled.len(), KILLS);
    assert!(settled.iter().all(|charge| charge.used.nanos == 10_000_000 && charge.held == Amounts::default()));
    assert_eq!(of(State::Voided, &books).await.len(), KILLS / POINTS.len() * 3);
    assert_eq!(books.open().await, 0);
    server.stop();
}

async fn of(state: State, books: &Books) -> Vec<Charge> {
    books.charges().await.into_iter().filter(|charge| charge.state == state).collect()
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_leaves_nothing_reserved() {
    let sandbox = Sandbox::new();
    let mut server = server(&sandbox, None);
    let form = Form::new().part("file", Part::bytes(speech(600)).file_name("a.wav"));
    let url = format!("{}/v1/audio/transcriptions", server.url);
    let asked = tokio::spawn(reqwest::Client::new().post(url).multipart(form).send());
    let books = books(&sandbox).await;
    until_async(async || books.steps().await == ["hold"]).await;
    asked.abort();
    server.stop();
    assert_eq!(books.steps().await, ["hold", "void"]);
}
