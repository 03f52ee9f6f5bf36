//! A request's sender, once its key has been checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Limits, Scope, Scopes};
use crate::billing::{Budget, Owner, Payer};
use crate::domain::{AccountId, Currency, KeyId};

/// Who asks, and within which limits; cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Rights>);

/// What a caller is and may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Who is billed.
    pub account: AccountId,
    /// What the account pays in.
    pub currency: Currency,
    /// The key; `None` where the server runs open.
    pub key: Option<KeyId>,
    /// The key and those that share its limits, oldest first: each has taken the place of one before. Empty where the key has no
    /// limits.
    pub line: Vec<KeyId>,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The models that it may name; `None`: all.
    pub models: Option<BTreeSet<String>>,
    /// Whether a request for a model that is retired is answered by its successor.
    pub follows_successors: bool,
    /// Limits of the account, its plan's included.
    pub account_limits: Limits,
    /// Limits of the key.
    pub key_limits: Limits,
}

impl Caller {
    /// A caller with these rights.
    #[must_use]
    pub fn new(rights: Rights) -> Self {
        Self(Arc::new(rights))
    }

    /// Whoever comes, where the server runs open: the account `acc_local`, which may do everything without a limit.
    #[must_use]
    pub fn open(account: AccountId) -> Self {
        Self::new(Rights {
            account,
            currency: Currency::EUR,
            key: None,
            line: Vec::new(),
            scopes: Scopes::all(),
            models: None,
            follows_successors: false,
            account_limits: Limits::default(),
            key_limits: Limits::default(),
        })
    }

    /// What it is and may do.
    #[must_use]
    pub fn rights(&self) -> &Rights {
        &self.0
    }

    /// Whether it may do this.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.0.scopes.contains(scope)
    }

    /// Whether it may use the model of this id.
    #[must_use]
    pub fn may_use(&self, model: &str) -> bool {
        self.0.models.as_ref().is_none_or(|models| models.contains(model))
    }

    /// The ceilings that the ledger keeps for it: its account's, then its key's.
    #[must_use]
    pub fn budgets(&self) -> Vec<Budget> {
        let mut budgets = self.0.account_limits.budgets(&Owner::Account(self.0.account.clone()), &[]);
        if let Some(key) = &self.0.key {
            let kin: Vec<_> = self.0.line.iter().filter(|other| *other != key).cloned().collect();
            budgets.extend(self.0.key_limits.budgets(&Owner::Key(key.clone()), &kin));
        }
        budgets
    }

    /// Who pays for what it asks.
    #[must_use]
    pub fn payer(&self) -> Payer {
        let Rights { account, key, currency, .. } = self.rights();
        Payer { account: account.clone(), key: key.clone(), currency: *currency, budgets: self.budgets() }
    }
}
