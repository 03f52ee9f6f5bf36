//! What can be typed after `minuted keys`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::accounts::Scopes;
use crate::cli::accounts::LimitFlags;
use crate::cli::arguments::CommonFlags;
use crate::cli::quantity::span;
use crate::domain::KeyId;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeysCommand {
    /// Make a key and print it; nobody can show it again
    #[command(after_help = "The key alone goes to standard output: KEY=$(minuted keys create --account acme --quiet)")]
    Create(CreateFlags),
    /// List the keys of an account, or of all
    List(ListFlags),
    /// Make a key in place of another one, which goes on working for a while
    Rotate(RotateFlags),
    /// End a key; within two seconds it works nowhere any more
    Revoke(RevokeFlags),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The account's name or id
    #[arg(long, value_name = "ACCOUNT")]
    pub account: String,
    /// What people call the key
    #[arg(long, value_name = "NAME", default_value = "key")]
    pub name: String,
    /// What it may be used for, separated by commas: transcribe, translate, chat, embeddings, files, batches, usage, admin
    /// [default: all but admin]
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<Scopes>,
    /// The models that it may ask for, by their ids or aliases, separated by commas [default: all]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub models: Option<Vec<String>>,
    /// How long it works, such as 12h or 90d [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub expires_in: Option<Duration>,
    #[command(flatten)]
    pub output: OutputFlags,
    // Last: whatever comes after it would be told under its heading.
    #[command(flatten)]
    pub limits: LimitFlags,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The account's name or id
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Print JSON, an object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RotateFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The key's id, as `key_…` or `mnt_…`
    #[arg(value_name = "KEY", value_parser = key)]
    pub key: KeyId,
    /// How long the old key goes on working [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub overlap: Option<Duration>,
    #[command(flatten)]
    pub output: OutputFlags,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RevokeFlags {
    #[command(flatten)]
    pub common: CommonFlags,
    /// The key's id, as `key_…` or `mnt_…`
    #[arg(value_name = "KEY", value_parser = key)]
    pub key: KeyId,
}

/// How a key that was made is printed.
#[derive(Debug, Args)]
pub(in crate::cli) struct OutputFlags {
    /// Print JSON
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print the key and nothing else
    #[arg(long)]
    pub quiet: bool,
}

/// The id of a key, from an id or from the key as a whole or in part.
fn key(text: &str) -> Result<KeyId, String> {
    let id = match text.strip_prefix("mnt_") {
        Some(rest) => format!("key_{}", rest.split('_').next().unwrap_or_default()),
        None => text.to_owned(),
    };
    id.parse().map_err(|_| "a key is named by its id, such as key_0123abcd, or mnt_0123abcd".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_id_however_it_is_written() {
        for text in ["key_0123abcd", "mnt_0123abcd", "mnt_0123abcd_…", "mnt_0123abcd_c2VjcmV0"] {
            assert_eq!(key(text).map(|id| id.to_string()), Ok("key_0123abcd".to_owned()), "{text}");
        }
        for text in ["", "sk-123", "mnt_", "acc_1"] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
