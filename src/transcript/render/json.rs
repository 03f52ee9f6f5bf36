//! `json`: the text, what was used and, if asked for, how sure the model was of each token.

use serde::Serialize;
use utoipa::ToSchema;

use super::Detail;
use crate::domain::Millis;
use crate::transcript::{TokenLogprob, Transcript};

/// Body of a `json` answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transcript)]
pub struct Json {
    /// What was said.
    #[schema(example = "The budget is fine.")]
    pub text: String,
    /// How sure the model was of each token; only with `include[]=logprobs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub logprobs: Option<Vec<Logprob>>,
    /// What the request counts as.
    pub usage: Usage,
}

/// What a request counts as: the length of its audio, a started second counting as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Usage {
    /// Counted by the length of the audio.
    Duration {
        /// Whole seconds of audio.
        #[schema(example = 9)]
        seconds: u64,
    },
}

impl Usage {
    /// Of a recording of this length.
    #[must_use]
    pub fn of(duration: Millis) -> Self {
        Self::Duration { seconds: duration.started_seconds() }
    }
}

/// A token and how sure the model was of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Logprob {
    /// The token as text; a character that is split over tokens shows as U+FFFD in each.
    #[schema(example = " The")]
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The token's bytes.
    #[schema(value_type = Vec<u8>)]
    pub bytes: Vec<u8>,
}

impl From<&TokenLogprob> for Logprob {
    fn from(token: &TokenLogprob) -> Self {
        Self {
            token: String::from_utf8_lossy(&token.bytes).into_owned(),
            logprob: finite(token.logprob),
            bytes: token.bytes.clone(),
        }
    }
}

pub(super) fn render(transcript: &Transcript, detail: Detail) -> String {
    let logprobs = detail.logprobs.then(|| transcript.body.logprobs.iter().map(Logprob::from).collect());
    write(&Json { text: transcript.text(), logprobs, usage: Usage::of(transcript.duration) })
}

/// JSON has no infinity: the logarithm of a probability of zero is written as the smallest number.
pub(super) fn finite(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(f32::MIN, f32::MAX) }
}

pub(super) fn write(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("a body of strings, numbers and lists is always JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::render::sample;

    #[test]
    fn text_and_started_seconds() {
        let body = render(&sample::transcript(), Detail::default());
        let expected = r#"{"text":"The budget is <fine>. Next & last.","usage":{"type":"duration","seconds":3906}}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn logprobs_come_when_asked_for() {
        let body = render(&sample::transcript(), Detail { logprobs: true, ..Detail::default() });
        assert!(body.contains(r#""logprobs":[{"token":" The","logprob":-0.25,"bytes":[32,84,104,101]}]"#), "{body}");
    }

    #[test]
    fn numbers_that_json_lacks_are_never_written() {
        assert!(finite(f32::NAN).is_finite());
        assert!(finite(f32::NEG_INFINITY).is_finite());
    }
}
