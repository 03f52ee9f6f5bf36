//! An account's part of the ledger, as tests read it.

use std::sync::Arc;

use minuted::billing::{Charge, Entry, Kind, Ledger, State};
use minuted::domain::{AccountId, ChargeId};

/// What was written down of one account.
#[derive(Clone)]
pub struct Books {
    pub ledger: Arc<dyn Ledger>,
    account: AccountId,
}

impl Books {
    pub fn of(account: &str, ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, account: account.parse().expect("an account") }
    }

    /// Every row, in order; each sealed, and each sealing the one before it.
    pub async fn entries(&self) -> Vec<Entry> {
        let entries = self.ledger.chain(&self.account, 0, 10_000).await.expect("it can be read");
        let mut previous = [0; 32];
        for entry in &entries {
            assert_eq!((entry.previous, entry.hash), (previous, entry.seal()), "row {}", entry.seq);
            previous = entry.hash;
        }
        entries
    }

    /// What was done, in order.
    pub async fn steps(&self) -> Vec<&'static str> {
        let name = |entry: &Entry| match entry.kind {
            Kind::Hold => "hold",
            Kind::Extend => "extend",
            Kind::Settle => "settle",
            Kind::Void => "void",
        };
        self.entries().await.iter().map(name).collect()
    }

    /// Every charge, in the order of their holds.
    pub async fn charges(&self) -> Vec<Charge> {
        let mut charges = Vec::new();
        for entry in self.entries().await.iter().filter(|entry| entry.kind == Kind::Hold) {
            charges.push(self.charge(&entry.charge).await);
        }
        charges
    }

    async fn charge(&self, id: &ChargeId) -> Charge {
        self.ledger.charge(&self.account, id).await.expect("it can be read").expect("it is there")
    }

    /// What each charge that was settled cost, in thousandths.
    pub async fn charged(&self) -> Vec<i64> {
        let charges = self.charges().await;
        let settled = charges.iter().filter(|charge| charge.state == State::Settled);
        settled.map(|charge| charge.used.nanos / 1_000_000).collect()
    }

    /// Charges that are neither settled nor voided.
    pub async fn open(&self) -> usize {
        self.charges().await.iter().filter(|charge| charge.state == State::Held).count()
    }
}
