//! The metered use case: what is reserved, what is charged, and who joins whom.

use std::sync::Arc;
use std::time::Duration;

use minuted::accounts::{Caller, Limits, Rights, Scopes};
use minuted::audio::{AudioSource, Settings as AudioSettings, Spool};
use minuted::billing::{Meter, MeterError, PriceSheet, Settings as BillingSettings, State};
use minuted::domain::{Clock, Currency, RequestId, SystemClock};
use minuted::transcription::{Desk, Error, Listener, Next, Options, Order, Outcome, Settings, Transcriber};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::app::{Script, sample, speech, stores, until, until_async, weights};
use crate::books::Books;

/// A desk before a scripted recogniser, and the book behind it.
struct House {
    desk: Desk,
    books: Books,
    _database: TempDir,
}

/// What a test wants otherwise.
struct Terms {
    sheet: PriceSheet,
    grace: Duration,
    lease: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            sheet: PriceSheet::load(None).expect("the built-in sheet"),
            grace: Duration::from_secs(30),
            lease: Duration::from_mins(10),
        }
    }
}

impl House {
    async fn new(script: &Script) -> Self {
        Self::with(script, Terms::default()).await
    }

    /// Where this is the only tariff.
    async fn pricing(script: &Script, tariff: &str) -> Self {
        let sheet =
            format!("tariff = [{{ id = \"a\", currency = \"EUR\", valid_from = \"2020-01-01T00:00:00Z\", {tariff} }}]");
        let sheet = PriceSheet::parse(&sheet).expect("a sheet");
        Self::with(script, Terms { sheet, ..Terms::default() }).await
    }

    async fn with(script: &Script, Terms { sheet, grace, lease }: Terms) -> Self {
        let (stores, database) = stores().await;
        stores.ledger.publish(sheet.tariffs()).await.expect("new tariffs");
        let settings = BillingSettings { lease, ..BillingSettings::default() };
        let meter = Meter::new(stores.ledger.clone(), sheet, Arc::new(SystemClock), &settings);
        let transcriber = Transcriber::new(script.clone().engine(), weights(), AudioSettings::default(), 1);
        let desk = Desk::new(transcriber, meter, &Settings { grace });
        Self { desk, books: Books::of("acc_alice", stores.ledger), _database: database }
    }

    async fn whole(&self, order: Order) -> Result<Arc<Outcome>, Arc<Error>> {
        to_the_end(self.desk.take(order).await?).await
    }
}

async fn to_the_end(mut listener: Listener) -> Result<Arc<Outcome>, Arc<Error>> {
    loop {
        if let Next::End(outcome) = listener.next().await? {
            return Ok(outcome);
        }
    }
}

fn spooled(file: &[u8]) -> AudioSource {
    let mut spool = Spool::new(&AudioSettings::default());
    spool.push(file).expect("it is kept");
    spool.finish().expect("it is whole")
}

fn caller(limits: Limits) -> Caller {
    Caller::new(Rights {
        account: "acc_alice".parse().expect("an account"),
        currency: Currency::EUR,
        key: "key_a".parse().ok(),
        scopes: Scopes::ordinary(),
        models: None,
        account_limits: limits,
        key_limits: Limits::default(),
    })
}

fn order(file: &[u8]) -> Order {
    order_within(file, Limits::default())
}

fn order_within(file: &[u8], limits: Limits) -> Order {
    Order {
        caller: caller(limits),
        request: RequestId::new(),
        model: "minuted-nano.en".to_owned(),
        source: spooled(file),
        options: Options::default(),
        answer: "json".to_owned(),
        streamed: false,
        key: None,
    }
}

/// A recording behind itself again and again, in a container that tells the length of the first.
fn joined(times: usize) -> Vec<u8> {
    sample("mp3-cbr.mp3").repeat(times)
}

/// A recording that was written as it was made, so that its container does not say how long it is.
fn unmeasured() -> Vec<u8> {
    sample("opus-live.webm")
}

