//! What the user wrote, raw: for each setting the strongest value, and the place where it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::settings::{Preset, SETTINGS, Setting};
use super::{ConfigError, Place};
use crate::storage::Location;

/// The values so far. Each `set_…` lays another layer over the ones before it.
#[derive(Debug)]
pub struct Layers {
    values: BTreeMap<&'static str, Option<Raw>>,
}

/// A value as it is written.
#[derive(Debug)]
struct Raw {
    text: String,
    place: Place,
}

impl Default for Raw {
    /// A setting whose default is computed is parsed from nothing.
    fn default() -> Self {
        Self { text: String::new(), place: Place::Default }
    }
}

impl Raw {
    /// Without the space around it.
    fn text(&self) -> &str {
        self.text.trim()
    }

    /// Where a relative path begins: one that is written in a file, at the folder of that file.
    fn folder(&self) -> &Path {
        match &self.place {
            Place::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        }
    }

    /// The path that is meant; an error if it is one for a shell.
    fn path(self, key: &'static str) -> Result<PathBuf, ConfigError> {
        if self.text().is_empty() {
            return Err(self.bad(key));
        }
        self.without_home(key).map(|raw| raw.folder().join(raw.text()))
    }

    /// Itself, unless it begins at the home folder as shells write it.
    fn without_home(self, key: &'static str) -> Result<Self, ConfigError> {
        if !self.text().trim_start_matches("sqlite:").starts_with('~') {
            return Ok(self);
        }
        Err(ConfigError::Home { key, value: shown(key, self.text()), place: self.place })
    }

    fn bad(self, key: &'static str) -> ConfigError {
        let accepts = Setting::find(key).map_or("", |setting| setting.accepts);
        ConfigError::Value { key, value: shown(key, &self.text), accepts, place: self.place }
    }
}

impl Default for Layers {
    /// The defaults of the table, and nothing else.
    fn default() -> Self {
        let values = SETTINGS.iter().map(|setting| {
            let raw = match setting.default {
                Preset::Value(text) => Some(Raw { text: text.to_owned(), place: Place::Default }),
                Preset::Computed(_) => None,
            };
            (setting.key, raw)
        });
        Self { values: values.collect() }
    }
}

impl Layers {
    /// Lays a flag over everything before it.
    pub fn set_flag(&mut self, key: &'static str, flag: &'static str, text: String) {
        self.set(key, text, Place::Flag(flag));
    }

    pub(super) fn set(&mut self, key: &'static str, text: String, place: Place) {
        self.values.insert(key, Some(Raw { text, place }));
    }

    /// Takes out a value of the type that `parse` makes.
    pub(super) fn take<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        let raw = self.raw(key).unwrap_or_default();
        parse(raw.text()).ok_or_else(|| raw.bad(key))
    }

    /// Takes out a path, if there is one.
    pub(super) fn path(&mut self, key: &'static str) -> Result<Option<PathBuf>, ConfigError> {
        self.raw(key).map(|raw| raw.path(key)).transpose()
    }

    /// Takes out where the store is, if anybody says.
    pub(super) fn location(&mut self, key: &'static str) -> Result<Option<Location>, ConfigError> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        let raw = raw.without_home(key)?;
        Location::parse(raw.text(), raw.folder()).map(Some).ok_or_else(|| raw.bad(key))
    }

    /// Takes out a name, or a path, which is told by its slash.
    pub(super) fn name_or_path(&mut self, key: &'static str) -> Result<String, ConfigError> {
        let raw = self.raw(key).unwrap_or_default();
        match raw.text() {
            "" => Err(raw.bad(key)),
            text if text.contains('/') => Ok(raw.path(key)?.to_string_lossy().into_owned()),
            name => Ok(name.to_owned()),
        }
    }

    fn raw(&mut self, key: &'static str) -> Option<Raw> {
        self.values.remove(key).flatten()
    }

    /// Whether everything has been taken out.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Settings of which nothing is shown.
const SECRETS: [&str; 2] = ["billing.webhook_secret", "billing.webhook_url"];

/// What is shown of a bad value: not what stands before the `@` of a URL, nor what follows its `?`.
pub(super) fn shown(key: &str, value: &str) -> String {
    if SECRETS.contains(&key) {
        return "…".to_owned();
    }
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let (address, asked) = rest.split_once('?').map_or((rest, ""), |(address, _)| (address, "?…"));
    let (hidden, address) = address.rsplit_once('@').map_or(("", address), |(_, address)| ("…@", address));
    format!("{scheme}://{hidden}{address}{asked}")
}
