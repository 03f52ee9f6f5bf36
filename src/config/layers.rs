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

impl Raw {
    /// A path that is written in a file is relative to the folder of that file.
    fn as_path(&self) -> PathBuf {
        match &self.place {
            Place::File { path, .. } => path.parent().unwrap_or(Path::new("")).join(&self.text),
            _ => PathBuf::from(&self.text),
        }
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
        let raw = self.values.remove(key).flatten();
        // A setting whose default is computed is parsed from nothing.
        let (text, place) = raw.map_or((String::new(), Place::Default), |raw| (raw.text, raw.place));
        parse(text.trim()).ok_or_else(|| Self::bad(key, &text, place))
    }

    /// Takes out a path, if there is one.
    pub(super) fn path(&mut self, key: &'static str) -> Result<Option<PathBuf>, ConfigError> {
        match self.values.remove(key).flatten() {
            None => Ok(None),
            Some(Raw { text, place }) if text.trim().is_empty() => Err(Self::bad(key, &text, place)),
            Some(raw) => Ok(Some(raw.as_path())),
        }
    }

    /// Takes out where the store is, if anybody says.
    pub(super) fn location(&mut self, key: &'static str) -> Result<Option<Location>, ConfigError> {
        let Some(raw) = self.values.remove(key).flatten() else { return Ok(None) };
        let folder = match &raw.place {
            Place::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            _ => Path::new(""),
        };
        match Location::parse(raw.text.trim(), folder) {
            Some(location) => Ok(Some(location)),
            None => Err(Self::bad(key, &raw.text, raw.place)),
        }
    }

    /// Takes out a name, or a path, which is told by its slash.
    pub(super) fn name_or_path(&mut self, key: &'static str) -> Result<String, ConfigError> {
        match self.values.remove(key).flatten() {
            Some(raw) if raw.text.contains('/') => Ok(raw.as_path().to_string_lossy().into_owned()),
            Some(Raw { text, .. }) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            raw => {
                let (text, place) = raw.map_or((String::new(), Place::Default), |raw| (raw.text, raw.place));
                Err(Self::bad(key, &text, place))
            }
        }
    }

    /// Whether everything has been taken out.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn bad(key: &'static str, value: &str, place: Place) -> ConfigError {
        let accepts = Setting::find(key).map_or("", |setting| setting.accepts);
        ConfigError::Value { place, key, value: shown(key, value), accepts }
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