/// So many seconds without a word.
fn silence(seconds: usize) -> Vec<u8> {
    let mut wav = speech(seconds);
    wav[44..].fill(0);
    wav
}

fn minutes_a_day(minutes: u32) -> Limits {
    Limits { audio_minutes_per_day: Some(minutes), ..Limits::default() }
}

fn is_exhausted<T>(result: &Result<T, Arc<Error>>) -> bool {
    matches!(result, Err(error) if matches!(**error, Error::Billing(MeterError::Exhausted(_))))
}

#[tokio::test]
async fn a_request_is_held_for_its_length_before_any_of_it_is_recognised_and_charged_after() {
    let script = Script::held();
    let house = House::new(&script).await;
    let listener = house.desk.take(order(&speech(61))).await.expect("a run");
    let held = house.books.charges().await.remove(0);
    assert_eq!((held.state, held.held.nanos, held.held.audio_ms), (State::Held, 20_000_000, 61_000));
    assert_eq!(script.started(), 0, "nothing is recognised yet");
    script.release();
    let outcome = to_the_end(listener).await.expect("a transcript");
    let charge = outcome.charge.as_ref().expect("it is charged");
    assert_eq!((charge.used.nanos, charge.used.audio_ms), (20_000_000, 61_000), "two started minutes of 61 s");
    assert_eq!(charge.lines[0].billed, 2);
    assert_eq!(house.books.steps().await, ["hold", "settle"]);
}

#[tokio::test]
async fn what_fails_is_given_back() {
    let house = House::new(&Script::failing_at(1)).await;
    let failed = house.whole(order(&speech(100))).await.expect_err("the second window fails");
    assert!(matches!(*failed, Error::Recognition(_)));
    assert_eq!(house.books.steps().await, ["hold", "void"]);
    let broken = house.desk.take(order(b"no recording")).await.err().expect("it is no recording");
    assert!(matches!(*broken, Error::Audio(_)));
    assert_eq!(house.books.steps().await, ["hold", "void"], "no hold for what cannot be opened");
}

#[tokio::test]
async fn what_the_budget_does_not_reach_is_refused_before_any_work() {
    let script = Script::default();
    let house = House::new(&script).await;
    let refused = house.whole(order_within(&speech(61), minutes_a_day(1))).await;
    assert!(is_exhausted(&refused));
    assert_eq!((script.started(), house.books.steps().await.len()), (0, 0));
    let exact = house.whole(order_within(&speech(60), minutes_a_day(1))).await;
    assert!(exact.is_ok(), "what fits exactly is done");
}

