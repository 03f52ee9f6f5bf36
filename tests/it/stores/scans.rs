//! Nothing that is asked for each request, or each second, reads more of the book the longer it gets: SQLite says by
//! which index it would look.

use minuted::storage::Location;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::Database;

/// What the store asks, as it asks it.
const QUESTIONS: [&str; 15] = [
    "WITH wanted (charge) AS (VALUES ('a'), ('b')) SELECT account, charge, (SELECT expires_at FROM holds \
     WHERE holds.charge = entries.charge) AS expires_at FROM wanted CROSS JOIN entries USING (charge)",
    "WITH wanted (account) AS (VALUES ('a'), ('b')) SELECT account, seq, hash FROM wanted CROSS JOIN chains \
     USING (account)",
    "WITH wanted (owner, span, start) AS (VALUES ('a', 'hour', 1), ('a', 'day', 1)) SELECT owner, span, start, used_nanos FROM wanted CROSS JOIN counters \
     USING (owner, span, start)",
    "WITH wanted (account, key) AS (VALUES ('a', x'01'), ('b', x'01')) SELECT account, key, charge FROM wanted CROSS JOIN claims \
     USING (account, key)",
    "WITH wanted (account, tariff, month) AS (VALUES ('a', 't', 1), ('b', 't', 1)) SELECT account, tariff, month, quantity FROM wanted CROSS JOIN sums \
     USING (account, tariff, month)",
    "SELECT start, used_nanos FROM counters WHERE owner = 'a' AND span = 'hour' AND start > 1 ORDER BY start LIMIT 9",
    "SELECT charge FROM holds WHERE expires_at <= 1 ORDER BY expires_at, charge LIMIT 9",
    "DELETE FROM claims WHERE at < 1 AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.charge = claims.charge) \
     AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.charge = claims.charge AND kind = 'settle' AND at >= 1)",
    "SELECT account, SUM(nanos) FROM rollup WHERE account = 'a' AND width = 60 AND start >= 1 AND start < 2 GROUP BY 1",
    "SELECT account, SUM(nanos) FROM rollup WHERE width = 60 AND start >= 1 AND start < 2 GROUP BY 1",
    "SELECT account, seq, charge FROM entries WHERE kind = 'settle' AND admitted_at < 2 AND (admitted_at, charge) > (1, 'a') \
     ORDER BY admitted_at, charge LIMIT 9",
    "SELECT account, seq, charge FROM entries WHERE kind = 'settle' AND account = 'a' AND admitted_at < 2 \
     AND (admitted_at, charge) > (1, 'a') ORDER BY admitted_at, charge LIMIT 9",
    "SELECT id FROM keys WHERE account = 'a' AND (created_at, id) > (1, 'a') ORDER BY created_at, id LIMIT 9",
    "WITH RECURSIVE line (id) AS (SELECT id FROM keys WHERE account = 'a' AND replaces = 'b' \
     UNION SELECT keys.id FROM line JOIN keys ON keys.account = 'a' AND keys.replaces = line.id) \
     SELECT id FROM keys WHERE id IN (SELECT id FROM line) AND revoked_at IS NULL",
    "WITH RECURSIVE before (id, replaces) AS (SELECT id, replaces FROM keys WHERE account = 'a' AND id = 'b' \
     UNION SELECT keys.id, keys.replaces FROM before JOIN keys ON keys.account = 'a' AND keys.id = before.replaces), \
     line (id) AS (SELECT id FROM before \
     UNION SELECT keys.id FROM line JOIN keys ON keys.account = 'a' AND keys.replaces = line.id) \
     SELECT id, created_at FROM keys WHERE id IN (SELECT id FROM line) AND (revoked_at IS NULL OR revoked_at > 1)",
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
        // The values that are asked for, and what was found before, are gone through, and no table.
        let found = ["SCAN wanted", "SCAN before", "SCAN line"];
        let scans = |step: &&String| {
            step.starts_with("SCAN ") && !step.ends_with(" CONSTANT ROWS") && !found.contains(&step.as_str())
        };
        assert_eq!(steps.iter().find(scans), None, "{question}: {steps:?}");
        let sorted = steps.iter().any(|step| step.contains("B-TREE FOR ORDER BY"));
        assert!(!sorted, "{question} is sorted when it is asked: {steps:?}");
    }
}
