//! What a model of random weights says: the same tokens in every window, whatever it hears.
//!
//! How long a window takes depends on how many tokens are decoded, so the number has to be fixed. Segments of words between
//! timestamps, from the first moment of the longest window to its last, are about what half a minute of speech has.

/// Segments in a window, and words in a segment.
const SEGMENTS: u32 = 8;
const WORDS: u32 = 12;
/// The longest window, 29.76 s, in a timestamp's steps of 20 ms.
const STEPS: u32 = 1488;
/// The first word's id, and how far it is to the next.
const FIRST_WORD: u32 = 300;
const STRIDE: u32 = 37;

/// The ids of a vocabulary as large as that of large-v3.
pub const VOCABULARY: u32 = 51_866;
/// What a prompt ends with that asks for a transcript in the language spoken.
const TRANSCRIBE: u32 = 50_360;
/// The timestamp 0.00.
pub const FIRST_TIMESTAMP: u32 = 50_365;

/// The tokens of a window, in order; none comes twice.
pub fn tokens() -> Vec<u32> {
    let mut tokens = Vec::new();
    for segment in 0..SEGMENTS {
        // A segment begins a step after the one before it ends, since each token has one that follows.
        tokens.push(FIRST_TIMESTAMP + STEPS * segment / SEGMENTS + segment.min(1));
        tokens.extend((0..WORDS).map(|word| FIRST_WORD + STRIDE * (segment * WORDS + word)));
        tokens.push(FIRST_TIMESTAMP + STEPS * (segment + 1) / SEGMENTS);
    }
    tokens
}

/// Each token that something follows, with what follows it.
pub fn links(tokens: &[u32]) -> Vec<(u32, u32)> {
    [TRANSCRIBE].iter().chain(tokens).copied().zip(tokens.iter().copied()).collect()
}
