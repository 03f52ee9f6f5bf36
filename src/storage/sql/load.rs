//! Parts of the book, read before steps are made.

use std::collections::{BTreeSet, HashMap};

use super::words::micros;
use super::{Among, Connection, Row, Value, entries};
use crate::billing::{Budget, Counted, Owner, Scope, Standing, Window};
use crate::domain::{AccountId, ChargeId, Timestamp};
use crate::storage::book::{ClaimId, Claimed, Counter, CounterId, Head, Page, Step, SumId, Tab};
use crate::storage::error::Failure;

/// The columns of a counter.
const COUNTER: &str = "owner, span, start, used_nanos, used_audio_ms, used_output_tokens, held_nanos, held_audio_ms, \
                       held_output_tokens";

/// Reads what bears on these steps and is not on the page yet, in as few statements as will do.
pub async fn load(connection: &mut dyn Connection, page: &mut Page, steps: &[Step]) -> Result<(), Failure> {
    // A month is closed only when all its holds have ended, so that no other step meets it.
    if page.closed_until.is_none() && steps.iter().any(|step| matches!(step, Step::Hold(_))) {
        page.closed_until = Some(closed_until(connection).await?);
    }
    load_tabs(connection, page, steps.iter().map(Step::charge)).await?;
    load_claims(connection, page, steps).await?;
    let (mut heads, mut counters, mut sums) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let holds: HashMap<_, _> = steps.iter().filter_map(|step| Some((step.charge(), step.hold()?))).collect();
    for step in steps {
        let charge = step.charge();
        let Some(ground) = step.ground(page.tab(charge), holds.get(charge).copied()) else { continue };
        heads.insert(ground.account.clone());
        counters.extend(CounterId::of(ground.account, ground.key, ground.admitted_at));
        counters.extend(ground.budgets.iter().flat_map(|budget| CounterId::heeded(budget, ground.admitted_at)));
        let summed = ground.tariffs.iter().filter(|tariff| tariff.scope == Scope::Period);
        sums.extend(summed.map(|tariff| Page::sum_id(ground.account, &tariff.id, ground.admitted_at)));
    }
    load_heads(connection, page, heads).await?;
    load_counters(connection, page, counters).await?;
    load_sums(connection, page, sums).await
}

/// Ends of chains; of an account that is new, the beginning.
async fn load_heads(
    connection: &mut dyn Connection,
    page: &mut Page,
    mut missing: BTreeSet<AccountId>,
) -> Result<(), Failure> {
    missing.retain(|account| !page.heads.contains_key(account));
    let values: Vec<_> = missing.iter().map(|account| Value::Text(account.as_str())).collect();
    let among = Among { what: "account, seq, hash", of: "chains", columns: "account", then: "" };
    let rows = connection.rows_among(&among, &values).await?;
    page.heads.extend(missing.iter().map(|account| (account.clone(), Head::default())));
    keep_heads(page, &rows)
}

/// Takes down the ends of chains.
pub fn keep_heads(page: &mut Page, rows: &[Row]) -> Result<(), Failure> {
    for row in rows {
        page.heads.insert(row.parsed("account")?, Head { seq: row.int("seq")?, hash: row.hash("hash")? });
    }
    Ok(())
}

async fn load_counters(
    connection: &mut dyn Connection,
    page: &mut Page,
    mut missing: BTreeSet<CounterId>,
) -> Result<(), Failure> {
    missing.retain(|id| !page.counters.contains_key(id));
    let mut values = Vec::with_capacity(3 * missing.len());
    for CounterId { owner, window, start } in &missing {
        values.extend([Value::Text(owner), Value::Text(window.as_str()), Value::Int(micros(*start))]);
    }
    let among = Among { what: COUNTER, of: "counters", columns: "owner, span, start", then: "" };
    let rows = connection.rows_among(&among, &values).await?;
    page.counters.extend(missing.iter().map(|id| (id.clone(), Counter::default())));
    for row in &rows {
        let span = row.text("span")?;
        let window = Window::ALL.into_iter().find(|window| span == window.as_str()).ok_or(Failure::Row("span"))?;
        let id = CounterId { owner: row.text("owner")?, window, start: row.time("start")? };
        page.counters.insert(id, read_counter(row)?);
    }
    Ok(())
}

