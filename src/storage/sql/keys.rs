//! Keys, and the mark of the pepper that they are made with.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::words::{json, micros};
use super::{Connection, Row, Value, account};
use crate::accounts::{Account, Key, KeyStoreError};
use crate::billing::Window;
use crate::domain::{AccountId, KeyId, Timestamp};
use crate::storage::error::Failure;

/// All columns, by their names: what a later release adds must not change the answers to statements that are prepared.
macro_rules! columns {
    () => {
        "id, account, name, digest, scopes, models, limits, created_at, expires_at, revoked_at, replaces"
    };
}

/// More than the clocks of two servers differ by.
const BETWEEN_CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// The keys of the account `$1` that were made in place of `$2`, or in place of one of these.
macro_rules! successors {
    () => {
        "WITH RECURSIVE line (id) AS (SELECT id FROM keys WHERE account = $1 AND replaces = $2 \
         UNION SELECT keys.id FROM line JOIN keys ON keys.account = $1 AND keys.replaces = line.id) "
    };
}

fn read(row: &Row) -> Result<Key, Failure> {
    Ok(Key {
        id: row.parsed("id")?,
        account: row.parsed("account")?,
        name: row.text("name")?,
        digest: row.hash("digest")?,
        scopes: row.parsed("scopes")?,
        models: row.maybe_json::<BTreeSet<String>>("models")?,
        limits: row.json("limits")?,
        created_at: row.time("created_at")?,
        expires_at: row.maybe_time("expires_at")?,
        revoked_at: row.maybe_time("revoked_at")?,
        replaces: row.maybe_parsed("replaces")?,
    })
}

pub async fn add_key(connection: &mut dyn Connection, key: &Key) -> Result<(), KeyStoreError> {
    let sql = concat!("INSERT INTO keys (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    let (scopes, models, limits) = (key.scopes.to_string(), key.models.as_ref().map(json), json(&key.limits));
    let values = [
        Value::Text(key.id.as_str()),
        Value::Text(key.account.as_str()),
        Value::Text(&key.name),
        Value::Bytes(&key.digest),
        Value::Text(&scopes),
        Value::MaybeText(models.as_deref()),
        Value::Text(&limits),
        Value::Int(micros(key.created_at)),
        Value::MaybeInt(key.expires_at.map(micros)),
        Value::MaybeInt(key.revoked_at.map(micros)),
        Value::MaybeText(key.replaces.as_ref().map(KeyId::as_str)),
    ];
    connection.run(sql, &values).await.map(drop).map_err(|error| match error.as_database_error() {
        Some(database) if database.is_foreign_key_violation() => {
            KeyStoreError::Unknown(format!("account `{}`", key.account))
        }
        _ => Failure::from(error).into(),
    })
}

pub async fn key(connection: &mut dyn Connection, id: &KeyId) -> Result<Option<(Key, Account)>, Failure> {
    let sql = concat!("SELECT ", columns!(), " FROM keys WHERE id = $1");
    let rows = connection.rows(sql, &[Value::Text(id.as_str())]).await?;
    let Some(key) = rows.first().map(read).transpose()? else { return Ok(None) };
    let account = account(connection, &key.account).await?;
    Ok(account.map(|account| (key, account)))
}

pub async fn keys(
    connection: &mut dyn Connection,
    account: &AccountId,
    after: Option<(Timestamp, &KeyId)>,
    limit: u32,
) -> Result<Vec<Key>, Failure> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM keys WHERE account = $1 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4"
    );
    let (at, id) = after.map_or((i64::MIN, ""), |(at, id)| (micros(at), id.as_str()));
    let values = [Value::Text(account.as_str()), Value::Int(at), Value::Text(id), Value::Int(limit.into())];
    connection.rows(sql, &values).await?.iter().map(read).collect()
}

pub async fn successor(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &KeyId,
) -> Result<Option<Key>, Failure> {
    let sql = concat!(
        successors!(),
        "SELECT ",
        columns!(),
        " FROM keys WHERE id IN (SELECT id FROM line) ORDER BY created_at DESC, id DESC LIMIT 1"
    );
    let rows = connection.rows(sql, &[Value::Text(account.as_str()), Value::Text(key.as_str())]).await?;
    rows.first().map(read).transpose()
}

