//! OpenAI's page of organization costs, written bucket by bucket: a day is in memory at a time, and of that the sums.

use crate::billing::Entry;
use crate::billing::organization::{Bucket, CostsResult, GroupBy, Span};
use crate::billing::rollup::Rollup;

const DAY: i64 = 86_400;

/// By all that costs can be told apart.
const GROUP: GroupBy = GroupBy { project: true, key: true, line_item: true, model: false, batch: false };

/// The days that are still to be written.
pub(super) struct Days {
    next: i64,
    end: i64,
    day: Rollup,
    first: bool,
}

impl Days {
    /// All that hold any moment of `[from, to)`, in seconds since 1970.
    pub(super) fn new(from: i64, to: i64) -> Self {
        let Span { start, end, .. } = Span::around(from, to, DAY);
        Self { next: start, end, day: Rollup::new(DAY), first: true }
    }

    /// The beginning of the page.
    pub(super) fn head(out: &mut Vec<u8>) {
        out.extend(br#"{"object":"page","data":["#);
    }

    /// Takes a row. How many results were written before it.
    pub(super) fn entry(&mut self, entry: &Entry, out: &mut Vec<u8>) -> u64 {
        let mut written = 0;
        while self.next + DAY <= entry.admitted_at.as_second() && self.next < self.end {
            written += self.bucket(out);
        }
        self.day.add(entry);
        written
    }

    /// The days that are left, and the end of the page.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> u64 {
        let mut written = 0;
        while self.next < self.end {
            written += self.bucket(out);
        }
        out.extend(b"],\"has_more\":false,\"next_page\":null}\n");
        written
    }

    fn bucket(&mut self, out: &mut Vec<u8>) -> u64 {
        let day = std::mem::replace(&mut self.day, Rollup::new(DAY));
        let bucket: Bucket<CostsResult> =
            Bucket::of((self.next, DAY), day.rows().values(), GROUP, |sum| CostsResult::from(sum));
        if !std::mem::replace(&mut self.first, false) {
            out.push(b',');
        }
        out.extend(serde_json::to_vec(&bucket).unwrap_or_default());
        self.next += DAY;
        bucket.groups() as u64
    }
}
