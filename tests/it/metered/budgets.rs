//! No budget is ever passed, and none is refused that reaches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minuted::accounts::Limits;
use minuted::billing::{MeterError, PriceSheet};
use minuted::domain::{Clock, SystemClock, Timestamp};
use minuted::transcription::{Error, Next, Order};

use super::{
    House, Terms, Watch, caller, is_exhausted, joined, minutes_a_day, order, order_within, to_the_end, unmeasured,
};
use crate::app::{Script, speech, until, until_async};

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
async fn of_64_at_once_exactly_those_succeed_that_the_budget_reaches() {
    of_64_ten_succeed(&House::new(&Script::default()).await).await;
}

/// A minute each, where ten may be used.
pub(super) async fn of_64_ten_succeed(house: &House) {
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
async fn a_stream_that_outgrows_its_budget_has_what_it_told_charged() {
    let script = Script::held();
    let house = House::new(&script).await;
    let streamed = Order { streamed: true, ..order_within(&joined(25), minutes_a_day(1)) };
    let mut listener = house.desk.take(streamed).await.expect("a run");
    let told = tokio::spawn(async move {
        let mut pieces = 0;
        loop {
            match listener.next().await {
                Ok(Next::Piece(_)) => pieces += 1,
                end => return (pieces, is_exhausted(&end)),
            }
        }
    });
    until(|| script.started() == 2).await;
    script.release();
    assert_eq!(told.await.expect("no panic"), (2, true), "all that was begun is told");
    house.desk.meter().settle_down().await;
    let used = house.books.charges().await[0].used;
    assert!((50_000..=60_000).contains(&used.audio_ms), "{used:?}");
    assert_eq!(house.books.open().await, 0);
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
async fn a_day_is_from_midnight_to_midnight_in_utc_wherever_clocks_are_changed() {
    let watch = Watch::at("2026-03-29T00:30:00+01:00"); // half an hour to midnight, in the night without two o'clock
    let house = House::with(&Script::default(), Terms { clock: watch.clone(), ..Terms::default() }).await;
    let ask = async || house.whole(order_within(&speech(40), minutes_a_day(1))).await;
    assert!(ask().await.is_ok());
    watch.set("2026-03-29T00:59:59.999999+01:00");
    assert!(is_exhausted(&ask().await), "it is still the same day");
    watch.set("2026-03-29T01:00:00+01:00");
    assert!(ask().await.is_ok(), "nobody has to unlock anything");
    watch.set("2026-03-30T01:59:59.999999+02:00");
    assert!(is_exhausted(&ask().await), "a day has 24 hours");
    watch.set("2026-03-30T02:00:00+02:00");
    assert!(ask().await.is_ok());
}

/// One price up to the end of a year, and another from then on.
fn two_years() -> PriceSheet {
    let sheet = r#"tariff = [
        { id = "old", models = ["*"], unit = "started_minute", price = "0.01", currency = "EUR",
          valid_from = "2026-01-01T00:00:00Z", valid_until = "2027-01-01T00:00:00Z" },
        { id = "new", models = ["*"], unit = "started_minute", price = "0.02", currency = "EUR",
          valid_from = "2027-01-01T00:00:00Z" },
    ]"#;
    PriceSheet::parse(sheet).expect("a sheet")
}

#[tokio::test]
async fn a_price_is_that_of_the_moment_at_which_a_request_is_admitted() {
    let (watch, script) = (Watch::at("2026-12-31T23:59:59.999999Z"), Script::held());
    let house = House::with(&script, Terms { sheet: two_years(), clock: watch.clone(), ..Terms::default() }).await;
    let last_year = house.desk.take(order(&speech(3))).await.expect("a run");
    watch.set("2027-01-01T00:00:00Z");
    let this_year = house.desk.take(order(&speech(4))).await.expect("a run");
    script.release();
    for (listener, tariff) in [(last_year, "old"), (this_year, "new")] {
        let outcome = to_the_end(listener).await.expect("a transcript");
        assert_eq!(outcome.charge.as_ref().expect("a charge").lines[0].tariff.as_str(), tariff);
    }
    watch.set("2025-12-31T23:59:59Z");
    let early = house.whole(order_within(&speech(5), Limits::default())).await.expect_err("there is no price yet");
    assert!(matches!(*early, Error::Billing(MeterError::NoTariff(_))), "{early}");
}

/// A clock on which the year ends between the first look at it and the next.
#[derive(Default)]
struct NewYear(AtomicBool);

impl Clock for NewYear {
    fn now(&self) -> Timestamp {
        let time = if self.0.swap(true, Ordering::SeqCst) { "2027-01-01T00:00:00Z" } else { "2026-12-31T23:59:59Z" };
        time.parse().expect("a time")
    }
}

#[tokio::test]
async fn a_recording_that_is_opened_in_one_year_and_admitted_in_the_next_pays_the_price_of_the_next() {
    let terms = Terms { sheet: two_years(), clock: Arc::new(NewYear::default()), ..Terms::default() };
    let house = House::with(&Script::default(), terms).await;
    let outcome = house.whole(order(&speech(3))).await.expect("a transcript");
    let charge = outcome.charge.as_ref().expect("a charge");
    assert_eq!(charge.lines[0].tariff.as_str(), "new");
    assert_eq!(charge.admitted_at.to_string(), "2027-01-01T00:00:00Z");
}
