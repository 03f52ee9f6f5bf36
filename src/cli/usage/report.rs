//! What the store knows of this month: the dearest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::accounts::{Account, Key, Limits, Plans};
use crate::billing::{Budget, Measure, Owner, Period, Standing, UsageQuery, UsageRow, Window};
use crate::cli::Exit;
use crate::domain::{AccountId, Currency, KeyId, Timestamp};
use crate::storage::Stores;

/// So wide a bucket of usage that all of time is in one: whole hours, as the roll-up has them.
const ALL_TIME: i64 = 3_600 * 24 * 366 * 1_000;

/// Where reports come from.
pub(super) struct Source {
    pub stores: Stores,
    pub plans: Plans,
    /// The one account that is asked for; all, if none is.
    pub only: Option<AccountId>,
}

/// A month so far.
pub(super) struct Report {
    pub at: Timestamp,
    pub month: Period,
    pub accounts: Vec<AccountUse>,
}

/// What an account has used.
pub(super) struct AccountUse {
    pub id: AccountId,
    /// `None` for whoever came while the server was open to all.
    pub account: Option<Account>,
    /// Whether its plan is not in the file of plans, or in another currency: nobody knows its ceiling, and it is let in
    /// nowhere.
    pub plan_is_missing: bool,
    pub ceilings: Ceilings,
    pub keys: Vec<KeyUse>,
}

/// How far somebody may go.
#[derive(Default)]
pub(super) struct Ceilings {
    /// What may be spent in the month, if there is a limit.
    pub spend: Option<Standing>,
    /// Limits of audio and of tokens, in an hour and in a day.
    pub others: Vec<Standing>,
}

/// What a key has used.
pub(super) struct KeyUse {
    pub id: Option<KeyId>,
    pub name: Option<String>,
    /// Its own, whatever its account may.
    pub ceilings: Ceilings,
    pub models: Vec<ModelUse>,
}

/// What was used of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelUse {
    pub model: String,
    pub currency: Currency,
    pub requests: i64,
    pub audio_ms: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub nanos: i64,
}

type ByModel = BTreeMap<(String, Currency), ModelUse>;
type ByKey = BTreeMap<Option<KeyId>, ByModel>;

impl Source {
    /// The month that holds a moment, as it stands now.
    pub async fn report(&self, at: Timestamp) -> Result<Report, Exit> {
        let month = Period::month_of(at);
        let (from, to) = (month.from, month.to);
        let query = UsageQuery { account: self.only.clone(), from, to, bucket_seconds: ALL_TIME };
        let mut by_account: BTreeMap<AccountId, ByKey> = BTreeMap::new();
        for row in self.stores.ledger.usage(&query).await? {
            let models = by_account.entry(row.account.clone()).or_default().entry(row.key.clone()).or_default();
            models.entry((row.model.clone(), row.currency)).or_insert_with(|| ModelUse::none(&row)).add(&row);
        }
        if let Some(only) = &self.only {
            by_account.entry(only.clone()).or_default();
        }
        let mut accounts = Vec::new();
        for (id, by_key) in by_account {
            accounts.push(self.account(id, by_key, at).await?);
        }
        accounts.sort_by_key(|account| Reverse(account.nanos()));
        Ok(Report { at, month, accounts })
    }

    async fn account(&self, id: AccountId, by_key: ByKey, at: Timestamp) -> Result<AccountUse, Exit> {
        let account = self.stores.keys.account(&id).await?;
        let limits = account.as_ref().map_or(Some(Limits::default()), |account| self.plans.limits(account));
        let plan_is_missing = limits.is_none();
        // What the account's own limits say is known all the same.
        let limits = limits.or(account.as_ref().map(|account| account.limits)).unwrap_or_default();
        let ceilings = self.ceilings(limits.budgets(&Owner::Account(id.clone()), &[]), at).await?;
        let mut keys = Vec::new();
        for (id, by_model) in by_key {
            let key = match &id {
                Some(id) => self.stores.keys.key(id).await?.map(|(key, _)| key),
                None => None,
            };
            let ceilings = match &key {
                Some(Key { id, account, limits, .. }) if *limits != Limits::default() => {
                    let mut kin = self.stores.keys.line(account, id, at).await?;
                    kin.retain(|other| other != id);
                    self.ceilings(limits.budgets(&Owner::Key(id.clone()), &kin), at).await?
                }
                _ => Ceilings::default(),
            };
            let mut models: Vec<_> = by_model.into_values().collect();
            models.sort_by_key(|model| Reverse(model.nanos));
            keys.push(KeyUse { id, name: key.map(|key| key.name.clone()), ceilings, models });
        }
        keys.sort_by_key(|key| Reverse(key.nanos()));
        Ok(AccountUse { id, account, plan_is_missing, ceilings, keys })
    }

    /// How the ceilings of somebody stand.
    async fn ceilings(&self, budgets: Vec<Budget>, at: Timestamp) -> Result<Ceilings, Exit> {
        if budgets.is_empty() {
            return Ok(Ceilings::default());
        }
        let (spend, others): (Vec<_>, Vec<_>) =
            self.stores.ledger.standing(&budgets, at).await?.into_iter().partition(|standing| {
                standing.budget.measure == Measure::Spend && standing.budget.window == Window::Month
            });
        Ok(Ceilings { spend: spend.into_iter().next(), others })
    }
}

impl Report {
    /// What everything cost, by currency.
    pub fn totals(&self) -> BTreeMap<Currency, i64> {
        let mut totals = BTreeMap::new();
        for model in self.accounts.iter().flat_map(|account| &account.keys).flat_map(|key| &key.models) {
            let sum: &mut i64 = totals.entry(model.currency).or_default();
            *sum = sum.saturating_add(model.nanos);
        }
        totals
    }
}

impl AccountUse {
    /// What people call it.
    pub fn name(&self) -> &str {
        self.account.as_ref().map_or(self.id.as_str(), |account| &account.name)
    }

    /// What it pays in, as far as that is known.
    pub fn currency(&self) -> Currency {
        let used = self.keys.iter().flat_map(|key| &key.models).map(|model| model.currency).next();
        self.account.as_ref().map(|account| account.currency).or(used).unwrap_or(Currency::EUR)
    }

    fn nanos(&self) -> i64 {
        self.keys.iter().map(KeyUse::nanos).fold(0, i64::saturating_add)
    }
}

impl KeyUse {
    /// What people call it.
    pub fn name(&self) -> &str {
        self.name.as_deref().or(self.id.as_ref().map(KeyId::as_str)).unwrap_or("no key")
    }

    fn nanos(&self) -> i64 {
        self.models.iter().fold(0, |sum, model| sum.saturating_add(model.nanos))
    }
}

impl ModelUse {
    /// Nothing, of the model of a row.
    pub fn none(row: &UsageRow) -> Self {
        let (model, currency) = (row.model.clone(), row.currency);
        Self { model, currency, requests: 0, audio_ms: 0, input_tokens: 0, output_tokens: 0, nanos: 0 }
    }

    fn add(&mut self, row: &UsageRow) {
        self.requests = self.requests.saturating_add(row.requests);
        self.audio_ms = self.audio_ms.saturating_add(row.audio_ms);
        self.input_tokens = self.input_tokens.saturating_add(row.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(row.output_tokens);
        self.nanos = self.nanos.saturating_add(row.nanos);
    }

    /// What came to it since it was like that.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            audio_ms: self.audio_ms - before.audio_ms,
            input_tokens: self.input_tokens - before.input_tokens,
            output_tokens: self.output_tokens - before.output_tokens,
            nanos: self.nanos - before.nanos,
            ..self.clone()
        }
    }
}
