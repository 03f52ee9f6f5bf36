//! Parts of the book, read before a step is made.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

use super::bulk::rows_in;
use super::words::{micros, time};
use super::{Connection, Row, Value, entries};
use crate::billing::{Budget, Hold, Scope, Settlement, Standing};
use crate::domain::{AccountId, ChargeId, Timestamp};
use crate::storage::book::{Claimed, Counter, CounterId, Head, Page, Step, Tab, WINDOWS, owner, span_of};
use crate::storage::error::Failure;

/// Reads what bears on a step and is not on the page yet.
pub async fn load(connection: &mut dyn Connection, page: &mut Page, step: &Step) -> Result<(), Failure> {
    // A month is closed only when all its holds have ended, so that no other step meets it.
    if matches!(step, Step::Hold(_)) && page.closed_until.is_none() {
        page.closed_until = Some(closed_until(connection).await?);
    }
    load_tabs(connection, page, std::iter::once(step.charge())).await?;
    let tab = page.tab(step.charge()).cloned();
    let Some(ground) = step.ground(tab.as_ref()) else { return Ok(()) };
    if !page.heads.contains_key(ground.account) {
        page.heads.insert(ground.account.clone(), head(connection, ground.account).await?);
    }
    let mut ids = CounterId::of(ground.account, ground.key, ground.admitted_at);
    let heeded = |budget: &Budget| CounterId::around(owner(&budget.owner), budget.window, ground.admitted_at);
    ids.extend(ground.budgets.iter().map(heeded));
    load_counters(connection, page, ids).await?;
    match (step, &tab) {
        (Step::Hold(hold), _) => load_claim(connection, page, hold).await,
        (Step::Settle(_, settlement, _), Some(tab)) => load_sums(connection, page, tab, settlement).await,
        _ => Ok(()),
    }
}

/// Those of one owner in one statement: a charge is counted in several windows.
async fn load_counters(connection: &mut dyn Connection, page: &mut Page, ids: Vec<CounterId>) -> Result<(), Failure> {
    let missing: BTreeSet<_> = ids.into_iter().filter(|id| !page.counters.contains_key(id)).collect();
    let owners: BTreeSet<_> = missing.iter().map(|id| id.owner.clone()).collect();
    for owner in owners {
        let wanted = || missing.iter().filter(|id| id.owner == owner);
        let start = |window| wanted().find(|id| id.window == window).map(|id| micros(id.start));
        let [hour, day, month] = WINDOWS.map(start).map(Value::MaybeInt);
        let sql = "SELECT * FROM counters WHERE owner = $1 AND ((span = 'hour' AND start = $2) \
                   OR (span = 'day' AND start = $3) OR (span = 'month' AND start = $4))";
        let rows = connection.rows(sql, &[Value::Text(&owner), hour, day, month]).await?;
        for id in wanted() {
            page.counters.insert(id.clone(), Counter::default());
        }
        for row in &rows {
            let span = row.text("span")?;
            let window = WINDOWS.into_iter().find(|window| span == span_of(*window)).ok_or(Failure::Row("span"))?;
            let id = CounterId { owner: owner.clone(), window, start: row.time("start")? };
            page.counters.insert(id, read_counter(row)?);
        }
    }
    Ok(())
}

async fn load_claim(connection: &mut dyn Connection, page: &mut Page, hold: &Hold) -> Result<(), Failure> {
    let Some(claim) = &hold.claim else { return Ok(()) };
    let id = (hold.account.clone(), claim.key);
    if !page.claims.contains_key(&id) {
        let claimed = claimed(connection, &hold.account, &claim.key).await?;
        page.claims.insert(id.clone(), claimed);
    }
    if let Some(Some(claimed)) = page.claims.get(&id) {
        let charge = claimed.charge.clone();
        load_tabs(connection, page, std::iter::once(&charge)).await?;
    }
    Ok(())
}

async fn load_sums(
    connection: &mut dyn Connection,
    page: &mut Page,
    tab: &Tab,
    settlement: &Settlement,
) -> Result<(), Failure> {
    for tariff in settlement.tariffs.iter().filter(|tariff| tariff.scope == Scope::Period) {
        let id = Page::sum_id(tab, &tariff.id);
        if let Entry::Vacant(unread) = page.sums.entry(id) {
            let id = unread.key();
            let sql = "SELECT quantity FROM sums WHERE account = $1 AND tariff = $2 AND month = $3";
            let values = [Value::Text(id.0.as_str()), Value::Text(id.1.as_str()), Value::Int(micros(id.2))];
            let rows = connection.rows(sql, &values).await?;
            let sum = rows.first().map(|row| row.int("quantity")).transpose()?.unwrap_or_default();
            unread.insert(sum);
        }
    }
    Ok(())
}

