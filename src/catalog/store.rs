//! The folder in which downloaded models lie, one file each, under the names that the manifest gives them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Catalog, CatalogError, Languages, Model, Weights, bundled, sha256_of_file};

/// A folder of models. It need not exist until something is pulled.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// What a look at the folder says of a model, without reading the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Part of the program.
    BuiltIn,
    /// The file has the right length.
    Installed,
    /// This many bytes of it have been downloaded.
    Partial(u64),
    /// A file is there, but of this wrong length.
    WrongSize(u64),
    /// Nothing is there.
    Missing,
}

impl Store {
    /// The store in this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of this model is, or would be.
    #[must_use]
    pub fn path(&self, model: &Model) -> PathBuf {
        self.folder.join(&model.file)
    }

    /// Where this model's file grows while it is downloaded.
    pub(super) fn part_path(&self, model: &Model) -> PathBuf {
        self.folder.join(format!("{}.part", model.file))
    }

    /// Looks, but does not read.
    #[must_use]
    pub fn state(&self, model: &Model) -> State {
        let length = |path: PathBuf| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|found| found.len());
        match length(self.path(model)) {
            _ if model.bundled => State::BuiltIn,
            Some(found) if found == model.bytes => State::Installed,
            Some(found) => State::WrongSize(found),
            None => length(self.part_path(model)).map_or(State::Missing, State::Partial),
        }
    }

    /// The model's bytes, after all of them have been compared with the manifest's checksum.
    ///
    /// # Errors
    /// Not there, damaged, or unreadable.
    pub fn weights(&self, model: &Model) -> Result<Weights, CatalogError> {
        if model.bundled {
            return Ok(Weights::Embedded(bundled::WEIGHTS));
        }
        let path = self.path(model);
        check_file(model, &path).map_err(|error| match error {
            CatalogError::NoSuchFile { path } => CatalogError::NotInstalled { id: model.id.clone(), path },
            other => other,
        })?;
        Ok(Weights::File(path))
    }

    /// The model that a user names: one of `catalog`, or the path of a file of their own.
    ///
    /// A file that has the name of a known model is held to that model's checksum; any other can only be looked at
    /// from outside, and is its owner's to trust.
    ///
    /// # Errors
    /// Unknown, not there, damaged, or unreadable.
    pub fn find(&self, catalog: &Catalog, name_or_path: &str) -> Result<(Model, Weights), CatalogError> {
        if let Some(model) = catalog.resolve(name_or_path) {
            return Ok((model.clone(), self.weights(model)?));
        }
        let model = identify(catalog, name_or_path)?;
        let path = Path::new(name_or_path);
        check_file(&model, path)?;
        Ok((model, Weights::File(path.to_owned())))
    }
}

/// Which model a user names, as [`Store::find`] has it, without a look at its bytes.
///
/// # Errors
/// Unknown; or, of a path, not there or unreadable.
pub fn identify(catalog: &Catalog, name_or_path: &str) -> Result<Model, CatalogError> {
    if let Some(model) = catalog.resolve(name_or_path) {
        return Ok(model.clone());
    }
    let path = Path::new(name_or_path);
    let looks_like_a_path = name_or_path.contains(['/', '\\'])
        || path.extension().is_some_and(|extension| extension == "bin")
        || path.is_file();
    if looks_like_a_path { describe(catalog, path) } else { catalog.require(name_or_path).cloned() }
}

/// What is known of a file before it is loaded: what the manifest says of one with its name, or next to nothing.
fn describe(catalog: &Catalog, path: &Path) -> Result<Model, CatalogError> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(known) = catalog.models().iter().find(|model| model.file == file) {
        return Ok(Model { bundled: false, ..known.clone() });
    }
    let bytes = length(path)?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Model {
        id: id.strip_prefix("ggml-").unwrap_or(&id).to_owned(),
        languages: Languages::Multilingual,
        file,
        bytes,
        sha256: None,
        licence: "unknown".to_owned(),
        description: "a file of your own".to_owned(),
        aliases: Vec::new(),
        bundled: false,
        short_windows: false,
        translates: true,
    })
}

