//! Files that an operator writes: their text, and why one cannot be used.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not there or may not be read.
    #[error("{what} in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// What it should hold.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is read, and cannot be used.
    #[error("{file}: {why}")]
    Unfit {
        /// The file, or what comes with the program.
        file: String,
        /// Where in it, and what is wrong.
        why: String,
    },
}

/// The name and the text of the file at `path`, or of `own`, which comes with the program. `what` it holds is told in
/// errors.
///
/// # Errors
/// [`FileError::Unreadable`].
pub fn read_file(what: &'static str, path: Option<&Path>, own: &str) -> Result<(String, String), FileError> {
    let Some(path) = path else { return Ok((format!("{what} of the program"), own.to_owned())) };
    match fs::read_to_string(path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(source) => Err(FileError::Unreadable { what, path: path.to_owned(), source }),
    }
}
