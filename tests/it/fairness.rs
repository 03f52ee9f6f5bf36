//! Who is served next, with several recordings on one engine: through the use case, before a recogniser that keeps a
//! list of whose windows it began.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use minuted::audio::{self, AudioSource};
use minuted::domain::{Language, Millis};
use minuted::speech::{Cancel, Claim, Class, DecodeOptions, Engine, RecognizeError, Recognized, Recognizer, Workers};
use minuted::transcript::Piece;
use minuted::transcription::{Error, Options, Outcome, Transcriber};
use tokio::task::JoinHandle;

use crate::app::{Script, TestApp, form, sentence, speech, until};
use crate::random_model;

/// More windows than any test has.
const ALL: usize = 10_000;

/// A recogniser that ends as many windows as it is let, each after a while. A window is known by its temperature.
#[derive(Clone, Default)]
struct Clerk {
    begun: Arc<Mutex<Vec<f32>>>,
    leave: Arc<AtomicUsize>,
}

impl Recognizer for Clerk {
    fn recognize(&mut self, _: &[f32], options: &DecodeOptions, cancel: &Cancel) -> Result<Recognized, RecognizeError> {
        self.begun.lock().expect("no holder panics").push(options.temperature);
        while self.leave.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |leave| leave.checked_sub(1)).is_err() {
            if cancel.is_cancelled() {
                return Err(RecognizeError::Cancelled);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(15));
        Ok(Recognized { language: Language::ENGLISH, piece: Piece::default() })
    }
}

struct House {
    clerk: Clerk,
    transcriber: Transcriber,
}

/// Names a recording in the clerk's list.
type Mark = f32;

const ALICE: Mark = 0.25;
const BOB: Mark = 0.5;
const CAROL: Mark = 0.75;

impl House {
    /// Where batch work gets this percentage.
    fn new(workers: impl Into<Workers>, batch_share: u8) -> Self {
        let clerk = Clerk::default();
        let made = clerk.clone();
        let engine = Engine::start(workers, 1, move || Ok(made.clone())).expect("an engine");
        let engine = engine.with_batch_share(batch_share);
        let transcriber = Transcriber::new(engine, random_model::load(), audio::Settings::default(), 1);
        Self { clerk, transcriber }
    }

    /// A recording of this many seconds.
    fn ask(&self, mark: Mark, party: &str, class: Class, seconds: usize) -> JoinHandle<Result<Outcome, Error>> {
        let transcriber = self.transcriber.clone();
        let options = options(mark, party, class);
        tokio::spawn(async move { transcriber.transcribe(recording(seconds), options).await })
    }

    fn begun(&self) -> Vec<Mark> {
        self.clerk.begun.lock().expect("no holder panics").clone()
    }

    /// Waits until so many windows wait for a worker.
    async fn queued(&self, count: usize) {
        until(|| self.transcriber.health().queued == count).await;
    }

    /// Lets the clerk end a window, and waits until it has begun the next.
    async fn one_more(&self) {
        let before = self.begun().len();
        self.let_through(1);
        until(|| self.begun().len() > before).await;
    }

    fn let_through(&self, count: usize) {
        self.clerk.leave.fetch_add(count, Ordering::SeqCst);
    }
}

fn options(mark: Mark, party: &str, class: Class) -> Options {
    let claim = Claim { party: party.into(), class };
    Options { claim, temperature: mark, language: Some(Language::ENGLISH), ..Options::default() }
}

fn recording(seconds: usize) -> AudioSource {
    AudioSource::from_bytes(Bytes::from(speech(seconds)))
}

fn of(mark: Mark, list: &[Mark]) -> usize {
    list.iter().filter(|&&other| other.to_bits() == mark.to_bits()).count()
}

#[tokio::test]
async fn a_short_request_overtakes_a_meeting_that_has_every_worker() {
    for (party, count) in [("bob", 1), ("bob", 2), ("alice", 2)] {
        let house = House::new(Workers { count, express: true }, 10);
        let meeting = house.ask(ALICE, "alice", Class::Interactive, 90);
        // It has every worker, and one window waits.
        until(|| of(ALICE, &house.begun()) == count).await;
        house.queued(1).await;
        let short = house.ask(BOB, party, Class::Interactive, 5);
        until(|| of(BOB, &house.begun()) == 1).await;
        assert_eq!(of(ALICE, &house.begun()), count, "nothing was let through: {:?}", house.begun());
        let second = house.ask(CAROL, "carol", Class::Interactive, 5);
        house.queued(2).await;
        assert_eq!(of(CAROL, &house.begun()), 0, "one overtakes at a time: {:?}", house.begun());
        house.let_through(ALL);
        assert!(short.await.expect("no panic").is_ok());
        assert!(second.await.expect("no panic").is_ok());
        let meeting = meeting.await.expect("no panic").expect("a transcript");
        assert_eq!(meeting.transcript.duration, Millis(90_000));
        assert_eq!(of(ALICE, &house.begun()), 4, "each window is begun once: {:?}", house.begun());
    }
}

