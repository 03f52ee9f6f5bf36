//! Accounts and keys as they are stored, and the store as a trait: two implementations, one suite of tests.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{AccountChange, Limits, Scopes};
use crate::domain::{AccountId, Currency, KeyId, Timestamp};

/// Who is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in every other place.
    pub id: AccountId,
    /// What people call it; unique.
    pub name: String,
    /// What it pays in.
    pub currency: Currency,
    /// Its plan's name; its limits apply where the account's own say nothing.
    pub plan: Option<String>,
    /// Its own limits.
    pub limits: Limits,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when none of its keys works; `None` while they do.
    pub suspended_at: Option<Timestamp>,
    /// Whether a request for a model that is retired is answered by its successor.
    pub follows_successors: bool,
}

/// What a program shows to be let in. The secret is not here: only its digest is.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its public name.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// HMAC-SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it may be used for.
    pub scopes: Scopes,
    /// The ids of the models that it may ask for; `None`: all.
    pub models: Option<BTreeSet<String>>,
    /// Its own limits, beside those of its account.
    pub limits: Limits,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it works no more.
    pub expires_at: Option<Timestamp>,
    /// Since when it has been revoked.
    pub revoked_at: Option<Timestamp>,
    /// The key that it takes the place of.
    pub replaces: Option<KeyId>,
}

impl Key {
    /// The key as its holder has it, without the secret: `mnt_0123abcd_…`.
    #[must_use]
    pub fn redacted(&self) -> String {
        redacted(&self.id)
    }
}

/// A key of this id as its holder has it, without the secret.
pub(super) fn redacted(id: &KeyId) -> String {
    format!("mnt_{}_…", id.as_str().trim_start_matches("key_"))
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} of {})", self.id, self.account)
    }
}

/// How the store fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// There is no such account, or no such key in this account.
    #[error("there is no {0}")]
    Unknown(String),
    /// The key has been replaced by this one, which lives.
    #[error("`{0}` has taken the place of the key")]
    Replaced(KeyId),
    /// The name is another account's.
    #[error("there is an account named `{0}` already")]
    NameTaken(String),
    /// The store failed.
    #[error("the store of accounts cannot be reached: {0}")]
    Store(String),
}

/// Keeps accounts and keys. Whatever asks for a key by account gets only that account's.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    /// [`KeyStoreError::NameTaken`].
    async fn add_account(&self, account: &Account) -> Result<(), KeyStoreError>;

    /// Changes an account as it stands in the store, while nobody else does; gives it as it is now.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`], [`KeyStoreError::NameTaken`].
    async fn change_account(
        &self,
        id: &AccountId,
        change: &AccountChange,
        now: Timestamp,
    ) -> Result<Account, KeyStoreError>;

    /// The account with this id.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn account(&self, id: &AccountId) -> Result<Option<Account>, KeyStoreError>;

    /// The account with this name.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn account_named(&self, name: &str) -> Result<Option<Account>, KeyStoreError>;

    /// Accounts in order of their ids, after this one.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn accounts(&self, after: Option<&AccountId>, limit: u32) -> Result<Vec<Account>, KeyStoreError>;

    /// Adds a key.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`] if there is no such account.
    async fn add_key(&self, key: &Key) -> Result<(), KeyStoreError>;

    /// The key of this name, and its account: what is asked for each request.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn key(&self, id: &KeyId) -> Result<Option<(Key, Account)>, KeyStoreError>;

    /// Keys of an account, oldest first, after the one that was made then and has this id; revoked ones too.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn keys(
        &self,
        account: &AccountId,
        after: Option<(Timestamp, &KeyId)>,
        limit: u32,
    ) -> Result<Vec<Key>, KeyStoreError>;

    /// The last key of this account that was made in place of this one, or in place of one that was, whether or not it lives.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn successor(&self, account: &AccountId, key: &KeyId) -> Result<Option<Key>, KeyStoreError>;

    /// This key of this account and those that share its limits, oldest first: whose place it has taken, also by others
    /// between them, and that have taken the place of one of these. Not among them is what ended so long before `now` that
    /// nothing of it counts in a month any more.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn line(&self, account: &AccountId, key: &KeyId, now: Timestamp) -> Result<Vec<KeyId>, KeyStoreError>;

    /// Adds a key in place of the one that it replaces, which ends at `end` or when it would have, whichever comes first:
    /// all of it or nothing, while nobody else replaces that key.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`] if the account has no such key that lives, [`KeyStoreError::Replaced`] if one lives that was
    /// made in its place, or in place of one that was.
    async fn replace_key(&self, new: &Key, now: Timestamp, end: Timestamp) -> Result<(), KeyStoreError>;

    /// Revokes a key of this account; one that is revoked stays as it is.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`].
    async fn revoke_key(&self, account: &AccountId, key: &KeyId, at: Timestamp) -> Result<(), KeyStoreError>;

    /// Whether a key was ever made, though it may have ended since: a server that must not run open asks.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn any_key(&self) -> Result<bool, KeyStoreError>;

    /// The mark of the pepper that keys are made with. Where there is none yet it is this one from now on.
    ///
    /// # Errors
    /// [`KeyStoreError::Store`].
    async fn pepper_mark(&self, new: Option<&[u8; 32]>) -> Result<Option<[u8; 32]>, KeyStoreError>;
}
