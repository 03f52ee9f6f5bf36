//! Rows of the ledger, from the tables to [`Entry`] and back.

use super::words::{json, micros};
use super::{Connection, Insert, Row, Value};
use crate::billing::{Amounts, Entry, Head, PageOf};
use crate::domain::{AccountId, ChargeId, KeyId, Timestamp};
use crate::storage::error::Failure;

/// All columns, by their names: what a later release adds must not change the answers to statements that are prepared.
macro_rules! columns {
    () => {
        "account, seq, charge, kind, step, request, key, service, model, at, admitted_at, currency, held_nanos, \
         held_audio_ms, held_output_tokens, used_nanos, used_audio_ms, used_output_tokens, usage, lines, previous, hash"
    };
}
pub(super) use columns;

/// Rows are added, and never there already.
pub(super) static INSERT: Insert = Insert { into: "entries", columns: columns!(), then: "" };

/// What stands in a row as a text that is made for it.
pub(super) struct Texts {
    usage: Option<String>,
    lines: String,
}

impl Texts {
    /// Makes them.
    pub fn of(entry: &Entry) -> Self {
        Self { usage: entry.usage.as_ref().map(json), lines: json(&entry.lines) }
    }
}

/// The values of a row.
pub(super) fn values<'a>(entry: &'a Entry, texts: &'a Texts) -> [Value<'a>; 22] {
    [
        Value::Text(entry.account.as_str()),
        Value::Int(entry.seq),
        Value::Text(entry.charge.as_str()),
        Value::Text(entry.kind.as_str()),
        Value::Int(entry.step.into()),
        Value::Text(entry.request.as_str()),
        Value::MaybeText(entry.key.as_ref().map(KeyId::as_str)),
        Value::Text(entry.service.as_str()),
        Value::Text(&entry.model),
        Value::Int(micros(entry.at)),
        Value::Int(micros(entry.admitted_at)),
        Value::Text(entry.currency.code()),
        Value::Int(entry.held.nanos),
        Value::Int(entry.held.audio_ms),
        Value::Int(entry.held.output_tokens),
        Value::Int(entry.used.nanos),
        Value::Int(entry.used.audio_ms),
        Value::Int(entry.used.output_tokens),
        Value::MaybeText(texts.usage.as_deref()),
        Value::Text(&texts.lines),
        Value::Bytes(&entry.previous),
        Value::Bytes(&entry.hash),
    ]
}

pub(super) fn read(row: &Row) -> Result<Entry, Failure> {
    Ok(Entry {
        account: row.parsed("account")?,
        seq: row.int("seq")?,
        charge: row.parsed("charge")?,
        kind: row.word("kind")?,
        step: row.int("step")?.try_into().map_err(|_| Failure::Row("step"))?,
        request: row.parsed("request")?,
        key: row.maybe_parsed("key")?,
        service: row.word("service")?,
        model: row.text("model")?,
        at: row.time("at")?,
        admitted_at: row.time("admitted_at")?,
        currency: row.parsed("currency")?,
        held: Amounts {
            nanos: row.int("held_nanos")?,
            audio_ms: row.int("held_audio_ms")?,
            output_tokens: row.int("held_output_tokens")?,
        },
        used: Amounts {
            nanos: row.int("used_nanos")?,
            audio_ms: row.int("used_audio_ms")?,
            output_tokens: row.int("used_output_tokens")?,
        },
        usage: row.maybe_json("usage")?,
        lines: row.json("lines")?,
        previous: row.hash("previous")?,
        hash: row.hash("hash")?,
    })
}

pub async fn chain(
    connection: &mut dyn Connection,
    account: &AccountId,
    after: i64,
    limit: u32,
) -> Result<Vec<Entry>, Failure> {
    let sql = concat!("SELECT ", columns!(), " FROM entries WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    let values = [Value::Text(account.as_str()), Value::Int(after), Value::Int(limit.into())];
    connection.rows(sql, &values).await?.iter().map(read).collect()
}

pub async fn chains(connection: &mut dyn Connection) -> Result<Vec<Head>, Failure> {
    // Rows whose chain has no last row were not written by us: their place 0 is not the last.
    let sql = "SELECT account, seq, hash FROM chains WHERE seq > 0 UNION ALL SELECT DISTINCT account, 0, $1 FROM entries \
               WHERE account NOT IN (SELECT account FROM chains WHERE seq > 0) ORDER BY account";
    let head = |row: &Row| Ok(Head { account: row.parsed("account")?, seq: row.int("seq")?, hash: row.hash("hash")? });
    let rows = connection.all_rows(sql, &[Value::Bytes(&[0; 32])]).await?;
    let (mut remembered, mut headless) = (Vec::new(), Vec::new());
    for row in &rows {
        match head(row) {
            Ok(head) if head.seq > 0 => remembered.push(head),
            Ok(head) => headless.push(head),
            // A row whose account was changed into none is missed in the chain that it was taken from.
            Err(_) if row.int("seq")? == 0 => {}
            Err(failure) => return Err(failure),
        }
    }
    remembered.append(&mut headless);
    Ok(remembered)
}

/// One row more than was asked for is read: it says whether there is more.
pub async fn settled(
    connection: &mut dyn Connection,
    account: Option<&AccountId>,
    (from, to): (Timestamp, Timestamp),
    after: Option<&(Timestamp, ChargeId)>,
    limit: u32,
) -> Result<PageOf<Entry, (Timestamp, ChargeId)>, Failure> {
    // Every id comes after the empty one.
    let (last_at, last) = after.map_or((from, ""), |(at, charge)| (*at, charge.as_str()));
    let mut values =
        vec![Value::Int(micros(to)), Value::Int(micros(last_at)), Value::Text(last), Value::Int(i64::from(limit) + 1)];
    let sql = match account {
        None => concat!(
            "SELECT ",
            columns!(),
            " FROM entries WHERE kind = 'settle' AND admitted_at < $1 AND (admitted_at, charge) > ($2, $3) \
             ORDER BY admitted_at, charge LIMIT $4"
        ),
        Some(account) => {
            values.push(Value::Text(account.as_str()));
            concat!(
                "SELECT ",
                columns!(),
                " FROM entries WHERE kind = 'settle' AND account = $5 AND admitted_at < $1 \
                 AND (admitted_at, charge) > ($2, $3) ORDER BY admitted_at, charge LIMIT $4"
            )
        }
    };
    let rows = connection.rows(sql, &values).await?;
    let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|entry| (entry.admitted_at, entry.charge.clone()));
    Ok(PageOf { items, next })
}
