//! [`KeyStore`] over either database.

use async_trait::async_trait;

use super::engine::{Engine, Store};
use super::sql;
use crate::accounts::{Account, AccountChange, Key, KeyStore, KeyStoreError};
use crate::domain::{AccountId, KeyId, Timestamp};

#[async_trait]
impl<E: Engine> KeyStore for Store<E> {
    async fn add_account(&self, account: &Account) -> Result<(), KeyStoreError> {
        sql::add_account(&mut *self.connection().await?, account).await
    }

    async fn change_account(
        &self,
        id: &AccountId,
        change: &AccountChange,
        now: Timestamp,
    ) -> Result<Account, KeyStoreError> {
        let mut transaction = self.together().await?;
        let account = sql::change_account(&mut *transaction, id, change, now).await?;
        transaction.commit().await?;
        Ok(account)
    }

    async fn account(&self, id: &AccountId) -> Result<Option<Account>, KeyStoreError> {
        Ok(sql::account(&mut *self.connection().await?, id).await?)
    }

    async fn account_named(&self, name: &str) -> Result<Option<Account>, KeyStoreError> {
        Ok(sql::account_named(&mut *self.connection().await?, name).await?)
    }

    async fn accounts(&self, after: Option<&AccountId>, limit: u32) -> Result<Vec<Account>, KeyStoreError> {
        Ok(sql::accounts(&mut *self.connection().await?, after, limit).await?)
    }

    async fn add_key(&self, key: &Key) -> Result<(), KeyStoreError> {
        sql::add_key(&mut *self.connection().await?, key).await
    }

    async fn key(&self, id: &KeyId) -> Result<Option<(Key, Account)>, KeyStoreError> {
        Ok(sql::key(&mut *self.connection().await?, id).await?)
    }

    async fn keys(
        &self,
        account: &AccountId,
        after: Option<(Timestamp, &KeyId)>,
        limit: u32,
    ) -> Result<Vec<Key>, KeyStoreError> {
        Ok(sql::keys(&mut *self.connection().await?, account, after, limit).await?)
    }

    async fn successor(&self, account: &AccountId, key: &KeyId) -> Result<Option<Key>, KeyStoreError> {
        Ok(sql::successor(&mut *self.connection().await?, account, key).await?)
    }

    async fn line(&self, account: &AccountId, key: &KeyId, now: Timestamp) -> Result<Vec<KeyId>, KeyStoreError> {
        Ok(sql::line(&mut *self.connection().await?, account, key, now).await?)
    }

    async fn replace_key(&self, new: &Key, now: Timestamp, end: Timestamp) -> Result<(), KeyStoreError> {
        let mut transaction = self.together().await?;
        sql::replace_key(&mut *transaction, new, now, end).await?;
        Ok(transaction.commit().await?)
    }

    async fn revoke_key(&self, account: &AccountId, key: &KeyId, at: Timestamp) -> Result<(), KeyStoreError> {
        sql::revoke_key(&mut *self.connection().await?, account, key, at).await
    }

    async fn any_key(&self) -> Result<bool, KeyStoreError> {
        Ok(sql::any_key(&mut *self.connection().await?).await?)
    }

    async fn pepper_mark(&self, new: Option<&[u8; 32]>) -> Result<Option<[u8; 32]>, KeyStoreError> {
        Ok(sql::pepper_mark(&mut *self.connection().await?, new).await?)
    }
}
