//! What can be typed after `minuted usage`.

use clap::Args;

use crate::cli::arguments::CommonFlags;

#[derive(Debug, Args)]
pub(in crate::cli) struct UsageFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Only this account: its id or its name
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// As JSON, one object; with --watch one for each change, on a line of its own
    #[arg(long)]
    pub json: bool,
    /// Follow it until Ctrl-C: in place on a terminal, or as a line for each change elsewhere. It shows the month that is:
    /// what began in one and ends after its last midnight is not followed
    #[arg(long)]
    pub watch: bool,
}
