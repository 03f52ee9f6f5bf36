//! Whatever is done in whatever order, the store and the model agree after every step.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use minuted::billing::{
    Budget, Extension, Hold, IdempotencyClaim, Ledger, Measure, Owner, Scope, Settlement, Tariff, Window,
};
use minuted::domain::{AccountId, ChargeId, KeyId, Timestamp};
use minuted::storage::Stores;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::audit::audit;
use super::model::{Model, Outcome};
use super::{CENT, Database, account, at, by_the_minute, hold_of, key, minutes, used};

super::for_each_database!(a_store_does_as_the_model_does);

/// Something that happens. Charges are named by their place among those that were asked for, accounts and keys by
/// number.
#[derive(Debug, Clone)]
enum Act {
    Hold {
        account: usize,
        minutes: i64,
        lease: i64,
        claim: Option<(u8, u8)>,
    },
    Extend {
        charge: usize,
        step: u32,
        minutes: i64,
        lease: i64,
    },
    Settle {
        charge: usize,
        seconds: i64,
        scope: Scope,
    },
    Void {
        charge: usize,
    },
    Sweep,
    /// The clock goes on, or back.
    Clock {
        seconds: i64,
    },
    /// The last step once more, as a caller that has not heard the answer would.
    Repeat,
    /// The last step once more, given up at once, and then made again.
    Abandon,
    /// The process ends; another opens the database.
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let charge = || 0..8_usize;
    let claim = prop::option::weighted(0.3, (0..2_u8, 0..2_u8));
    let seconds = prop::sample::select(vec![1, 20, 70, -90, 3_600, 86_400, -86_400, 20 * 86_400]);
    let scope = prop::sample::select(vec![Scope::Request, Scope::Request, Scope::Period]);
    let act = prop_oneof![
        6 => (0..2_usize, 0..7_i64, 1..120_i64, claim)
            .prop_map(|(account, minutes, lease, claim)| Act::Hold { account, minutes, lease, claim }),
        3 => (charge(), 1..4_u32, 0..9_i64, 1..120_i64)
            .prop_map(|(charge, step, minutes, lease)| Act::Extend { charge, step, minutes, lease }),
        5 => (charge(), 0..400_i64, scope).prop_map(|(charge, seconds, scope)| Act::Settle { charge, seconds, scope }),
        2 => charge().prop_map(|charge| Act::Void { charge }),
        2 => Just(Act::Sweep),
        3 => seconds.prop_map(|seconds| Act::Clock { seconds }),
        2 => Just(Act::Repeat),
        1 => Just(Act::Abandon),
        1 => Just(Act::Crash),
    ];
    prop::collection::vec(act, 1..50)
}

/// A step, ready to be made, and made again.
#[derive(Debug, Clone)]
enum Step {
    Hold(Hold),
    Extend(ChargeId, Extension),
    Settle(ChargeId, Settlement),
    Void(ChargeId, Timestamp),
}

impl Step {
    async fn make(&self, ledger: &dyn Ledger) -> Outcome {
        match self {
            Self::Hold(hold) => Outcome::of(ledger.hold(hold).await),
            Self::Extend(charge, extension) => Outcome::of(ledger.extend(charge, extension).await),
            Self::Settle(charge, settlement) => Outcome::of(ledger.settle(charge, settlement).await),
            Self::Void(charge, at) => Outcome::of(ledger.void(charge, *at).await),
        }
    }

    fn predict(&self, model: &mut Model) -> Outcome {
        match self {
            Self::Hold(hold) => model.hold(hold),
            Self::Extend(charge, extension) => model.extend(charge, extension),
            Self::Settle(charge, settlement) => model.settle(charge, settlement, CENT),
            Self::Void(charge, _) => model.void(charge),
        }
    }
}

/// One run: two accounts of its own, each with a key, in a database that earlier runs have used.
struct Run<'a> {
    db: &'a Database,
    stores: Stores,
    model: Model,
    owners: [(AccountId, KeyId); 2],
    charges: Vec<(ChargeId, usize)>,
    now: Timestamp,
    last: Option<Step>,
}

