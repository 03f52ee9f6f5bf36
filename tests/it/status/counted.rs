//! What of live traffic counts, and the probe that comes when there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use minuted::audio::{self, AudioSource};
use minuted::http;
use minuted::speech::Engine;
use minuted::status::{Board, Fault, Measure, Outcome, Probe, Sample, Settings, Work};
use minuted::transcription::{Options, SpokenProbe, Transcriber};

use super::{Failing, MODEL, counted, counting, json, quiet, sum};
use crate::app::{Script, TestApp, Wishes, error, form, sentence, stores, until, until_async, weights};
use crate::callers::TestClock;

#[tokio::test]
async fn answers_count_with_their_speed_streamed_or_not() {
    let app = TestApp::scripted(&Script::default()).await;
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    let streamed = app.transcribe(form(sentence()).text("stream", "true")).await;
    assert!(streamed.text().await.expect("a stream").contains("[DONE]"));
    let tally = counting(&app, Measure::Served, 2).await;
    assert_eq!((tally.total(Measure::FirstByte), tally.total(Measure::RealTime)), (2, 2));
    assert_eq!((tally.total(Measure::Failed), tally.total(Measure::Probes)), (0, 0));
}

#[tokio::test]
async fn what_the_caller_did_does_not_count() {
    let app = TestApp::scripted(&Script::default()).await;
    assert_eq!(app.transcribe(form(b"no recording".to_vec())).await.status(), 400);
    assert_eq!(app.transcribe(form(sentence()).text("model", "gpt-5")).await.status(), 404);
    assert_eq!(app.transcribe(form(sentence()).text("temperature", "warm")).await.status(), 400);
    let priced = app.post("/v1/audio/transcriptions?dry_run=true", form(sentence())).await;
    assert_eq!(priced.status(), 200);
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    let tally = counting(&app, Measure::Served, 1).await;
    assert_eq!((tally.total(Measure::Served), tally.total(Measure::Failed)), (1, 0));
}

#[tokio::test]
async fn a_client_that_goes_does_not_count() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let gone = tokio::spawn(app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence())).send());
    until(|| script.started() == 1).await;
    gone.abort();
    until(|| script.cancelled() == 1).await;
    script.release();
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    let tally = counting(&app, Measure::Served, 1).await;
    assert_eq!((tally.total(Measure::Served), tally.total(Measure::Failed)), (1, 0));
}

#[tokio::test]
async fn our_failures_count_streamed_or_not_and_so_does_a_full_house() {
    let app = TestApp::scripted(&Script::failing_at(0)).await;
    assert_eq!(app.transcribe(form(sentence())).await.status(), 500);
    let tally = counting(&app, Measure::Failed, 1).await;
    assert_eq!((tally.total(Measure::Served), tally.main_fault()), (0, Some(Fault::Model)));

    let app = TestApp::scripted(&Script::failing_at(0)).await;
    let streamed = app.transcribe(form(sentence()).text("stream", "true")).await;
    assert!(streamed.text().await.expect("a stream").contains("recognition_failed"));
    assert_eq!(counting(&app, Measure::Failed, 1).await.main_fault(), Some(Fault::Model));

    let script = Script::held();
    let http = http::Settings { max_requests: 1, ..http::Settings::default() };
    let app = TestApp::with(Wishes { http, script: Some(script.clone()), ..Wishes::default() }).await;
    let first = tokio::spawn(app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence())).send());
    until(|| script.started() == 1).await;
    let (status, told) = error(app.transcribe(form(sentence())).await).await;
    assert_eq!((status, &told["code"]), (429, &"queue_full".into()));
    script.release();
    assert_eq!(first.await.expect("no panic").expect("an answer").status(), 200);
    let tally = counting(&app, Measure::Failed, 1).await;
    assert_eq!(tally.main_fault(), Some(Fault::Overloaded));
}

