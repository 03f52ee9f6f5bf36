//! `verbose_json`: text, language, length, and segments and words with their times.

use serde::Serialize;
use utoipa::ToSchema;

use super::Detail;
use super::json::{Usage, finite, write};
use crate::domain::Language;
use crate::transcript::{Segment, Task, Transcript, Word};

/// Body of a `verbose_json` answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerboseTranscript)]
pub struct VerboseJson {
    /// `transcribe` or `translate`.
    #[schema(example = "transcribe")]
    pub task: &'static str,
    /// English name of the language of the text, in lower case.
    #[schema(example = "english")]
    pub language: &'static str,
    /// Length of the audio in seconds.
    pub duration: f64,
    /// What was said.
    pub text: String,
    /// In order of time; absent if only words were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub segments: Option<Vec<VerboseSegment>>,
    /// In order of time; only with `timestamp_granularities[]=word`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub words: Option<Vec<VerboseWord>>,
    /// What the request counts as.
    pub usage: Usage,
}

/// A stretch of text between two timestamps of the model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
pub struct VerboseSegment {
    /// Place in the list, from zero.
    pub id: usize,
    /// Where the window starts that it was recognised in, in hundredths of a second.
    pub seek: u64,
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// The text, with the space before it.
    pub text: String,
    /// The model's token ids, timestamps included.
    pub tokens: Vec<u32>,
    /// The temperature at which it was decoded in the end.
    pub temperature: f32,
    /// Mean logarithm of the tokens' probabilities; below -1 the text is doubtful.
    pub avg_logprob: f32,
    /// How well the text compresses; above 2.4 it repeats itself.
    pub compression_ratio: f32,
    /// The probability that nobody speaks.
    pub no_speech_prob: f32,
}

/// A word and when it was said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Word)]
pub struct VerboseWord {
    /// The word, without spaces.
    pub word: String,
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
}

pub(super) fn render(transcript: &Transcript, detail: Detail) -> String {
    let body = &transcript.body;
    let language = match transcript.task {
        Task::Transcribe => transcript.language,
        Task::Translate => Language::ENGLISH,
    };
    write(&VerboseJson {
        task: transcript.task.as_str(),
        language: language.name(),
        duration: transcript.duration.as_secs_f64(),
        text: transcript.text(),
        segments: detail.segments.then(|| body.segments.iter().enumerate().map(segment).collect()),
        words: detail.words.then(|| body.words.iter().map(word).collect()),
        usage: Usage::of(transcript.duration),
    })
}

fn segment((id, segment): (usize, &Segment)) -> VerboseSegment {
    VerboseSegment {
        id,
        seek: segment.seek.0 / 10,
        start: segment.start.as_secs_f64(),
        end: segment.end.as_secs_f64(),
        text: segment.text.clone(),
        tokens: segment.tokens.clone(),
        temperature: finite(segment.temperature),
        avg_logprob: finite(segment.avg_logprob),
        compression_ratio: finite(segment.compression_ratio),
        no_speech_prob: finite(segment.no_speech_prob),
    }
}

fn word(word: &Word) -> VerboseWord {
    VerboseWord { word: word.text.clone(), start: word.start.as_secs_f64(), end: word.end.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::transcript::render::sample;

    fn rendered(detail: Detail) -> Value {
        serde_json::from_str(&render(&sample::transcript(), detail)).expect("valid JSON")
    }

    #[test]
    fn segments_come_by_default_and_hold_every_key() {
        let body = rendered(Detail::default());
        assert_eq!(body["task"], "transcribe");
        assert_eq!(body["language"], "english");
        assert_eq!(body["duration"], 3905.47);
        assert_eq!(
            body["segments"][1],
            json!({
                "id": 1, "seek": 390_325, "start": 3903.25, "end": 3905.0, "text": " Next & last.",
                "tokens": [50_363, 440, 50_530], "temperature": 0.2, "avg_logprob": -0.286,
                "compression_ratio": 1.236, "no_speech_prob": 0.01,
            })
        );
        assert!(body.get("words").is_none());
    }

    #[test]
    fn words_alone_leave_the_segments_out() {
        let body = rendered(Detail { segments: false, words: true, logprobs: false });
        assert!(body.get("segments").is_none());
        assert_eq!(body["words"], json!([{ "word": "The", "start": 0.0, "end": 0.24 }]));
    }

    #[test]
    fn a_translation_is_in_english_whatever_was_spoken() {
        let mut transcript = sample::transcript();
        transcript.task = Task::Translate;
        transcript.language = Language::parse("de").expect("known");
        let body: Value = serde_json::from_str(&render(&transcript, Detail::default())).expect("valid JSON");
        assert_eq!((&body["task"], &body["language"]), (&json!("translate"), &json!("english")));
    }
}
