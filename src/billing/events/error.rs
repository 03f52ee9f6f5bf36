//! Why events cannot be sent as the configuration wants them sent.

use std::io;
use std::path::PathBuf;

use super::Endpoint;

/// Why there is no relay.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// Anybody could have sent what the receiver gets.
    #[error(
        "events for {0} cannot be signed: billing.webhook_secret or billing.webhook_secret_file must give a key; \
         `echo whsec_$(openssl rand -base64 32)` makes one"
    )]
    NoKey(Endpoint),
    /// The file of keys is not there, or may not be read.
    #[error("the keys that sign events, in {}, cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else is in the file.
    #[error("{} must hold keys such as whsec_… and nothing else: 24 to 64 bytes each, in base64", .0.display())]
    UnfitKeys(PathBuf),
    /// Anybody on the way could read it.
    #[error(
        "{0} would be sent events unencrypted: give an address that begins with https://, or set \
         billing.webhook_plain_http"
    )]
    Unencrypted(Endpoint),
    /// There are no certificates to check the receiver with.
    #[error("events cannot be sent: {0}")]
    Client(String),
}
