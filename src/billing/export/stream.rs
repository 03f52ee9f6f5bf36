//! The file, piece by piece.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::openai::Days;
use super::trailer::Tally;
use super::{Format, Trailer, columns, focus};
use crate::billing::{Entry, Ledger, LedgerError, Line, Period, Tariff, TariffId};
use crate::crash::{self, Point};
use crate::domain::{AccountId, ChargeId, Timestamp, seconds_up};

/// Charges that are read, and written, at once.
const PAGE: u32 = 1_000;

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Whose charges; everybody's if it is `None`.
    pub account: Option<AccountId>,
    /// When their requests were admitted.
    pub period: Period,
}

/// A file that is being written.
pub struct Export {
    ledger: Arc<dyn Ledger>,
    selection: Selection,
    format: Format,
    /// Who offers the service, where the format has a place for it.
    provider: String,
    tariffs: BTreeMap<TariffId, Tariff>,
    closed: bool,
    days: Days,
    tally: Tally,
    next: Next,
}

/// Names a charge, in the order of a file.
type Place = (Timestamp, ChargeId);

enum Next {
    Head,
    Page(Option<Place>),
    /// Charges that have been read, and where those after them begin.
    Rows(VecDeque<Entry>, Option<Place>),
    End,
    Nothing,
}

impl Export {
    /// Begins one.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    pub async fn begin(
        ledger: Arc<dyn Ledger>,
        selection: Selection,
        format: Format,
        provider: &str,
    ) -> Result<Self, LedgerError> {
        let tariffs = ledger.tariffs().await?.into_iter().map(|tariff| (tariff.id.clone(), tariff)).collect();
        let closed = selection.period.to <= ledger.closed_until().await?;
        let days = Days::new(selection.period.from.as_second(), seconds_up(selection.period.to));
        Ok(Self {
            ledger,
            selection,
            format,
            provider: provider.to_owned(),
            tariffs,
            closed,
            days,
            tally: Tally::default(),
            next: Next::Head,
        })
    }

    /// The next piece, at most a few hundred kilobytes, which may be empty; `None` at the end.
    ///
    /// # Errors
    /// [`LedgerError::Store`]; what has been given so far is no whole file then.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LedgerError> {
        let mut out = Vec::new();
        self.next = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => return Ok(None),
            Next::Head => {
                match self.format {
                    Format::Csv => columns::csv_head(&mut out),
                    Format::Jsonl => {}
                    Format::Focus => focus::head(&mut out),
                    Format::OpenAi => Days::head(&mut out),
                }
                Next::Page(None)
            }
            Next::Page(after) => {
                let Selection { account, period } = &self.selection;
                let (account, after) = (account.as_ref(), after.as_ref());
                let page = self.ledger.settled(account, period.from, period.to, after, PAGE).await?;
                self.rows(page.items.into(), page.next, &mut out)
            }
            Next::Rows(entries, after) => self.rows(entries, after, &mut out),
            Next::End => self.end(&mut out),
        };
        // What is written without a question to the store lets others have their turn.
        tokio::task::yield_now().await;
        self.tally.bytes(&out);
        Ok(Some(out.into()))
    }

    /// What is to be said of all that has been given; of the whole file once [`next`](Self::next) has given `None`.
    #[must_use]
    pub fn trailer(&self) -> Trailer {
        self.tally.trailer(self.format, &self.selection, self.closed)
    }

    /// Writes charges that have been read, as far as a piece goes, and says how it goes on.
    fn rows(&mut self, mut entries: VecDeque<Entry>, after: Option<Place>, out: &mut Vec<u8>) -> Next {
        let some = !entries.is_empty();
        while let Some(entry) = entries.front() {
            if self.format == Format::OpenAi {
                let (rows, there) = self.days.up_to(entry, out);
                self.tally.rows(rows);
                if !there {
                    return Next::Rows(entries, after);
                }
            }
            let rows = self.entry(entry, out);
            self.tally.charge(entry, rows);
            entries.pop_front();
        }
        if some {
            crash::pass(Point::MidExport);
        }
        after.map_or(Next::End, |after| Next::Page(Some(after)))
    }

    /// Writes what comes after the last charge.
    fn end(&mut self, out: &mut Vec<u8>) -> Next {
        if self.format != Format::OpenAi {
            return Next::Nothing;
        }
        let (rows, all) = self.days.end(out);
        self.tally.rows(rows);
        if all { Next::Nothing } else { Next::End }
    }

    /// Writes the rows of a charge, and says how many they are.
    fn entry(&mut self, entry: &Entry, out: &mut Vec<u8>) -> u64 {
        if self.format == Format::OpenAi {
            self.days.entry(entry);
            return 0;
        }
        for (number, line) in (1..).zip(&entry.lines) {
            self.line(entry, number, line, out);
        }
        entry.lines.len() as u64
    }

    fn line(&self, entry: &Entry, number: usize, line: &Line, out: &mut Vec<u8>) {
        match self.format {
            Format::Csv => columns::csv(entry, number, line, out),
            Format::Jsonl => columns::json(entry, number, line, out),
            Format::Focus => focus::line(entry, line, self.tariffs.get(&line.tariff), &self.provider, out),
            Format::OpenAi => {}
        }
    }
}
