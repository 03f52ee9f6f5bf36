//! From what a backend says of its usage, and from what was seen to pass, to what is charged. A report is believed as
//! far as it can be true; what is missing is estimated, and marked so: unknown is never zero.

use serde_json::Value;

use super::blame::Blame;
use crate::billing::{Origin, Usage};
use crate::gateway::endpoint::Endpoint;
use crate::gateway::estimate::{self, Expected};

/// What a backend says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Report {
    pub input: Option<i64>,
    pub cached: Option<i64>,
    pub output: Option<i64>,
    pub reasoning: Option<i64>,
}

/// What was seen to pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Seen {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes of text in them.
    pub text_bytes: u64,
    /// Bytes of what could not be read, and may be text.
    pub unread_bytes: u64,
    /// Events that brought text, each a token at least.
    pub texts: u64,
    /// Whether the end was announced.
    pub done: bool,
    /// Of an error among it.
    pub blame: Option<Blame>,
    /// What was said of usage, last.
    pub report: Option<Report>,
}

impl Report {
    /// Of a `usage` object under any of the names that backends use.
    pub(super) fn of(usage: &Value) -> Option<Self> {
        usage.as_object()?;
        let count = |names: &[&str]| {
            let found = names.iter().find_map(|name| usage.pointer(name)?.as_i64());
            found.filter(|count| *count >= 0)
        };
        let report = Self {
            input: count(&["/prompt_tokens", "/input_tokens"]).or_else(|| count(&["/total_tokens"])),
            cached: count(&["/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens"]),
            output: count(&["/completion_tokens", "/output_tokens"]),
            reasoning: count(&[
                "/completion_tokens_details/reasoning_tokens",
                "/output_tokens_details/reasoning_tokens",
                "/reasoning_tokens",
            ]),
        };
        (report != Self::default()).then_some(report)
    }
}

impl Seen {
    /// Whether nothing that could be text has passed.
    pub(in crate::gateway) fn is_silent(&self) -> bool {
        self.text_bytes == 0 && self.unread_bytes == 0
    }

    /// Tokens that were written, by our estimate; a prompt that comes back is none of them. What could not be read counts
    /// for no more than the `ceiling` of the request: a backend that sends rubbish does not run up a bill.
    pub(in crate::gateway) fn estimated_output(&self, expected: &Expected, ceiling: i64) -> i64 {
        let unread = estimate::of_text(self.written_bytes(expected) + self.unread_bytes);
        self.read_output(expected).max(unread.min(ceiling))
    }

    /// The same of what could be read alone.
    fn read_output(&self, expected: &Expected) -> i64 {
        estimate::of_text(self.written_bytes(expected)).max(i64::try_from(self.texts).unwrap_or(i64::MAX))
    }

    fn written_bytes(&self, expected: &Expected) -> u64 {
        self.text_bytes.saturating_sub(expected.echoed_bytes)
    }
}

