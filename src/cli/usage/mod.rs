//! `minuted usage`: what this month has cost so far, by account, key and model, beside a running server or without one.
//!
//! A [`Report`] is what the store knows at a moment; `page` makes text of it, `json` an object, and `watch` follows it.
//! It only reads: from the roll-up and the counters that the ledger keeps, never from its rows.

mod arguments;
mod bar;
mod ceiling;
mod json;
mod page;
mod report;
mod terminal;
mod watch;

use std::io::{self, IsTerminal, Write};

use super::{Exit, block_on, stores};
use crate::accounts::Plans;
use crate::domain::{Clock, SystemClock};
use crate::storage;
pub(super) use arguments::UsageFlags;
use report::{Report, Source};

pub(super) fn run(flags: &UsageFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let plans = Plans::load(config.accounts.plans_file.as_deref()).map_err(|error| Exit::Usage(error.to_string()))?;
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let only = match &flags.account {
            Some(named) => Some(stores::account(&stores, named).await?),
            None => None,
        };
        let source = Source { stores, plans, only };
        if flags.watch {
            return watch::follow(&source, flags.json).await;
        }
        let report = source.report(SystemClock.now()).await?;
        Ok(io::stdout().write_all(shown(&report, flags.json).as_bytes())?)
    })
}

/// The report as standard output is to have it: as wide as a terminal, or as wide as it gets.
fn shown(report: &Report, as_json: bool) -> String {
    if as_json {
        return json::line(report);
    }
    let width = if io::stdout().is_terminal() { terminal::size().0 } else { usize::MAX };
    page::page(report, width, terminal::has_colours())
}
