//! What an answer says of money, and requests that are sent again, over the wire.

use std::time::Duration;

use minuted::billing::State;
use serde_json::Value;

use crate::app::{Script, TestApp, Wishes, conforms, error, form, sentence, speech, until, until_async};
use crate::wire::{Wire, closing, file_part};

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("missing")
}

async fn patient(script: &Script) -> TestApp {
    TestApp::with(Wishes { script: Some(script.clone()), grace: Duration::from_mins(1), ..Wishes::default() }).await
}

#[tokio::test]
async fn a_whole_answer_says_in_headers_what_it_cost() {
    let app = TestApp::scripted(&Script::default()).await;
    for (seconds, billed, minutes, cost) in [(3, "60", "1", "0.01 EUR"), (61, "120", "2", "0.02 EUR")] {
        for format in ["json", "text", "srt", "vtt", "verbose_json"] {
            let response = app.transcribe(form(speech(seconds)).text("response_format", format)).await;
            assert_eq!(response.status(), 200);
            assert_eq!(header(&response, "x-minuted-billed-seconds"), billed);
            assert_eq!(header(&response, "x-minuted-billed-minutes"), minutes);
            assert_eq!(header(&response, "x-minuted-cost"), cost);
            let charge = header(&response, "x-minuted-charge-id").to_owned();
            let written = app.books().charges().await.pop().expect("it is in the ledger");
            assert_eq!((charge.as_str(), written.state), (written.id.as_str(), State::Settled));
            assert_eq!(header(&response, "x-request-id"), written.request.as_str());
        }
    }
}

#[tokio::test]
async fn a_streamed_answer_says_in_its_last_event_what_it_cost() {
    let app = TestApp::scripted(&Script::default()).await;
    let response = app.transcribe(form(speech(61)).text("stream", "true")).await;
    let body = response.text().await.expect("a body");
    let done = body.lines().rev().find_map(|line| line.strip_prefix("data: {")).expect("a last event");
    let done: Value = serde_json::from_str(&format!("{{{done}")).expect("JSON");
    conforms("event", &done);
    let told = &done["minuted"];
    assert_eq!((&told["billed_seconds"], &told["billed_minutes"]), (&120.into(), &"2".into()));
    assert_eq!((&told["cost"], &told["currency"]), (&"0.02".into(), &"EUR".into()));
    assert_eq!(told["charge_id"], app.books().charges().await[0].id.as_str());
}

#[tokio::test]
async fn a_failure_costs_nothing_and_says_nothing_of_a_charge() {
    let app = TestApp::scripted(&Script::failing_at(0)).await;
    let response = app.transcribe(form(sentence())).await;
    assert_eq!(header(&response, "x-minuted-charge-id"), "missing");
    assert_eq!(error(response).await.0, 500);
    assert_eq!(app.books().steps().await, ["hold", "void"]);
}

#[tokio::test]
async fn a_dry_run_tells_the_price_and_does_nothing() {
    let script = Script::default();
    let app = TestApp::scripted(&script).await;
    let response = app.post("/v1/audio/transcriptions?dry_run=true", form(speech(61)).text("bananas", "2")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-minuted-ignored-params"), "bananas");
    let told: Value = response.json().await.expect("JSON");
    assert_eq!((&told["object"], &told["duration"]), (&"dry_run".into(), &61.0.into()));
    assert_eq!((&told["billed_seconds"], &told["billed_minutes"]), (&120.into(), &"2".into()));
    assert_eq!((&told["price"], &told["currency"]), (&"0.02".into(), &"EUR".into()));
    assert!(told["expected_wait_seconds"].is_number());
    assert_eq!((script.started(), app.books().steps().await.len()), (0, 0));
    let (status, refused) = error(app.post("/v1/audio/transcriptions?dry_run=perhaps", form(sentence())).await).await;
    assert_eq!((status, &refused["param"]), (400, &"dry_run".into()));
}

#[tokio::test]
async fn a_request_with_a_name_is_done_once() {
    let app = TestApp::scripted(&Script::default()).await;
    let send = |key: &'static str, file| {
        let request = app.client.post(app.url("/v1/audio/transcriptions")).header("Idempotency-Key", key);
        async { request.multipart(form(file)).send().await.expect("an answer") }
    };
    let first = send("monday", sentence()).await;
    let charge = header(&first, "x-minuted-charge-id").to_owned();
    assert_eq!(first.status(), 200);

    let again = send("monday", sentence()).await;
    assert_eq!(header(&again, "x-should-retry"), "false", "SDKs try a 409 again on their own");
    let body: Value = again.json().await.expect("JSON");
    conforms("error", &body);
    assert_eq!(body["error"]["code"], "already_processed");
    assert_eq!((&body["charge"]["charge_id"], &body["charge"]["cost"]), (&charge.into(), &"0.01".into()));

    let (status, mixed) = error(send("monday", speech(4)).await).await;
    assert_eq!((status, &mixed["code"]), (422, &"idempotency_key_reused".into()));
    assert_eq!(send("tuesday", sentence()).await.status(), 200);
    let (status, unfit) = error(send("", sentence()).await).await;
    assert_eq!((status, &unfit["param"]), (400, &"Idempotency-Key".into()));
    assert_eq!(app.books().steps().await, ["hold", "settle", "hold", "settle"]);
}

#[tokio::test]
async fn a_request_that_is_sent_again_while_it_is_worked_on_is_charged_once() {
    let script = Script::held();
    let app = patient(&script).await;
    let ask = |stream| {
        tokio::spawn({
            let request = app.client.post(app.url("/v1/audio/transcriptions"));
            request.multipart(form(speech(40)).text("stream", stream)).send()
        })
    };
    let (whole, streamed) = (ask("false"), ask("true"));
    let streamed = streamed.await.expect("no panic").expect("an answer");
    until(|| script.started() > 0).await;
    script.release();
    let whole = whole.await.expect("no panic").expect("an answer");
    let charge = header(&whole, "x-minuted-charge-id").to_owned();
    let events = streamed.text().await.expect("a body");
    assert!(events.contains(&charge) && events.contains("[DONE]"), "{events}");
    assert_eq!(app.books().steps().await, ["hold", "settle"]);
}

#[tokio::test]
async fn a_client_that_comes_back_after_a_time_out_pays_once() {
    let script = Script::held();
    let app = patient(&script).await;
    let body = [file_part(&speech(40)), closing()].concat();
    let mut wire = Wire::begin(app.address, &format!("Content-Length: {}", body.len())).await;
    wire.send(&body).await.expect("it is read");
    until(|| script.started() > 0).await;
    drop(wire);
    until(|| app.parked() == 1).await;
    script.release();
    let again = app.transcribe(form(speech(40))).await;
    assert_eq!(again.status(), 200);
    assert_eq!((script.cancelled(), app.parked()), (0, 0), "it went on with what was there");
    assert_eq!(app.books().steps().await, ["hold", "settle"]);
}

#[tokio::test]
async fn a_client_that_has_gone_holds_no_money_and_no_place() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let body = [file_part(&speech(40)), closing()].concat();
    let mut wire = Wire::begin(app.address, &format!("Content-Length: {}", body.len())).await;
    wire.send(&body).await.expect("it is read");
    until(|| script.started() > 0).await;
    drop(wire);
    until_async(async || app.books().steps().await == ["hold", "void"]).await;
}
