//! A request that comes twice: who joins whom, who waits for whom, and who pays.

use std::time::Duration;

use minuted::billing::{MeterError, State};
use minuted::transcription::{Error, Next, Order};

use super::{House, Terms, order, to_the_end};
use crate::app::{Script, speech, until, until_async};

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
