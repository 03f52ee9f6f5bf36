//! What a key may be used for.

use std::fmt;
use std::str::FromStr;

/// One kind of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Recordings to text.
    Transcribe,
    /// Recordings to English text.
    Translate,
    /// Chat, completions and responses.
    Chat,
    /// Vectors and reranking.
    Embeddings,
    /// Uploads that wait for a batch.
    Files,
    /// Batches.
    Batches,
    /// Reading the account's own usage and costs.
    Usage,
    /// Everything about every account.
    Admin,
}

impl Scope {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Transcribe,
        Self::Translate,
        Self::Chat,
        Self::Embeddings,
        Self::Files,
        Self::Batches,
        Self::Usage,
        Self::Admin,
    ];

    /// Its name on the wire and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transcribe => "transcribe",
            Self::Translate => "translate",
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Files => "files",
            Self::Batches => "batches",
            Self::Usage => "usage",
            Self::Admin => "admin",
        }
    }
}

/// A set of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// Everything that an account does with its own things; not [`Scope::Admin`].
    #[must_use]
    pub fn ordinary() -> Self {
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Admin).collect()
    }

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// Those that are in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | 1 << scope as u16))
    }
}

impl fmt::Display for Scopes {
    /// `transcribe,usage`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

/// Why a text names no scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; there are transcribe, translate, chat, embeddings, files, batches, usage and admin")]
pub struct NoScope(String);

impl FromStr for Scopes {
    type Err = NoScope;

    /// Names with commas between them.
    fn from_str(text: &str) -> Result<Self, NoScope> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let find = |name: &str| Scope::ALL.into_iter().find(|scope| scope.name() == name);
        names.map(|name| find(name).ok_or_else(|| NoScope(name.to_owned()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let scopes: Scopes = "usage, transcribe".parse().expect("scopes");
        assert_eq!(scopes.to_string(), "transcribe,usage");
        assert!(scopes.contains(Scope::Usage) && !scopes.contains(Scope::Admin));
        assert!(!Scopes::ordinary().contains(Scope::Admin));
        assert_eq!("root".parse::<Scopes>(), Err(NoScope("root".to_owned())));
    }
}
