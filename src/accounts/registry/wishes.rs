//! What is asked of the registry.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::accounts::{Key, Limits, Scopes, Secret};
use crate::domain::Currency;

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
    /// Whether its keys rest.
    pub suspended: Option<bool>,
    /// Whether a request for a model that is retired is answered by its successor.
    pub follows_successors: Option<bool>,
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
}