/// The keys that share the limits of this one, oldest first: but for those that ended before the month began, in which
/// they have used nothing.
pub async fn line(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &KeyId,
    now: Timestamp,
) -> Result<Vec<KeyId>, Failure> {
    let sql = "WITH RECURSIVE before (id, replaces) AS (SELECT id, replaces FROM keys WHERE account = $1 AND id = $2 \
               UNION SELECT keys.id, keys.replaces FROM before JOIN keys ON keys.account = $1 AND keys.id = before.replaces), \
               line (id) AS (SELECT id FROM before \
               UNION SELECT keys.id FROM line JOIN keys ON keys.account = $1 AND keys.replaces = line.id) \
               SELECT id, created_at FROM keys WHERE id IN (SELECT id FROM line) \
               AND (revoked_at IS NULL OR revoked_at > $3) AND (expires_at IS NULL OR expires_at > $3)";
    let month = Window::Month.around(now.checked_sub(BETWEEN_CLOCKS).unwrap_or(now)).0;
    let values = [Value::Text(account.as_str()), Value::Text(key.as_str()), Value::Int(micros(month))];
    let rows = connection.rows(sql, &values).await?;
    let mut line = rows
        .iter()
        .map(|row| Ok((row.int("created_at")?, row.parsed::<KeyId>("id")?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    line.sort();
    Ok(line.into_iter().map(|(_, key)| key).collect())
}

/// Replaces a key, in a transaction.
pub async fn replace_key(
    connection: &mut dyn Connection,
    new: &Key,
    now: Timestamp,
    end: Timestamp,
) -> Result<(), KeyStoreError> {
    let old = new.replaces.as_ref().map_or("", KeyId::as_str);
    // Written first, this keeps others out in either database, so that what is read stays until the end.
    let sql = "UPDATE keys SET expires_at = CASE WHEN expires_at < $4 THEN expires_at ELSE $4 END \
               WHERE account = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)";
    let (account, now) = (Value::Text(new.account.as_str()), Value::Int(micros(now)));
    let values = [account, Value::Text(old), now, Value::Int(micros(end))];
    if connection.run(sql, &values).await.map_err(Failure::from)? == 0 {
        return Err(KeyStoreError::Unknown(format!("key `{old}` in account `{}`", new.account)));
    }
    let sql = concat!(
        successors!(),
        "SELECT id FROM keys WHERE id IN (SELECT id FROM line) AND revoked_at IS NULL \
         AND (expires_at IS NULL OR expires_at > $3) ORDER BY created_at DESC LIMIT 1"
    );
    let living = connection.rows(sql, &[account, Value::Text(old), now]).await.map_err(Failure::from)?;
    match living.first() {
        Some(row) => Err(KeyStoreError::Replaced(row.parsed("id")?)),
        None => add_key(connection, new).await,
    }
}

pub async fn revoke_key(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &KeyId,
    at: Timestamp,
) -> Result<(), KeyStoreError> {
    let sql = "UPDATE keys SET revoked_at = COALESCE(revoked_at, $3) WHERE account = $1 AND id = $2";
    let values = [Value::Text(account.as_str()), Value::Text(key.as_str()), Value::Int(micros(at))];
    match connection.run(sql, &values).await.map_err(Failure::from)? {
        0 => Err(KeyStoreError::Unknown(format!("key `{key}` in account `{account}`"))),
        _ => Ok(()),
    }
}

pub async fn any_key(connection: &mut dyn Connection) -> Result<bool, Failure> {
    Ok(!connection.rows("SELECT 1 FROM keys LIMIT 1", &[]).await?.is_empty())
}

pub async fn pepper_mark(connection: &mut dyn Connection, new: Option<&[u8; 32]>) -> Result<Option<[u8; 32]>, Failure> {
    let rows = connection.rows("SELECT mark FROM pepper", &[]).await?;
    let (Some(new), true) = (new, rows.is_empty()) else {
        return rows.first().map(|row| row.hash("mark")).transpose();
    };
    // Of several who do this at once the first has it.
    let sql = "INSERT INTO pepper (id, mark) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    connection.run(sql, &[Value::Bytes(new)]).await?;
    let rows = connection.rows("SELECT mark FROM pepper", &[]).await?;
    rows.first().map(|row| row.hash("mark")).transpose()
}