/// What a request used, of which `ceiling` tokens of output were reserved at first.
pub(in crate::gateway) fn reckon(endpoint: Endpoint, seen: &Seen, expected: &Expected, ceiling: i64) -> Usage {
    let report = seen.report.unwrap_or_default();
    let mut origin = Origin::Reported;
    let mut believe = |reported: Option<i64>, estimated: i64, (least, most): (i64, i64)| match reported {
        Some(count) if (least..=most).contains(&count) => count,
        _ => {
            origin = Origin::Estimated;
            reported.map_or(estimated, |count| if count > most { most } else { estimated })
        }
    };
    let reported = report.input.filter(|count| *count > 0);
    let input_tokens = believe(reported, expected.input, (expected.least_input, expected.most_input));
    let output_tokens = if endpoint.writes() {
        let estimated = seen.estimated_output(expected, ceiling);
        // What no caller sees, such as hidden reasoning, is within the maximum that was reserved.
        let readable = seen.bytes.saturating_sub(seen.unread_bytes);
        let most = expected.output.max(i64::try_from(readable).unwrap_or(i64::MAX));
        let reported = report.output.filter(|count| *count > 0 || estimated == 0);
        // What was not read may be anything: pictures, or probabilities, which are many times as long as their text.
        believe(reported, estimated, (seen.read_output(expected) / estimate::DENSEST, most))
    } else {
        0
    };
    Usage {
        input_tokens,
        cached_tokens: report.cached.unwrap_or(0).min(input_tokens),
        output_tokens,
        reasoning_tokens: report.reasoning.unwrap_or(0).min(output_tokens),
        origin,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected =
        Expected { input: 100, least_input: 6, most_input: 4_500, output: 1_000, echoed_bytes: 0 };

    fn used(usage: &Value, text_bytes: u64, texts: u64) -> (i64, i64, Origin) {
        let seen =
            Seen { bytes: text_bytes * 3, text_bytes, texts, done: true, report: Report::of(usage), ..Seen::default() };
        let Usage { input_tokens, output_tokens, origin, .. } =
            reckon(Endpoint::Chat, &seen, &EXPECTED, EXPECTED.output);
        (input_tokens, output_tokens, origin)
    }

    #[test]
    fn a_report_is_believed_as_far_as_it_can_be_true() {
        use Origin::{Estimated, Reported};
        for (usage, text_bytes, texts, told) in [
            (json!({"prompt_tokens": 80, "completion_tokens": 50}), 200, 40, (80, 50, Reported)),
            (json!({"input_tokens": 80, "output_tokens": 900}), 40, 10, (80, 900, Reported)),
            (json!({"prompt_tokens": 0, "completion_tokens": 50}), 200, 40, (100, 50, Estimated)),
            (json!({"prompt_tokens": 80, "completion_tokens": 0}), 200, 40, (80, 50, Estimated)),
            (json!({"prompt_tokens": 80, "completion_tokens": 0}), 0, 0, (80, 0, Reported)),
            (json!({"prompt_tokens": 80, "completion_tokens": 1}), 4_000, 900, (80, 1_000, Estimated)),
            (json!({"prompt_tokens": 80, "completion_tokens": 1_000_000}), 200, 40, (80, 1_000, Estimated)),
            (json!({"prompt_tokens": 80, "completion_tokens": 1_000_000}), 1_000, 40, (80, 3_000, Estimated)),
            (json!({"prompt_tokens": 5_000_000, "completion_tokens": 50}), 200, 40, (4_500, 50, Estimated)),
            (json!({"prompt_tokens": -3, "completion_tokens": "many"}), 200, 60, (100, 60, Estimated)),
            (json!(null), 200, 40, (100, 50, Estimated)),
            (json!({}), 0, 0, (100, 0, Estimated)),
        ] {
            assert_eq!(used(&usage, text_bytes, texts), told, "{usage}");
        }
    }

    #[test]
    fn rubbish_is_no_more_than_a_request_might_write() {
        for (unread_bytes, text_bytes, report, told) in [
            (100 << 20, 0, None, 1_000),
            (100 << 20, 0, Some(60), 60),
            (100 << 20, 0, Some(2_000), 1_000),
            (100 << 20, 40_000, Some(60), 10_000),
            (100 << 20, 400, None, 1_000),
            (400, 400, None, 200),
            (100 << 20, 40_000, None, 10_000),
            (8_000, 0, Some(900), 900),
        ] {
            let report = report.map(|output| Report { input: Some(80), output: Some(output), ..Report::default() });
            let seen = Seen { bytes: unread_bytes + text_bytes, text_bytes, unread_bytes, report, ..Seen::default() };
            let used = reckon(Endpoint::Chat, &seen, &EXPECTED, EXPECTED.output);
            assert_eq!(used.output_tokens, told, "{seen:?}");
        }
    }

    #[test]
    fn a_prompt_that_comes_back_is_not_written() {
        let expected = Expected { output: 1, echoed_bytes: 4_000, ..EXPECTED };
        for (text_bytes, report, told) in [
            (4_005, Some(1), (1, Origin::Reported)),
            (4_040, None, (10, Origin::Estimated)),
            (4_000, Some(0), (0, Origin::Reported)),
            (9, Some(1), (1, Origin::Reported)),
        ] {
            let report = report.map(|output| Report { input: Some(80), output: Some(output), ..Report::default() });
            let seen = Seen { bytes: 2 * text_bytes, text_bytes, report, ..Seen::default() };
            let used = reckon(Endpoint::Completions, &seen, &expected, expected.output);
            assert_eq!((used.output_tokens, used.origin), told, "{seen:?}");
        }
    }

    #[test]
    fn parts_are_never_more_than_the_whole() {
        let usage = json!({
            "prompt_tokens": 80, "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 999}, "completion_tokens_details": {"reasoning_tokens": 30},
        });
        let report = Report::of(&usage);
        let seen = Seen { bytes: 500, text_bytes: 200, texts: 9, done: true, report, ..Seen::default() };
        let usage = reckon(Endpoint::Chat, &seen, &EXPECTED, EXPECTED.output);
        assert_eq!((usage.cached_tokens, usage.reasoning_tokens), (80, 30));
        let vectors = reckon(Endpoint::Embeddings, &seen, &EXPECTED, EXPECTED.output);
        assert_eq!((vectors.input_tokens, vectors.output_tokens, vectors.origin), (80, 0, Origin::Reported));
    }
}
