//! The desk before PostgreSQL: what the other tests of this module show with SQLite, where it could be otherwise.

use super::budgets::of_64_ten_succeed;
use super::{House, is_exhausted, joined, minutes_a_day, order, order_within, to_the_end};
use crate::app::{Script, speech, until_async};

/// Runs a test where PostgreSQL is installed.
macro_rules! before_postgres {
    ($script:expr, $test:ident) => {
        House::before_postgres($script, concat!(module_path!(), "::", stringify!($test))).await
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_at_once_exactly_those_succeed_that_the_budget_reaches() {
    if let Some(house) =
        before_postgres!(&Script::default(), of_64_at_once_exactly_those_succeed_that_the_budget_reaches)
    {
        of_64_ten_succeed(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grows_is_held_as_it_comes_and_twins_pay_once() {
    let script = Script::held();
    let Some(house) = before_postgres!(&script, what_grows_is_held_as_it_comes_and_twins_pay_once) else { return };
    let file = joined(25);
    let first = house.desk.take(order(&file)).await.expect("a run");
    let second = house.desk.take(order(&file)).await.expect("the same run");
    script.release();
    let second = tokio::spawn(to_the_end(second));
    let first = to_the_end(first).await.expect("a transcript");
    let second = second.await.expect("no panic").expect("a transcript");
    assert_eq!(first.charge, second.charge);
    let length = i64::try_from(first.transcript.duration.0).expect("short");
    let charge = first.charge.as_ref().expect("it is charged");
    assert_eq!((charge.used.audio_ms, charge.used.nanos), (length, (length + 59_999) / 60_000 * 10_000_000));
    let steps = house.books.steps().await;
    assert!(steps.first() == Some(&"hold") && steps.last() == Some(&"settle"), "{steps:?}");
    assert!(steps[1..steps.len() - 1].iter().all(|step| *step == "extend") && steps.len() > 2, "{steps:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_outgrows_its_budget_or_fails_or_is_left_costs_nothing() {
    let script = Script::failing_at(1);
    let Some(house) = before_postgres!(&script, what_outgrows_its_budget_or_fails_or_is_left_costs_nothing) else {
        return;
    };
    house.whole(order(&speech(100))).await.expect_err("the second window fails");
    let refused = house.whole(order_within(&joined(25), minutes_a_day(1))).await;
    assert!(is_exhausted(&refused));
    drop(house.desk.take(order(&speech(200))).await.expect("a run"));
    house.desk.close();
    until_async(async || house.books.open().await == 0).await;
    assert!(house.books.charged().await.is_empty());
}