#[tokio::test]
async fn a_request_that_is_as_long_waits_for_the_windows_under_way_and_no_more() {
    let house = House::new(Workers { count: 2, express: true }, 10);
    let meeting = house.ask(ALICE, "alice", Class::Interactive, 600);
    until(|| house.begun().len() == 2).await;
    house.queued(1).await;
    let other = house.ask(BOB, "bob", Class::Interactive, 29);
    house.queued(2).await;
    house.one_more().await;
    assert_eq!(of(BOB, &house.begun()), 1, "{:?}", house.begun());
    house.let_through(ALL);
    assert!(other.await.expect("no panic").is_ok());
    meeting.abort();
}

#[tokio::test]
async fn who_has_many_recordings_has_no_more_than_who_has_one() {
    let clerk = Clerk::default();
    let made = clerk.clone();
    let engine = Engine::start(2, 1, move || Ok(made.clone())).expect("an engine");
    let submit = |party: &str, mark| {
        let lane = engine.open_lane(Claim { party: party.into(), class: Class::Interactive });
        let options = DecodeOptions { temperature: mark, ..DecodeOptions::default() };
        let tickets: Vec<_> = (0..30).map(|_| engine.submit(&lane, vec![0.0; 16_000], options.clone(), None)).collect();
        (lane, tickets)
    };
    let many: Vec<_> = (0..5).map(|_| submit("alice", ALICE)).collect();
    let one = submit("bob", BOB);
    clerk.leave.store(ALL, Ordering::SeqCst);
    let begun = || clerk.begun.lock().expect("no holder panics").clone();
    until(|| begun().len() >= 40).await;
    // In turns by recording, bob would have six or seven.
    let bobs = of(BOB, &begun()[..40]);
    assert!((14..=26).contains(&bobs), "{bobs} of 40: {:?}", begun());
    drop((many, one));
}

#[tokio::test]
async fn batch_work_has_its_share_and_interactive_work_the_rest() {
    let house = House::new(1, 25);
    let batch = house.ask(BOB, "bob", Class::Batch, 900);
    until(|| house.begun().len() == 1).await;
    let urgent = house.ask(ALICE, "alice", Class::Interactive, 900);
    for _ in 0..24 {
        house.queued(3).await; // both have a window waiting
        house.one_more().await;
    }
    let batches = of(BOB, &house.begun()[1..]);
    assert!((3..=9).contains(&batches), "{batches} of 24: {:?}", house.begun());
    batch.abort();
    urgent.abort();
}

#[tokio::test]
async fn a_request_of_the_flex_tier_waits_behind_those_that_came_later() {
    let script = Script::held();
    let app = Arc::new(TestApp::scripted(&script).await);
    let ask = |tier: &'static str| {
        let (app, form) = (app.clone(), form(sentence()).text("service_tier", tier).text("response_format", "text"));
        tokio::spawn(async move { app.transcribe(form).await.text().await.expect("a body") })
    };
    let mut others: Vec<_> = (0..2).map(|_| ask("auto")).collect();
    until(|| script.started() == 2).await;
    let flex = ask("flex");
    until(|| app.queued() == 1).await;
    others.extend((0..4).map(|_| ask("default")));
    until(|| app.queued() == 5).await;
    script.release();
    let told = flex.await.expect("no panic");
    // Two workers begin at once, so that either may be counted first.
    assert!(["Window 5.", "Window 6."].contains(&told.trim()), "{told}");
    for other in others {
        other.await.expect("no panic");
    }
}

#[tokio::test]
async fn told_to_finish_the_nearest_to_its_end_goes_first() {
    let house = House::new(1, 10);
    let long = house.ask(ALICE, "alice", Class::Interactive, 600);
    until(|| house.begun().len() == 1).await;
    let short = house.ask(BOB, "bob", Class::Interactive, 150);
    house.queued(3).await;
    house.transcriber.finish_nearest_first();
    for _ in 0..3 {
        house.queued(3).await;
        house.one_more().await;
    }
    assert_eq!(house.begun(), [ALICE, BOB, BOB, BOB]);
    long.abort();
    house.let_through(ALL);
    assert!(short.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn the_first_words_are_there_when_the_first_window_is_done() {
    let house = House::new(1, 10);
    let mut run =
        house.transcriber.start(recording(300), options(ALICE, "alice", Class::Interactive)).await.expect("a run");
    house.let_through(1);
    assert!(run.next().await.expect("no error").is_some());
    assert!(house.begun().len() <= 2, "the second window is held, and the rest not begun");
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_room_for_the_next() {
    let house = House::new(1, 10);
    for _ in 0..20 {
        let before = house.begun().len();
        let mut run =
            house.transcriber.start(recording(120), options(ALICE, "alice", Class::Interactive)).await.expect("a run");
        let next = tokio::time::timeout(Duration::from_millis(1), run.next());
        assert!(next.await.is_err(), "nothing is let through");
        // A second window beside the first: it had a spare place.
        let driven = async { while run.next().await.is_ok() {} };
        tokio::select! {
            () = driven => {}
            () = until(|| house.begun().len() == before + 1 && house.transcriber.health().queued == 1) => {}
        }
        drop(run);
        until(|| house.transcriber.health().queued == 0 && house.transcriber.health().busy == 0).await;
    }
}
