//! What can be typed after `minuted accounts`, and the limits that accounts and keys are given.

use clap::{Args, Subcommand};

use crate::accounts::{Limits, WrittenLimits};
use crate::cli::Exit;
use crate::cli::arguments::CommonFlags;
use crate::domain::Currency;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AccountsCommand {
    /// Make an account
    Create(CreateFlags),
    /// List all accounts
    List(ListFlags),
    /// Show an account and its limits
    Show(NamedFlags),
    /// Change an account's name, plan or limits
    Change(ChangeFlags),
    /// Let the keys of an account rest
    Suspend(NamedFlags),
    /// Let the keys of a suspended account work again
    Resume(NamedFlags),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// What people call it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A plan of accounts.plans, such as tier-1
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// What it pays in, for good [default: EUR]
    #[arg(long, value_name = "CODE")]
    pub currency: Option<Currency>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    // Last: whatever comes after it would be told under its heading.
    #[command(flatten)]
    pub limits: LimitFlags,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Print JSON, an object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NamedFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The account's name or id
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeFlags {
    #[command(flatten)]
    pub account: NamedFlags,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Another plan; `none` for none
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Take away all limits of its own, before those that are given here are set
    #[arg(long)]
    pub unlimited: bool,
    /// Whether requests for a model that is retired are answered by its successor, at its price
    #[arg(long, value_name = "true|false")]
    pub follows_successors: Option<bool>,
    #[command(flatten)]
    pub limits: LimitFlags,
}

/// Ceilings; what is not given has none.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(in crate::cli) struct LimitFlags {
    /// Requests a minute
    #[arg(long, value_name = "COUNT")]
    pub requests_per_minute: Option<u32>,
    /// Requests at the same time
    #[arg(long, value_name = "COUNT")]
    pub concurrent_requests: Option<u32>,
    /// Minutes of audio an hour
    #[arg(long, value_name = "MINUTES")]
    pub audio_minutes_per_hour: Option<u32>,
    /// Minutes of audio a day
    #[arg(long, value_name = "MINUTES")]
    pub audio_minutes_per_day: Option<u32>,
    /// Tokens written an hour
    #[arg(long, value_name = "TOKENS")]
    pub output_tokens_per_hour: Option<u64>,
    /// Tokens written a day
    #[arg(long, value_name = "TOKENS")]
    pub output_tokens_per_day: Option<u64>,
    /// Money a month, in the account's currency, such as 250 or 99.50
    #[arg(long, value_name = "AMOUNT")]
    pub spend_per_month: Option<String>,
}

impl LimitFlags {
    /// As the service keeps them.
    pub(in crate::cli) fn limits(self) -> Result<Limits, Exit> {
        let written = WrittenLimits {
            requests_per_minute: self.requests_per_minute,
            concurrent_requests: self.concurrent_requests,
            audio_minutes_per_hour: self.audio_minutes_per_hour,
            audio_minutes_per_day: self.audio_minutes_per_day,
            output_tokens_per_hour: self.output_tokens_per_hour,
            output_tokens_per_day: self.output_tokens_per_day,
            spend_per_month: self.spend_per_month,
        };
        Limits::try_from(written).map_err(|error| Exit::Usage(error.to_string()))
    }
}
