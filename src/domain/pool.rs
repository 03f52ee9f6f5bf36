//! So much of something, and no more, for all accounts together: places, or bytes.
//!
//! One account may have nearly all of it while nobody else comes. The last eighth is for those who have less than half, so
//! that one that sends whatever it can does not keep all others out. Where the service is open, there is one account and
//! nobody to keep anything for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::AccountId;

/// What there is; cheap to clone, and all clones are one.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: u64,
    by_account: HashMap<AccountId, u64>,
}

/// What one holder has of a [`Pool`]. Dropping it gives all of it back.
#[derive(Debug)]
pub struct Share {
    pool: Pool,
    account: AccountId,
    amount: u64,
}

/// Why a holder gets no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Short {
    /// Nothing is left for anybody.
    #[error("as much is taken as there is")]
    All,
    /// What is left is kept for other accounts.
    #[error("what is left is kept for other accounts")]
    Own,
}

impl Pool {
    /// With so much to be had.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Inner { limit, held: Mutex::default() }))
    }

    /// The most that one account can have.
    #[must_use]
    pub fn most_for_one(&self) -> u64 {
        self.0.limit - self.0.limit / 8
    }

    /// A holder that has nothing yet.
    #[must_use]
    pub fn share(&self, account: &AccountId) -> Share {
        Share { pool: self.clone(), account: account.clone(), amount: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes so much more.
    ///
    /// # Errors
    /// [`Short`]: nothing was taken.
    pub fn take(&mut self, amount: u64) -> Result<(), Short> {
        let limit = self.pool.0.limit;
        let mut held = self.pool.lock();
        let own = held.by_account.get(&self.account).map_or(amount, |own| own.saturating_add(amount));
        let all = held.all.saturating_add(amount);
        if all > limit {
            return Err(Short::All);
        }
        if all > self.pool.most_for_one() && own > limit / 2 && self.account != AccountId::local() {
            return Err(Short::Own);
        }
        held.all = all;
        match held.by_account.get_mut(&self.account) {
            Some(before) => *before = own,
            None => drop(held.by_account.insert(self.account.clone(), own)),
        }
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.pool.lock();
        held.all -= self.amount;
        if let Some(own) = held.by_account.get_mut(&self.account) {
            *own -= self.amount;
            if *own == 0 {
                held.by_account.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountId {
        name.parse().expect("an id")
    }

    #[test]
    fn one_alone_has_nearly_all_and_the_rest_is_for_others() {
        let pool = Pool::new(64);
        let (mut alice, mut bob) = (pool.share(&account("acc_alice")), pool.share(&account("acc_bob")));
        assert_eq!((alice.take(56), alice.take(1)), (Ok(()), Err(Short::Own)));
        let mut again = pool.share(&account("acc_alice"));
        assert_eq!(again.take(1), Err(Short::Own), "it is the account that counts");
        assert_eq!((bob.take(8), bob.take(1), again.take(1)), (Ok(()), Err(Short::All), Err(Short::All)));
        drop(alice);
        assert_eq!((again.take(32), bob.take(24)), (Ok(()), Ok(())), "who has no more than half may take the last");
    }

    #[test]
    fn an_open_service_keeps_nothing_back() {
        let pool = Pool::new(64);
        let mut everybody = pool.share(&AccountId::local());
        assert_eq!((everybody.take(64), everybody.take(1)), (Ok(()), Err(Short::All)));
    }

    #[test]
    fn a_small_pool_keeps_nothing_for_others() {
        let pool = Pool::new(2);
        let mut alice = pool.share(&account("acc_alice"));
        assert_eq!((alice.take(2), alice.take(1)), (Ok(()), Err(Short::All)));
    }

    #[test]
    fn what_was_held_is_given_back_and_nobody_is_remembered() {
        let pool = Pool::new(10);
        for _ in 0..3 {
            let (mut one, mut other) = (pool.share(&account("acc_alice")), pool.share(&account("acc_alice")));
            assert_eq!((one.take(4), other.take(4), other.take(u64::MAX)), (Ok(()), Ok(()), Err(Short::All)));
        }
        assert!(pool.lock().all == 0 && pool.lock().by_account.is_empty());
    }
}
