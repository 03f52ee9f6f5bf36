//! The models that can be had: which there are, where those that run here lie, and what customers read of them.
//!
//! The actors: the [`Catalog`] knows speech models by name, from the manifest that is compiled in; the [`Store`] is the
//! folder in which their files lie, and says which are whole; [`Pull`] brings one from the Whisper hub. The model
//! that is [built in](bundled) needs neither. [`Cards`] are what customers read of any model, here or on a backend, and
//! decide whether it may still be called; the [`CallCounter`] counts who calls what is about to end. Nothing here loads a
//! model: that is the speech room's work. [`Names`] say what is meant by a name that somebody writes down for later.

pub mod bundled;
mod calls;
mod cards;
mod digest;
mod error;
mod manifest;
mod model;
mod names;
mod pull;
mod store;
mod told;

use crate::domain::most_alike;
pub use calls::{CallCounter, CallStore, CallStoreError, Calls};
pub use cards::{Capability, Card, Cards, Life, Notice, Phase, Verdict};
pub use digest::{Digest, sha256_of_file};
pub use error::{CatalogError, PullError};
pub use manifest::hub;
pub use model::{Languages, Model, Weights};
pub use names::Names;
pub use pull::{Progress, Pull, is_base_url};
pub use store::{State, Store, identify};
pub use told::CallsObject;

/// Models by name. The first is the default.
#[derive(Debug, Clone)]
pub struct Catalog {
    models: Vec<Model>,
}

impl Catalog {
    /// Every model that minuted knows by name; the default is the one that is built in.
    #[must_use]
    pub fn builtin() -> Self {
        Self { models: manifest::models() }
    }

    /// All of them, the default first.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model that is built into the program, if this catalog has it.
    #[must_use]
    pub fn bundled(&self) -> Option<&Model> {
        self.models.iter().find(|model| model.bundled)
    }

    /// The model with this id, alias or file name; upper and lower case are the same.
    #[must_use]
    pub fn resolve(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.answers_to(name))
    }

    /// The same, or an error that names the closest id.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`].
    pub fn require(&self, name: &str) -> Result<&Model, CatalogError> {
        self.resolve(name).ok_or_else(|| CatalogError::Unknown { name: name.to_owned(), similar: self.similar(name) })
    }

    fn similar(&self, name: &str) -> Option<String> {
        most_alike(name, self.models.iter().flat_map(Model::names))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_model_answers_to_its_id_its_aliases_and_its_file() {
        let catalog = Catalog::builtin();
        for name in ["whisper-large-v3-turbo", "large-v3-turbo", "ggml-large-v3-turbo.bin", "Large-V3-Turbo"] {
            assert_eq!(catalog.resolve(name).map(|model| model.id.as_str()), Some("whisper-large-v3-turbo"), "{name}");
        }
        assert!(catalog.resolve("large").is_none());
        assert!(catalog.resolve("").is_none());
    }

    #[test]
    fn no_two_models_share_a_name() {
        let catalog = Catalog::builtin();
        let mut seen = HashSet::new();
        for name in catalog.models().iter().flat_map(Model::names) {
            assert!(seen.insert(name.to_ascii_lowercase()), "{name} is there twice");
        }
    }

    #[test]
    fn an_unknown_name_gets_the_closest_known_one() {
        let error = Catalog::builtin().require("whisper-smal.en").expect_err("there is no such model");
        assert_eq!(error.to_string(), "there is no model `whisper-smal.en`; did you mean `whisper-small.en`?");
        let error = Catalog::builtin().require("gpt-9").expect_err("there is no such model");
        assert_eq!(error.to_string(), "there is no model `gpt-9`");
    }
}
