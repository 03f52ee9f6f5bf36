//! `minuted accounts create|list|show|change|suspend|resume`: on the store itself, beside a running server or without
//! one. A server heeds what is written here within a second.

mod arguments;

use std::io::{self, Write};

use super::table::table;
use super::{Exit, block_on};
use crate::accounts::{Account, AccountChange, AccountObject, Limits, NewAccount, Registry, WrittenLimits};
use crate::app;
use crate::domain::{Currency, Timestamp};
pub(super) use arguments::{AccountsCommand, LimitFlags};
use arguments::{ChangeFlags, CreateFlags, ListFlags, NamedFlags};

/// Accounts, or keys of one, that are read from the store at once.
pub(super) const PAGE: u32 = 500;

pub(super) fn run(command: AccountsCommand) -> Result<(), Exit> {
    match command {
        AccountsCommand::Create(flags) => create(flags),
        AccountsCommand::List(flags) => list(&flags),
        AccountsCommand::Show(flags) => change(&flags, None),
        AccountsCommand::Change(flags) => alter(flags),
        AccountsCommand::Suspend(flags) => suspend(&flags, true),
        AccountsCommand::Resume(flags) => suspend(&flags, false),
    }
}

fn create(flags: CreateFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let limits = flags.limits.limits()?;
    let currency = flags.currency.unwrap_or(Currency::EUR);
    block_on(async {
        let registry = app::registry(&config).await?;
        let wish = NewAccount { name: flags.name, currency, plan: flags.plan, limits };
        let account = registry.open_account(wish).await?;
        Ok(show(account, &registry, flags.json)?)
    })
}

fn list(flags: &ListFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let registry = app::existing_registry(&config).await?;
        let accounts = all_accounts(&registry).await?;
        let mut out = io::stdout().lock();
        if flags.json {
            for account in accounts {
                writeln!(out, "{}", serde_json::json!(AccountObject::of(account, &registry)))?;
            }
        } else {
            let rows: Vec<_> = accounts.iter().map(row).collect();
            out.write_all(table(["NAME", "ID", "PLAN", "CURRENCY", "SINCE", "STATE"], &rows).as_bytes())?;
        }
        Ok(())
    })
}

/// In the order in which they were made.
pub(super) async fn all_accounts(registry: &Registry) -> Result<Vec<Account>, Exit> {
    let mut accounts: Vec<Account> = Vec::new();
    loop {
        let page = registry.accounts(accounts.last().map(|account| &account.id), PAGE).await?;
        if page.is_empty() {
            return Ok(accounts);
        }
        accounts.extend(page);
    }
}

fn alter(flags: ChangeFlags) -> Result<(), Exit> {
    let ChangeFlags { account, name, plan, unlimited, follows_successors, limits } = flags;
    let further_limits = limits.limits()?;
    let limits = unlimited.then(Limits::default);
    let plan = plan.map(|plan| Some(plan).filter(|plan| plan != "none"));
    let wish = AccountChange { name, plan, limits, further_limits, suspended: None, follows_successors };
    change(&account, Some(wish))
}

fn suspend(flags: &NamedFlags, suspended: bool) -> Result<(), Exit> {
    change(flags, Some(AccountChange { suspended: Some(suspended), ..AccountChange::default() }))
}

/// Finds an account, changes it if there is something to change, and shows it.
fn change(flags: &NamedFlags, wish: Option<AccountChange>) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let registry = app::existing_registry(&config).await?;
        let mut account = registry.account(&flags.account).await?;
        if let Some(change) = wish {
            account = registry.change_account(&account.id, change).await?;
        }
        Ok(show(account, &registry, flags.json)?)
    })
}

fn show(account: Account, registry: &Registry, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return writeln!(out, "{}", serde_json::json!(AccountObject::of(account, registry)));
    }
    out.write_all(table(["NAME", "ID", "PLAN", "CURRENCY", "SINCE", "STATE"], &[row(&account)]).as_bytes())?;
    let limits = match registry.limits(&account) {
        Some(known) => limits(known.into()),
        None => {
            "unknown; its plan is not in the file of plans, or in another currency, and its keys are let in nowhere"
                .into()
        }
    };
    let retired = if account.follows_successors { "answered by its successor" } else { "refused" };
    writeln!(out, "\nlimits: {limits}\na retired model: {retired}")
}

fn row(account: &Account) -> [String; 6] {
    [
        account.name.clone(),
        account.id.to_string(),
        account.plan.clone().unwrap_or_else(|| "-".to_owned()),
        account.currency.to_string(),
        day(account.created_at),
        if account.suspended_at.is_some() { "suspended" } else { "active" }.to_owned(),
    ]
}

/// The day, in UTC.
pub(super) fn day(moment: Timestamp) -> String {
    moment.to_string().chars().take(10).collect()
}

/// In a line.
pub(super) fn limits(limits: WrittenLimits) -> String {
    let object = serde_json::to_value(limits).unwrap_or_default();
    let entries = object.as_object().into_iter().flatten();
    let told: Vec<_> = entries
        .map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{value} {}", name.replace('_', " "))
        })
        .collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}
