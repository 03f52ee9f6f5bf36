//! Requests a minute and requests at once, for accounts and for keys. Kept in memory, by each server for itself; audio,
//! tokens and money are the ledger's to count.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pace::Pace;
use super::{Caller, Limits, Turn};
use crate::billing::Owner;
use crate::domain::Timestamp;

/// The longest wait that is told: longer ones make some SDKs not wait at all.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Counts requests.
#[derive(Clone)]
pub struct Limiter(Arc<Mutex<Counts>>);

struct Counts {
    pace: Pace<Owner>,
    inside: HashMap<Owner, u32>,
}

/// A request that was let in. Dropping it is leaving.
pub struct Pass {
    limiter: Limiter,
    owners: Vec<Owner>,
    /// What is left of the tighter of the two limits of requests a minute, if there is one.
    pub turn: Option<Turn>,
}

/// A request too many.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {limit} {what} {whose} is reached; try again in {} s", .retry_after.as_secs())]
pub struct TooMany {
    /// The limit.
    pub limit: u32,
    /// Of what.
    pub what: What,
    /// Whose.
    pub whose: Whose,
    /// How much of the requests a minute is left, if that is what ran out.
    pub turn: Option<Turn>,
    /// In whole seconds, at least one and at most a minute.
    pub retry_after: Duration,
}

/// What can be too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Requests in a minute.
    PerMinute,
    /// Requests at the same time.
    AtOnce,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The account's, over all its keys.
    Account,
    /// The key's.
    Key,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PerMinute => "requests a minute",
            Self::AtOnce => "requests at once",
        })
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "for this account",
            Self::Key => "for this key",
        })
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Counts { pace: Pace::new(), inside: HashMap::new() })))
    }
}

impl Limiter {
    /// Lets a request in, if neither its account nor its key has too many. One that is refused counts for nothing.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn enter(&self, caller: &Caller, now: Timestamp) -> Result<Pass, TooMany> {
        let sides = sides(caller);
        let mut counts = self.counts();
        for (owner, limits) in &sides {
            let limit = limits.concurrent_requests.unwrap_or(u32::MAX);
            if counts.inside.get(owner).is_some_and(|count| *count >= limit) {
                let retry_after = Duration::from_secs(1);
                return Err(TooMany { limit, what: What::AtOnce, whose: whose(owner), turn: None, retry_after });
            }
        }
        let paced: Vec<_> =
            sides.iter().filter_map(|(owner, limits)| Some((owner.clone(), limits.requests_per_minute?))).collect();
        let turn = counts.pace.take(&paced, now).map_err(|(at, turn, wait)| TooMany {
            limit: turn.limit,
            what: What::PerMinute,
            whose: whose(&paced[at].0),
            turn: Some(turn),
            retry_after: whole_seconds(wait),
        })?;
        let owners = sides.into_iter().filter(|(_, limits)| limits.concurrent_requests.is_some());
        let owners: Vec<_> = owners.map(|(owner, _)| owner).collect();
        for owner in &owners {
            *counts.inside.entry(owner.clone()).or_default() += 1;
        }
        Ok(Pass { limiter: self.clone(), owners, turn })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.limiter.counts();
        for owner in &self.owners {
            if let Some(count) = counts.inside.get_mut(owner) {
                *count -= 1;
                if *count == 0 {
                    counts.inside.remove(owner);
                }
            }
        }
    }
}

/// The account and the key, with the limits of each. Keys that share theirs go by the name of the first.
fn sides(caller: &Caller) -> Vec<(Owner, Limits)> {
    let rights = caller.rights();
    let key = rights.line.first().or(rights.key.as_ref()).cloned().map(|key| (Owner::Key(key), rights.key_limits));
    [(Owner::Account(rights.account.clone()), rights.account_limits)].into_iter().chain(key).collect()
}

fn whose(owner: &Owner) -> Whose {
    match owner {
        Owner::Account(_) => Whose::Account,
        Owner::Key(_) => Whose::Key,
    }
}

/// Rounded up: whoever comes back then finds a place.
fn whole_seconds(wait: Duration) -> Duration {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(seconds.max(1)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Rights, Scopes};
    use crate::domain::{Currency, KeyId};

    fn caller(account_limits: Limits, key_limits: Limits) -> Caller {
        Caller::new(Rights {
            account: "acc_alice".parse().expect("an id"),
            currency: Currency::EUR,
            key: Some(KeyId::new()),
            line: Vec::new(),
            scopes: Scopes::ordinary(),
            models: None,
            follows_successors: false,
            account_limits,
            key_limits,
        })
    }

    fn per_minute(count: u32) -> Limits {
        Limits { requests_per_minute: Some(count), ..Limits::default() }
    }

    fn at_once(count: u32) -> Limits {
        Limits { concurrent_requests: Some(count), ..Limits::default() }
    }

    #[test]
    fn two_keys_do_not_double_what_an_account_may() {
        let (limiter, now) = (Limiter::default(), Timestamp::UNIX_EPOCH);
        let keys = [caller(per_minute(3), Limits::default()), caller(per_minute(3), Limits::default())];
        for turn in 0..3 {
            assert!(limiter.enter(&keys[turn % 2], now).is_ok());
        }
        let refused = keys.each_ref().map(|key| limiter.enter(key, now).err().expect("a fourth"));
        for refused in refused {
            assert_eq!((refused.what, refused.whose, refused.limit), (What::PerMinute, Whose::Account, 3));
            assert!(refused.retry_after.as_secs() == 20, "{refused}");
        }
    }

    #[test]
    fn a_key_that_takes_anothers_place_doubles_nothing() {
        let (limiter, now) = (Limiter::default(), Timestamp::UNIX_EPOCH);
        let line = [KeyId::new(), KeyId::new()];
        let keys = line.each_ref().map(|key| {
            let rights = caller(Limits::default(), per_minute(3)).rights().clone();
            Caller::new(Rights { key: Some(key.clone()), line: line.to_vec(), ..rights })
        });
        for turn in 0..3 {
            assert!(limiter.enter(&keys[turn % 2], now).is_ok());
        }
        for key in &keys {
            assert_eq!(limiter.enter(key, now).err().expect("a fourth").whose, Whose::Key);
        }
    }

    #[test]
    fn a_place_is_free_again_when_its_request_has_left() {
        let (limiter, now) = (Limiter::default(), Timestamp::UNIX_EPOCH);
        let caller = caller(at_once(2), at_once(1));
        let inside = limiter.enter(&caller, now).expect("the first");
        let refused = limiter.enter(&caller, now).err().expect("a second");
        assert_eq!(refused.to_string(), "the limit of 1 requests at once for this key is reached; try again in 1 s");
        drop(inside);
        assert!(limiter.enter(&caller, now).is_ok());
        assert!(limiter.counts().inside.is_empty(), "nobody is inside, and nobody is remembered");
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let limiter = Limiter::default();
        let caller = Caller::open("acc_local".parse().expect("an id"));
        let inside: Vec<_> = (0..1000).map(|_| limiter.enter(&caller, Timestamp::UNIX_EPOCH)).collect();
        assert!(inside.iter().all(|pass| pass.as_ref().is_ok_and(|pass| pass.turn.is_none())));
        assert!(limiter.counts().inside.is_empty());
    }
}
