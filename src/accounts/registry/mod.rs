//! Where accounts and keys are made, changed and ended: for the admin API and for the command line alike.
//!
//! Everything that is said is checked here. The [`Gate`](super::Gate) reads what was written, within a second.

mod error;
mod name;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use super::{Account, Key, KeyStore, Limits, Pepper, Plans, Secret};
use crate::domain::{AccountId, Clock, Currency, KeyId, Timestamp};
pub use error::RegistryError;
pub use wishes::{AccountChange, Issued, NewAccount, NewKey};

/// How long a key that was replaced goes on working, if nobody says.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// The longest time that anything here lasts: what is meant to last longer has no end.
const LONGEST: Duration = Duration::from_hours(24 * 3660);

/// The most models that a key can be limited to.
const MAX_MODELS: usize = 100;

/// Makes, changes and ends accounts and keys.
pub struct Registry {
    store: Arc<dyn KeyStore>,
    /// What keys are made with; `None`: none are made here.
    pepper: Option<Arc<Pepper>>,
    plans: Arc<Plans>,
    clock: Arc<dyn Clock>,
}

impl Registry {
    /// Of what this store keeps.
    #[must_use]
    pub fn new(store: Arc<dyn KeyStore>, pepper: Arc<Pepper>, plans: Arc<Plans>, clock: Arc<dyn Clock>) -> Self {
        Self { store, pepper: Some(pepper), plans, clock }
    }

    /// The same where no keys are made, which needs no pepper.
    #[must_use]
    pub fn without_keys(store: Arc<dyn KeyStore>, plans: Arc<Plans>, clock: Arc<dyn Clock>) -> Self {
        Self { store, pepper: None, plans, clock }
    }

    /// The plans that accounts can be on.
    #[must_use]
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The account with this id or name.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if there is none.
    pub async fn account(&self, id_or_name: &str) -> Result<Account, RegistryError> {
        let found = match id_or_name.parse::<AccountId>() {
            Ok(id) => self.store.account(&id).await?,
            Err(_) => self.store.account_named(id_or_name).await?,
        };
        found.ok_or_else(|| unknown("account", id_or_name))
    }

