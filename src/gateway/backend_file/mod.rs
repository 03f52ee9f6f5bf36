//! Backends as a person writes them, in TOML, and the way from there to a [`Table`] that holds.
//!
//! [`written`] is what the file may say; here it becomes what the program needs, checked as a whole.

mod written;

use std::path::Path;
use std::sync::Arc;

use super::backend::Backend;
use super::endpoint::Capability;
use super::table::Table;
use crate::domain::{FileError, mistake, read_file};
use written::File;

impl Table {
    /// Of the file at `path`. A backend whose terms are those of `before` keeps its connections and its state.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn load(path: &Path, before: Option<&Self>) -> Result<Self, FileError> {
        let (file, text) = read_file("the backends", Some(path), "")?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::read(&text, folder, before).map_err(|why| FileError::Unfit { file, why })
    }

    fn read(text: &str, folder: &Path, before: Option<&Self>) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| mistake(text, &error))?;
        if let Some(fault) = file.fault() {
            return Err(fault.to_owned());
        }
        let rules = file.rules();
        let mut backends: Vec<Arc<Backend>> = Vec::new();
        for written in file.backend {
            let whose = format!("backend `{}`", written.name);
            let terms = written.checked(folder).map_err(|why| format!("{whose}: {why}"))?;
            if backends.iter().any(|other| other.terms.name == terms.name) {
                return Err(format!("{whose}: is there twice"));
            }
            let kept = before.and_then(|before| before.backends.iter().find(|backend| backend.terms == terms));
            backends.push(match kept {
                Some(backend) => Arc::clone(backend),
                None => Arc::new(Backend::new(terms).map_err(|error| format!("{whose}: {error}"))?),
            });
        }
        let table = Self { backends, rules };
        for (model, fallback) in &table.rules.vision_fallback {
            let sees =
                |known: &super::RemoteModel| known.id == *fallback && known.capabilities.contains(&Capability::Vision);
            if !table.models().iter().any(sees) {
                return Err(format!(
                    "vision_fallback: for `{model}` is `{fallback}`, which no backend has with the capability `vision`"
                ));
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
