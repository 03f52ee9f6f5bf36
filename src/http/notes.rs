//! What an answer says besides the transcript: in headers, and in the last event of a streamed one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::charge;
use crate::audio::Damage;
use crate::speech::whisper::PROMPT_TOKENS;
use crate::transcript::Warning;
use crate::transcription::Outcome;

const IGNORED: HeaderName = HeaderName::from_static("x-minuted-ignored-params");
const WARNINGS: HeaderName = HeaderName::from_static("x-minuted-warnings");
const DAMAGE: HeaderName = HeaderName::from_static("x-minuted-damage");
const PROMPT: HeaderName = HeaderName::from_static("x-minuted-prompt-truncated");

/// The most items of a list in a header: clients refuse heads of more than a few kilobytes.
const MAX_ITEMS: usize = 32;

/// The most characters of an item that a client chose.
const MAX_NAME: usize = 64;

/// Names the fields of the form that had no effect.
pub(super) fn note_ignored(headers: &mut HeaderMap, names: &[String]) {
    put(headers, IGNORED, &listed(names, |name| name.chars().take(MAX_NAME).collect()));
}

/// Says that only the end of the prompt was used, if that is so.
pub(super) fn note_prompt(headers: &mut HeaderMap, cut: bool) {
    if cut {
        put(headers, PROMPT, &format!("last {PROMPT_TOKENS} tokens used"));
    }
}

/// Names what the reader of this transcript should know.
pub(super) fn note_outcome(headers: &mut HeaderMap, outcome: &Outcome) {
    put(headers, WARNINGS, &listed(&outcome.transcript.body.warnings, warning));
    put(headers, DAMAGE, &outcome.damage.as_ref().map(damage).unwrap_or_default());
    if let Some(charged) = &outcome.charge {
        charge::note(headers, charged);
    }
}

/// What an answer says in headers, for the last event of a stream, whose own headers are long gone; `None` if all
/// is well and nobody is billed.
pub(super) fn outcome_json(outcome: &Outcome) -> Option<Value> {
    let charged = outcome.charge.as_ref().and_then(|charged| serde_json::to_value(charge::Charge::from(charged)).ok());
    let mut notes = match charged {
        Some(Value::Object(charged)) => charged,
        _ => Map::new(),
    };
    let warnings = &outcome.transcript.body.warnings;
    if !warnings.is_empty() {
        notes.insert("warnings".to_owned(), warnings.iter().map(warning).collect());
    }
    if let Some(found) = &outcome.damage {
        notes.insert("damage".to_owned(), json!(damage(found)));
    }
    if outcome.prompt_cut {
        notes.insert("prompt_truncated".to_owned(), json!(true));
    }
    (!notes.is_empty()).then_some(Value::Object(notes))
}

fn warning(warning: &Warning) -> String {
    let Warning { kind, start, end } = warning;
    format!("{};start={:?};end={:?}", kind.as_str(), start.as_secs_f64(), end.as_secs_f64())
}

fn damage(damage: &Damage) -> String {
    format!("{};at={:?}", damage.what, damage.at.as_secs_f64())
}

fn listed<T>(items: &[T], name: impl Fn(&T) -> String) -> String {
    let mut list: Vec<String> = items.iter().take(MAX_ITEMS).map(name).collect();
    if let Some(more @ 1..) = items.len().checked_sub(MAX_ITEMS) {
        list.push(format!("and {more} more"));
    }
    list.join(", ")
}

/// Only what every client can read in a header: letters, digits and marks of ASCII.
fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if text.is_empty() {
        return;
    }
    let safe: String = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if let Ok(value) = HeaderValue::from_str(&safe) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::Usage;
    use crate::domain::{Language, Millis};
    use crate::transcript::{Task, Transcript, WarningKind};

    fn doubtful() -> Outcome {
        let mut transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
        transcript.body.warnings = vec![
            Warning { kind: WarningKind::Repetition, start: Millis(30_000), end: Millis(59_760) },
            Warning { kind: WarningKind::LowConfidence, start: Millis(90_000), end: Millis(91_500) },
        ];
        let damage = Damage { what: "the file is cut off".to_owned(), at: Millis(91_500) };
        Outcome { transcript, damage: Some(damage), prompt_cut: true, usage: Usage::default(), charge: None }
    }

    #[test]
    fn doubts_stand_in_headers() {
        let mut headers = HeaderMap::new();
        note_outcome(&mut headers, &doubtful());
        assert_eq!(headers[WARNINGS], "repetition;start=30.0;end=59.76, low_confidence;start=90.0;end=91.5");
        assert_eq!(headers[DAMAGE], "the file is cut off;at=91.5");
        note_prompt(&mut headers, true);
        assert_eq!(headers[PROMPT], format!("last {PROMPT_TOKENS} tokens used"));
    }

    #[test]
    fn a_stream_tells_the_same_at_its_end_and_nothing_if_all_is_well() {
        let told = outcome_json(&doubtful()).expect("there are doubts");
        assert_eq!(told["warnings"][0], "repetition;start=30.0;end=59.76");
        assert_eq!(told["damage"], "the file is cut off;at=91.5");
        assert_eq!(told["prompt_truncated"], true);
        let transcript = Transcript::new(Task::Transcribe, Language::ENGLISH);
        assert_eq!(
            outcome_json(&Outcome {
                transcript,
                damage: None,
                prompt_cut: false,
                usage: Usage::default(),
                charge: None
            }),
            None
        );
    }

    #[test]
    fn names_that_a_client_chose_cannot_break_a_header() {
        let mut headers = HeaderMap::new();
        let names: Vec<String> = (0..100).map(|n| format!("Größe\r\nset-cookie: {n}{}", "x".repeat(500))).collect();
        note_ignored(&mut headers, &names);
        let value = headers[IGNORED].to_str().expect("ASCII");
        assert!(value.len() < 3000 && value.ends_with("and 68 more"), "{value}");
    }
}
