//! What the user wrote, raw: for each setting the strongest value, and the place where it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::settings::{Preset, SETTINGS, Setting};
use super::{ConfigError, Place};

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
        parse(text.trim()).ok_or_else(|| Self::bad(key, text, place))
    }

    /// Takes out a path; one that is written in a file is relative to the folder of that file.
    pub(super) fn path(&mut self, key: &'static str) -> Result<Option<PathBuf>, ConfigError> {
        let Some(Raw { text, place }) = self.values.remove(key).flatten() else { return Ok(None) };
        if text.trim().is_empty() {
            return Err(Self::bad(key, text, place));
        }
        let folder = match &place {
            Place::File { path, .. } => path.parent(),
            _ => None,
        };
        Ok(Some(folder.map_or_else(|| PathBuf::from(&text), |folder| folder.join(&text))))
    }

    /// Whether everything has been taken out.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn bad(key: &'static str, value: String, place: Place) -> ConfigError {
        let accepts = Setting::find(key).map_or("", |setting| setting.accepts);
        ConfigError::Value { place, key, value, accepts }
    }
}
