//! What can be typed after `minuted ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::billing::Period;
use crate::cli::arguments::CommonFlags;

const VERIFY_HELP: &str = "\
For each account the place and the seal of its last row are printed. Note them somewhere else: a later run that
prints other seals for the same places tells of a book that was written anew as a whole. So does the trailer of an
export of a closed month, kept somewhere else: with --trailer the export is made again, and compared.
Exit code: 0 all holds, 1 something does not.";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LedgerCommand {
    /// Read every row, work out every charge again, and name the first row that does not hold
    #[command(after_help = VERIFY_HELP)]
    Verify(LedgerVerifyFlags),
    /// Close a month for good: nothing is charged to it any more, and its exports never change
    Close(LedgerCloseFlags),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LedgerVerifyFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Only this account: its id or its name
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// The trailer of an export of a closed month: the month must still be closed, and the export come out the same
    #[arg(long = "trailer", value_name = "FILE")]
    pub trailers: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LedgerCloseFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The month, in UTC, as in 2026-10; those before it are closed too
    #[arg(long, value_name = "MONTH")]
    pub month: Period,
}
