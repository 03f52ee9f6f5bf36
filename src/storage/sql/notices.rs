//! Incidents and maintenances, with what was said about them.

use std::collections::BTreeMap;

use super::bulk::Among;
use super::words::{json, micros, word};
use super::{Connection, Row, Value};
use crate::domain::{NoticeId, Timestamp};
use crate::status::{Impact, Kind, Notice, Stage, Update};
use crate::storage::error::Failure;

/// What is read of a notice.
macro_rules! columns {
    () => {
        "id, name, models, impact, rule_for, starts_at, ends_at"
    };
}

/// Writes a notice and its updates, unless a rule has an open one for the model already; to be called in a transaction.
pub async fn post_notice(connection: &mut dyn Connection, notice: &Notice) -> Result<bool, Failure> {
    let (models, impact, stage) = (json(&notice.models), word(&notice.impact), word(&notice.stage()));
    let (from, until) = match notice.kind {
        Kind::Incident { .. } => (None, None),
        Kind::Maintenance { from, until } => (Some(micros(from)), Some(micros(until))),
    };
    let values = [
        Value::Text(notice.id.as_str()),
        Value::Text(&notice.name),
        Value::Text(&models),
        Value::Text(&impact),
        Value::MaybeText(notice.models.first().map(String::as_str).filter(|_| notice.is_by_rule())),
        Value::MaybeInt(from),
        Value::MaybeInt(until),
        Value::Int(micros(notice.opened_at())),
        Value::MaybeInt(notice.closed_at().map(micros)),
        Value::Text(&stage),
        Value::Int(count(notice.updates.len())),
    ];
    let sql = "INSERT INTO status_notices \
               (id, name, models, impact, rule_for, starts_at, ends_at, opened_at, closed_at, stage, updates) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
    if connection.run(sql, &values).await? == 0 {
        return Ok(false);
    }
    for (number, update) in (1..).zip(&notice.updates) {
        insert_update(connection, &notice.id, number, update).await?;
    }
    Ok(true)
}

/// Adds an update to a notice that is still where it was; to be called in a transaction.
pub async fn update_notice(
    connection: &mut dyn Connection,
    id: &NoticeId,
    (stage, updates): (Stage, usize),
    update: &Update,
    impact: Impact,
) -> Result<bool, Failure> {
    let (impact, before, after) = (word(&impact), word(&stage), word(&update.stage));
    let number = count(updates) + 1;
    let sql = "UPDATE status_notices SET impact = $1, stage = $2, closed_at = COALESCE(closed_at, $3), updates = $4 \
               WHERE id = $5 AND stage = $6 AND updates = $7";
    let values = [
        Value::Text(&impact),
        Value::Text(&after),
        Value::MaybeInt(update.stage.is_end().then(|| micros(update.at))),
        Value::Int(number),
        Value::Text(id.as_str()),
        Value::Text(&before),
        Value::Int(count(updates)),
    ];
    if connection.run(sql, &values).await? == 0 {
        return Ok(false);
    }
    insert_update(connection, id, number, update).await?;
    Ok(true)
}

async fn insert_update(
    connection: &mut dyn Connection,
    id: &NoticeId,
    number: i64,
    update: &Update,
) -> Result<(), Failure> {
    let sql = "INSERT INTO status_updates (notice, number, stage, body, at) VALUES ($1, $2, $3, $4, $5)";
    let stage = word(&update.stage);
    let values = [
        Value::Text(id.as_str()),
        Value::Int(number),
        Value::Text(&stage),
        Value::Text(&update.body),
        Value::Int(micros(update.at)),
    ];
    connection.run(sql, &values).await?;
    Ok(())
}

/// A notice.
pub async fn notice(connection: &mut dyn Connection, id: &NoticeId) -> Result<Option<Notice>, Failure> {
    let sql = concat!("SELECT ", columns!(), " FROM status_notices WHERE id = $1");
    let rows = connection.rows(sql, &[Value::Text(id.as_str())]).await?;
    Ok(whole(connection, &rows).await?.pop())
}

/// Those that are open, and so many of those that were closed after a moment, the newest first.
pub async fn notices(
    connection: &mut dyn Connection,
    closed_after: Timestamp,
    closed: u32,
) -> Result<Vec<Notice>, Failure> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM status_notices WHERE closed_at IS NULL OR id IN (SELECT id FROM status_notices WHERE closed_at > $1 \
         ORDER BY opened_at DESC, id DESC LIMIT $2) ORDER BY opened_at DESC, id DESC"
    );
    let rows = connection.rows(sql, &[Value::Int(micros(closed_after)), Value::Int(closed.into())]).await?;
    whole(connection, &rows).await
}

/// The notices of these rows, with their updates.
async fn whole(connection: &mut dyn Connection, rows: &[Row]) -> Result<Vec<Notice>, Failure> {
    let mut notices = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<_> = notices.iter().map(|notice| Value::Text(notice.id.as_str())).collect();
    let mut updates: BTreeMap<String, Vec<Update>> = BTreeMap::new();
    let said =
        Among { what: "notice, stage, body, at", of: "status_updates", columns: "notice", then: "ORDER BY number" };
    for row in connection.rows_among(&said, &ids).await? {
        let update = Update { stage: row.word("stage")?, body: row.text("body")?, at: row.time("at")? };
        updates.entry(row.text("notice")?).or_default().push(update);
    }
    for notice in &mut notices {
        notice.updates = updates.remove(notice.id.as_str()).unwrap_or_default();
    }
    Ok(notices)
}

fn read(row: &Row) -> Result<Notice, Failure> {
    let kind = match (row.maybe_time("starts_at")?, row.maybe_time("ends_at")?) {
        (Some(from), Some(until)) => Kind::Maintenance { from, until },
        _ => Kind::Incident { by_rule: row.maybe_text("rule_for")?.is_some() },
    };
    Ok(Notice {
        id: row.parsed("id")?,
        name: row.text("name")?,
        models: row.json("models")?,
        impact: row.word("impact")?,
        kind,
        updates: Vec::new(),
    })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
