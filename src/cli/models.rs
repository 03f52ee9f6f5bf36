//! `minuted models list|pull|verify`.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::{CommonFlags, PullFlags, VerifyFlags};
use super::quantity::size;
use super::{Exit, block_on};
use crate::catalog::{Catalog, CatalogError, Model, Progress, Pull, PullError, State, Store};

/// A table of all known models; the configured one is marked.
pub(super) fn list(flags: &CommonFlags) -> Result<(), Exit> {
    let config = flags.configure([])?;
    let (catalog, store) = (Catalog::builtin(), Store::new(config.models_dir));
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "  {:<27} {:>8}  {:<12}  {:<10}  {:<9}  DESCRIPTION",
        "NAME", "SIZE", "LANGUAGES", "LICENCE", "HERE"
    )?;
    for model in catalog.models() {
        let mark = if model.answers_to(&config.model) { '*' } else { ' ' };
        let Model { id, bytes, languages, licence, description, .. } = model;
        let (bytes, languages, here) = (size(*bytes), languages.as_str(), here(store.state(model), model));
        writeln!(out, "{mark} {id:<27} {bytes:>8}  {languages:<12}  {licence:<10}  {here:<9}  {description}")?;
    }
    writeln!(
        out,
        "\n* is the model in use. `tiny.en` is short for `whisper-tiny.en`, and so on. Downloads go to {}.",
        store.folder().display()
    )?;
    Ok(())
}

fn here(state: State, model: &Model) -> String {
    match state {
        State::BuiltIn => "built in".to_owned(),
        State::Installed => "installed".to_owned(),
        State::Partial(bytes) => format!("{} % here", bytes * 100 / model.bytes),
        State::WrongSize(_) => "damaged".to_owned(),
        State::Missing => "-".to_owned(),
    }
}

/// Downloads, one after the other; the first that fails ends it.
pub(super) fn pull(flags: &PullFlags) -> Result<(), Exit> {
    let config = flags.common.configure([("models.base_url", "--base-url", &flags.base_url)])?;
    let (catalog, store) = (Catalog::builtin(), Store::new(config.models_dir));
    let models: Vec<_> = flags.names.iter().map(|name| catalog.require(name)).collect::<Result<_, _>>()?;
    for model in models {
        match store.weights(model) {
            Ok(_) if model.bundled => report(&format!("{} is built in: there is nothing to download", model.id))?,
            Ok(_) => report(&format!("{} is installed already", model.id))?,
            Err(
                CatalogError::NotInstalled { .. } | CatalogError::WrongSize { .. } | CatalogError::WrongChecksum { .. },
            ) => {
                let pull = pull_one(model, &store, &config.models_url);
                block_on(async { pull.await.map_err(|error| with_bundled(&error, &catalog)) })?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn pull_one(model: &Model, store: &Store, base_url: &str) -> Result<(), PullError> {
    let bar = ProgressBar::new(model.bytes).with_message(model.id.clone());
    bar.set_style(style(
        "{msg}  {bar:30} {decimal_bytes:>9} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left",
    ));
    let pull = Pull::new(model, store, base_url)?;
    let mut fresh = true;
    let pulled = pull.run(|progress| match progress {
        Progress::At(bytes) => {
            bar.set_position(bytes);
            if fresh {
                // What an earlier connection brought says nothing of the speed of this one.
                bar.reset_eta();
                bar.set_message(model.id.clone());
                fresh = false;
            }
        }
        Progress::Retrying => {
            bar.set_message(format!("{} (reconnecting)", model.id));
            fresh = true;
        }
        Progress::Checking => {
            bar.set_style(style("{msg}  {spinner} comparing the checksum"));
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    });
    let path = pulled.await.inspect_err(|_| bar.finish_and_clear())?;
    bar.finish_and_clear();
    let line = format!("{} is installed: {} ({})", model.id, path.display(), size(model.bytes));
    report(&line).map_err(|source| PullError::Disk { path: "standard output".into(), source })
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a literal").progress_chars("━━─")
}

/// Whoever cannot download is told what works without.
fn with_bundled(error: &PullError, catalog: &Catalog) -> Exit {
    let hint = match (error, catalog.bundled()) {
        (PullError::Offline { .. } | PullError::BrokenOff { .. } | PullError::Client(_), Some(bundled)) => {
            format!("; {} is built in and needs no download", bundled.id)
        }
        _ => String::new(),
    };
    Exit::Failed(format!("{error}{hint}"))
}

/// Reads installed models to their last byte.
pub(super) fn verify(flags: &VerifyFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let (catalog, store) = (Catalog::builtin(), Store::new(config.models_dir));
    let models: Vec<_> = if flags.names.is_empty() {
        let there = |model: &&Model| !matches!(store.state(model), State::Missing | State::Partial(_));
        catalog.models().iter().filter(there).collect()
    } else {
        flags.names.iter().map(|name| catalog.require(name)).collect::<Result<_, _>>()?
    };
    let mut all_well = true;
    for model in models {
        let line = match store.weights(model) {
            Ok(_) => format!("ok    {}", model.id),
            Err(error) => {
                all_well = false;
                let hint = Exit::from(error);
                format!("FAIL  {}: {}", model.id, hint.message().unwrap_or_default())
            }
        };
        report(&line)?;
    }
    if all_well { Ok(()) } else { Err(Exit::Told) }
}

fn report(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
