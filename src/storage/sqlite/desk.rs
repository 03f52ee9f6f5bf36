//! The one connection that writes steps. What it has read or written it keeps on its page, and reads again only after
//! another connection has written.

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::BEGIN;
use crate::storage::book::{Page, Step};
use crate::storage::error::Failure;
use crate::storage::sql::{self, Connection};
use crate::storage::writer::{Answer, Desk};

/// How much the page may hold before it is begun anew.
const PAGE: usize = 100_000;

/// Where steps are written.
pub(super) struct SqliteDesk {
    connection: SqliteConnection,
    page: Page,
    /// SQLite's count of what other connections have written, when the page was last right.
    version: Option<i64>,
}

impl SqliteDesk {
    /// With nothing on its page.
    pub fn new(connection: SqliteConnection) -> Self {
        Self { connection, page: Page::default(), version: None }
    }

    async fn transact(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let mut transaction = self.connection.begin_with(BEGIN).await.map_err(Failure::Away)?;
        let connection: &mut dyn Connection = &mut *transaction;
        let version = connection.rows("PRAGMA data_version", &[]).await?;
        let version = version.first().map(|row| row.int("data_version")).transpose()?;
        if version != self.version {
            self.page = Page::default();
            self.version = version;
        }
        sql::load(connection, &mut self.page, steps).await?;
        let answers = steps.iter().map(|step| self.page.make(step)).collect();
        let changes = self.page.take_changes();
        sql::flush(connection, &self.page, &changes).await?;
        transaction.commit().await?;
        Ok(answers)
    }
}

impl Desk for SqliteDesk {
    /// After a failure the page is begun anew.
    async fn commit(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let answers = self.transact(steps).await;
        if answers.is_err() || self.page.len() > PAGE {
            self.page = Page::default();
        }
        self.page.forget_ended();
        answers
    }
}
