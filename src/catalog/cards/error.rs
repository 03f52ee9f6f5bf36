//! Why a file holds no catalogue.

use std::io;
use std::path::PathBuf;

use jiff::civil::Date;

/// Why a file holds no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    /// The file is not there or may not be read.
    #[error("the catalogue in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is read, and cannot be used.
    #[error("{file}: {fault}")]
    Unfit {
        /// The file, or what comes with the program.
        file: String,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with the text of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no TOML, or has a field that nobody knows.
    #[error("{0}")]
    Syntax(String),
    /// A model's card has something that cannot be.
    #[error("model `{model}`: {why}")]
    Card {
        /// Its id.
        model: String,
        /// What cannot be, and what could.
        why: String,
    },
    /// A model would end too soon after its end was announced.
    #[error(
        "model `{model}`: its end on {ends_on} was announced on {announced_on}, less than three months before; it may end \
         on {earliest} at the earliest, or with `forced = true` on the day that is written"
    )]
    TooSoon {
        /// Its id.
        model: String,
        /// When the end was announced.
        announced_on: Date,
        /// The end.
        ends_on: Date,
        /// The earliest end that the notice allows.
        earliest: Date,
    },
}
