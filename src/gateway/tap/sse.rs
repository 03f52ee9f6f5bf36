//! The usage in a stream of server-sent events (WHATWG HTML, section 9.2).
//!
//! Chunks go on as they come, wherever an event may be cut. Only where the event of the usage is to be hidden does the
//! part of an event wait that is not whole yet: it could be that one. A line that does not end is let through, is not
//! read, and is counted as text.

use bytes::Bytes;

use super::Seen;
use super::answer::AnswerFields;

/// The longest line that is read.
const LONGEST_LINE: usize = 256 << 10;

/// The longest event that waits for its end; the one with the usage has a few hundred bytes.
const LONGEST_WAIT: usize = 16 << 10;

/// A stream on its way.
#[derive(Debug)]
pub(in crate::gateway) struct Events {
    hide: bool,
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// Its length, though it may not be kept.
    line_length: usize,
    /// Where events are hidden: what of the one at hand has not gone on.
    waiting: Vec<u8>,
    /// What becomes of the event at hand.
    fate: Fate,
    /// Whether no event is under way.
    between: bool,
    /// Where in what went on last the first event ended that did.
    first_end: Option<usize>,
    seen: Seen,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It waits for its end.
    Open,
    /// A part of it has gone on, and so must the rest.
    Passed,
    /// It says what was used and nothing else.
    Hidden,
}

impl Events {
    pub(super) fn new(hide: bool) -> Self {
        Self {
            hide,
            line: Vec::new(),
            line_length: 0,
            waiting: Vec::new(),
            fate: Fate::Open,
            between: true,
            first_end: None,
            seen: Seen::default(),
        }
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Whether what has gone on ends between two events. What waits has not gone on.
    pub(super) fn is_between(&self) -> bool {
        if self.hide { self.fate != Fate::Passed } else { self.between && self.line_length == 0 }
    }

    /// How much of what [`take`](Self::take) gave last belongs to the first event that ended in it, if one did.
    pub(super) fn first_end(&self) -> Option<usize> {
        self.first_end
    }

    pub(super) fn take(&mut self, chunk: Bytes) -> Bytes {
        self.seen.bytes += chunk.len() as u64;
        let mut passed = Vec::new();
        let mut read = 0;
        self.first_end = None;
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            read += piece.len();
            if self.hide {
                self.wait(piece, &mut passed);
            }
            let ends = piece.last() == Some(&b'\n');
            if !ends || self.line_length > 0 {
                self.collect(piece);
                if ends {
                    let line = std::mem::take(&mut self.line);
                    self.end_of_line(&line, &mut passed);
                    self.line = line;
                    self.line.clear();
                    self.line_length = 0;
                }
            } else {
                self.end_of_line(piece, &mut passed);
            }
            if ends && self.between {
                self.first_end.get_or_insert(if self.hide { passed.len() } else { read });
            }
        }
        if self.hide { passed.into() } else { chunk }
    }

    pub(super) fn finish(&mut self) -> Bytes {
        if self.line_length > 0 {
            let line = std::mem::take(&mut self.line);
            self.read(&line);
            self.line_length = 0;
        }
        let rest = std::mem::take(&mut self.waiting);
        if self.fate == Fate::Hidden { Bytes::new() } else { rest.into() }
    }

    /// Holds a piece of an event back, unless it is too long to be the one that is hidden.
    fn wait(&mut self, piece: &[u8], passed: &mut Vec<u8>) {
        if self.fate == Fate::Open && self.waiting.len() + piece.len() > LONGEST_WAIT {
            self.fate = Fate::Passed;
            passed.append(&mut self.waiting);
        }
        let to = if self.fate == Fate::Passed { passed } else { &mut self.waiting };
        to.extend_from_slice(piece);
    }

    /// Adds to the line that is not whole, or gives it up.
    fn collect(&mut self, piece: &[u8]) {
        self.line_length += piece.len();
        if self.line_length <= LONGEST_LINE {
            self.line.extend_from_slice(piece);
        } else {
            self.seen.unread_bytes += (self.line.len() + piece.len()) as u64;
            self.line = Vec::new();
        }
    }

    fn end_of_line(&mut self, line: &[u8], passed: &mut Vec<u8>) {
        let too_long = self.line_length > LONGEST_LINE;
        self.between = !too_long && line.trim_ascii_end().is_empty();
        if !self.between {
            if !too_long {
                self.read(line);
            }
            return;
        }
        if self.fate != Fate::Hidden {
            passed.append(&mut self.waiting);
        }
        self.waiting.clear();
        self.fate = Fate::Open;
    }

