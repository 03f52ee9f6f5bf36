//! What callers are told of the model served, and which names mean it.
//!
//! Where a model comes from and how it is loaded is other rooms' business; the composition root says here what is
//! loaded.

use crate::domain::Language;

/// A model that is loaded and answers requests.
#[derive(Debug, Clone)]
pub struct ServedModel {
    /// The name under which it is listed.
    pub id: String,
    /// Other names that mean it: `whisper-1`.
    pub aliases: Vec<String>,
    /// When its weights were published, in seconds since 1970.
    pub created: u64,
    /// Who made it.
    pub owned_by: String,
    /// What it is good for, and what not.
    pub description: String,
    /// SPDX expression of the licence of its weights.
    pub licence: String,
    /// What it understands.
    pub languages: Vec<Language>,
}

impl ServedModel {
    /// True if a request for `name` means this model.
    #[must_use]
    pub fn answers_to(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// True if it knows the language.
    #[must_use]
    pub fn understands(&self, language: Language) -> bool {
        self.languages.contains(&language)
    }
}
