//! Accounts.

use super::words::{json, micros};
use super::{Connection, Row, Value};
use crate::accounts::{Account, AccountChange, KeyStoreError};
use crate::domain::{AccountId, Timestamp};
use crate::storage::error::Failure;

/// All columns, by their names: what a later release adds must not change the answers to statements that are prepared.
macro_rules! columns {
    () => {
        "id, name, currency, plan, limits, created_at, suspended_at, follows_successors"
    };
}

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

/// The name of another account is told apart from a store that fails.
fn taken(error: sqlx::Error, name: &str) -> KeyStoreError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => KeyStoreError::NameTaken(name.to_owned()),
        _ => Failure::from(error).into(),
    }
}

pub async fn add_account(connection: &mut dyn Connection, account: &Account) -> Result<(), KeyStoreError> {
    let sql = concat!("INSERT INTO accounts (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
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
    one(connection, concat!("SELECT ", columns!(), " FROM accounts WHERE id = $1"), Value::Text(id.as_str())).await
}

pub async fn account_named(connection: &mut dyn Connection, name: &str) -> Result<Option<Account>, Failure> {
    one(connection, concat!("SELECT ", columns!(), " FROM accounts WHERE name = $1"), Value::Text(name)).await
}

pub async fn accounts(
    connection: &mut dyn Connection,
    after: Option<&AccountId>,
    limit: u32,
) -> Result<Vec<Account>, Failure> {
    let sql = concat!("SELECT ", columns!(), " FROM accounts WHERE id > $1 ORDER BY id LIMIT $2");
    let values = [Value::Text(after.map_or("", AccountId::as_str)), Value::Int(limit.into())];
    connection.rows(sql, &values).await?.iter().map(read_account).collect()
}
