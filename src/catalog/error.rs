//! What can be wrong with a model, in the words of who asked for it.

use std::io;
use std::path::{Path, PathBuf};

use super::Digest;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Nothing answers to this name.
    #[error("there is no model `{name}`{}", .similar.as_ref().map(|id| format!("; did you mean `{id}`?")).unwrap_or_default())]
    Unknown {
        /// As it was given.
        name: String,
        /// The id or alias that is written most like it.
        similar: Option<String>,
    },
    /// It is known, but its file is not there.
    #[error("the model `{id}` is not installed: there is no {}", .path.display())]
    NotInstalled {
        /// The model.
        id: String,
        /// Where its file would be.
        path: PathBuf,
    },
    /// A path has been named at which nothing is.
    #[error("there is no file {}", .path.display())]
    NoSuchFile {
        /// What was named.
        path: PathBuf,
    },
    /// A file is there, but of another length.
    #[error("{} is damaged: it has {found} bytes instead of {expected}", .path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        found: u64,
        /// The length in the manifest.
        expected: u64,
    },
    /// A file of the right length is there, but not of the right content.
    #[error("{} is damaged: its checksum is {found} instead of {expected}", .path.display())]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// SHA-256 of what is there.
        found: Digest,
        /// SHA-256 in the manifest.
        expected: Digest,
    },
    /// A folder, a pipe or the like has been named as a model.
    #[error("{} is not a file", .path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The system does not let us read the file.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CatalogError {
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }
}

/// Why a model could not be downloaded. What had arrived is kept, unless it was wrong.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No answer, or none any more after several tries.
    #[error("cannot reach {host}: {why}")]
    Offline {
        /// The server that was tried.
        host: String,
        /// The innermost cause.
        why: String,
    },
    /// The server answered, but not with the file.
    #[error("{url} answered {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// HTTP status code with its name.
        status: String,
    },
    /// The connection broke again and again; asking again goes on from there.
    #[error("the download broke off after {received} of {expected} bytes ({why}); pull again to go on from there")]
    BrokenOff {
        /// Bytes that are in the part file.
        received: u64,
        /// The length in the manifest.
        expected: u64,
        /// The innermost cause.
        why: String,
    },
    /// What came is not what the manifest describes; it has been removed.
    #[error("{url} sent a wrong file, which was removed: {why}")]
    WrongFile {
        /// What was asked for.
        url: String,
        /// What differs.
        why: String,
    },
    /// Another process is downloading the same model.
    #[error("another process is pulling this model: {} is locked", .path.display())]
    Busy {
        /// The part file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {}", .path.display(), in_words(.source))]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The HTTP client could not be set up.
    #[error("cannot set up HTTPS: {0} (is the package ca-certificates installed?)")]
    Client(String),
}

impl PullError {
    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full; what has arrived is kept, so make room and pull again".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "you may not write there; another folder can be given as models.dir".to_owned()
        }
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}
