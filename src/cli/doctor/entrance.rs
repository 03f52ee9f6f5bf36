//! The database, and who may come in. Nothing is made or changed.

use super::Finding;
use crate::accounts::{Opening, Pepper};
use crate::app::StartError;
use crate::config::Config;
use crate::storage::{self, Found};

/// Of a database that cannot be read nothing more is known.
pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    let location = &config.storage.location;
    match storage::look(&config.storage).await {
        Err(error) => vec![Finding::fail("storage", error.to_string())],
        Ok(found) => {
            let detail = if found.is_made { "is there" } else { "is made at the start" };
            let storage = Finding::ok("storage", format!("{location} {detail}"));
            vec![storage, pepper(config, &found), opening(config, &found)]
        }
    }
}

/// Whether keys can be checked.
fn pepper(config: &Config, found: &Found) -> Finding {
    let path = &config.accounts.pepper_file;
    match Pepper::of_keys(path, found.any_key, found.pepper_mark) {
        Ok(Some(_)) => Finding::ok("pepper", path.display().to_string()),
        Ok(None) => Finding::ok("pepper", format!("{} is made at the start", path.display())),
        Err(error) => Finding::fail("pepper", error.to_string()),
    }
}

/// Whether the service may open where it is to listen.
fn opening(config: &Config, found: &Found) -> Finding {
    let address = config.listen;
    match Opening::decide(found.any_key, config.accounts.insecure_open, address.ip().is_loopback()) {
        None => Finding::fail("entrance", StartError::Exposed(address).to_string()),
        Some(Opening::Open) => {
            Finding::warn("entrance", "anyone who can reach this service can use it: it asks for no key")
        }
        Some(Opening::Closed) => Finding::ok("entrance", "a key is asked for"),
        Some(Opening::UntilFirstKey(_)) => {
            Finding::ok("entrance", "open to this machine, until there is a key (`minuted keys create`)")
        }
    }
}
