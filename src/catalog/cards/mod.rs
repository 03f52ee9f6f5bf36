//! What customers read of a model, and whether it may still be called.
//!
//! The actors: a [`Card`] says of a model who made it, what it can do, under which licence, and how its [`Life`] goes;
//! [`Cards`] are all of them, from `models/catalog.toml` or the operator's own file. [`Cards::admit`] is asked for each
//! request that names a model. Where a model runs is not known here, and what it costs stands in the tariffs.

mod admission;
mod card;
mod file;
mod life;

use std::path::Path;

use crate::domain::{FileError, Timestamp, read_file};
pub use admission::{Notice, Verdict};
pub use card::{Capability, Card};
pub use life::{Life, Phase};

/// The cards of all models, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cards(Vec<Card>);

impl Cards {
    /// From this file, or those that come with the program. `now` tells which ends have come already.
    ///
    /// # Errors
    /// [`FileError`], with the file, the model and what is wrong with it.
    pub fn load(path: Option<&Path>, now: Timestamp) -> Result<Self, FileError> {
        let (file, text) = read_file("the catalogue", path, include_str!("../../../models/catalog.toml"))?;
        let cards = Self::read(&text, now).map_err(|why| FileError::Unfit { file, why })?;
        for card in cards.iter().filter(|card| card.life.forced) {
            tracing::warn!(model = card.id, "its end is forced: it may come sooner than its callers were promised");
        }
        Ok(cards)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Card> {
        self.0.iter()
    }

    /// The card of the model with this id or alias; upper and lower case are the same.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Card> {
        self.0.iter().find(|card| card.names().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// The model that takes this one's place at a time: its successor, or the next in the line that is not retired.
    #[must_use]
    pub fn successor(&self, card: &Card, now: Timestamp) -> Option<&Card> {
        // The line has an end: it was followed when the file was read.
        let mut next = self.find(card.successor.as_deref()?);
        while let Some(card) = next.filter(|card| card.life.phase(now) == Phase::Retired) {
            next = self.find(card.successor.as_deref()?);
        }
        next
    }
}