#[tokio::test]
async fn without_a_price_nothing_is_done() {
    let script = Script::default();
    let house = House::pricing(&script, r#"models = ["other"], unit = "second", price = "1""#).await;
    let refused = house.whole(order(&speech(3))).await.expect_err("there is no price");
    assert!(matches!(*refused, Error::Billing(MeterError::NoTariff(_))), "{refused}");
    assert_eq!((script.started(), house.books.steps().await.len()), (0, 0));
}

#[tokio::test]
async fn silence_is_a_success_and_free_where_the_tariff_says_so() {
    let silence = silence(10);
    let house = House::new(&Script::default()).await;
    let outcome = house.whole(order(&silence)).await.expect("silence is no failure");
    assert_eq!((outcome.transcript.text().as_str(), house.books.charged().await), ("", vec![10]));
    let tariff = r#"models = ["*"], unit = "started_minute", price = "0.01", charge_on = "non_empty_success""#;
    let house = House::pricing(&Script::default(), tariff).await;
    house.whole(order(&silence)).await.expect("silence is no failure");
    assert_eq!(house.books.charged().await, [0]);
    house.whole(order(&speech(3))).await.expect("a transcript");
    assert_eq!(house.books.charged().await, [0, 10]);
}

#[tokio::test]
async fn of_64_at_once_exactly_those_succeed_that_the_budget_reaches() {
    let script = Script::default();
    let house = House::new(&script).await;
    let mut asked = Vec::new();
    for n in 0_u8..64 {
        let mut file = speech(60);
        let last = file.len() - 1;
        file[last] = n; // no two alike
        let (desk, order) = (house.desk.clone(), order_within(&file, minutes_a_day(10)));
        asked.push(tokio::spawn(async move { to_the_end(desk.take(order).await?).await }));
    }
    let mut done = 0;
    for request in asked {
        let result = request.await.expect("no panic");
        assert!(result.is_ok() || is_exhausted(&result), "{:?}", result.err());
        done += usize::from(result.is_ok());
    }
    assert_eq!((done, house.books.charged().await), (10, vec![10; 10]));
    assert_eq!(house.books.open().await, 0);
    let budgets = caller(minutes_a_day(10)).budgets();
    let standing = house.books.ledger.standing(&budgets, SystemClock.now()).await.expect("it is known");
    assert_eq!((standing[0].used, standing[0].held), (600_000, 0));
}

#[tokio::test]
async fn a_twin_joins_and_both_hear_the_same_and_pay_once() {
    let script = Script::held();
    let house = House::new(&script).await;
    let file = speech(70);
    let first = house.desk.take(order(&file)).await.expect("a run");
    let mut second = house.desk.take(order(&file)).await.expect("the same run");
    let other = Order { answer: "srt".to_owned(), ..order(&file) };
    let other = house.desk.take(other).await.expect("a run of its own");
    script.release();
    let first = tokio::spawn(to_the_end(first));
    let mut pieces = String::new();
    let heard = loop {
        match second.next().await.expect("a transcript") {
            Next::Piece(piece) => pieces.push_str(&piece.text()),
            Next::End(outcome) => break outcome,
        }
    };
    let first = first.await.expect("no panic").expect("a transcript");
    assert_eq!(pieces.trim(), heard.transcript.text(), "all pieces, from the first");
    assert_eq!(first.transcript, heard.transcript);
    assert_eq!(first.charge, heard.charge);
    let other = to_the_end(other).await.expect("a transcript");
    assert_ne!(other.charge, heard.charge);
    assert_eq!(house.books.charged().await, [20, 20], "twins once, the other once");
}

#[tokio::test]
async fn requests_one_after_the_other_are_charged_each() {
    let house = House::new(&Script::default()).await;
    for _ in 0..2 {
        house.whole(order(&speech(3))).await.expect("a transcript");
    }
    assert_eq!(house.books.charged().await, [10, 10]);
}

#[tokio::test]
async fn one_who_comes_back_goes_on_where_it_left_and_pays_once() {
    let script = Script::held();
    let house = House::new(&script).await;
    let file = speech(70);
    let mut gone = house.desk.take(order(&file)).await.expect("a run");
    // Its windows are with the workers when it loses patience.
    tokio::select! {
        _ = gone.next() => unreachable!("nothing is recognised yet"),
        () = until(|| script.started() > 0) => {}
    }
    drop(gone);
    assert_eq!((house.desk.parked(), house.books.open().await), (1, 1));
    script.release();
    let again = house.whole(order(&file)).await.expect("a transcript");
    assert_eq!(script.cancelled(), 0, "no window was recognised in vain");
    assert_eq!(again.charge.as_ref().map(|charge| charge.used.nanos), Some(20_000_000));
    assert_eq!((house.desk.parked(), house.books.steps().await), (0, vec!["hold", "settle"]));
}

#[tokio::test]
async fn one_who_does_not_come_back_is_dropped_and_its_money_given_back() {
    let script = Script::held();
    let house = House::with(&script, Terms { grace: Duration::from_millis(20), ..Terms::default() }).await;
    drop(house.desk.take(order(&speech(70))).await.expect("a run"));
    until_async(async || house.desk.parked() == 0 && house.books.steps().await == ["hold", "void"]).await;
}

#[tokio::test]
async fn at_the_end_nobody_waits_for_one_who_has_gone() {
    let script = Script::held();
    let house = House::new(&script).await;
    drop(house.desk.take(order(&speech(70))).await.expect("a run"));
    assert_eq!(house.desk.parked(), 1);
    house.desk.close();
    drop(house.desk.take(order(&speech(40))).await.expect("a run"));
    house.desk.meter().settle_down().await;
    assert_eq!((house.desk.parked(), house.books.open().await), (0, 0));
}

#[tokio::test]
async fn no_more_than_64_wait_and_the_oldest_goes_first() {
    let script = Script::held();
    let house = House::new(&script).await;
    for n in 0..65 {
        let mut file = speech(3);
        let last = file.len() - 1;
        file[last] = n;
        drop(house.desk.take(order(&file)).await.expect("a run"));
    }
    until_async(async || house.books.open().await == 64).await;
    assert_eq!(house.desk.parked(), 64);
    assert_eq!(house.books.charges().await[0].state, State::Voided);
}

#[tokio::test]
async fn a_named_request_is_joined_then_refused_with_its_charge_and_never_mixed_up() {
    let script = Script::held();
    let house = House::new(&script).await;
    let named = |file: &[u8]| Order { key: "one".parse().ok(), ..order(file) };
    let first = house.desk.take(named(&speech(3))).await.expect("a run");
    let twin = house.desk.take(named(&speech(3))).await.expect("the same run");
    let mixed = house.desk.take(named(&speech(4))).await.err().expect("another recording");
    assert!(matches!(*mixed, Error::KeyInUse));
    let unnamed = house.desk.take(order(&speech(3))).await.expect("a run of its own");
    script.release();
    let (first, twin) = (to_the_end(first).await.expect("a transcript"), to_the_end(twin).await.expect("the same"));
    assert_eq!(first.charge, twin.charge);
    to_the_end(unnamed).await.expect("a transcript");
    let again = house.whole(named(&speech(3))).await.expect_err("it was done before");
    let Error::Billing(MeterError::Claimed { first: charge, same_body: true }) = &*again else { panic!("{again}") };
    assert_eq!(Some(&**charge), first.charge.as_ref());
    let mixed = house.whole(named(&speech(4))).await.expect_err("another recording");
    assert!(matches!(&*mixed, Error::Billing(MeterError::Claimed { same_body: false, .. })), "{mixed}");
    assert_eq!(house.books.charged().await, [10, 10]);
}

#[tokio::test]
async fn a_name_is_free_again_after_a_failure() {
    let script = Script::failing_at(0);
    let house = House::new(&script).await;
    let named = || Order { key: "one".parse().ok(), ..order(&speech(3)) };
    assert!(house.whole(named()).await.is_err());
    assert!(house.whole(named()).await.is_ok());
    assert_eq!(house.books.steps().await, ["hold", "void", "hold", "settle"]);
}

#[tokio::test]
async fn a_recording_that_is_longer_than_it_says_is_held_as_it_comes() {
    let file = joined(25);
    let house = House::new(&Script::default()).await;
    let listener = house.desk.take(order(&file)).await.expect("a run");
    let held = house.books.charges().await[0].held;
    assert!(held.audio_ms < 10_000, "the first of them: {held:?}");
    let outcome = to_the_end(listener).await.expect("a transcript");
    let length = i64::try_from(outcome.transcript.duration.0).expect("short");
    let charge = outcome.charge.as_ref().expect("it is charged");
    assert_eq!(charge.used.audio_ms, length);
    assert_eq!(charge.used.nanos, (length + 59_999) / 60_000 * 10_000_000);
    let steps = house.books.steps().await;
    assert!((3..=5).contains(&steps.len()) && steps[1] == "extend", "{length} ms in few steps: {steps:?}");
    assert_eq!(house.books.open().await, 0);
}

#[tokio::test]
async fn a_recording_that_outgrows_its_budget_ends_there_and_costs_nothing() {
    let script = Script::default();
    let house = House::new(&script).await;
    let refused = house.whole(order_within(&joined(25), minutes_a_day(1))).await;
    assert!(is_exhausted(&refused));
    assert!((1..=3).contains(&script.started()), "a minute and no more were recognised: {}", script.started());
    assert_eq!((house.books.charged().await, house.books.open().await), (vec![], 0));
}

#[tokio::test]
async fn a_length_that_nobody_says_fits_a_budget_that_it_fits_exactly() {
    let house = House::new(&Script::default()).await;
    drop(house.desk.take(order(&unmeasured())).await.expect("a run"));
    let held = house.books.charges().await[0].held;
    assert_eq!((held.audio_ms, held.nanos), (60_000, 10_000_000), "a minute at first");
    house.desk.close();
    until_async(async || house.books.open().await == 0).await;
    let length = house.desk.quote(order(&unmeasured())).await.expect("a quote").duration;
    assert!(length.0 < 60_000);
    assert_eq!(house.books.steps().await, ["hold", "void"], "a quote leaves no trace");
    // All but as much of a minute is used up already.
    let used = speech(usize::try_from(60 - length.started_seconds()).expect("short"));
    house.whole(order_within(&used, minutes_a_day(1))).await.expect("a transcript");
    house.whole(order_within(&unmeasured(), minutes_a_day(1))).await.expect("it fits, though a whole minute would not");
    let refused = house.whole(order_within(&unmeasured(), minutes_a_day(1))).await;
    assert!(is_exhausted(&refused));
}

#[tokio::test]
async fn a_hold_is_renewed_while_its_request_waits_and_ends_with_it() {
    let script = Script::held();
    let house = House::with(&script, Terms { lease: Duration::from_secs(1), ..Terms::default() }).await;
    let sweeping = CancellationToken::new();
    let (meter, stop) = (house.desk.meter().clone(), sweeping.clone());
    let sweeper = tokio::spawn(async move { meter.sweep_until(stop).await });
    let listener = house.desk.take(order(&speech(3))).await.expect("a run");
    tokio::time::sleep(Duration::from_secs(3)).await;
    script.release();
    to_the_end(listener).await.expect("a transcript");
    assert_eq!(house.books.steps().await, ["hold", "settle"], "time alone is no row");
    sweeping.cancel();
    sweeper.await.expect("it stops when it is told to");
}

#[tokio::test]
async fn channels_count_where_the_tariff_says_so() {
    let tariff = r#"models = ["*"], unit = "second", price = "0.001", channels = "per_channel""#;
    let house = House::pricing(&Script::default(), tariff).await;
    for (file, channels) in [("wav-s16.wav", 1), ("wav-stereo.wav", 2), ("wav-5.1.wav", 6)] {
        let outcome = house.whole(order(&sample(file))).await.expect("a transcript");
        let charge = outcome.charge.as_ref().expect("it is charged");
        let length = i64::try_from(outcome.transcript.duration.0).expect("short");
        assert_eq!(charge.lines[0].quantity, length * channels, "{file}");
        assert_eq!(charge.used.nanos, (length * channels + 999) / 1000 * 1_000_000, "{file}");
    }
}

#[tokio::test]
async fn one_who_leaves_a_stream_pays_for_what_it_heard_and_no_more() {
    for (streamed, expected) in [(true, vec!["hold", "settle"]), (false, vec!["hold", "void"])] {
        let house = House::with(&Script::default(), Terms { grace: Duration::ZERO, ..Terms::default() }).await;
        let order = Order { streamed, ..order(&speech(150)) };
        let mut listener = house.desk.take(order).await.expect("a run");
        for _ in 0..2 {
            assert!(matches!(listener.next().await, Ok(Next::Piece(_))), "not the end yet");
        }
        drop(listener);
        house.desk.meter().settle_down().await;
        assert_eq!(house.books.steps().await, expected, "streamed: {streamed}");
        let used = house.books.charges().await[0].used;
        assert!(if streamed { (1..=60_000).contains(&used.audio_ms) } else { used.audio_ms == 0 }, "{used:?}");
    }
}
