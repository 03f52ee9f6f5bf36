//! Accounts and keys.

use std::collections::BTreeSet;

use super::words::{json, micros};
use super::{Connection, Row, Value};
use crate::accounts::{Account, AccountChange, Key, KeyStoreError};
use crate::domain::{AccountId, KeyId, Timestamp};
use crate::storage::error::Failure;

fn read_account(row: &Row) -> Result<Account, Failure> {
    Ok(Account {
        id: row.parsed("id")?,
        name: row.text("name")?,
        currency: row.parsed("currency")?,
        plan: row.maybe_text("plan")?,
        limits: row.json("limits")?,
        created_at: row.time("created_at")?,
        suspended_at: row.maybe_time("suspended_at")?,
        follows_successors: row.int("follows_successors")? != 0,
    })
}

fn read_key(row: &Row) -> Result<Key, Failure> {
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

/// The name of another account is told apart from a store that fails.
fn taken(error: sqlx::Error, name: &str) -> KeyStoreError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => KeyStoreError::NameTaken(name.to_owned()),
        _ => Failure::from(error).into(),
    }
}

pub async fn add_account(connection: &mut dyn Connection, account: &Account) -> Result<(), KeyStoreError> {
    let sql = "INSERT INTO accounts (id, name, currency, plan, limits, created_at, suspended_at, \
               follows_successors) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let limits = json(&account.limits);
    let values = [
        Value::Text(account.id.as_str()),
        Value::Text(&account.name),
        Value::Text(account.currency.code()),
        Value::MaybeText(account.plan.as_deref()),
        Value::Text(&limits),
        Value::Int(micros(account.created_at)),
        Value::MaybeInt(account.suspended_at.map(micros)),
        Value::Int(account.follows_successors.into()),
    ];
    connection.run(sql, &values).await.map_err(|error| taken(error, &account.name))?;
    Ok(())
}

/// Changes an account as it stands, in a transaction.
pub async fn change_account(
    connection: &mut dyn Connection,
    id: &AccountId,
    change: &AccountChange,
    now: Timestamp,
) -> Result<Account, KeyStoreError> {
    // Writing what is there already keeps others out in either database, so that what is read stays until the end.
    let sql = "UPDATE accounts SET name = name WHERE id = $1";
    connection.run(sql, &[Value::Text(id.as_str())]).await.map_err(Failure::from)?;
    let found = account(connection, id).await?;
    let mut account = found.ok_or_else(|| KeyStoreError::Unknown(format!("account `{id}`")))?;
    change.apply(&mut account, now);
    rewrite(connection, &account).await?;
    Ok(account)
}

async fn rewrite(connection: &mut dyn Connection, account: &Account) -> Result<(), KeyStoreError> {
    let sql = "UPDATE accounts SET name = $2, plan = $3, limits = $4, suspended_at = $5, follows_successors = $6 \
               WHERE id = $1";
    let limits = json(&account.limits);
    let values = [
        Value::Text(account.id.as_str()),
        Value::Text(&account.name),
        Value::MaybeText(account.plan.as_deref()),
        Value::Text(&limits),
        Value::MaybeInt(account.suspended_at.map(micros)),
        Value::Int(account.follows_successors.into()),
    ];
    connection.run(sql, &values).await.map_err(|error| taken(error, &account.name))?;
    Ok(())
}

async fn one(connection: &mut dyn Connection, sql: &'static str, value: Value<'_>) -> Result<Option<Account>, Failure> {
    connection.rows(sql, &[value]).await?.first().map(read_account).transpose()
}

pub async fn account(connection: &mut dyn Connection, id: &AccountId) -> Result<Option<Account>, Failure> {
    one(connection, "SELECT * FROM accounts WHERE id = $1", Value::Text(id.as_str())).await
}

pub async fn account_named(connection: &mut dyn Connection, name: &str) -> Result<Option<Account>, Failure> {
    one(connection, "SELECT * FROM accounts WHERE name = $1", Value::Text(name)).await
}

pub async fn accounts(
    connection: &mut dyn Connection,
    after: Option<&AccountId>,
    limit: u32,
) -> Result<Vec<Account>, Failure> {
    let sql = "SELECT * FROM accounts WHERE id > $1 ORDER BY id LIMIT $2";
    let values = [Value::Text(after.map_or("", AccountId::as_str)), Value::Int(limit.into())];
    connection.rows(sql, &values).await?.iter().map(read_account).collect()
}

pub async fn add_key(connection: &mut dyn Connection, key: &Key) -> Result<(), KeyStoreError> {
    let sql = "INSERT INTO keys (id, account, name, digest, scopes, models, limits, created_at, expires_at, revoked_at, \
               replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
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
    let rows = connection.rows("SELECT * FROM keys WHERE id = $1", &[Value::Text(id.as_str())]).await?;
    let Some(key) = rows.first().map(read_key).transpose()? else { return Ok(None) };
    let account = account(connection, &key.account).await?;
    Ok(account.map(|account| (key, account)))
}

pub async fn keys(connection: &mut dyn Connection, account: &AccountId) -> Result<Vec<Key>, Failure> {
    let sql = "SELECT * FROM keys WHERE account = $1 ORDER BY created_at, id";
    connection.rows(sql, &[Value::Text(account.as_str())]).await?.iter().map(read_key).collect()
}

pub async fn expire_key(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &KeyId,
    at: Timestamp,
) -> Result<(), KeyStoreError> {
    let sql = "UPDATE keys SET expires_at = CASE WHEN expires_at IS NOT NULL AND expires_at < $3 THEN expires_at \
               ELSE $3 END WHERE account = $1 AND id = $2";
    end(connection, sql, account, key, at).await
}

pub async fn revoke_key(
    connection: &mut dyn Connection,
    account: &AccountId,
    key: &KeyId,
    at: Timestamp,
) -> Result<(), KeyStoreError> {
    let sql = "UPDATE keys SET revoked_at = COALESCE(revoked_at, $3) WHERE account = $1 AND id = $2";
    end(connection, sql, account, key, at).await
}

async fn end(
    connection: &mut dyn Connection,
    sql: &'static str,
    account: &AccountId,
    key: &KeyId,
    at: Timestamp,
) -> Result<(), KeyStoreError> {
    let values = [Value::Text(account.as_str()), Value::Text(key.as_str()), Value::Int(micros(at))];
    match connection.run(sql, &values).await.map_err(Failure::from)? {
        0 => Err(KeyStoreError::Unknown(format!("key `{key}` in account `{account}`"))),
        _ => Ok(()),
    }
}

pub async fn any_key(connection: &mut dyn Connection) -> Result<bool, Failure> {
    Ok(!connection.rows("SELECT 1 FROM keys LIMIT 1", &[]).await?.is_empty())
}
