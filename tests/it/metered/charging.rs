//! What is reserved, what is charged, and what is given back.

use std::time::Duration;

use minuted::billing::{MeterError, State};
use minuted::transcription::{Error, Next, Order};
use tokio_util::sync::CancellationToken;

use super::{House, Terms, order, silence, to_the_end};
use crate::app::{Script, sample, speech};

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
async fn the_length_is_charged_whatever_was_said() {
    let house = House::new(&Script::default()).await;
    let mut said = Vec::new();
    for recording in [silence(61), speech(61)] {
        said.push(house.whole(order(&recording)).await.expect("a transcript").transcript.text().len());
    }
    assert!(said[0] == 0 && said[1] > 0, "one says nothing");
    assert_eq!(house.books.charged().await, [20, 20]);
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

#[tokio::test]
async fn one_who_leaves_a_stream_that_has_told_no_words_pays_nothing() {
    let house = House::with(&Script::mute(), Terms { grace: Duration::ZERO, ..Terms::default() }).await;
    let mut listener = house.desk.take(Order { streamed: true, ..order(&speech(150)) }).await.expect("a run");
    for _ in 0..2 {
        assert!(matches!(listener.next().await, Ok(Next::Piece(_))), "not the end yet");
    }
    drop(listener);
    house.desk.meter().settle_down().await;
    assert_eq!(house.books.steps().await, ["hold", "void"]);
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
async fn requests_one_after_the_other_are_charged_each() {
    let house = House::new(&Script::default()).await;
    for _ in 0..2 {
        house.whole(order(&speech(3))).await.expect("a transcript");
    }
    assert_eq!(house.books.charged().await, [10, 10]);
}

#[tokio::test]
async fn a_quote_knows_what_of_the_month_is_paid_for() {
    let tariff = r#"models = ["*"], unit = "started_minute", price = "0.01", scope = "period""#;
    let house = House::pricing(&Script::default(), tariff).await;
    for (seconds, cents) in [(10, 1), (10, 0), (41, 1)] {
        let quote = house.desk.quote(order(&speech(seconds))).await.expect("a quote");
        let outcome = house.whole(order(&speech(seconds))).await.expect("a transcript");
        let charged = outcome.charge.as_ref().expect("it is charged").used.nanos;
        assert_eq!((quote.price.nanos, charged), (cents * 10_000_000, cents * 10_000_000), "{seconds}");
    }
}
