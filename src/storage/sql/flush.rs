//! Changes, written in the transaction in which they were made.

use super::bulk::{Insert, rows_in};
use super::words::{micros, word};
use super::{Connection, Value, entries};
use crate::billing::State;
use crate::domain::KeyId;
use crate::storage::book::{Changes, Page, rollup, span_of};
use crate::storage::error::Failure;

const CHAINS: Insert = Insert {
    into: "chains",
    columns: "account, seq, hash",
    then: "ON CONFLICT (account) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
};

const HOLDS: Insert = Insert {
    into: "holds",
    columns: "charge, account, admitted_at, expires_at",
    then: "ON CONFLICT (charge) DO UPDATE SET expires_at = excluded.expires_at",
};

const COUNTERS: Insert = Insert {
    into: "counters",
    columns: "owner, span, start, used_nanos, used_audio_ms, used_output_tokens, held_nanos, held_audio_ms, \
              held_output_tokens",
    then: "ON CONFLICT (owner, span, start) DO UPDATE SET used_nanos = excluded.used_nanos, \
           used_audio_ms = excluded.used_audio_ms, used_output_tokens = excluded.used_output_tokens, \
           held_nanos = excluded.held_nanos, held_audio_ms = excluded.held_audio_ms, \
           held_output_tokens = excluded.held_output_tokens",
};

const CLAIMS: Insert = Insert {
    into: "claims",
    columns: "account, key, charge, body, at",
    then: "ON CONFLICT (account, key) DO UPDATE SET charge = excluded.charge, body = excluded.body, at = excluded.at",
};

const SUMS: Insert = Insert {
    into: "sums",
    columns: "account, tariff, month, quantity",
    then: "ON CONFLICT (account, tariff, month) DO UPDATE SET quantity = excluded.quantity",
};

const ROLLUP: Insert = Insert {
    into: "rollup",
    columns: "account, width, start, key, model, service, batch, currency, requests, audio_ms, input_tokens, \
              cached_tokens, output_tokens, nanos",
    then: "ON CONFLICT (account, width, start, key, model, service, batch, currency) DO UPDATE SET \
           requests = rollup.requests + excluded.requests, audio_ms = rollup.audio_ms + excluded.audio_ms, \
           input_tokens = rollup.input_tokens + excluded.input_tokens, \
           cached_tokens = rollup.cached_tokens + excluded.cached_tokens, \
           output_tokens = rollup.output_tokens + excluded.output_tokens, nanos = rollup.nanos + excluded.nanos",
};

const OUTBOX: Insert = Insert { into: "outbox", columns: "charge", then: "" };

/// Writes what has changed on a page.
pub async fn flush(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    entries::insert(connection, &changes.entries).await?;
    chains(connection, page, changes).await?;
    holds(connection, page, changes).await?;
    counters(connection, page, changes).await?;
    settled(connection, page, changes).await?;
    let values: Vec<_> = changes
        .claims
        .iter()
        .flat_map(|((account, key), claimed)| {
            let (account, charge) = (Value::Text(account.as_str()), Value::Text(claimed.charge.as_str()));
            [account, Value::Bytes(key), charge, Value::Bytes(&claimed.body), Value::Int(micros(claimed.at))]
        })
        .collect();
    Ok(CLAIMS.rows(connection, &values).await?)
}

async fn chains(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    let accounts: std::collections::BTreeSet<_> = changes.entries.iter().map(|entry| &entry.account).collect();
    let values: Vec<_> = accounts
        .into_iter()
        .filter_map(|account| Some((account, page.heads.get(account)?)))
        .flat_map(|(account, head)| [Value::Text(account.as_str()), Value::Int(head.seq), Value::Bytes(&head.hash)])
        .collect();
    Ok(CHAINS.rows(connection, &values).await?)
}

/// Holds that go on are kept with their end; those that have ended are taken out, but one that was never in.
async fn holds(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    let (open, ended): (Vec<_>, Vec<_>) =
        changes.tabs.iter().filter_map(|charge| page.tab(charge)).partition(|tab| tab.state == State::Held);
    let values: Vec<_> = open
        .iter()
        .flat_map(|tab| {
            let (charge, account) = (Value::Text(tab.charge.as_str()), Value::Text(tab.account.as_str()));
            [charge, account, Value::Int(micros(tab.admitted_at)), Value::Int(micros(tab.expires_at))]
        })
        .collect();
    HOLDS.rows(connection, &values).await?;
    let ended: Vec<_> = ended.iter().map(|tab| Value::Text(tab.charge.as_str())).collect();
    rows_in(connection, ("DELETE FROM holds WHERE charge IN", ""), &ended).await?;
    Ok(())
}

async fn counters(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    let values: Vec<_> = changes
        .counters
        .iter()
        .filter_map(|id| Some((id, page.counters.get(id)?)))
        .flat_map(|(id, counter)| {
            [
                Value::Text(&id.owner),
                Value::Text(span_of(id.window)),
                Value::Int(micros(id.start)),
                Value::Int(counter.used.nanos),
                Value::Int(counter.used.audio_ms),
                Value::Int(counter.used.output_tokens),
                Value::Int(counter.held.nanos),
                Value::Int(counter.held.audio_ms),
                Value::Int(counter.held.output_tokens),
            ]
        })
        .collect();
    Ok(COUNTERS.rows(connection, &values).await?)
}

/// What goes with a settled row: the sums of its month, the roll-up, and its event.
async fn settled(connection: &mut dyn Connection, page: &Page, changes: &Changes) -> Result<(), Failure> {
    let sums = changes.sums.iter().filter_map(|id| Some((id, page.sums.get(id)?)));
    let values: Vec<_> = sums
        .flat_map(|((account, tariff, month), sum)| {
            let (account, tariff) = (Value::Text(account.as_str()), Value::Text(tariff.as_str()));
            [account, tariff, Value::Int(micros(*month)), Value::Int(*sum)]
        })
        .collect();
    SUMS.rows(connection, &values).await?;

    let added: Vec<_> = rollup(&changes.entries).into_iter().map(|(key, sum)| (word(&key.service), key, sum)).collect();
    let values: Vec<_> = added
        .iter()
        .flat_map(|(service, key, sum)| {
            [
                Value::Text(key.account.as_str()),
                Value::Int(key.width),
                Value::Int(key.start),
                Value::Text(key.key.as_ref().map_or("", KeyId::as_str)),
                Value::Text(&key.model),
                Value::Text(service),
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
        .collect();
    ROLLUP.rows(connection, &values).await?;

    let values: Vec<_> = changes.events.iter().map(|charge| Value::Text(charge.as_str())).collect();
    Ok(OUTBOX.rows(connection, &values).await?)
}
