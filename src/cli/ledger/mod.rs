//! `minuted ledger verify|close`.

mod arguments;
mod verify;

use std::io::{self, Write};

use super::{Exit, block_on};
use crate::billing::{LedgerError, pause_before_sweep};
use crate::domain::{Clock, SystemClock};
use crate::storage;
use arguments::LedgerCloseFlags;

pub(super) use arguments::LedgerCommand;
pub(super) use verify::verify;

/// Closes a month that is over. What has expired is given back first: where no server runs, nobody else does it. But where
/// the store was away until now, servers may have work to charge that was done, and get the time to do so.
pub(super) fn close(flags: &LedgerCloseFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let (month, end) = (flags.month.from.strftime("%Y-%m"), flags.month.to);
    if SystemClock.now() < end {
        return Err(Exit::Usage(format!("{month} is not over: it ends at {end}")));
    }
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let closed = match stores.ledger.close_period(end).await {
            Err(LedgerError::Open(_)) => {
                tokio::time::sleep(pause_before_sweep(config.billing.lease)).await;
                stores.ledger.sweep(SystemClock.now()).await?;
                stores.ledger.close_period(end).await
            }
            closed => closed,
        };
        match closed {
            Ok(()) => Ok(writeln!(io::stdout(), "{month} is closed, and all before it")?),
            Err(LedgerError::Open(open)) => Err(Exit::Failed(format!(
                "{open} requests of {month} or before are still under way; close it when they have ended"
            ))),
            Err(error) => Err(error.into()),
        }
    })
}
