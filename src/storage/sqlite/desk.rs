//! The one connection that writes steps. What it has read or written it keeps on its page, and reads again only after
//! another connection has written.

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
        self.connection.run(BEGIN, &[]).await.map_err(Failure::Away)?;
        let made = self.make(steps).await;
        if made.is_err() {
            // SQLite has ended it by itself after some failures, as of a full disk; then there is nothing to do.
            let _ = self.connection.run("ROLLBACK", &[]).await;
        }
        made
    }

    async fn make(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let connection: &mut dyn Connection = &mut self.connection;
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
        connection.run("COMMIT", &[]).await?;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
    use tempfile::TempDir;

    use super::*;
    use crate::billing::LedgerError;
    use crate::storage::sqlite::{self, tests::hold};

    /// A desk over a new file, and a connection of somebody else.
    async fn opened() -> (SqliteDesk, SqliteConnection, TempDir) {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("book.db");
        sqlite::open(&path).await.expect("a new file");
        // Those who made the file may still be closing it.
        let options = SqliteConnectOptions::new().filename(&path).busy_timeout(Duration::from_millis(500));
        let connect = async || options.connect().await.expect("it is there");
        (SqliteDesk::new(connect().await), connect().await, folder)
    }

    #[tokio::test]
    async fn that_the_file_is_locked_is_no_fault_of_a_step() {
        let (mut desk, mut other, _folder) = opened().await;
        other.run(BEGIN, &[]).await.expect("nobody else writes");
        let steps = [hold("acc_alice"), hold("acc_bob")];
        let failure = desk.commit(&steps).await.expect_err("it is locked");
        assert!(!failure.may_be_of_one(), "{failure}");
        assert!(matches!(failure.into(), LedgerError::Store(_)), "it passes");
        other.run("COMMIT", &[]).await.expect("it has begun");
        assert!(desk.commit(&steps).await.expect("it is free").iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn after_a_full_disk_it_goes_on_as_soon_as_there_is_space() {
        let (mut desk, _, _folder) = opened().await;
        let (mut full, sql) = (0, "PRAGMA page_count");
        for number in 0..200 {
            let row = sqlx::query(sql).fetch_one(&mut desk.connection).await.expect("it is known");
            let pages: i64 = row.get(0);
            let sql = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::raw_sql(sql).execute(&mut desk.connection).await.expect("it is set");
            let step = [hold(&format!("acc_{number}"))];
            if let Err(failure) = desk.commit(&step).await {
                assert!(matches!(failure.into(), LedgerError::Store(_)), "it passes");
                full += 1;
                sqlx::raw_sql("PRAGMA max_page_count = 1000000")
                    .execute(&mut desk.connection)
                    .await
                    .expect("it is set");
                let answers = desk.commit(&step).await.expect("there is space");
                assert!(answers[0].is_ok(), "{answers:?}");
            }
        }
        assert!(full > 10, "{full}");
    }
}
