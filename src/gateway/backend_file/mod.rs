//! Backends as a person writes them, in TOML, and the way from there to a [`Table`] that holds.
//!
//! [`written`] is what the file may say; here it becomes what the program needs, checked as a whole.

mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend::Backend;
use super::endpoint::Capability;
use super::table::Table;
use crate::domain::mistake;
use written::File;

/// Why a file of backends cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackendFileError {
    /// It cannot be read.
    #[error("the backends in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Where they should be.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no TOML, or has a field that there is not, or lacks one.
    #[error("{}: {why}", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// Where in it, and what is wrong.
        why: String,
    },
    /// A field has a value that it cannot have.
    #[error("{}: {whose}: {why}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which backend.
        whose: String,
        /// What is wrong and what would be right.
        why: String,
    },
}

impl Table {
    /// Of the file at `path`. A backend whose terms are those of `before` keeps its connections and its state.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn load(path: &Path, before: Option<&Self>) -> Result<Self, BackendFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BackendFileError::Unreadable { path: path.to_owned(), source })?;
        let form = |why: String| BackendFileError::Form { path: path.to_owned(), why };
        let file: File = toml::from_str(&text).map_err(|error| form(mistake(&text, &error)))?;
        let field =
            |whose: &str, why: String| BackendFileError::Field { path: path.to_owned(), whose: whose.to_owned(), why };
        let folder = path.parent().unwrap_or(Path::new("."));
        if let Some(fault) = file.fault() {
            return Err(form(fault.to_owned()));
        }
        let rules = file.rules();
        let mut backends: Vec<Arc<Backend>> = Vec::new();
        for written in file.backend {
            let whose = format!("backend `{}`", written.name);
            let terms = written.checked(folder).map_err(|why| field(&whose, why))?;
            if backends.iter().any(|other| other.terms.name == terms.name) {
                return Err(field(&whose, "is there twice".to_owned()));
            }
            let kept = before.and_then(|before| before.backends.iter().find(|backend| backend.terms == terms));
            backends.push(match kept {
                Some(backend) => Arc::clone(backend),
                None => Arc::new(Backend::new(terms).map_err(|error| field(&whose, error.to_string()))?),
            });
        }
        let table = Self { backends, rules };
        for (model, fallback) in &table.rules.vision_fallback {
            let sees =
                |known: &super::RemoteModel| known.id == *fallback && known.capabilities.contains(&Capability::Vision);
            if !table.models().iter().any(sees) {
                let why = format!("for `{model}` is `{fallback}`, which no backend has with the capability `vision`");
                return Err(field("vision_fallback", why));
            }
        }
        Ok(table)
    }

    /// Without any backend.
    #[must_use]
    pub fn empty() -> Self {
        Self { backends: Vec::new(), rules: File::default().rules() }
    }
}

#[cfg(test)]
mod tests;
