//! The usage in an answer that is one JSON document. It is kept up to a bound; of a longer one, such as a list of
//! vectors, the beginning and the end are looked at, where backends write what was used.

use super::answer::AnswerFields;
use super::{Report, Seen};

/// The most of an answer that is kept until its end.
const MOST: usize = 1 << 20;

/// How much of the beginning and of the end of a longer one is looked at.
pub(super) const TAIL: usize = 8 << 10;

/// An answer on its way.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Whole {
    kept: Vec<u8>,
    /// Whether its beginning was let go.
    cut: bool,
    seen: Seen,
}

impl Whole {
    pub(super) fn take(&mut self, chunk: &[u8]) {
        self.seen.bytes += chunk.len() as u64;
        if !self.cut && self.kept.len() + chunk.len() > MOST {
            self.cut = true;
            // llama.cpp writes it before the vectors.
            let beginning = if self.kept.is_empty() { chunk } else { self.kept.as_slice() };
            self.seen.report = last_usage(&beginning[..beginning.len().min(TAIL)]);
        }
        if self.cut {
            keep_end(&mut self.kept, chunk);
        } else {
            self.kept.extend_from_slice(chunk);
        }
    }

    pub(super) fn finish(&mut self) {
        if self.cut {
            self.seen.unread_bytes = self.seen.bytes;
            self.seen.report = last_usage(&self.kept).or(self.seen.report);
        } else if let Ok(answer) = serde_json::from_slice::<AnswerFields<'_>>(&self.kept) {
            self.seen.text_bytes = answer.text_bytes();
            self.seen.report = answer.report();
            self.seen.blame = answer.blame();
        } else {
            self.seen.unread_bytes = self.seen.bytes;
        }
        self.kept = Vec::new();
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// Adds to what is kept of the end of something long, which stays [`TAIL`] bytes at most.
pub(super) fn keep_end(kept: &mut Vec<u8>, chunk: &[u8]) {
    let end = &chunk[chunk.len().saturating_sub(TAIL)..];
    let spare = kept.len().saturating_sub(TAIL.saturating_sub(end.len()));
    kept.drain(..spare);
    kept.shrink_to(2 * TAIL);
    kept.extend_from_slice(end);
}

/// The last object under the key `usage` in a part of an answer. Inside a string its quotes would have backslashes before
/// them.
pub(super) fn last_usage(part: &[u8]) -> Option<Report> {
    const KEY: &[u8] = b"\"usage\"";
    let is_key = |at: &usize| part[*at..].starts_with(KEY) && (*at == 0 || part[at - 1] != b'\\');
    let start = (0..part.len()).rev().find(is_key)?;
    let value = part[start + KEY.len()..].trim_ascii_start().strip_prefix(b":")?;
    let value = serde_json::Deserializer::from_slice(value).into_iter().next()?.ok()?;
    Report::of(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::tap::Blame;

    fn read(answer: &[u8], pieces: usize) -> Seen {
        let mut whole = Whole::default();
        answer.chunks(pieces).for_each(|chunk| whole.take(chunk));
        assert!(whole.kept.len() <= MOST);
        whole.finish();
        whole.seen
    }

    #[test]
    fn usage_and_text_are_found_in_every_shape() {
        for (answer, text_bytes, input, output) in [
            (
                r#"{"choices":[{"message":{"role":"assistant","content":"hello","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
                7,
                Some(3),
                Some(2),
            ),
            (r#"{"choices":[{"text":"hello"},{"text":"you"}]}"#, 8, None, None),
            (
                r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":9,"output_tokens":1}}"#,
                2,
                Some(9),
                Some(1),
            ),
            (r#"{"data":[{"embedding":[1,2.5]}],"usage":{"prompt_tokens":4,"total_tokens":4}}"#, 0, Some(4), None),
            (
                r#"{"choices":[{"message":{"reasoning":"four","content":"hi","reasoning_content":"four"}},{"delta":{"reasoning":"one"}}]}"#,
                9,
                None,
                None,
            ),
            (r#"{"choices":null,"usage":"none"}"#, 0, None, None),
        ] {
            let seen = read(answer.as_bytes(), 7);
            let report = seen.report.unwrap_or_default();
            assert_eq!((seen.text_bytes, report.input, report.output), (text_bytes, input, output), "{answer}");
        }
        assert_eq!(read(b"{\"cut", 2).unread_bytes, 5);
    }

    #[test]
    fn of_a_long_answer_both_ends_are_read() {
        let vectors = "0.125,".repeat(1 << 19);
        let answer = format!(
            r#"{{"data":[{vectors}0],"x":"\"usage\":{{\"prompt_tokens\":1}}","usage": {{"prompt_tokens":77,"total_tokens":77}} }}"#
        );
        for pieces in [1 << 10, 1 << 16, 1 << 22] {
            assert_eq!(read(answer.as_bytes(), pieces).report.and_then(|report| report.input), Some(77));
        }
        let answer = format!(r#"{{"usage":{{"prompt_tokens":77,"total_tokens":77}},"data":[{vectors}0]}}"#);
        for pieces in [1 << 10, 1 << 16, 1 << 22] {
            assert_eq!(read(answer.as_bytes(), pieces).report.and_then(|report| report.input), Some(77), "first");
        }
    }

    #[test]
    fn an_error_is_told_from_an_answer() {
        for (answer, blame) in [
            (r#"{"error":{"message":"the engine is dead","code":500}}"#, Some(Blame::Backend)),
            (r#"{"error":{"message":"too long","code":400}}"#, Some(Blame::Caller)),
            (r#"{"error":"no"}"#, Some(Blame::Backend)),
            (r#"{"error":null,"output":[]}"#, None),
            (r#"{"choices":[{"message":{"content":"error"}}]}"#, None),
        ] {
            assert_eq!(read(answer.as_bytes(), 5).blame, blame, "{answer}");
        }
    }
}
