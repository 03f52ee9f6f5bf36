//! How many requests may be tried a second time: a share of all requests, so that a failure of all backends does not
//! multiply the load on them.

use std::sync::atomic::{AtomicI64, Ordering};

/// What a second try takes out of the budget, in hundredths.
const PRICE: i64 = 100;

/// What every request puts in: one in five may be tried again.
const DEPOSIT: i64 = 20;

/// What there is at the start, and at most: so many tries in a row.
const MOST: i64 = 100 * PRICE;

/// The budget of all requests together.
#[derive(Debug)]
pub(super) struct RetryBudget(AtomicI64);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicI64::new(MOST))
    }
}

impl RetryBudget {
    /// A request has come.
    pub(super) fn deposit(&self) {
        let add = |left: i64| Some((left + DEPOSIT).min(MOST));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Whether another try can be afforded; it is taken out then.
    pub(super) fn withdraw(&self) -> bool {
        let take = |left: i64| (left >= PRICE).then_some(left - PRICE);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_the_reserve_is_spent_one_request_in_five_is_tried_again() {
        let budget = RetryBudget::default();
        assert_eq!((0..1_000).filter(|_| budget.withdraw()).count(), 100, "the reserve");
        let again = (0..1_000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert_eq!(again.count(), 200);
    }
}
