//! What can be typed after `minuted status`.

use clap::{Args, Subcommand};

use crate::cli::arguments::CommonFlags;
use crate::domain::Timestamp;
use crate::status::{Impact, Stage};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum StatusCommand {
    /// List incidents and maintenances, the newest first
    Incidents(ListFlags),
    /// Open an incident by hand
    Open(OpenFlags),
    /// Say something about an incident or a maintenance, and move it on
    Annotate(AnnotateFlags),
    /// End an incident, or a maintenance
    Resolve(ResolveFlags),
    /// Announce a maintenance
    #[command(
        after_help = "Failures between these times do not count against availability, if it is announced before \
                            it begins. It begins and ends by itself."
    )]
    Maintenance(MaintenanceFlags),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// Only those that are not over
    #[arg(long)]
    pub open: bool,
    /// Print JSON, an object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OpenFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// What people call it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What is known
    #[arg(value_name = "TEXT")]
    pub body: String,
    /// The models that it is about, by their ids or aliases, separated by commas [default: all]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub models: Vec<String>,
    /// none, minor, major or critical
    #[arg(long, value_name = "IMPACT", default_value = "minor")]
    pub impact: Impact,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AnnotateFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The notice's id
    #[arg(value_name = "NOTICE")]
    pub notice: String,
    /// What is known now
    #[arg(value_name = "TEXT")]
    pub body: String,
    /// How far it is: investigating, identified, monitoring; `in_progress`, verifying [default: as it was]
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<Stage>,
    /// How bad it is: none, minor, major or critical [default: as it was]
    #[arg(long, value_name = "IMPACT")]
    pub impact: Option<Impact>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ResolveFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The notice's id
    #[arg(value_name = "NOTICE")]
    pub notice: String,
    /// The last word on it
    #[arg(value_name = "TEXT", default_value = "This is over.")]
    pub body: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MaintenanceFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// What people call it
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What will be done
    #[arg(value_name = "TEXT")]
    pub body: String,
    /// From when, such as 2026-12-01T02:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Timestamp,
    /// To when
    #[arg(long, value_name = "TIME")]
    pub until: Timestamp,
    /// The models that it is about, by their ids or aliases, separated by commas [default: all]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub models: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
