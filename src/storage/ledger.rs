//! [`Ledger`] over either database.

use std::sync::atomic::Ordering;

use async_trait::async_trait;

use super::book::{CLAIM_LIFE, Step, Tab};
use super::engine::{Engine, Store};
use super::sql;
use crate::billing::{
    Budget, Charge, Counted, Entry, Extension, Head, Hold, Kept, Ledger, LedgerError, Owner, PageOf, Settlement,
    Standing, Stranger, Tariff, UsageQuery, UsageRow, Window,
};
use crate::domain::{AccountId, ChargeId, Timestamp};

#[async_trait]
impl<E: Engine> Ledger for Store<E> {
    async fn hold(&self, hold: &Hold) -> Result<(), LedgerError> {
        self.engine.step(Step::Hold(Box::new(hold.clone()))).await.map(drop)
    }

    async fn extend(&self, charge: &ChargeId, extension: &Extension) -> Result<(), LedgerError> {
        self.engine.step(Step::Extend(charge.clone(), extension.clone())).await.map(drop)
    }

    async fn settle(&self, charge: &ChargeId, settlement: &Settlement) -> Result<Charge, LedgerError> {
        let told = self.keeps_events.load(Ordering::Relaxed);
        self.engine.step(Step::Settle(charge.clone(), Box::new(settlement.clone()), told)).await
    }

    async fn void(&self, charge: &ChargeId, at: Timestamp) -> Result<(), LedgerError> {
        self.engine.step(Step::Void(charge.clone(), at)).await.map(drop)
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, LedgerError> {
        let swept = self.void_expired(now).await?;
        if let Ok(before) = now.checked_sub(CLAIM_LIFE) {
            sql::forget_claims(&mut *self.connection().await?, before).await?;
        }
        Ok(swept)
    }

    async fn charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<Charge>, LedgerError> {
        let tab = sql::tab(&mut *self.connection().await?, charge).await?;
        Ok(tab.filter(|tab| tab.account == *account).as_ref().map(Tab::charge))
    }

    async fn standing(&self, budgets: &[Budget], at: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        Ok(sql::standing(&mut *self.connection().await?, budgets, at).await?)
    }

    async fn counted(
        &self,
        owner: &Owner,
        window: Window,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<Counted>, LedgerError> {
        Ok(sql::counted(&mut *self.connection().await?, owner, window, after, limit).await?)
    }

    async fn chain(&self, account: &AccountId, after: i64, limit: u32) -> Result<Vec<Entry>, LedgerError> {
        Ok(sql::chain(&mut *self.connection().await?, account, after, limit).await?)
    }

    async fn chains(&self) -> Result<Vec<Head>, LedgerError> {
        Ok(sql::chains(&mut *self.connection().await?).await?)
    }

    async fn kept(&self, account: &AccountId) -> Result<Kept, LedgerError> {
        Ok(sql::kept(&mut *self.connection().await?, account).await?)
    }

    async fn strangers(&self) -> Result<Vec<Stranger>, LedgerError> {
        Ok(sql::strangers(&mut *self.connection().await?).await?)
    }

    async fn settled(
        &self,
        account: Option<&AccountId>,
        from: Timestamp,
        to: Timestamp,
        after: Option<&(Timestamp, ChargeId)>,
        limit: u32,
    ) -> Result<PageOf<Entry, (Timestamp, ChargeId)>, LedgerError> {
        Ok(sql::settled(&mut *self.connection().await?, account, (from, to), after, limit).await?)
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, LedgerError> {
        Ok(sql::usage(&mut *self.connection().await?, query).await?)
    }

    async fn close_period(&self, end: Timestamp) -> Result<(), LedgerError> {
        let mut alone = self.alone().await?;
        sql::close_period(&mut *alone, end).await?;
        Ok(alone.commit().await?)
    }

    async fn closed_until(&self) -> Result<Timestamp, LedgerError> {
        Ok(sql::closed_until(&mut *self.connection().await?).await?)
    }

    async fn publish(&self, tariffs: &[Tariff]) -> Result<(), LedgerError> {
        let mut alone = self.alone().await?;
        sql::publish(&mut *alone, tariffs).await?;
        Ok(alone.commit().await?)
    }

    async fn tariffs(&self) -> Result<Vec<Tariff>, LedgerError> {
        Ok(sql::tariffs(&mut *self.connection().await?).await?)
    }
}
