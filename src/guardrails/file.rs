//! The rules as they are written. A rule that is not written does not hold.

use std::path::Path;

use serde::Deserialize;

use super::moderation::{self, Moderator};
use super::patterns::Pattern;
use super::repeats::Repeats;
use super::{Guardrails, GuardrailsError, Patterns, Strictness, body};
use crate::domain::{FileError, mistake, read_file};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    max_body_bytes: Option<u64>,
    max_depth: Option<usize>,
    max_parts: Option<usize>,
    unicode: Option<Strictness>,
    repeats: Option<WrittenRepeats>,
    #[serde(default)]
    pattern: Vec<Pattern>,
    moderation: Option<moderation::Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRepeats {
    most: u32,
    seconds: u32,
}

impl Guardrails {
    /// From this file, or the one that comes with the program.
    ///
    /// # Errors
    /// [`GuardrailsError`], with the file and what is wrong with it.
    pub fn load(path: Option<&Path>) -> Result<Self, GuardrailsError> {
        let (file, text) = read_file("the guardrails", path, include_str!("guardrails.toml"))?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| GuardrailsError::Random(error.to_string()))?;
        Self::read(&text, secret).map_err(|why| FileError::Unfit { file, why }.into())
    }

    /// From the text of a file; repetition is told by hashes under `secret`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str, secret: [u8; 32]) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| mistake(text, &error))?;
        if written.max_depth.is_some_and(|depth| !(1..=body::DEEPEST).contains(&depth)) {
            return Err(format!("max_depth: it is 1 to {}, since nothing deeper is read", body::DEEPEST));
        }
        let repeats = match written.repeats {
            None => None,
            Some(WrittenRepeats { most: most @ 1.., seconds: seconds @ 1..=86_400 }) => {
                Some(Repeats::new(most, seconds, secret))
            }
            Some(_) => return Err("repeats: `most` is at least 1, and `seconds` 1 to 86400".to_owned()),
        };
        Ok(Self {
            max_body_bytes: written.max_body_bytes,
            max_depth: written.max_depth,
            max_parts: written.max_parts,
            unicode: written.unicode,
            patterns: Patterns::new(written.pattern)?,
            repeats,
            moderator: written.moderation.map(Moderator::open).transpose().map_err(|error| error.to_string())?,
        })
    }
}
