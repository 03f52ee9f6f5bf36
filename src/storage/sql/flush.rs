//! Changes, written in the transaction in which they were made.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::{self, Texts};
use super::words::micros;
use super::{Change, Connection, Insert, Value};
use crate::billing::State;
use crate::domain::KeyId;
use crate::storage::book::{Changes, Page, RollupKey, Tab, Totals, rollup};
use crate::storage::error::Failure;

static CHAINS: Insert = Insert {
    into: "chains",
    columns: "account, seq, hash",
    then: "ON CONFLICT (account) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
};

static HOLDS: Insert = Insert {
    into: "holds",
    columns: "charge, account, admitted_at, expires_at",
    then: "ON CONFLICT (charge) DO UPDATE SET expires_at = excluded.expires_at",
};

static COUNTERS: Insert = Insert {
    into: "counters",
    columns: "owner, span, start, used_nanos, used_audio_ms, used_output_tokens, held_nanos, held_audio_ms, \
              held_output_tokens",
    then: "ON CONFLICT (owner, span, start) DO UPDATE SET used_nanos = excluded.used_nanos, \
           used_audio_ms = excluded.used_audio_ms, used_output_tokens = excluded.used_output_tokens, \
           held_nanos = excluded.held_nanos, held_audio_ms = excluded.held_audio_ms, \
           held_output_tokens = excluded.held_output_tokens",
};

static CLAIMS: Insert = Insert {
    into: "claims",
    columns: "account, key, charge, body, at",
    then: "ON CONFLICT (account, key) DO UPDATE SET charge = excluded.charge, body = excluded.body, at = excluded.at",
};

static SUMS: Insert = Insert {
    into: "sums",
    columns: "account, tariff, month, quantity",
    then: "ON CONFLICT (account, tariff, month) DO UPDATE SET quantity = excluded.quantity",
};

static ROLLUP: Insert = Insert {
    into: "rollup",
    columns: "account, width, start, key, model, service, batch, currency, requests, audio_ms, input_tokens, \
              cached_tokens, output_tokens, nanos",
    then: "ON CONFLICT (account, width, start, key, model, service, batch, currency) DO UPDATE SET \
           requests = rollup.requests + excluded.requests, audio_ms = rollup.audio_ms + excluded.audio_ms, \
           input_tokens = rollup.input_tokens + excluded.input_tokens, \
           cached_tokens = rollup.cached_tokens + excluded.cached_tokens, \
           output_tokens = rollup.output_tokens + excluded.output_tokens, nanos = rollup.nanos + excluded.nanos",
};

static OUTBOX: Insert = Insert { into: "outbox", columns: "charge", then: "" };

/// Writes what has changed on a page.
pub async fn flush(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    let texts: Vec<_> = changes.entries.iter().map(Texts::of).collect();
    let rows = changes.entries.iter().zip(&texts).flat_map(|(entry, texts)| entries::values(entry, texts));
    let sums = rollup(&changes.entries);
    let [open, ended] = holds(page, changes);
    let changes = [
        Change::Insert(&entries::INSERT, rows.collect()),
        Change::Insert(&CHAINS, chains(page, changes)),
        Change::Insert(&HOLDS, open),
        Change::Delete("holds", "charge", ended),
        Change::Insert(&COUNTERS, counters(page, changes)),
        Change::Insert(&SUMS, month_sums(page, changes)),
        Change::Insert(&ROLLUP, rollup_values(&sums)),
        Change::Insert(&OUTBOX, events(changes)),
        Change::Insert(&CLAIMS, claims(changes)),
    ];
    Ok(connection.write(&changes).await?)
}

fn chains<'a>(page: &'a Page, changes: &'a Changes) -> Vec<Value<'a>> {
    let accounts: BTreeSet<_> = changes.entries.iter().map(|entry| &entry.account).collect();
    accounts
        .into_iter()
        .filter_map(|account| Some((account, page.heads.get(account)?)))
        .flat_map(|(account, head)| [Value::Text(account.as_str()), Value::Int(head.seq), Value::Bytes(&head.hash)])
        .collect()
}

/// Holds that go on are kept with their end; those that have ended are taken out, but one that was never in.
fn holds<'a>(page: &'a Page, changes: &'a Changes) -> [Vec<Value<'a>>; 2] {
    let (open, ended): (Vec<_>, Vec<_>) =
        changes.tabs.iter().filter_map(|charge| page.tab(charge)).partition(|tab| tab.state == State::Held);
    let values = |tab: &'a Tab| {
        let (charge, account) = (Value::Text(tab.charge.as_str()), Value::Text(tab.account.as_str()));
        [charge, account, Value::Int(micros(tab.admitted_at)), Value::Int(micros(tab.expires_at))]
    };
    let open = open.into_iter().flat_map(values).collect();
    [open, ended.into_iter().map(|tab| Value::Text(tab.charge.as_str())).collect()]
}

fn counters<'a>(page: &'a Page, changes: &'a Changes) -> Vec<Value<'a>> {
    let counters = changes.counters.iter().filter_map(|id| Some((id, page.counters.get(id)?)));
    counters
        .flat_map(|(id, counter)| {
            [
                Value::Text(&id.owner),
                Value::Text(id.window.as_str()),
                Value::Int(micros(id.start)),
                Value::Int(counter.used.nanos),
                Value::Int(counter.used.audio_ms),
                Value::Int(counter.used.output_tokens),
                Value::Int(counter.held.nanos),
                Value::Int(counter.held.audio_ms),
                Value::Int(counter.held.output_tokens),
            ]
        })
        .collect()
}

fn month_sums<'a>(page: &'a Page, changes: &'a Changes) -> Vec<Value<'a>> {
    let sums = changes.sums.iter().filter_map(|id| Some((id, page.sums.get(id)?)));
    sums.flat_map(|((account, tariff, month), sum)| {
        let (account, tariff) = (Value::Text(account.as_str()), Value::Text(tariff.as_str()));
        [account, tariff, Value::Int(micros(*month)), Value::Int(*sum)]
    })
    .collect()
}

fn rollup_values(sums: &BTreeMap<RollupKey, Totals>) -> Vec<Value<'_>> {
    sums.iter()
        .flat_map(|(key, sum)| {
            [
                Value::Text(key.account.as_str()),
                Value::Int(key.width),
                Value::Int(key.start),
                Value::Text(key.key.as_ref().map_or("", KeyId::as_str)),
                Value::Text(&key.model),
                Value::Text(key.service.as_str()),
                Value::Int(key.batch.into()),
                Value::Text(key.currency.code()),
                Value::Int(sum.requests),
                Value::Int(sum.audio_ms),
                Value::Int(sum.input_tokens),
                Value::Int(sum.cached_tokens),
                Value::Int(sum.output_tokens),
                Value::Int(sum.nanos),
            ]
        })
        .collect()
}

fn events(changes: &Changes) -> Vec<Value<'_>> {
    changes.events.iter().map(|charge| Value::Text(charge.as_str())).collect()
}

fn claims(changes: &Changes) -> Vec<Value<'_>> {
    let claims = changes.claims.iter().flat_map(|((account, key), claimed)| {
        let (account, charge) = (Value::Text(account.as_str()), Value::Text(claimed.charge.as_str()));
        [account, Value::Bytes(key), charge, Value::Bytes(&claimed.body), Value::Int(micros(claimed.at))]
    });
    claims.collect()
}