/// What the `Idempotency-Key`s of holds were used for before, and the charges that came of it.
async fn load_claims(connection: &mut dyn Connection, page: &mut Page, steps: &[Step]) -> Result<(), Failure> {
    let claim = |step: &Step| step.hold().and_then(|hold| Some((hold.account.clone(), hold.claim.as_ref()?.key)));
    let mut missing: BTreeSet<ClaimId> = steps.iter().filter_map(claim).collect();
    missing.retain(|id| !page.claims.contains_key(id));
    let values: Vec<_> =
        missing.iter().flat_map(|(account, key)| [Value::Text(account.as_str()), Value::Bytes(key)]).collect();
    let among = Among { what: "account, key, charge, body, at", of: "claims", columns: "account, key", then: "" };
    let rows = connection.rows_among(&among, &values).await?;
    page.claims.extend(missing.iter().map(|id| (id.clone(), None)));
    let mut charges = Vec::new();
    for row in &rows {
        let claimed = Claimed { charge: row.parsed("charge")?, body: row.hash("body")?, at: row.time("at")? };
        charges.push(claimed.charge.clone());
        page.claims.insert((row.parsed("account")?, row.hash("key")?), Some(claimed));
    }
    load_tabs(connection, page, charges.iter()).await
}

async fn load_sums(
    connection: &mut dyn Connection,
    page: &mut Page,
    mut missing: BTreeSet<SumId>,
) -> Result<(), Failure> {
    missing.retain(|id| !page.sums.contains_key(id));
    let mut values = Vec::with_capacity(3 * missing.len());
    for (account, tariff, month) in &missing {
        values.extend([Value::Text(account.as_str()), Value::Text(tariff.as_str()), Value::Int(micros(*month))]);
    }
    let among =
        Among { what: "account, tariff, month, quantity", of: "sums", columns: "account, tariff, month", then: "" };
    let rows = connection.rows_among(&among, &values).await?;
    page.sums.extend(missing.iter().map(|id| (id.clone(), 0)));
    for row in &rows {
        let id = (row.parsed("account")?, row.parsed("tariff")?, row.time("month")?);
        page.sums.insert(id, row.int("quantity")?);
    }
    Ok(())
}

/// Charges, as their rows add up.
async fn load_tabs(
    connection: &mut dyn Connection,
    page: &mut Page,
    charges: impl Iterator<Item = &ChargeId>,
) -> Result<(), Failure> {
    let missing: BTreeSet<_> = charges.filter(|charge| !page.tabs.contains_key(*charge)).collect();
    let values: Vec<_> = missing.iter().map(|charge| Value::Text(charge.as_str())).collect();
    let what = concat!(
        entries::columns!(),
        ", (SELECT expires_at FROM holds WHERE holds.charge = entries.charge) AS expires_at"
    );
    let among = Among { what, of: "entries", columns: "charge", then: "" };
    let mut rows = Vec::new();
    for row in connection.rows_among(&among, &values).await? {
        rows.push((entries::read(&row)?, row.maybe_time("expires_at")?));
    }
    rows.sort_by(|(one, _), (other, _)| (&one.charge, one.seq).cmp(&(&other.charge, other.seq)));
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

/// How far these budgets are used in the windows around a moment.
pub async fn standing(
    connection: &mut dyn Connection,
    budgets: &[Budget],
    at: Timestamp,
) -> Result<Vec<Standing>, Failure> {
    let mut page = Page::default();
    let counters = budgets.iter().flat_map(|budget| CounterId::heeded(budget, at)).collect();
    load_counters(connection, &mut page, counters).await?;
    Ok(budgets.iter().map(|budget| page.standing(budget, at)).collect())
}

/// What is counted in an owner's windows of one width, in order.
pub async fn counted(
    connection: &mut dyn Connection,
    whose: &Owner,
    window: Window,
    after: Timestamp,
    limit: u32,
) -> Result<Vec<Counted>, Failure> {
    let sql = "SELECT start, used_nanos, used_audio_ms, used_output_tokens, held_nanos, held_audio_ms, \
               held_output_tokens FROM counters WHERE owner = $1 AND span = $2 AND start > $3 ORDER BY start LIMIT $4";
    let values = [
        Value::Text(whose.as_str()),
        Value::Text(window.as_str()),
        Value::Int(micros(after)),
        Value::Int(limit.into()),
    ];
    let read = |row: &Row| {
        let Counter { used, held } = read_counter(row)?;
        Ok(Counted { start: row.time("start")?, used, held })
    };
    connection.rows(sql, &values).await?.iter().map(read).collect()
}

/// The first moment that no closed month holds.
pub async fn closed_until(connection: &mut dyn Connection) -> Result<Timestamp, Failure> {
    let rows = connection.rows("SELECT MAX(closed_until) AS closed_until FROM periods", &[]).await?;
    rows.first().map_or(Ok(Timestamp::MIN), read_closed_until)
}

/// The same from a row that has it.
pub fn read_closed_until(row: &Row) -> Result<Timestamp, Failure> {
    Ok(row.maybe_time("closed_until")?.unwrap_or(Timestamp::MIN))
}
