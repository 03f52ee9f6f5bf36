//! Where a request's key is looked at: who comes in, and as whom.
//!
//! A key is looked up by its public id, and its secret compared by its digest; what the store said is believed for a
//! second, so that a key that was revoked is revoked everywhere within two. Keys that were not right of late are looked up a
//! few at a time, and whoever shows one wrong key after another is told to wait.

mod error;
mod opening;
mod strangers;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use super::{Account, Caller, Key, KeyStore, KeyStoreError, Limiter, Limits, Pepper, Plans, Rights, Secret};
use crate::domain::{AccountId, Clock, KeyId, Timestamp};
pub use error::{Ended, GateError};
pub use opening::Opening;
use strangers::Strangers;

/// How long what the store said of a key is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// Keys that are remembered, known and unknown ones.
const REMEMBERED: u64 = 65_536;

/// Looks at keys.
pub struct Gate {
    store: Arc<dyn KeyStore>,
    pepper: Arc<Pepper>,
    plans: Arc<Plans>,
    clock: Arc<dyn Clock>,
    opening: Opening,
    anyone: Caller,
    known: Cache<KeyId, Option<Arc<Known>>>,
    strangers: Strangers,
    limiter: Limiter,
    /// Whether the pepper has been compared with the store's mark.
    compared: AtomicBool,
}

/// A key that there is.
struct Known {
    key: Key,
    suspended: bool,
    /// Whom it makes of a request; `None` if nobody knows the plan of its account.
    caller: Option<Caller>,
    plan: Option<String>,
}

impl Gate {
    /// A gate to what this store keeps.
    #[must_use]
    pub fn new(
        store: Arc<dyn KeyStore>,
        pepper: Arc<Pepper>,
        plans: Arc<Plans>,
        clock: Arc<dyn Clock>,
        opening: Opening,
    ) -> Self {
        Self {
            store,
            pepper,
            plans,
            clock,
            opening,
            anyone: Caller::open(AccountId::local()),
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build(),
            strangers: Strangers::new(),
            limiter: Limiter::default(),
            compared: AtomicBool::new(false),
        }
    }

    /// Who a request comes from, by its `Authorization` header and the address that it was sent from.
    ///
    /// # Errors
    /// [`GateError`], if it needs a key and has none that works.
    pub async fn admit(&self, authorization: Option<&[u8]>, from: IpAddr) -> Result<Caller, GateError> {
        if self.is_open().await? {
            return Ok(self.anyone.clone());
        }
        let now = self.clock.now();
        let shown = bearer(authorization.ok_or(GateError::NoKey)?)?;
        // What is no key at all costs nothing, and so is not counted.
        let secret: Secret = shown.parse().map_err(|_| GateError::Wrong(None))?;
        let known = self.look_up(secret.id()).await?;
        // An unknown key takes as long as a wrong one.
        let digest = known.as_ref().map_or([0; 32], |known| known.key.digest);
        let matches = secret.matches(&digest, &self.pepper);
        if known.is_some() && !self.compared.load(Ordering::Relaxed) {
            self.compare(matches).await;
        }
        let Some(known) = known.filter(|_| matches) else {
            return Err(self.strangers.refuse(from, now, GateError::Wrong(Some(secret.id().clone()))));
        };
        self.strangers.trust(secret.id());
        known.caller(now)
    }

    /// Whether it lets in whoever is on this machine, and only because there is no key yet. Others who get here have been
    /// brought by a browser, and it is for whoever reads their headers to tell.
    ///
    /// # Errors
    /// [`GateError::Store`].
    pub async fn trusts_its_machine(&self) -> Result<bool, GateError> {
        Ok(matches!(self.opening, Opening::UntilFirstKey(_)) && self.is_open().await?)
    }

    /// Counts a request that was admitted.
    ///
    /// # Errors
    /// [`TooMany`](super::TooMany).
    pub fn enter(&self, caller: &Caller) -> Result<super::Pass, super::TooMany> {
        self.limiter.enter(caller, self.clock.now())
    }

    /// The time by which everything here goes.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the store anew about every key: something was changed through this process.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Compares the pepper with the store's mark, once. A database that is older than the mark gets it from the first
    /// server that has seen its pepper `prove` right; one whose pepper is another says so, or nobody would know why keys
    /// are refused.
    async fn compare(&self, proven: bool) {
        let mark = self.pepper.mark();
        match self.store.pepper_mark(Some(&mark).filter(|_| proven)).await {
            // Another time; what it says of the key has been told already.
            Ok(None) | Err(_) => return,
            Ok(Some(found)) if found == mark => {}
            Ok(Some(_)) => tracing::error!(
                "keys are made with another pepper than this server has, and those are refused here: give it the other \
                 servers' file, as accounts.pepper_file"
            ),
        }
        self.compared.store(true, Ordering::Relaxed);
    }

    async fn is_open(&self) -> Result<bool, GateError> {
        self.opening.is_open(&*self.store).await.map_err(|error| GateError::Store(error.to_string()))
    }

    async fn look_up(&self, id: &KeyId) -> Result<Option<Arc<Known>>, GateError> {
        if let Some(known) = self.known.get(id) {
            return Ok(known);
        }
        let _turn = self.strangers.turn(id).await?;
        let fails = |error: KeyStoreError| GateError::Store(error.to_string());
        let known = match self.store.key(id).await.map_err(fails)? {
            None => None,
            Some((key, account)) => {
                // Without limits there is nothing to share.
                let line = if key.limits == Limits::default() {
                    Vec::new()
                } else {
                    self.store.line(&key.account, id, self.clock.now()).await.map_err(fails)?
                };
                Some(Arc::new(Known::new(key, line, account, &self.plans)))
            }
        };
        self.known.insert(id.clone(), known.clone());
        Ok(known)
    }
}

impl Known {
    fn new(key: Key, line: Vec<KeyId>, account: Account, plans: &Plans) -> Self {
        let account_limits = plans.limits(&account);
        let Account { id, currency, plan, suspended_at, follows_successors, .. } = account;
        let caller = account_limits.map(|account_limits| {
            Caller::new(Rights {
                account: id,
                currency,
                key: Some(key.id.clone()),
                line,
                scopes: key.scopes,
                models: key.models.clone(),
                follows_successors,
                account_limits,
                key_limits: key.limits,
            })
        });
        Self { key, suspended: suspended_at.is_some(), caller, plan }
    }

    /// Whom the key makes of a request now.
    fn caller(&self, now: Timestamp) -> Result<Caller, GateError> {
        let ended = |how| Err(GateError::Ended { key: self.key.id.clone(), how });
        if self.key.revoked_at.is_some() {
            return ended(Ended::Revoked);
        }
        if self.key.expires_at.is_some_and(|end| end <= now) {
            return ended(Ended::Expired);
        }
        if self.suspended {
            return Err(GateError::Suspended);
        }
        self.caller.clone().ok_or_else(|| GateError::Plan(self.plan.clone().unwrap_or_default()))
    }
}

/// The token of a header `Authorization: Bearer TOKEN`.
fn bearer(header: &[u8]) -> Result<&str, GateError> {
    let header = std::str::from_utf8(header).map_err(|_| GateError::NoKey)?;
    match header.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(GateError::NoKey),
    }
}
