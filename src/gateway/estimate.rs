//! How many tokens something has, where nobody has counted them. No tokenizer: backends have many, and a count only has
//! to be honest about being a guess.

use super::request::Content;

/// Bytes of a token, on average over English prose and code with the tokenizers of current models.
const BYTES: u64 = 4;

/// What a picture is read as, at least roughly; it differs widely between models.
const PICTURE: i64 = 1_500;

/// More than any model is known to read a picture as: gpt-4o-mini makes up to 48 169 tokens of one.
const LARGEST_PICTURE: i64 = 65_536;

/// Bytes of other media for each token, roughly: recordings have some ten tokens a second.
const MEDIA_BYTES: u64 = 512;

/// The most that something is read as whose length nobody sees, since it is named by an address or an id, or looked up.
const LARGEST_UNSEEN: i64 = 1 << 20;

/// How many times fewer tokens than estimated can be true: text of long words and blanks.
pub(super) const DENSEST: i64 = 16;

/// More tokens than anybody writes for one request; the sum of many such reservations can still be counted.
const MOST_OUTPUT: i64 = 1 << 32;

/// Tokens that a template usually puts around what was sent.
const TEMPLATE: i64 = 8;

/// Tokens that it may put there, with a system prompt of its own.
const LONGEST_TEMPLATE: i64 = 4_096;

/// What is known of a request before it is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// Tokens that it has, by our estimate.
    pub input: i64,
    /// Fewer than that it cannot have.
    pub least_input: i64,
    /// More than that it cannot have.
    pub most_input: i64,
    /// The most tokens that may be written.
    pub output: i64,
    /// Bytes of text that come back from what was sent.
    pub echoed_bytes: u64,
}

/// Tokens of a text with this many bytes: at least one, if there is any.
pub(super) fn of_text(bytes: u64) -> i64 {
    count(bytes.div_ceil(BYTES))
}

impl Expected {
    /// Of a request with this to be read, which comes back so many times, and so many tokens to be written at most.
    pub(super) fn of(content: &Content, output: i64, echoes: u64) -> Self {
        let (pictures, unseen) = (i64::from(content.pictures), i64::from(content.unseen));
        let text = of_text(content.text_bytes).saturating_add(count(content.tokens));
        let media = count(content.media_bytes / MEDIA_BYTES).saturating_add(pictures * PICTURE + unseen * PICTURE);
        // A token has a byte at least.
        let bytes = content.text_bytes.saturating_add(content.tokens).saturating_add(content.media_bytes);
        let others = pictures * LARGEST_PICTURE + unseen * LARGEST_UNSEEN + LONGEST_TEMPLATE;
        Self {
            input: text.saturating_add(media).saturating_add(TEMPLATE),
            // Of media some models make very few.
            least_input: text / DENSEST,
            most_input: count(bytes).saturating_add(others),
            output: output.min(MOST_OUTPUT),
            echoed_bytes: content
                .tokens
                .saturating_mul(BYTES)
                .saturating_add(content.text_bytes)
                .saturating_mul(echoes),
        }
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
