//! `minuted ledger verify|close`.

mod arguments;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Exit, block_on, stores};
use crate::billing::verify::{Verified, Verifier, VerifyError};
use crate::billing::{LedgerError, PriceSheet};
use crate::domain::{Clock, SystemClock};
use crate::storage;
use arguments::{LedgerCloseFlags, LedgerVerifyFlags};

pub(super) use arguments::LedgerCommand;

/// A line for each account: its last row, or the first that does not hold.
pub(super) fn verify(flags: &LedgerVerifyFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let sheet = PriceSheet::load(config.billing.tariffs.as_deref()).map_err(|error| Exit::Usage(error.to_string()))?;
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let only = match &flags.account {
            Some(named) => Some(stores::account(&stores, named).await?),
            None => None,
        };
        let verifier = match Verifier::new(&*stores.ledger, sheet.tariffs()).await {
            Ok(verifier) => verifier,
            Err(error) => return failed(&error),
        };
        let bar = bar();
        let mut all_well = true;
        for head in stores.ledger.chains().await? {
            if only.as_ref().is_some_and(|only| *only != head.account) {
                continue;
            }
            let progress = |row| bar.set_message(format!("{}: {row} rows", head.account));
            match verifier.verify(&head, progress).await {
                Ok(chain) => bar.suspend(|| tell(&chain))?,
                Err(error @ VerifyError::Finding(_)) => {
                    all_well = false;
                    bar.suspend(|| writeln!(io::stdout(), "FAIL  {error}"))?;
                }
                Err(VerifyError::Ledger(error)) => return Err(error.into()),
            }
        }
        bar.finish_and_clear();
        if all_well { Ok(()) } else { Err(Exit::Told) }
    })
}

fn failed(error: &VerifyError) -> Result<(), Exit> {
    writeln!(io::stdout(), "FAIL  {error}")?;
    Err(Exit::Told)
}

fn tell(verified: &Verified) -> io::Result<()> {
    let Verified { head, open, compared } = verified;
    let seal: String = head.hash.iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let open = if *open > 0 { format!(", {open} charges under way") } else { String::new() };
    let busy = if *compared { "" } else { ", sums not compared: it is written to without a pause" };
    writeln!(io::stdout(), "ok    {}: {} rows, last seal {seal}{open}{busy}", head.account, head.seq)
}

/// How far it is, on a terminal.
fn bar() -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is a literal"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Closes a month that is over.
pub(super) fn close(flags: &LedgerCloseFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let (month, end) = (flags.month.from.strftime("%Y-%m"), flags.month.to);
    if SystemClock.now() < end {
        return Err(Exit::Usage(format!("{month} is not over: it ends at {end}")));
    }
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        match stores.ledger.close_period(end).await {
            Ok(()) => Ok(writeln!(io::stdout(), "{month} is closed, and all before it")?),
            Err(LedgerError::Open(open)) => Err(Exit::Failed(format!(
                "{open} requests of {month} or before are still under way; close it when they have ended"
            ))),
            Err(error) => Err(error.into()),
        }
    })
}
