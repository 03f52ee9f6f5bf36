//! [`CallStore`] over either database.

use async_trait::async_trait;

use super::engine::{Engine, Store};
use super::sql;
use crate::catalog::{CallStore, CallStoreError, Calls};
use crate::domain::AccountId;

#[async_trait]
impl<E: Engine> CallStore for Store<E> {
    async fn add_calls(&self, calls: &[Calls]) -> Result<(), CallStoreError> {
        let mut together = self.together().await?;
        sql::add_calls(&mut *together, calls).await?;
        Ok(together.commit().await?)
    }

    async fn calls(
        &self,
        model: Option<&str>,
        after: Option<(&str, &AccountId)>,
        limit: u32,
    ) -> Result<Vec<Calls>, CallStoreError> {
        Ok(sql::calls(&mut *self.connection().await?, model, after, limit).await?)
    }
}
