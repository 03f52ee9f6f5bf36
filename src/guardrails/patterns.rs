//! Texts that the operator does not want, as regular expressions. They are matched in time that grows with the text
//! alone, whatever the expression.

use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::Blocked;
use super::plain::{latin, plain};

/// The most memory that all expressions together may compile to.
const MAX_BYTES: usize = 10 << 20;

/// An expression as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    /// What a caller is told of it.
    name: String,
    /// In the syntax of the crate `regex`.
    regex: String,
}

/// All of them.
pub(super) struct Patterns {
    names: Vec<String>,
    set: RegexSet,
}

impl Patterns {
    /// # Errors
    /// What is wrong, with the name of the expression.
    pub(super) fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        for (at, Pattern { name, .. }) in patterns.iter().enumerate() {
            let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if !(1..=64).contains(&name.len()) || !name.bytes().all(fit) {
                return Err(format!("pattern {}: its name has 1 to 64 letters, digits, `-`, `_` or `.`", at + 1));
            }
        }
        let set = compile(&patterns).map_err(|together| {
            // Which of them it is can be told only of each by itself.
            let alone = patterns.iter().find_map(|pattern| Some((&pattern.name, compile([pattern]).err()?)));
            match alone {
                Some((name, error)) => format!("pattern `{name}`: {error}"),
                None => format!("the patterns together: {together}"),
            }
        })?;
        if let Some(at) = set.matches("").iter().next() {
            return Err(format!("pattern `{}`: it matches every text", patterns[at].name));
        }
        Ok(Self { names: patterns.into_iter().map(|pattern| pattern.name).collect(), set })
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Looks at a text: as it came, as its reader sees it, and with plain letters for those that look like them.
    ///
    /// # Errors
    /// [`Blocked::Pattern`].
    pub(super) fn check(&self, text: &str) -> Result<(), Blocked> {
        if self.is_empty() {
            return Ok(());
        }
        self.compare(text)?;
        let plain = plain(text);
        if plain != text {
            self.compare(&plain)?;
        }
        let latin = latin(&plain);
        if latin == plain { Ok(()) } else { self.compare(&latin) }
    }

    fn compare(&self, text: &str) -> Result<(), Blocked> {
        let found = self.set.matches(text).iter().next();
        found.map_or(Ok(()), |at| Err(Blocked::Pattern(self.names[at].clone())))
    }
}

fn compile<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Result<RegexSet, regex::Error> {
    let expressions = patterns.into_iter().map(|pattern| &pattern.regex);
    RegexSetBuilder::new(expressions).size_limit(MAX_BYTES).build()
}
