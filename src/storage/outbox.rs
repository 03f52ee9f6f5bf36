//! [`Outbox`] over either database.

use std::sync::atomic::Ordering;

use async_trait::async_trait;

use super::engine::{Engine, Store};
use super::sql;
use crate::billing::events::{Outbox, Turn};
use crate::billing::{Entry, LedgerError};
use crate::domain::ChargeId;

#[async_trait]
impl<E: Engine> Outbox for Store<E> {
    fn keep_events(&self) {
        self.keeps_events.store(true, Ordering::Relaxed);
    }

    async fn take_turn(&self, turn: Turn<'_>) -> Result<bool, LedgerError> {
        Ok(sql::take_turn(&mut *self.connection().await?, turn).await?)
    }

    async fn leave_turn(&self, holder: &str) -> Result<(), LedgerError> {
        Ok(sql::leave_turn(&mut *self.connection().await?, holder).await?)
    }

    async fn undelivered(&self, limit: u32) -> Result<Vec<Entry>, LedgerError> {
        Ok(sql::undelivered(&mut *self.connection().await?, limit).await?)
    }

    async fn waiting(&self, most: u32) -> Result<u64, LedgerError> {
        Ok(sql::waiting(&mut *self.connection().await?, most).await?)
    }

    async fn delivered(&self, charges: &[ChargeId]) -> Result<(), LedgerError> {
        let mut together = self.together().await?;
        sql::delivered(&mut *together, charges).await?;
        Ok(together.commit().await?)
    }
}
