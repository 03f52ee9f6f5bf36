//! The boxes of an MP4 file (ISO/IEC 14496-12, 4.2), of which a hostile one may have any number.

use std::{io, ops::Range};

use super::source::Reader;

/// Boxes looked at in one walk; real files have some hundreds.
pub(super) const MAX_BOXES: usize = 10_000;

/// A walk with an end.
pub(super) struct Walk<'a> {
    bytes: &'a Reader,
    left: usize,
    name: u64,
}

impl<'a> Walk<'a> {
    /// From any box to any other.
    pub fn new(bytes: &'a Reader) -> Self {
        Self { bytes, left: MAX_BOXES, name: 0 }
    }

    /// Through all of them: each takes eight bytes, so that it ends with the file.
    pub fn to_the_end(bytes: &'a Reader) -> Self {
        Self { left: usize::MAX, ..Self::new(bytes) }
    }

    /// Up to `count` bytes from `position` on, as the file has them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn peek(&self, position: u64, count: usize) -> io::Result<Vec<u8>> {
        self.bytes.peek(position, count)
    }

    /// The number in four bytes at `position`, unless the file ends before it does.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn word(&self, position: u64) -> io::Result<Option<u32>> {
        Ok(self.peek(position, 4)?.first_chunk().copied().map(u32::from_be_bytes))
    }

    /// The number behind the two times of a header, which are twice as long in version 1: of a track its own, of a movie or
    /// of its media the units of its clock in a second.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn number_behind_times(&self, header: Range<u64>) -> io::Result<Option<u32>> {
        let is_long = self.peek(header.start, 1)? == [1];
        self.word(header.start + if is_long { 20 } else { 12 })
    }

    /// True if it ended before the boxes did.
    pub fn is_exhausted(&self) -> bool {
        self.left == 0
    }

    /// Where the name of the box stands that was found last.
    pub fn name(&self) -> u64 {
        self.name
    }

    /// The body of the next box of this name in `span`, which then starts behind it.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next(&mut self, span: &mut Range<u64>, name: [u8; 4]) -> io::Result<Option<Range<u64>>> {
        while span.start < span.end && self.left > 0 {
            self.left -= 1;
            let header = self.bytes.peek(span.start, 16)?;
            let (Some(&size), Some(kind)) = (header.first_chunk(), header.get(4..8)) else { break };
            let (head, size) = match (u32::from_be_bytes(size), header.last_chunk()) {
                (0, _) => (8, span.end - span.start),
                (1, Some(&size)) => (16, u64::from_be_bytes(size)),
                (size, _) => (8, size.into()),
            };
            let start = span.start;
            span.start = start.saturating_add(size.max(head)).min(span.end);
            if kind == &name[..] {
                self.name = start + 4;
                return Ok(Some(start + head..span.start));
            }
        }
        Ok(None)
    }

    /// The body of the first box of the first name, of the first box of the second in that, and so on.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn descend(&mut self, mut span: Range<u64>, path: &[[u8; 4]]) -> io::Result<Option<Range<u64>>> {
        for &name in path {
            let Some(body) = self.next(&mut span, name)? else { return Ok(None) };
            span = body;
        }
        Ok(Some(span))
    }
}