fn check_file(model: &Model, path: &Path) -> Result<(), CatalogError> {
    let found = length(path)?;
    if found != model.bytes {
        return Err(CatalogError::WrongSize { path: path.to_owned(), found, expected: model.bytes });
    }
    let Some(expected) = model.sha256 else { return Ok(()) };
    let found = sha256_of_file(path).map_err(|error| CatalogError::unreadable(path, error))?;
    if found != expected {
        return Err(CatalogError::WrongChecksum { path: path.to_owned(), found, expected });
    }
    Ok(())
}

fn length(path: &Path) -> Result<u64, CatalogError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(found.len()),
        Ok(_) => Err(CatalogError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CatalogError::NoSuchFile { path: path.to_owned() })
        }
        Err(error) => Err(CatalogError::unreadable(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Digest;
    use super::*;

    fn model(bytes: &[u8]) -> Model {
        Model {
            id: "tiny-test".to_owned(),
            file: "ggml-tiny-test.bin".to_owned(),
            bytes: bytes.len() as u64,
            sha256: Some(Digest::of(bytes)),
            licence: "MIT".to_owned(),
            languages: Languages::English,
            description: "for this test".to_owned(),
            aliases: Vec::new(),
            bundled: false,
            short_windows: false,
            translates: true,
        }
    }

    #[test]
    fn a_model_is_missing_then_partial_then_installed() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (store, model) = (Store::new(folder.path().join("models")), model(b"weights"));
        assert_eq!(store.state(&model), State::Missing);
        assert!(matches!(store.weights(&model), Err(CatalogError::NotInstalled { .. })));
        fs::create_dir(store.folder()).expect("the folder");
        fs::write(store.part_path(&model), b"wei").expect("the part");
        assert_eq!(store.state(&model), State::Partial(3));
        fs::write(store.path(&model), b"weights").expect("the file");
        assert_eq!(store.state(&model), State::Installed);
        assert_eq!(store.weights(&model).expect("whole"), Weights::File(store.path(&model)));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (store, model) = (Store::new(folder.path().to_owned()), model(b"weights"));
        fs::write(store.path(&model), b"Weights").expect("the file");
        assert!(matches!(store.weights(&model), Err(CatalogError::WrongChecksum { .. })));
        fs::write(store.path(&model), b"weight").expect("the file");
        assert!(matches!(store.weights(&model), Err(CatalogError::WrongSize { found: 6, expected: 7, .. })));
        assert_eq!(store.state(&model), State::WrongSize(6));
    }

    #[test]
    fn a_user_names_a_model_or_a_file_of_their_own() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (store, catalog) = (Store::new(folder.path().to_owned()), Catalog::builtin());
        let (found, weights) = store.find(&catalog, "minuted-nano.en").expect("built in");
        assert_eq!((found.bundled, weights), (true, Weights::Embedded(bundled::WEIGHTS)));

        let own = folder.path().join("ggml-house.en.bin");
        fs::write(&own, bundled::WEIGHTS).expect("a model file");
        let (found, weights) = store.find(&catalog, &own.to_string_lossy()).expect("a model file");
        assert_eq!((found.id.as_str(), found.sha256), ("house.en", None));
        assert_eq!(weights, Weights::File(own));

        let known = folder.path().join("ggml-tiny.bin");
        fs::write(&known, bundled::WEIGHTS).expect("a file with a known name");
        let refused = store.find(&catalog, &known.to_string_lossy());
        assert!(matches!(refused, Err(CatalogError::WrongSize { expected: 77_691_713, .. })));

        assert!(matches!(store.find(&catalog, "tinny"), Err(CatalogError::Unknown { .. })));
        for missing in ["./no.bin", "no.bin", "models/ggml-tiny.bin"] {
            let error = store.find(&catalog, missing).expect_err("nothing is there");
            assert_eq!(error.to_string(), format!("there is no file {missing}"));
        }
        let not_pulled = store.find(&catalog, "whisper-base.en");
        assert!(matches!(not_pulled, Err(CatalogError::NotInstalled { .. })), "a name can be pulled");
    }
}
