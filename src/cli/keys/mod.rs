//! `minuted keys create|list|rotate|revoke`: on the store itself, beside a running server or without one.

mod arguments;

use std::io::{self, Write};

use super::accounts::{PAGE, all_accounts, day, limits};
use super::table::table;
use super::{Exit, block_on};
use crate::accounts::{Account, Issued, Key, KeyObject, NewKey, OVERLAP, Registry, Scopes};
use crate::app;
use crate::domain::{AccountId, Timestamp};
pub(super) use arguments::KeysCommand;
use arguments::{CreateFlags, ListFlags, OutputFlags, RevokeFlags, RotateFlags};

pub(super) fn run(command: KeysCommand) -> Result<(), Exit> {
    match command {
        KeysCommand::Create(flags) => create(flags),
        KeysCommand::List(flags) => list(&flags),
        KeysCommand::Rotate(flags) => rotate(&flags),
        KeysCommand::Revoke(flags) => revoke(&flags),
    }
}

fn create(flags: CreateFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let models = match flags.models {
        Some(models) => Some(app::names(&config)?.ids(models).map_err(|error| Exit::Usage(error.to_string()))?),
        None => None,
    };
    let wish = NewKey {
        name: flags.name,
        scopes: flags.scopes.unwrap_or_else(Scopes::ordinary),
        models,
        limits: flags.limits.limits()?,
        lifetime: flags.expires_in,
    };
    block_on(async {
        let registry = app::key_registry(&config).await?;
        let account = registry.account(&flags.account).await?;
        let issued = registry.issue(&account.id, wish).await?;
        let models = limited_to(&issued.key).map(|models| format!(" with {models}")).unwrap_or_default();
        let about = format!("{} may be used for {}{models}", issued.key.id, issued.key.scopes);
        Ok(hand_over(issued, &about, &flags.output, registry.now())?)
    })
}

fn rotate(flags: &RotateFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let overlap = flags.overlap.unwrap_or(OVERLAP);
    block_on(async {
        let registry = app::key_registry(&config).await?;
        let old = registry.any_key(&flags.key).await?;
        let issued = registry.rotate(&old.account, &old.id, overlap).await?;
        let until = issued.old_ends_at.map(|end| end.strftime(", which works until %Y-%m-%dT%H:%M:%SZ").to_string());
        let about = format!("{} takes the place of {}{}", issued.key.id, old.id, until.unwrap_or_default());
        Ok(hand_over(issued, &about, &flags.output, registry.now())?)
    })
}

fn revoke(flags: &RevokeFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let registry = app::existing_registry(&config).await?;
        let key = registry.any_key(&flags.key).await?;
        registry.revoke(&key.account, &key.id).await?;
        writeln!(io::stdout().lock(), "{} is revoked; servers heed that within two seconds", key.id)?;
        Ok(())
    })
}

fn list(flags: &ListFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let registry = app::existing_registry(&config).await?;
        let accounts = match &flags.account {
            Some(name) => vec![registry.account(name).await?],
            None => all_accounts(&registry).await?,
        };
        let mut rows = Vec::new();
        for account in accounts {
            for key in all_keys(&registry, &account.id).await? {
                if flags.json {
                    writeln!(io::stdout().lock(), "{}", serde_json::json!(KeyObject::of(key, registry.now())))?;
                } else {
                    rows.push(row(&account, &key, registry.now()));
                }
            }
        }
        if !flags.json {
            let names = ["ACCOUNT", "KEY", "NAME", "SCOPES", "MODELS", "SINCE", "ENDS", "LIMITS"];
            io::stdout().lock().write_all(table(names, &rows).as_bytes())?;
        }
        Ok(())
    })
}

/// In the order in which they were made.
async fn all_keys(registry: &Registry, account: &AccountId) -> Result<Vec<Key>, Exit> {
    let mut keys: Vec<Key> = Vec::new();
    loop {
        let page = registry.keys(account, keys.last().map(|key| &key.id), PAGE).await?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page);
    }
}

/// The key goes to standard output alone, what is said of it to standard error.
fn hand_over(issued: Issued, about: &str, output: &OutputFlags, now: Timestamp) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if output.json {
        return writeln!(out, "{}", serde_json::json!(KeyObject::issued(issued, now)));
    }
    writeln!(out, "{}", issued.secret.reveal())?;
    if !output.quiet {
        writeln!(io::stderr(), "{about}. This is the only time that it is shown.")?;
    }
    Ok(())
}

fn row(account: &Account, key: &Key, now: Timestamp) -> [String; 8] {
    let ends = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(at)) if at <= now => format!("expired {}", day(at)),
        (None, Some(at)) => day(at),
        (None, None) => "-".to_owned(),
    };
    let scopes = if key.scopes == Scopes::ordinary() { "all but admin".to_owned() } else { key.scopes.to_string() };
    [
        account.name.clone(),
        key.redacted(),
        key.name.clone(),
        scopes,
        limited_to(key).unwrap_or_else(|| "all".to_owned()),
        day(key.created_at),
        ends,
        limits(key.limits.into()),
    ]
}

/// The models that it is limited to.
fn limited_to(key: &Key) -> Option<String> {
    key.models.as_ref().map(|models| models.iter().map(String::as_str).collect::<Vec<_>>().join(","))
}