/// Reads those of these charges that are not on the page yet, in as few statements as will do.
pub async fn load_tabs(
    connection: &mut dyn Connection,
    page: &mut Page,
    charges: impl Iterator<Item = &ChargeId>,
) -> Result<(), Failure> {
    let missing: BTreeSet<_> = charges.filter(|charge| !page.tabs.contains_key(*charge)).collect();
    let values: Vec<_> = missing.iter().map(|charge| Value::Text(charge.as_str())).collect();
    let sql = (
        "SELECT entries.*, holds.expires_at FROM entries LEFT JOIN holds ON holds.charge = entries.charge \
         WHERE entries.charge IN",
        "ORDER BY entries.charge, entries.seq",
    );
    let mut rows = Vec::new();
    for row in rows_in(connection, sql, &values).await? {
        rows.push((entries::read(&row)?, row.maybe_time("expires_at")?));
    }
    page.tabs.extend(missing.into_iter().map(|charge| (charge.clone(), None)));
    for rows in rows.chunk_by(|(one, _), (next, _)| one.charge == next.charge) {
        let entries = rows.iter().map(|(entry, _)| entry);
        if let Some(tab) = Tab::of(entries, rows[0].1) {
            page.tabs.insert(tab.charge.clone(), Some(tab));
        }
    }
    Ok(())
}

/// A charge, as its rows add up.
pub async fn tab(connection: &mut dyn Connection, charge: &ChargeId) -> Result<Option<Tab>, Failure> {
    let mut page = Page::default();
    load_tabs(connection, &mut page, std::iter::once(charge)).await?;
    Ok(page.tabs.remove(charge).flatten())
}

async fn head(connection: &mut dyn Connection, account: &AccountId) -> Result<Head, Failure> {
    let sql = "SELECT seq, hash FROM chains WHERE account = $1";
    let rows = connection.rows(sql, &[Value::Text(account.as_str())]).await?;
    rows.first().map_or(Ok(Head::default()), read_head)
}

/// The end of a chain, from its row.
pub fn read_head(row: &Row) -> Result<Head, Failure> {
    Ok(Head { seq: row.int("seq")?, hash: row.hash("hash")? })
}

fn read_counter(row: &Row) -> Result<Counter, Failure> {
    let mut counter = Counter::default();
    counter.used.nanos = row.int("used_nanos")?;
    counter.used.audio_ms = row.int("used_audio_ms")?;
    counter.used.output_tokens = row.int("used_output_tokens")?;
    counter.held.nanos = row.int("held_nanos")?;
    counter.held.audio_ms = row.int("held_audio_ms")?;
    counter.held.output_tokens = row.int("held_output_tokens")?;
    Ok(counter)
}

async fn claimed(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &[u8; 32],
) -> Result<Option<Claimed>, Failure> {
    let sql = "SELECT charge, body, at FROM claims WHERE account = $1 AND key = $2";
    let rows = connection.rows(sql, &[Value::Text(account.as_str()), Value::Bytes(key)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Claimed { charge: row.parsed("charge")?, body: row.hash("body")?, at: row.time("at")? }))
}

/// How far these budgets are used in the windows around a moment.
pub async fn standing(
    connection: &mut dyn Connection,
    budgets: &[Budget],
    at: Timestamp,
) -> Result<Vec<Standing>, Failure> {
    let id = |budget: &Budget| CounterId::around(owner(&budget.owner), budget.window, at);
    let mut page = Page::default();
    load_counters(connection, &mut page, budgets.iter().map(id).collect()).await?;
    Ok(budgets.iter().map(|budget| page.standing(budget, at)).collect())
}

/// Holds that have expired, and whose they are.
pub async fn expired(connection: &mut dyn Connection, now: Timestamp, limit: u32) -> Result<Vec<ChargeId>, Failure> {
    let sql = "SELECT charge FROM holds WHERE expires_at <= $1 ORDER BY expires_at, charge LIMIT $2";
    let rows = connection.rows(sql, &[Value::Int(micros(now)), Value::Int(limit.into())]).await?;
    rows.iter().map(|row| row.parsed("charge")).collect()
}

/// The first moment that no closed month holds.
pub async fn closed_until(connection: &mut dyn Connection) -> Result<Timestamp, Failure> {
    let rows = connection.rows("SELECT MAX(closed_until) AS closed_until FROM periods", &[]).await?;
    let closed = rows.first().map(|row| row.maybe_int("closed_until")).transpose()?.flatten();
    closed.map_or(Ok(Timestamp::MIN), |micros| time(micros, "closed_until"))
}
