//! [`StatusStore`] over either database.

use async_trait::async_trait;

use super::engine::{Engine, Store};
use super::sql;
use crate::domain::{NoticeId, Timestamp};
use crate::status::{Detail, Impact, Notice, Span, Stage, StatusError, StatusStore, Tallies, Update};

#[async_trait]
impl<E: Engine> StatusStore for Store<E> {
    async fn add(&self, minutes: &Tallies) -> Result<(), StatusError> {
        let mut transaction = self.together().await?;
        sql::add_tallies(&mut *transaction, minutes).await?;
        Ok(transaction.commit().await?)
    }

    async fn tallies(
        &self,
        span: Span,
        from: Timestamp,
        to: Timestamp,
        detail: Detail,
    ) -> Result<Tallies, StatusError> {
        Ok(sql::tallies(&mut *self.connection().await?, span, (from, to), detail).await?)
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StatusError> {
        Ok(sql::forget_tallies(&mut *self.connection().await?, now).await?)
    }

    async fn post(&self, notice: &Notice) -> Result<bool, StatusError> {
        let mut transaction = self.together().await?;
        let is_first = sql::post_notice(&mut *transaction, notice).await?;
        transaction.commit().await?;
        Ok(is_first)
    }

    async fn update(
        &self,
        notice: &NoticeId,
        expected: (Stage, usize),
        update: &Update,
        impact: Impact,
    ) -> Result<bool, StatusError> {
        let mut transaction = self.together().await?;
        let is_first = sql::update_notice(&mut *transaction, notice, expected, update, impact).await?;
        transaction.commit().await?;
        Ok(is_first)
    }

    async fn notice(&self, id: &NoticeId) -> Result<Option<Notice>, StatusError> {
        Ok(sql::notice(&mut *self.connection().await?, id).await?)
    }

    async fn notices(&self, closed_after: Timestamp, closed: u32) -> Result<Vec<Notice>, StatusError> {
        Ok(sql::notices(&mut *self.connection().await?, closed_after, closed).await?)
    }
}
