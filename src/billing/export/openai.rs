//! OpenAI's page of organization costs, written bucket by bucket: a day is in memory at a time, and of that the sums. Days
//! on which nothing was charged are written too, and there may be millions of them.

use crate::billing::Entry;
use crate::billing::organization::{Bucket, CostsResult, GroupBy, Span};
use crate::billing::rollup::Rollup;

const DAY: i64 = 86_400;

/// As many bytes as a piece of the file may have before no further day is written to it.
const ENOUGH: usize = 256 << 10;

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

    /// Writes the days before that of a row, as far as a piece goes: how many results that were, and whether it was all, so
    /// that the row can be taken.
    pub(super) fn up_to(&mut self, entry: &Entry, out: &mut Vec<u8>) -> (u64, bool) {
        self.before(entry.admitted_at.as_second() - DAY + 1, out)
    }

    /// Takes a row of the day that is next.
    pub(super) fn entry(&mut self, entry: &Entry) {
        self.day.add(entry);
    }

    /// Writes the days that are left, as far as a piece goes, and after them the end of the page: how many results that
    /// were, and whether it was all.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> (u64, bool) {
        let (written, all) = self.before(self.end, out);
        if all {
            out.extend(b"],\"has_more\":false,\"next_page\":null}\n");
        }
        (written, all)
    }

    /// Writes days that begin before a moment.
    fn before(&mut self, moment: i64, out: &mut Vec<u8>) -> (u64, bool) {
        let (mut written, moment) = (0, moment.min(self.end));
        while self.next < moment && out.len() < ENOUGH {
            written += self.bucket(out);
        }
        (written, self.next >= moment)
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
