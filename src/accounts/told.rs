//! Accounts, keys and plans as they are told in JSON, over the admin API and on the command line. Times are seconds since 1970, money is a decimal number in a string.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Account, Issued, Key, Plan, Registry, Scope, WrittenLimits};
use crate::domain::{Timestamp, decimal};

/// Who is billed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountObject {
    /// Always `account`.
    #[schema(example = "account")]
    object: &'static str,
    /// Its id.
    #[schema(example = "acc_0190f3a2b4c87d10a6e2f1b3c4d5e6f7")]
    pub id: String,
    /// What people call it.
    name: String,
    /// What it pays in.
    #[schema(example = "EUR")]
    currency: String,
    /// Its plan.
    #[schema(required = true)]
    plan: Option<String>,
    /// Its own limits.
    limits: WrittenLimits,
    /// What holds for it: its own limits, and its plan's where those say nothing. Null: its plan is not in the file of
    /// plans, or in another currency, and so none of its keys is let in.
    #[schema(required = true)]
    effective_limits: Option<WrittenLimits>,
    /// When it was made.
    created_at: i64,
    /// Since when its keys rest.
    #[schema(required = true)]
    suspended_at: Option<i64>,
    /// Whether a request for a model that is retired is answered by its successor.
    follows_successors: bool,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyObject {
    /// Always `api_key`.
    #[schema(example = "api_key")]
    object: &'static str,
    /// Its id.
    pub id: String,
    /// Whose it is.
    account_id: String,
    /// What people call it.
    name: String,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    /// The key as its holder has it, without the secret.
    redacted_value: String,
    /// What it may be used for.
    scopes: Vec<&'static str>,
    /// The models that it may name; null: all.
    #[schema(required = true)]
    models: Option<Vec<String>>,
    /// Its own limits, beside those of its account.
    limits: WrittenLimits,
    /// When it was made.
    created_at: i64,
    /// From when on it works no more.
    #[schema(required = true)]
    expires_at: Option<i64>,
    /// Since when it has been revoked.
    #[schema(required = true)]
    revoked_at: Option<i64>,
    /// The id of the key that it takes the place of.
    #[schema(required = true)]
    replaces: Option<String>,
    /// In the one answer that makes it in place of another: from when on that one works no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    replaced_expires_at: Option<i64>,
    /// The key as a whole, in the one answer that makes it: nobody can show it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
}

/// What an account can be on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub struct PlanObject {
    /// Always `plan`.
    #[schema(example = "plan")]
    object: &'static str,
    /// Its name.
    name: String,
    /// What its amounts are in.
    currency: String,
    /// What is to be paid before the account begins.
    #[schema(example = "200")]
    upfront: String,
    /// What holds for its accounts where their own limits say nothing; `spend_per_month` is its monthly ceiling.
    limits: WrittenLimits,
}

impl AccountObject {
    /// An account, with the limits that hold for it.
    #[must_use]
    pub fn of(account: Account, registry: &Registry) -> Self {
        Self {
            object: "account",
            effective_limits: registry.limits(&account).map(WrittenLimits::from),
            id: account.id.to_string(),
            name: account.name,
            currency: account.currency.to_string(),
            plan: account.plan,
            limits: account.limits.into(),
            created_at: account.created_at.as_second(),
            suspended_at: account.suspended_at.map(Timestamp::as_second),
            follows_successors: account.follows_successors,
        }
    }
}

impl KeyObject {
    /// A key, as it stands now.
    #[must_use]
    pub fn of(key: Key, now: Timestamp) -> Self {
        let status = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now => "expired",
            (None, _) => "active",
        };
        Self {
            object: "api_key",
            status,
            redacted_value: key.redacted(),
            account_id: key.account.to_string(),
            name: key.name,
            scopes: key.scopes.iter().map(Scope::name).collect(),
            models: key.models.map(|models| models.into_iter().collect()),
            limits: key.limits.into(),
            created_at: key.created_at.as_second(),
            expires_at: key.expires_at.map(Timestamp::as_second),
            revoked_at: key.revoked_at.map(Timestamp::as_second),
            replaces: key.replaces.map(|id| id.to_string()),
            id: key.id.to_string(),
            replaced_expires_at: None,
            value: None,
        }
    }

    /// With its secret, for the answer that makes it.
    #[must_use]
    pub fn issued(issued: Issued, now: Timestamp) -> Self {
        let value = Some(issued.secret.reveal());
        let replaced_expires_at = issued.old_ends_at.map(Timestamp::as_second);
        Self { replaced_expires_at, value, ..Self::of(issued.key, now) }
    }
}

impl From<&Plan> for PlanObject {
    fn from(plan: &Plan) -> Self {
        Self {
            object: "plan",
            name: plan.name.clone(),
            currency: plan.currency.to_string(),
            upfront: decimal(plan.upfront_nanos),
            limits: plan.limits.into(),
        }
    }
}
