//! An export of a closed period, made once more: it must be what it was. Its trailer lies outside the database, so that it
//! tells of what the database alone cannot: of a month that was opened again, and of a book that was forged as a whole.

use std::sync::Arc;

use super::{Fault, Finding, VerifyError};
use crate::billing::Ledger;
use crate::billing::export::{Export, Trailer};

/// Makes the export again of which this is the trailer. `provider` is who offers the service, as at that time.
///
/// # Errors
/// [`Fault::Reopened`], [`Fault::Export`].
pub async fn repeat(ledger: Arc<dyn Ledger>, trailer: &Trailer, provider: &str) -> Result<(), VerifyError> {
    let finding = |fault| VerifyError::Finding(Box::new(Finding { account: None, seq: None, charge: None, fault }));
    let selection = trailer.selection().map_err(|error| finding(Fault::Unreadable(error.to_string())))?;
    let mut export = Export::begin(ledger, selection, trailer.format, provider).await?;
    while export.next().await?.is_some() {}
    let now = export.trailer();
    if trailer.closed && !now.closed {
        return Err(finding(Fault::Reopened(trailer.to)));
    }
    if now == *trailer {
        return Ok(());
    }
    Err(finding(Fault::Export { expected: Box::new(trailer.clone()), found: Box::new(now) }))
}