    /// Accounts in order of their ids, after this one.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub async fn accounts(&self, after: Option<&AccountId>, limit: u32) -> Result<Vec<Account>, RegistryError> {
        Ok(self.store.accounts(after, limit).await?)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`RegistryError::Unfit`], also for a name that another account has.
    pub async fn open_account(&self, wish: NewAccount) -> Result<Account, RegistryError> {
        let NewAccount { name, currency, plan, limits } = wish;
        name::check_of_account(&name)?;
        self.check_plan(plan.as_deref(), currency)?;
        let (id, created_at) = (AccountId::new(), self.clock.now());
        let follows_successors = false;
        let account = Account { id, name, currency, plan, limits, created_at, suspended_at: None, follows_successors };
        self.store.add_account(&account).await?;
        tracing::info!(account = %account.id, "an account was made");
        Ok(account)
    }

    /// Changes an account. Of two changes at once each makes what it asks for, and undoes nothing of the other.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], [`RegistryError::Unfit`].
    pub async fn change_account(&self, id: &AccountId, change: AccountChange) -> Result<Account, RegistryError> {
        if let Some(name) = &change.name {
            name::check_of_account(name)?;
        }
        if let Some(plan) = &change.plan {
            self.check_plan(plan.as_deref(), self.account(id.as_str()).await?.currency)?;
        }
        let account = self.store.change_account(id, &change, self.clock.now()).await?;
        tracing::info!(account = %account.id, suspended = account.suspended_at.is_some(), "an account was changed");
        Ok(account)
    }

    /// What an account may use: its own limits, and its plan's where those say nothing; `None` if nobody knows its plan.
    #[must_use]
    pub fn limits(&self, account: &Account) -> Option<Limits> {
        self.plans.limits(account)
    }

    /// Keys of an account after this one, oldest first; those that work no more too.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if there is no such account; [`RegistryError::Unfit`] if it has no such key.
    pub async fn keys(
        &self,
        account: &AccountId,
        after: Option<&KeyId>,
        limit: u32,
    ) -> Result<Vec<Key>, RegistryError> {
        self.account(account.as_str()).await?;
        let after = match after {
            None => None,
            Some(key) => Some(self.key(account, key).await.map_err(|error| match error {
                RegistryError::Unknown(what) => unfit("after", &format!("there is no {what} in this account")),
                other => other,
            })?),
        };
        let after = after.as_ref().map(|key| (key.created_at, &key.id));
        Ok(self.store.keys(account, after, limit).await?)
    }

    /// Makes a key. Its models are ids, as requests are compared with them: what a name means is not known here.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] if there is no such account, [`RegistryError::Unfit`].
    pub async fn issue(&self, account: &AccountId, wish: NewKey) -> Result<Issued, RegistryError> {
        self.account(account.as_str()).await?;
        name::check(&wish.name)?;
        check_models(wish.models.as_ref())?;
        if wish.lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            return Err(unfit("expires_in_seconds", "a key works for a second at least"));
        }
        let issued = self.make(account, wish, None).await?;
        self.store.add_key(&issued.key).await?;
        tracing::info!(%account, key = %issued.key.id, scopes = %issued.key.scopes, "a key was made");
        Ok(issued)
    }

    /// Makes a key in place of another one, which goes on working for as long as `overlap` says and no longer than it
    /// would have. The new one may do the same, and lives as long from now on as the old one was made to.
    ///
    /// The new key is there and the old one has its end, or nothing of it is done. A key has one successor that lives, which
    /// may be a successor's; once that has been revoked, it can be given another.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`]; [`RegistryError::Unfit`] if the old key works no more, or has a successor that does.
    pub async fn rotate(&self, account: &AccountId, key: &KeyId, overlap: Duration) -> Result<Issued, RegistryError> {
        let old = self.key(account, key).await?;
        let now = self.clock.now();
        if old.revoked_at.is_some() || old.expires_at.is_some_and(|end| end <= now) {
            return Err(unfit("key", "it works no more, so nothing can take its place; make a new one"));
        }
        let end = later(now, "overlap", overlap)?;
        // The end of a key that was replaced says nothing of how long it was made to live; that of the last in its place does.
        let made = self.store.successor(account, key).await?;
        let Key { created_at, expires_at, .. } = made.as_ref().unwrap_or(&old);
        let lifetime = expires_at.map(|end| {
            let seconds = end.as_second() - created_at.as_second();
            Duration::from_secs(u64::try_from(seconds).unwrap_or_default().max(1))
        });
        let old_ends_at = Some(old.expires_at.map_or(end, |its_own| its_own.min(end)));
        let wish = NewKey { name: old.name, scopes: old.scopes, models: old.models, limits: old.limits, lifetime };
        let issued = self.make(account, wish, Some(old.id)).await?;
        self.store.replace_key(&issued.key, now, end).await?;
        tracing::info!(%account, %key, replaced_by = %issued.key.id, "a key was replaced");
        Ok(Issued { old_ends_at, ..issued })
    }

    /// Ends a key now.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`].
    pub async fn revoke(&self, account: &AccountId, key: &KeyId) -> Result<Key, RegistryError> {
        self.store.revoke_key(account, key, self.clock.now()).await?;
        tracing::info!(%account, %key, "a key was revoked");
        self.key(account, key).await
    }

    /// A key of this account.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], also if it is another account's.
    pub async fn key(&self, account: &AccountId, key: &KeyId) -> Result<Key, RegistryError> {
        let found = self.store.key(key).await?.map(|(key, _)| key).filter(|key| key.account == *account);
        found.ok_or_else(|| unknown("key", key.as_str()))
    }

    /// The key with this id, whosever it is: for the operator.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`].
    pub async fn any_key(&self, key: &KeyId) -> Result<Key, RegistryError> {
        let found = self.store.key(key).await?.map(|(key, _)| key);
        found.ok_or_else(|| unknown("key", key.as_str()))
    }

    /// A key that is not stored yet.
    async fn make(&self, account: &AccountId, wish: NewKey, replaces: Option<KeyId>) -> Result<Issued, RegistryError> {
        let NewKey { name, scopes, models, limits, lifetime } = wish;
        if scopes.iter().next().is_none() {
            return Err(unfit("scopes", "a key needs at least one"));
        }
        let now = self.clock.now();
        let expires_at = lifetime.map(|lifetime| later(now, "expires_in_seconds", lifetime)).transpose()?;
        let secret = Secret::generate().map_err(|error| RegistryError::Random(error.to_string()))?;
        let key = Key {
            id: secret.id().clone(),
            account: account.clone(),
            name,
            digest: secret.digest(self.pepper().await?),
            scopes,
            models,
            limits,
            created_at: now,
            expires_at,
            revoked_at: None,
            replaces,
        };
        Ok(Issued { key, secret, old_ends_at: None })
    }

    /// What keys are made with, once it has been compared with the store's mark, which the first key sets.
    async fn pepper(&self) -> Result<&Pepper, RegistryError> {
        let pepper = self.pepper.as_deref().ok_or(RegistryError::Pepper)?;
        let mark = pepper.mark();
        let found = match self.store.pepper_mark(None).await? {
            None if !self.store.any_key().await? => self.store.pepper_mark(Some(&mark)).await?,
            found => found,
        };
        if found.is_none_or(|found| found == mark) { Ok(pepper) } else { Err(RegistryError::Pepper) }
    }

    fn check_plan(&self, plan: Option<&str>, currency: Currency) -> Result<(), RegistryError> {
        let Some(name) = plan else { return Ok(()) };
        match self.plans.find(name) {
            Some(plan) if plan.currency == currency => Ok(()),
            Some(plan) => {
                Err(unfit("plan", &format!("`{name}` is in {}, and the account pays in {currency}", plan.currency)))
            }
            None => {
                let names: Vec<_> = self.plans.iter().map(|plan| plan.name.as_str()).collect();
                Err(unfit("plan", &format!("there is no `{name:.100}`; there are {}", names.join(", "))))
            }
        }
    }
}

fn unknown(what: &str, name: &str) -> RegistryError {
    RegistryError::Unknown(format!("{what} `{name:.100}`"))
}

fn unfit(field: &'static str, why: &str) -> RegistryError {
    RegistryError::Unfit { field, why: why.to_owned() }
}

fn check_models(models: Option<&std::collections::BTreeSet<String>>) -> Result<(), RegistryError> {
    let Some(models) = models else { return Ok(()) };
    let fit = (1..=MAX_MODELS).contains(&models.len());
    if fit { Ok(()) } else { Err(unfit("models", &format!("it is a list of 1 to {MAX_MODELS} models"))) }
}

fn later(now: Timestamp, field: &'static str, span: Duration) -> Result<Timestamp, RegistryError> {
    let end = Some(span).filter(|span| *span <= LONGEST).and_then(|span| now.checked_add(span).ok());
    end.ok_or_else(|| unfit(field, "it is ten years at most"))
}
