//! What can be wrong with what the user wrote, always with the place where it is written.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it is the default.
    Default,
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// In this environment variable.
    Variable(String),
    /// In this flag.
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("by default"),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or may not be read.
    #[error("{}: the configuration cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// Where it stops being TOML.
        place: Place,
        /// What was expected.
        message: String,
    },
    /// No such setting, or no such variable.
    #[error("{place}: there is no setting `{name}`{}", did_you_mean(.similar.as_deref()))]
    Unknown {
        /// Where it is written.
        place: Place,
        /// As it is written.
        name: String,
        /// The setting that is written most like it.
        similar: Option<String>,
    },
    /// A value that the setting cannot have.
    #[error("{place}: {key} cannot be `{value}`; it can be {accepts}")]
    Value {
        /// Where it is written.
        place: Place,
        /// The setting.
        key: &'static str,
        /// As it is written.
        value: String,
        /// What would do.
        accepts: &'static str,
    },
    /// A path that means the home folder to a shell alone.
    #[error("{place}: {key} cannot be `{value}`: nothing here reads the `~`; write the whole path")]
    Home {
        /// Where it is written.
        place: Place,
        /// The setting.
        key: &'static str,
        /// As it is written.
        value: String,
    },
}

fn did_you_mean(similar: Option<&str>) -> String {
    similar.map_or_else(|| "; docs/CONFIG.md lists them all".to_owned(), |name| format!("; did you mean `{name}`?"))
}
