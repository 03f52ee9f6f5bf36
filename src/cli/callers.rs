//! `minuted models callers`: who still calls models whose end has been announced, as the servers of this database have
//! counted it.

use std::io::{self, Write};

use clap::Args;

use super::accounts::day;
use super::arguments::CommonFlags;
use super::table::table;
use super::{Exit, block_on};
use crate::app::{self, StartError};
use crate::catalog::{Calls, CallsObject, Cards};
use crate::config::Config;
use crate::domain::{Clock, SystemClock};
use crate::storage::{self, Stores};

/// Rows that are read from the store at once.
const PAGE: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct CallersFlags {
    #[command(flatten)]
    common: CommonFlags,
    /// A model of the catalogue, by its id or another name; all of them if none is given
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(flags: &CallersFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let mut calls = all_calls(&stores, flags.model.as_deref()).await?;
        if let Some(name) = flags.model.as_deref().filter(|_| calls.is_empty()) {
            calls = all_calls(&stores, Some(&counted_as(&config, name)?)).await?;
        }
        let mut out = io::stdout().lock();
        if flags.json {
            for calls in &calls {
                writeln!(out, "{}", serde_json::json!(CallsObject::from(calls)))?;
            }
            return Ok(());
        }
        let mut rows = Vec::new();
        for calls in &calls {
            rows.push(row(&stores, calls).await?);
        }
        out.write_all(table(["MODEL", "ACCOUNT", "ID", "CALLS", "FIRST", "LAST"], &rows).as_bytes())?;
        Ok(())
    })
}

/// The id under which calls of the model that a name means are counted.
fn counted_as(config: &Config, name: &str) -> Result<String, Exit> {
    let cards = Cards::load(config.models_catalog.as_deref(), SystemClock.now()).map_err(StartError::from)?;
    let names = app::names(config)?.ids([name]).map_err(|error| Exit::Usage(error.to_string()))?;
    let id = names.into_iter().next().unwrap_or_default();
    Ok(cards.find(&id).map_or(id, |card| card.id.clone()))
}

async fn all_calls(stores: &Stores, model: Option<&str>) -> Result<Vec<Calls>, Exit> {
    let mut all: Vec<Calls> = Vec::new();
    loop {
        let after = all.last().map(|calls| (calls.model.as_str(), &calls.account));
        let page = stores.calls.calls(model, after, PAGE).await.map_err(|error| Exit::Failed(error.to_string()))?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// In a table, with the account's name; an account that was open to all has none.
async fn row(stores: &Stores, calls: &Calls) -> Result<[String; 6], Exit> {
    let account = stores.keys.account(&calls.account).await.map_err(|error| Exit::Failed(error.to_string()))?;
    Ok([
        calls.model.clone(),
        account.map_or_else(|| "-".to_owned(), |account| account.name),
        calls.account.to_string(),
        calls.count.to_string(),
        day(calls.first_at),
        day(calls.last_at),
    ])
}