impl Run<'_> {
    fn budgets(&self, owner: usize) -> Vec<Budget> {
        let (account, key) = &self.owners[owner];
        let (account, key) = (Owner::Account(account.clone()), Owner::Key(key.clone()));
        let budget = |owner: &Owner, measure, window, ceiling| Budget {
            owner: owner.clone(),
            kin: Vec::new(),
            measure,
            window,
            ceiling,
        };
        vec![
            budget(&account, Measure::Spend, Window::Month, 20 * CENT),
            budget(&account, Measure::Audio, Window::Hour, 14 * 60_000),
            budget(&key, Measure::Audio, Window::Day, 17 * 60_000),
        ]
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }

    /// The charge of this number, or one that nobody knows.
    fn charge(&self, number: usize) -> (ChargeId, usize) {
        self.charges.get(number).cloned().unwrap_or_else(|| (ChargeId::new(), 0))
    }

    fn step(&mut self, act: &Act) -> Option<Step> {
        Some(match *act {
            Act::Hold { account: owner, minutes: count, lease, claim } => {
                let (account, key) = self.owners[owner].clone();
                let claim = claim.map(|(key, body)| IdempotencyClaim { key: [key; 32], body: [body; 32] });
                let hold = Hold {
                    account,
                    key: Some(key),
                    budgets: self.budgets(owner),
                    at: self.now,
                    expires_at: self.in_seconds(lease),
                    claim,
                    ..hold_of(count)
                };
                self.charges.push((hold.charge.clone(), owner));
                Step::Hold(hold)
            }
            Act::Extend { charge, step, minutes: count, lease } => {
                let (charge, owner) = self.charge(charge);
                let (amounts, budgets) = (minutes(count), self.budgets(owner));
                Step::Extend(
                    charge,
                    Extension { step, amounts, budgets, at: self.now, expires_at: self.in_seconds(lease) },
                )
            }
            Act::Settle { charge, seconds, scope } => {
                let id = if scope == Scope::Period { "summed" } else { "each" }.parse().expect("an id");
                let tariff = Tariff { id, scope, ..by_the_minute() };
                let settlement = Settlement { tariffs: vec![tariff], at: self.now, ..used(seconds) };
                Step::Settle(self.charge(charge).0, settlement)
            }
            Act::Void { charge } => Step::Void(self.charge(charge).0, self.now),
            Act::Repeat | Act::Abandon => self.last.clone()?,
            Act::Sweep | Act::Clock { .. } | Act::Crash => return None,
        })
    }

    async fn act(&mut self, act: &Act) {
        if let Some(step) = self.step(act) {
            if matches!(act, Act::Abandon) {
                let _ = step.make(&*self.stores.ledger).now_or_never();
            }
            let made = step.make(&*self.stores.ledger).await;
            assert_eq!(made, step.predict(&mut self.model), "{act:?}");
            self.last = Some(step);
        }
        match act {
            Act::Sweep => {
                let swept = self.stores.ledger.sweep(self.now).await;
                assert_eq!(swept, Ok(self.model.sweep(self.now)));
            }
            Act::Clock { seconds } => self.now = self.in_seconds(*seconds),
            Act::Crash => self.stores = self.db.again().await,
            _ => {}
        }
        self.agree().await;
    }

    /// Every charge and every budget is the same in both, and no budget is passed.
    async fn agree(&self) {
        for item in &self.model.items {
            let told = self.stores.ledger.charge(&item.hold.account, &item.hold.charge).await;
            let told = told.expect("it answers").expect("it is there");
            assert_eq!((told.state, told.held, told.used), (item.state, item.held, item.used));
        }
        for budget in [self.budgets(0), self.budgets(1)].concat() {
            let told = self.stores.ledger.standing(std::slice::from_ref(&budget), self.now).await.expect("it answers");
            assert_eq!((told[0].used, told[0].held), self.model.standing(&budget, self.now), "{budget:?}");
            assert!(told[0].used + told[0].held <= budget.ceiling, "{budget:?} is passed");
        }
    }
}

async fn run(db: &Database, acts: &[Act]) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let owner = |name: &str| (account(&format!("{name}{number}")), key(&format!("{name}{number}")));
    let mut run = Run {
        db,
        stores: db.again().await,
        model: Model::default(),
        owners: [owner("alice"), owner("bob")],
        charges: Vec::new(),
        now: at("2026-10-14T12:30:00Z"),
        last: None,
    };
    for act in acts {
        run.act(act).await;
    }
    for (account, _) in &run.owners {
        audit(&*run.stores.ledger, account).await;
    }
    // Nothing is left for the next run to sweep.
    let end = at("2100-01-01T00:00:00Z");
    assert_eq!(run.stores.ledger.sweep(end).await, Ok(run.model.sweep(end)));
    assert!(run.model.items.iter().all(|item| item.held == minutes(0)));
}

async fn a_store_does_as_the_model_does(db: Database) {
    let runtime = tokio::runtime::Handle::current();
    let test = move || {
        // A failure is shrunk to the fewest acts and printed; nothing is written beside the source.
        let config = Config { cases: 32, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&acts(), |acts| {
                runtime.block_on(run(&db, &acts));
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{failure}"));
    };
    tokio::task::spawn_blocking(test).await.expect("the property holds");
}
