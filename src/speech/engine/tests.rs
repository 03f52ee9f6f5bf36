//! The engine with a recogniser that waits for its cue.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use super::*;
use crate::domain::{Language, Millis, SampleCount};
use crate::transcript::{Piece, Warning, WarningKind};

/// Recognises a window as its length, panics on an empty one, and waits for a word before each.
struct Parrot {
    go: Arc<Mutex<mpsc::Receiver<()>>>,
    begun: Arc<AtomicUsize>,
    /// How many threads the last window might use.
    threads: Arc<AtomicUsize>,
}

impl Recognizer for Parrot {
    fn use_threads(&mut self, threads: usize) {
        self.threads.store(threads, Ordering::SeqCst);
    }

    fn recognize(&mut self, samples: &[f32], _: &DecodeOptions, cancel: &Cancel) -> Result<Recognized, RecognizeError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let go = self.go.lock().unwrap_or_else(PoisonError::into_inner);
        while go.recv_timeout(Duration::from_millis(5)).is_err() {
            if cancel.is_cancelled() {
                return Err(RecognizeError::Cancelled);
            }
        }
        drop(go);
        assert!(!samples.is_empty(), "an empty window");
        let end = Millis(samples.len() as u64);
        let warnings = vec![Warning { kind: WarningKind::Repetition, start: Millis(0), end }];
        Ok(Recognized { language: Language::ENGLISH, piece: Piece { warnings, ..Piece::default() } })
    }
}

struct Flock {
    engine: Engine,
    go: mpsc::Sender<()>,
    begun: Arc<AtomicUsize>,
    threads: Arc<AtomicUsize>,
}

fn flock(workers: usize) -> Flock {
    let (go, gone) = mpsc::channel();
    let (gone, begun) = (Arc::new(Mutex::new(gone)), Arc::<AtomicUsize>::default());
    let threads = Arc::<AtomicUsize>::default();
    let (counter, told) = (Arc::clone(&begun), Arc::clone(&threads));
    let make = move || Ok(Parrot { go: Arc::clone(&gone), begun: Arc::clone(&counter), threads: Arc::clone(&told) });
    Flock { engine: Engine::start(workers, 1, make).expect("an engine"), go, begun, threads }
}

impl Flock {
    fn submit(&self, lane: &Lane, length: usize) -> Ticket {
        self.engine.submit(lane, vec![0.0; length], DecodeOptions::default(), None)
    }

