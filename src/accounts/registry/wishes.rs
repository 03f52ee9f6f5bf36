//! What is asked of the registry.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::accounts::{Account, Key, Limits, Scopes, Secret};
use crate::domain::{Currency, Timestamp};

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What people call it.
    pub name: String,
    /// What it pays in.
    pub currency: Currency,
    /// The name of its plan.
    pub plan: Option<String>,
    /// Its own limits.
    pub limits: Limits,
}

/// What is to be otherwise with an account; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Another name.
    pub name: Option<String>,
    /// Another plan, or (`Some(None)`) none.
    pub plan: Option<Option<String>>,
    /// Other limits, in place of all that it has of its own.
    pub limits: Option<Limits>,
    /// Limits beside those that it has then, or in the place of the same.
    pub further_limits: Limits,
    /// Whether its keys rest.
    pub suspended: Option<bool>,
    /// Whether a request for a model that is retired is answered by its successor.
    pub follows_successors: Option<bool>,
}

impl AccountChange {
    /// Makes the account so; what nobody asked for stays as it is there.
    pub fn apply(&self, account: &mut Account, now: Timestamp) {
        if let Some(name) = &self.name {
            account.name.clone_from(name);
        }
        if let Some(plan) = &self.plan {
            account.plan.clone_from(plan);
        }
        account.limits = self.further_limits.or(self.limits.unwrap_or(account.limits));
        account.follows_successors = self.follows_successors.unwrap_or(account.follows_successors);
        match self.suspended {
            Some(true) => account.suspended_at = account.suspended_at.or(Some(now)),
            Some(false) => account.suspended_at = None,
            None => {}
        }
    }
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The ids of the models that it may ask for; `None`: all.
    pub models: Option<BTreeSet<String>>,
    /// Its own limits.
    pub limits: Limits,
    /// How long it works; `None`: until it is revoked.
    pub lifetime: Option<Duration>,
}

/// A key with its secret, which nobody sees again.
#[derive(Debug)]
pub struct Issued {
    /// As it is stored.
    pub key: Key,
    /// As its holder has it.
    pub secret: Secret,
    /// From when on the key works no more whose place it has taken.
    pub old_ends_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    fn suspended() -> Account {
        let now = Timestamp::UNIX_EPOCH;
        Account {
            id: AccountId::new(),
            name: "acme".to_owned(),
            currency: Currency::EUR,
            plan: Some("tier-1".to_owned()),
            limits: Limits { requests_per_minute: Some(60), concurrent_requests: Some(2), ..Limits::default() },
            created_at: now,
            suspended_at: Some(now),
            follows_successors: true,
        }
    }

    #[test]
    fn what_nobody_asked_for_stays() {
        let mut account = suspended();
        AccountChange::default().apply(&mut account, Timestamp::MAX);
        assert_eq!(account, Account { id: account.id.clone(), ..suspended() });
        AccountChange { suspended: Some(true), ..AccountChange::default() }.apply(&mut account, Timestamp::MAX);
        assert_eq!(account.suspended_at, suspended().suspended_at, "it has been for longer");
    }

    #[test]
    fn limits_are_replaced_as_a_whole_or_one_by_one() {
        let few = Limits { concurrent_requests: Some(1), ..Limits::default() };
        for (change, left) in [
            (AccountChange { limits: Some(few), ..AccountChange::default() }, few),
            (AccountChange { further_limits: few, ..AccountChange::default() }, few.or(suspended().limits)),
            (AccountChange { limits: Some(Limits::default()), further_limits: few, ..AccountChange::default() }, few),
        ] {
            let mut account = suspended();
            change.apply(&mut account, Timestamp::MAX);
            assert_eq!(account.limits, left);
        }
    }
}
