//! Nothing that is asked for each request, or each second, reads more of the book the longer it gets: SQLite says by
//! which index it would look.

use minuted::storage::Location;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::Database;

/// What the store asks, as it asks it.
const QUESTIONS: [&str; 9] = [
    "SELECT entries.*, holds.expires_at FROM entries LEFT JOIN holds ON holds.charge = entries.charge \
     WHERE entries.charge IN ('a', 'b') ORDER BY entries.charge, entries.seq",
    "SELECT seq, hash FROM chains WHERE account = 'a'",
    "SELECT * FROM counters WHERE owner = 'a' AND ((span = 'hour' AND start = 1) OR (span = 'day' AND start = 1))",
    "SELECT charge FROM holds WHERE expires_at <= 1 ORDER BY expires_at, charge LIMIT 9",
    "DELETE FROM claims WHERE at < 1 AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.charge = claims.charge)",
    "SELECT account, SUM(nanos) FROM rollup WHERE account = 'a' AND width = 60 AND start >= 1 AND start < 2 GROUP BY 1",
    "SELECT account, SUM(nanos) FROM rollup WHERE width = 60 AND start >= 1 AND start < 2 GROUP BY 1",
    "SELECT * FROM entries WHERE kind = 'settle' AND admitted_at >= 1 AND admitted_at < 2 \
     AND (admitted_at > 1 OR charge > 'a') ORDER BY admitted_at, charge LIMIT 9",
    "SELECT * FROM entries WHERE kind = 'settle' AND account = 'a' AND admitted_at >= 1 AND admitted_at < 2 \
     AND (admitted_at > 1 OR charge > 'a') ORDER BY admitted_at, charge LIMIT 9",
];

#[tokio::test]
async fn every_question_has_an_index() {
    let db = Database::sqlite().await;
    let Location::Sqlite(path) = &db.settings.location else { panic!("it is a file") };
    let mut connection =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.expect("it is there");
    for question in QUESTIONS {
        let asked = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {question}")));
        let plan = asked.fetch_all(&mut connection).await.expect("it is SQL");
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(!steps.iter().any(|step| step.starts_with("SCAN ")), "{question}: {steps:?}");
        let sorted = steps.iter().any(|step| step.contains("B-TREE FOR ORDER BY"));
        assert!(!sorted, "{question} is sorted when it is asked: {steps:?}");
    }
}