    async fn begun(&self, count: usize) {
        while self.begun.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn length(answer: Result<Recognized, RecognizeError>) -> u64 {
    answer.expect("an answer").piece.warnings[0].end.0
}

#[tokio::test]
async fn each_ticket_gets_its_own_answer() {
    let flock = flock(2);
    let lane = flock.engine.open_lane(Claim::default());
    let tickets: Vec<_> = (1..=8).map(|n| flock.submit(&lane, n)).collect();
    for _ in 0..8 {
        flock.go.send(()).expect("workers");
    }
    for (n, ticket) in (1..=8).zip(tickets) {
        assert_eq!(length(ticket.await), n);
    }
    assert!(flock.engine.health().moving);
}

#[tokio::test]
async fn windows_of_a_client_that_has_gone_never_start() {
    let flock = flock(1);
    let (one, two) = (flock.engine.open_lane(Claim::default()), flock.engine.open_lane(Claim::default()));
    let tickets: Vec<_> = (1..=4).map(|n| flock.submit(&one, n)).collect();
    flock.begun(1).await;
    let next = flock.submit(&two, 9);
    drop(tickets);
    flock.begun(2).await;
    flock.go.send(()).expect("a worker");
    assert_eq!(length(next.await), 9);
    assert_eq!(flock.begun.load(Ordering::SeqCst), 2, "the one under way, and the other client's");
    assert_eq!(flock.engine.health().queued, 0);
}

#[tokio::test]
async fn a_recogniser_that_panics_is_replaced() {
    let flock = flock(1);
    let lane = flock.engine.open_lane(Claim::default());
    let (bad, good) = (flock.submit(&lane, 0), flock.submit(&lane, 3));
    flock.go.send(()).expect("a worker");
    flock.go.send(()).expect("a worker");
    assert_eq!(bad.await, Err(RecognizeError::Crashed));
    assert_eq!(length(good.await), 3);
}

#[tokio::test]
async fn stopping_tells_those_who_wait() {
    let flock = flock(1);
    let lane = flock.engine.open_lane(Claim::default());
    let (under_way, queued) = (flock.submit(&lane, 1), flock.submit(&lane, 2));
    flock.begun(1).await;
    flock.engine.stop();
    assert_eq!(queued.await, Err(RecognizeError::Stopping));
    assert_eq!(flock.submit(&lane, 3).await, Err(RecognizeError::Stopping));
    flock.go.send(()).expect("a worker");
    assert_eq!(length(under_way.await), 1);
}

#[test]
fn an_engine_without_a_recogniser_does_not_start() {
    let refused = || Err::<Parrot, _>(RecognizeError::Model("no memory".to_owned()));
    let error = Engine::start(1, 1, refused).err();
    assert_eq!(error, Some(RecognizeError::Model("no memory".to_owned())));
}

#[tokio::test]
async fn idle_cores_help_unless_recordings_will_need_them() {
    let flock = flock(3);
    let lane = flock.engine.open_lane(Claim::default());
    let with = |to_come: usize| 1 + worker::cores().min(3).saturating_sub(1 + to_come).div_ceil(2);
    let english = Some(Language::ENGLISH);
    let cases = [(60_000, english, 3), (400, english, 0), (1500, english, 1), (60_000, None, 0), (0, english, 0)];
    for (turn, (rest, language, to_come)) in cases.into_iter().enumerate() {
        lane.set_rest(Millis(rest));
        let options = DecodeOptions { language, ..DecodeOptions::default() };
        let window = flock.engine.submit(&lane, vec![0.0], options, None);
        flock.begun(turn + 1).await;
        assert_eq!(flock.threads.load(Ordering::SeqCst), with(to_come), "{rest} ms come after it, in {language:?}");
        flock.go.send(()).expect("a bird");
        window.await.expect("an answer");
    }
}

#[test]
fn half_of_the_idle_cores_are_lent_and_each_of_them_once() {
    let shared = Shared { cores: 5, ..Shared::default() };
    let begin = || {
        let lane = shared.queue.open(Claim::default());
        shared.queue.set_rest(lane, SampleCount(0));
        let (reply, _) = oneshot::channel();
        let (options, cancel) = (DecodeOptions::default(), Cancel::default());
        let task = Task { samples: Vec::new(), options, cancel, reply, queued: Instant::now(), spare: None };
        assert!(shared.queue.push(lane, task).is_ok());
        assert!(shared.queue.pop(Seat::Ordinary).is_some());
    };
    begin();
    assert_eq!(shared.borrow_cores(None), 2, "of four");
    begin();
    assert_eq!(shared.borrow_cores(None), 1, "the last");
    begin();
    assert_eq!(shared.borrow_cores(None), 0, "three windows have begun, and three cores are lent");
    shared.give_back_cores(2);
    shared.give_back_cores(1);
    assert_eq!(shared.borrow_cores(None), 1);
    assert_eq!(Shared { cores: 64, ..Shared::default() }.borrow_cores(None), 3);
}

#[tokio::test]
async fn a_spare_place_is_free_again_when_its_window_is_done_though_nobody_takes_the_answer() {
    let flock = flock(1);
    let lane = flock.engine.open_lane(Claim::default());
    let places: Vec<_> = std::iter::from_fn(|| lane.spare_place()).collect();
    let tickets: Vec<_> = places
        .into_iter()
        .map(|place| flock.engine.submit(&lane, vec![0.0], DecodeOptions::default(), Some(place)))
        .collect();
    assert!(lane.spare_place().is_none());
    flock.go.send(()).expect("a worker");
    flock.begun(2).await;
    assert!(lane.spare_place().is_some());
    drop(tickets);
}
