//! Why a request is stopped, and why there are no rules.

use crate::domain::FileError;

/// The rule that stopped a request. No word of the request is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The body is too large.
    #[error("the body has more than {limit} bytes")]
    BodySize {
        /// The most bytes.
        limit: u64,
    },
    /// Lists and objects stand in each other too deep.
    #[error("lists and objects stand in each other more than {limit} deep")]
    Depth {
        /// The most levels.
        limit: usize,
    },
    /// There are too many messages, parts of messages, tools and the like.
    #[error("there are more than {limit} objects in its lists, such as messages and their parts")]
    Parts {
        /// The most of them.
        limit: usize,
    },
    /// Something cannot be read, and so nothing that stands behind it.
    #[error("it has a text or a number that cannot be read: half a surrogate pair, for example")]
    Unreadable,
    /// There are tokens in place of text, where there are rules for text.
    #[error("it has tokens in place of text, which the rules cannot read: send strings")]
    Tokens,
    /// A text has characters that hide something.
    #[error("a text has {0}")]
    Unicode(Trick),
    /// A text is like one that the operator does not want.
    #[error("a text matches `{0}`")]
    Pattern(String),
    /// The same request came too often.
    #[error("the same request came more than {most} times in {seconds} s")]
    Repeated {
        /// How often it may come.
        most: u32,
        /// In how long.
        seconds: u32,
    },
    /// The moderation model does not want it.
    #[error("the moderation model found the category `{0}`")]
    Moderation(String),
    /// The moderation model does not take the text, which may be too long for it.
    #[error("the moderation model refuses to judge it, and nothing is passed on unjudged")]
    Refused,
    /// The moderation model cannot be asked.
    #[error("the moderation model does not answer, and nothing is passed on without it")]
    Unjudged,
}

impl Blocked {
    /// The rule's name, for metrics and logs: the operator's own where it is a pattern.
    #[must_use]
    pub fn rule(&self) -> &str {
        match self {
            Self::Pattern(name) => name,
            other => other.kind(),
        }
    }

    /// Which kind of rule it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BodySize { .. } => "body_size",
            Self::Depth { .. } => "depth",
            Self::Parts { .. } => "parts",
            Self::Unreadable => "unreadable",
            Self::Tokens => "tokens",
            Self::Unicode(_) => "unicode",
            Self::Pattern(_) => "pattern",
            Self::Repeated { .. } => "repetition",
            Self::Moderation(_) => "moderation",
            Self::Refused => "moderation_refused",
            Self::Unjudged => "moderation_unreachable",
        }
    }
}

/// What characters can hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trick {
    /// Letters that no font shows (U+E0000 to U+E007F) outside the flags that are made of them.
    #[error("tag characters, which nobody sees")]
    Tags,
    /// Characters that turn the order of what follows around.
    #[error("a bidirectional override or an isolate without its end, which show it in another order")]
    Order,
    /// Several characters without width after each other.
    #[error("a run of characters without width")]
    Invisible,
    /// Characters that stand for others, as the letters of mathematics do for plain ones.
    #[error("characters that are compatibility forms of others")]
    Compatibility,
}

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum GuardrailsError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}
