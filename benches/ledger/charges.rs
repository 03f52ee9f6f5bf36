//! Charges a second: each is a hold and a settlement, and both are on the disk before the next begins.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use minuted::billing::{
    Amounts, Budget, Channels, ChargeOn, Hold, Ledger, Measure, Owner, Scope, Service, Settlement, Tariff, Unit, Usage,
    Window,
};
use minuted::domain::{AccountId, ChargeId, Currency, KeyId, RequestId, Timestamp};
use tokio::task::JoinSet;

use crate::place::Place;
use crate::process;

const TIME: Duration = Duration::from_secs(4);

/// Accounts that callers are spread over, where there is more than one.
pub const ACCOUNTS: usize = 16;

/// Measures with so many callers, of many accounts and of one.
#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
pub async fn run(place: &Place, counts: &[usize]) {
    let ledger = place.ledger().await;
    ledger.publish(&[tariff()]).await.expect("a new tariff");
    for accounts in [ACCOUNTS, 1] {
        for &count in counts {
            let (busy, begin) = (process::busy(), Instant::now());
            let mut waits = callers(&ledger, (count, accounts), |_, begin| begin.elapsed() < TIME).await;
            let (seconds, busy) = (begin.elapsed().as_secs_f64(), process::busy().saturating_sub(busy));
            waits.sort_unstable();
            let slow = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
            println!(
                "{:<10} {accounts:>3} accounts {count:>4} callers: {:>7.0} settled/s, {:>5.1} ms in the middle, \
                 {:>6.1} ms at the 99th percentile, {:>4.0} µs of this process each",
                place.name,
                waits.len() as f64 / seconds,
                waits.get(waits.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3,
                slow.as_secs_f64() * 1e3,
                busy.as_secs_f64() * 1e6 / waits.len().max(1) as f64,
            );
        }
    }
}

/// So many callers of so many accounts, until each is told to stop; how long every charge took.
pub async fn callers(
    ledger: &Arc<dyn Ledger>,
    (count, accounts): (usize, usize),
    goes_on: impl Fn(u64, Instant) -> bool + Clone + Send + 'static,
) -> Vec<Duration> {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..count {
        let (ledger, goes_on) = (ledger.clone(), goes_on.clone());
        let number = caller % accounts;
        let account: AccountId = format!("acc_{number}").parse().expect("an id");
        let key: KeyId = format!("key_{number}").parse().expect("an id");
        tasks.spawn(async move {
            let mut waits = Vec::new();
            while goes_on(waits.len() as u64, begin) {
                let begin = Instant::now();
                charge(&*ledger, (&account, &key)).await;
                waits.push(begin.elapsed());
            }
            waits
        });
    }
    tasks.join_all().await.concat()
}

/// Holds and settles a request, as the meter does: within budgets of the account and of its key.
async fn charge(ledger: &dyn Ledger, (account, key): (&AccountId, &KeyId)) {
    let (charge, at) = (ChargeId::new(), now());
    let budget = |owner| Budget {
        owner,
        kin: Vec::new(),
        measure: Measure::Spend,
        window: Window::Month,
        ceiling: i64::MAX / 8,
    };
    let hold = Hold {
        charge: charge.clone(),
        request: RequestId::new(),
        account: account.clone(),
        key: Some(key.clone()),
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        currency: Currency::EUR,
        amounts: Amounts { nanos: 10_000_000, audio_ms: 60_000, output_tokens: 0 },
        budgets: vec![budget(Owner::Account(account.clone())), budget(Owner::Key(key.clone()))],
        at,
        expires_at: at + Duration::from_mins(10),
        claim: None,
    };
    ledger.hold(&hold).await.expect("the budget reaches");
    let usage = Usage { audio_ms: 8_470, channels: 1, ..Usage::default() };
    let terms = Settlement { usage, tariffs: vec![tariff()], at: now() };
    ledger.settle(&charge, &terms).await.expect("enough is held");
}

/// A cent a started minute.
pub fn tariff() -> Tariff {
    Tariff {
        id: "audio".parse().expect("an id"),
        models: vec!["*".to_owned()],
        unit: Unit::StartedMinute,
        increment: 1,
        minimum: 0,
        scope: Scope::Request,
        charge_on: ChargeOn::Success,
        channels: Channels::Once,
        batch_percent: 50,
        price: 10_000_000,
        per: 1,
        currency: Currency::EUR,
        valid_from: Timestamp::UNIX_EPOCH,
        valid_until: None,
    }
}

/// A clock that began with the process, on a day in October.
fn now() -> Timestamp {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let october: Timestamp = "2026-10-14T12:00:00Z".parse().expect("a time");
    october + BEGIN.elapsed()
}
