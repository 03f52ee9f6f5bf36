//! On whose behalf a recording is recognised, and how urgently.

use std::sync::Arc;

/// Whom compute is given to, and in which class. Windows of one claim share what it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Who asks.
    pub party: Party,
    /// How urgently.
    pub class: Class,
}

/// One who asks for transcripts: an account, by a name that only has to be its own. Those who have none share the
/// empty one, which is the default. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Party(Arc<str>);

impl From<&str> for Party {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// How urgently an answer is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// It may come when there is time; it gets a share of the compute all the same.
    Batch,
}