    /// Reads a line that is whole.
    fn read(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.seen.done = true;
            return;
        }
        let Ok(event) = serde_json::from_slice::<AnswerFields>(data) else {
            self.seen.unread_bytes += data.len() as u64;
            return;
        };
        let text_bytes = event.text_bytes();
        self.seen.text_bytes += text_bytes;
        self.seen.texts += u64::from(text_bytes > 0);
        if let Some(report) = event.report() {
            self.seen.report = Some(report);
        }
        if self.fate == Fate::Open && event.is_usage_alone() {
            self.fate = Fate::Hidden;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}],\"usage\":null}\n\n";
    const THERE: &str = ": a comment\r\ndata: {\"choices\":[{\"delta\":{\"content\":\" there\"}}]}\r\n\r\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn through(stream: &[u8], cuts: &[usize], hide: bool) -> (Vec<u8>, Seen) {
        let mut events = Events::new(hide);
        let mut passed = Vec::new();
        let mut at = 0;
        for cut in cuts {
            let cut = (*cut).min(stream.len() - at);
            passed.extend(events.take(Bytes::copy_from_slice(&stream[at..][..cut])));
            at += cut;
        }
        passed.extend(events.take(Bytes::copy_from_slice(&stream[at..])));
        passed.extend(events.finish());
        (passed, *events.seen())
    }

    proptest! {
        #[test]
        fn however_it_is_cut_all_passes_but_the_event_of_the_usage(cuts in prop::collection::vec(0usize..40, 0..60)) {
            let stream = [HELLO, THERE, USAGE, DONE].concat();
            for (hide, expected) in [(false, stream.clone()), (true, [HELLO, THERE, DONE].concat())] {
                let (passed, seen) = through(stream.as_bytes(), &cuts, hide);
                prop_assert_eq!(String::from_utf8(passed).expect("UTF-8"), expected);
                prop_assert_eq!((seen.text_bytes, seen.texts), (11, 2));
                prop_assert_eq!(seen.report.and_then(|report| report.output), Some(2));
            }
        }
    }

    #[test]
    fn whole_events_go_on_at_once() {
        for hide in [false, true] {
            let mut events = Events::new(hide);
            assert_eq!(events.take(HELLO.into()), HELLO);
            assert!(events.is_between());
            assert_eq!(events.take("data: {".into()), if hide { "" } else { "data: {" });
            assert_eq!(events.is_between(), hide, "what waits has not gone on");
        }
    }

    #[test]
    fn it_is_known_where_the_first_event_of_a_chunk_ends() {
        let long = format!("data: {}", "x".repeat(LONGEST_WAIT));
        for (hide, chunks) in [
            (false, &[("data: 1", None), ("2\n", None), ("\ndata: 3\n\ndata: 4", Some(1)), ("\n\n\n", Some(2))][..]),
            (
                true,
                &[
                    ("data: 1\n\ndata: 2", Some(9)),
                    ("\n\n: \n\n", Some(9)),
                    (long.as_str(), None),
                    ("\n\ndata: 1\n\n", Some(2)),
                ],
            ),
        ] {
            let mut events = Events::new(hide);
            for (chunk, end) in chunks {
                events.take(Bytes::copy_from_slice(chunk.as_bytes()));
                assert_eq!(events.first_end(), *end, "hide={hide} {chunk:.20}");
            }
        }
    }

    #[test]
    fn usage_beside_text_is_not_hidden() {
        let event = HELLO.replace("null", "{\"prompt_tokens\":5}");
        let (passed, seen) = through(event.as_bytes(), &[], true);
        assert_eq!(passed, event.as_bytes());
        assert_eq!(seen.report.and_then(|report| report.input), Some(5));
    }

    #[test]
    fn usage_is_found_in_the_last_event_of_a_response() {
        let stream = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"four\"}\n\n\
                      event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":\
                      {\"input_tokens\":7,\"output_tokens\":3}}}\n\n";
        let (passed, seen) = through(stream.as_bytes(), &[3, 50], false);
        assert_eq!((passed.as_slice(), seen.text_bytes), (stream.as_bytes(), 4));
        assert_eq!(seen.report.and_then(|report| report.output), Some(3));
    }

    #[test]
    fn a_line_without_an_end_passes_and_is_not_kept() {
        for hide in [false, true] {
            let mut events = Events::new(hide);
            let chunk = Bytes::from(vec![b'x'; 64 << 10]);
            let mut passed = events.take("data: ".into()).len();
            for _ in 0..100 {
                passed += events.take(chunk.clone()).len();
                assert!(events.line.capacity() + events.waiting.capacity() <= 3 * LONGEST_LINE);
            }
            assert_eq!(passed, 6 + 100 * chunk.len(), "hide={hide}");
            assert!(events.seen().unread_bytes >= 100 * chunk.len() as u64);
            let end = events.take(format!("\n\n{HELLO}").into());
            assert_eq!((end.as_ref(), events.is_between()), (format!("\n\n{HELLO}").as_bytes(), true));
        }
    }
}
