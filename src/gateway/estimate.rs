//! How many tokens something has, where nobody has counted them. No tokenizer: backends have many, and a count only has
//! to be honest about being a guess.

/// Bytes of a token, on average over English prose and code with the tokenizers of current models.
const BYTES: u64 = 4;

/// What a picture is read as, at least roughly; it differs widely between models.
const PICTURE: i64 = 1_500;

/// The most that any model is known to read a picture as.
const LARGEST_PICTURE: i64 = 16_384;

/// Tokens that a template usually puts around what was sent.
const TEMPLATE: i64 = 8;

/// Tokens that it may put there, with a system prompt of its own.
const LONGEST_TEMPLATE: i64 = 4_096;

/// What is known of a request before it is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// Tokens that it has, by our estimate.
    pub input: i64,
    /// More than that it cannot have.
    pub most_input: i64,
    /// The most tokens that may be written.
    pub output: i64,
}

/// Tokens of a text with this many bytes: at least one, if there is any.
pub(super) fn of_text(bytes: u64) -> i64 {
    i64::try_from(bytes.div_ceil(BYTES)).unwrap_or(i64::MAX)
}

impl Expected {
    /// Of a request with so much text, so many tokens in place of text, and so many pictures.
    pub(super) fn of(text_bytes: u64, tokens: u64, pictures: u32, output: i64) -> Self {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        let input = of_text(text_bytes).saturating_add(tokens).saturating_add(i64::from(pictures) * PICTURE + TEMPLATE);
        // A token has a byte at least.
        let most_input = i64::try_from(text_bytes)
            .unwrap_or(i64::MAX)
            .saturating_add(tokens)
            .saturating_add(i64::from(pictures) * LARGEST_PICTURE + LONGEST_TEMPLATE);
        Self { input, most_input, output }
    }
}
