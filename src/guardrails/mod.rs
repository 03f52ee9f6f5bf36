//! What a request is looked at for before it is passed on: a chain of rules that an operator configures.
//!
//! The actors: a `File` says which rules there are; [`Guardrails`] applies them, the cheapest first; a request
//! that one of them stops is [`Blocked`], which names the rule and never the text. [`Guardrails::check`] takes the body of
//! a text request as it came, [`Guardrails::check_text`] a text by itself, such as the prompt of a transcription.
//!
//! ```text
//! body ─▶ size ─▶ depth and parts ─▶ each text: Unicode ─▶ patterns ─▶ the whole: repetition ─▶ moderation model
//! ```
//!
//! Nothing here knows of our own wire, models or money, and nothing of a request is kept but a keyed hash for as long as
//! repetition is counted.

mod body;
mod error;
mod file;
mod moderation;
mod patterns;
mod plain;
mod repeats;
mod unicode;

use crate::domain::{AccountId, Timestamp};
use body::{Body, Place};
pub use error::{Blocked, GuardrailsError};
use moderation::Moderator;
use patterns::Patterns;
use repeats::Repeats;
use unicode::Strictness;

/// The rules of a service.
pub struct Guardrails {
    max_body_bytes: Option<u64>,
    max_depth: Option<usize>,
    max_parts: Option<usize>,
    unicode: Option<Strictness>,
    patterns: Patterns,
    repeats: Option<Repeats>,
    moderator: Option<Moderator>,
}

impl Guardrails {
    /// Looks at the body of a text request: JSON, as it came. Returns the texts in it, one after the other, that
    /// [`Self::moderate`] is to have judged; they are empty where there is no moderation model.
    ///
    /// # Errors
    /// [`Blocked`], by the first rule that stops it.
    pub fn check(&self, body: &[u8], account: &AccountId, now: Timestamp) -> Result<String, Blocked> {
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if let Some(limit) = self.max_body_bytes.filter(|limit| bytes > *limit) {
            return Err(Blocked::BodySize { limit });
        }
        let reads = self.moderator.is_some() || !self.patterns.is_empty();
        let mut spoken = String::new();
        let check = |text: &str, place: Place| {
            if place == Place::Token {
                return if reads { Err(Blocked::Tokens) } else { Ok(()) };
            }
            self.check_text(text)?;
            if self.moderator.is_some() && place.is_spoken(text) {
                spoken.push_str(text);
                spoken.push('\n');
            }
            Ok(())
        };
        Body::new(self.max_depth, self.max_parts, check).walk(body)?;
        self.repeats.as_ref().map_or(Ok(()), |repeats| repeats.count(account, body, now))?;
        Ok(spoken)
    }

    /// Has a text judged by the moderation model, if there are both; to be called once it has passed the other rules.
    ///
    /// # Errors
    /// [`Blocked::Moderation`], [`Blocked::Refused`], [`Blocked::Unjudged`].
    pub async fn moderate(&self, text: &str) -> Result<(), Blocked> {
        match &self.moderator {
            Some(moderator) if !text.trim().is_empty() => moderator.check(text).await,
            _ => Ok(()),
        }
    }

    /// Looks at a text.
    ///
    /// # Errors
    /// [`Blocked`], by the first rule that stops it.
    pub fn check_text(&self, text: &str) -> Result<(), Blocked> {
        if let Some(strictness) = self.unicode {
            strictness.check(text)?;
        }
        self.patterns.check(text)
    }
}

#[cfg(test)]
mod tests;