#[tokio::test]
async fn requests_that_a_stop_cuts_off_count() {
    let script = Script::held();
    let http = http::Settings { drain_timeout: Duration::from_millis(10), ..http::Settings::default() };
    let mut app = TestApp::with(Wishes { http, script: Some(script.clone()), ..Wishes::default() }).await;
    let cut = tokio::spawn(app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence())).send());
    until(|| script.started() == 1).await;
    app.tell_to_stop();
    assert_eq!(cut.await.expect("no panic").expect("an answer").status(), 503);
    app.ended().await;
    let tally = counted(&app).await;
    assert_eq!((tally.total(Measure::Served), tally.main_fault()), (0, Some(Fault::Stopping)));
}

#[tokio::test]
async fn an_idle_model_is_asked_and_nobody_pays() {
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let (script, status) = (Script::default(), Some(Settings::default()));
    let wishes = Wishes { script: Some(script.clone()), status, clock: Some(clock.clone()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    app.status.hurry();
    clock.set("2026-11-26T04:00:59Z");
    app.status.hurry();
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    counting(&app, Measure::Served, 1).await;
    clock.set("2026-11-26T04:01:58Z");
    app.status.hurry();
    assert_eq!(json(&app, "/healthz").await["status"], "ok");
    assert_eq!(counted(&app).await.total(Measure::Probes), 0, "somebody has asked within the minute");
    clock.set("2026-11-26T04:01:59Z");
    let tally = counting(&app, Measure::Probes, 1).await;
    assert_eq!((tally.total(Measure::Served), tally.total(Measure::RealTime)), (2, 2));
    let charges = app.stores.ledger.chains().await.expect("it answers");
    assert_eq!(charges.iter().map(|head| head.seq).sum::<i64>(), 2, "a hold and its settlement, for the request alone");
}

#[tokio::test]
async fn the_real_model_hears_the_probe() {
    let engine = Engine::start(1, 1, || weights().recognizer()).expect("the engine starts");
    let transcriber = Transcriber::new(engine, weights(), audio::Settings::default(), 1);
    let outcome = SpokenProbe::new(MODEL, transcriber).ask(MODEL).await;
    let Some(Outcome::Served { work: Work::Audio(length), .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(length.0, 1_500);
}

#[tokio::test]
async fn no_probe_comes_between_those_who_wait() {
    let script = Script::held();
    let transcriber = Transcriber::new(script.clone().engine(), weights(), audio::Settings::default(), 1);
    let probe = SpokenProbe::new(MODEL, transcriber.clone());
    let source = AudioSource::from_bytes(sentence().into());
    let busy = tokio::spawn(async move { transcriber.transcribe(source, Options::default()).await.is_ok() });
    until(|| script.started() == 1).await;
    assert_eq!(probe.ask(MODEL).await, None);
    script.release();
    assert!(busy.await.expect("no panic"));
}

#[tokio::test]
async fn probes_can_be_switched_off_and_are_not_asked_twice_in_a_minute() {
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    for (settings, asked) in [(quiet(), 0), (Settings::default(), 1)] {
        clock.set("2026-11-26T04:00:00Z");
        let ((stores, _folder), count) = (stores().await, Arc::new(AtomicUsize::new(0)));
        let (board, keeper) = Board::new(stores.status.clone(), clock.clone(), vec![MODEL.to_owned()], settings);
        let mut keeper = keeper.with_probe(Arc::new(Failing(count.clone())));
        keeper.round().await;
        clock.set("2026-11-26T04:01:00Z");
        keeper.round().await;
        until_async(async || count.load(Ordering::SeqCst) == asked).await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
            keeper.round().await;
        }
        assert_eq!(count.load(Ordering::SeqCst), asked);
        drop(board);
    }
}

#[tokio::test]
async fn a_keeper_that_is_far_behind_makes_nobody_wait() {
    let (stores, _folder) = stores().await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let (board, mut keeper) = Board::new(stores.status.clone(), clock, vec![MODEL.to_owned()], quiet());
    for _ in 0..10_000 {
        let outcome = Outcome::Failed(Fault::Service);
        board.recorder().record(Sample { model: MODEL.to_owned(), outcome, probe: false });
    }
    keeper.round().await;
    assert_eq!(
        sum(&stores).await.total(Measure::Failed),
        4096,
        "as many as there are places; the rest is counted as dropped"
    );
}
