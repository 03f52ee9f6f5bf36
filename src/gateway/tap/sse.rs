//! The usage in a stream of server-sent events (WHATWG HTML, section 9.2).
//!
//! Chunks go on as they come, wherever an event may be cut. Only where the event of the usage is to be hidden does the
//! part of an event wait that is not whole yet: it could be that one. A line that does not end is let through and is
//! counted as text; of a long one no more is read than its end, where backends write what was used.

use bytes::Bytes;
use serde_json::Value;

use super::answer::AnswerFields;
use super::whole::{keep_end, last_usage};
use super::{Blame, Seen, blame};

/// The longest line that is read as a whole: the last event of a response repeats its instructions, its tools and its text.
const LONGEST_LINE: usize = 1 << 20;

/// The longest event that waits for its end; the one with the usage has a few hundred bytes.
const LONGEST_WAIT: usize = 16 << 10;

/// A stream on its way.
#[derive(Debug)]
pub(in crate::gateway) struct Events {
    hide: bool,
    /// The line that is not whole yet, or the end of one that is too long.
    line: Vec<u8>,
    /// Its length, though not all of it may be kept.
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

    /// Holds a piece of an event back, unless it is too long to be the one that is hidden, or belongs to that.
    fn wait(&mut self, piece: &[u8], passed: &mut Vec<u8>) {
        if self.fate == Fate::Hidden {
            return;
        }
        if self.fate == Fate::Open && self.waiting.len() + piece.len() > LONGEST_WAIT {
            self.fate = Fate::Passed;
            passed.append(&mut self.waiting);
        }
        let to = if self.fate == Fate::Passed { passed } else { &mut self.waiting };
        to.extend_from_slice(piece);
    }

    /// Adds to the line that is not whole; of one that is too long the end is kept.
    fn collect(&mut self, piece: &[u8]) {
        let before = if self.is_too_long() { 0 } else { self.line_length };
        self.line_length += piece.len();
        if self.is_too_long() {
            self.seen.unread_bytes += (before + piece.len()) as u64;
            keep_end(&mut self.line, piece);
        } else {
            self.line.extend_from_slice(piece);
        }
    }

    fn is_too_long(&self) -> bool {
        self.line_length > LONGEST_LINE
    }

    fn end_of_line(&mut self, line: &[u8], passed: &mut Vec<u8>) {
        self.between = !self.is_too_long() && line.trim_ascii_end().is_empty();
        if !self.between {
            self.read(line);
            return;
        }
        if self.fate != Fate::Hidden {
            passed.append(&mut self.waiting);
        }
        self.waiting.clear();
        self.fate = Fate::Open;
    }

    /// Reads a line that is whole, or the end of one that is too long.
    fn read(&mut self, line: &[u8]) {
        if self.is_too_long() {
            self.seen.report = last_usage(line).or(self.seen.report);
            return;
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            if line.strip_prefix(b"event:").is_some_and(|name| name.trim_ascii() == b"error") {
                self.seen.blame = Some(Blame::Backend);
            }
            // No field of the standard: llama.cpp wrote its errors so until September 2025.
            if let Some(error) = line.strip_prefix(b"error:")
                && let Ok(error @ Value::Object(_)) = serde_json::from_slice(error)
            {
                self.seen.blame = Some(blame::of(error.get("code"), error.get("type")));
            }
            return;
        };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.seen.done = true;
            return;
        }
        let Ok(event) = serde_json::from_slice::<AnswerFields<'_>>(data) else {
            self.seen.unread_bytes += data.len() as u64;
            return;
        };
        let text_bytes = event.text_bytes();
        self.seen.text_bytes += text_bytes;
        self.seen.texts += u64::from(text_bytes > 0);
        self.seen.blame = event.blame().or(self.seen.blame);
        if let Some(report) = event.report() {
            self.seen.report = Some(report);
        }
        if self.fate == Fate::Open && event.is_usage_alone() {
            self.fate = Fate::Hidden;
        }
    }
}

#[cfg(test)]
mod tests;
