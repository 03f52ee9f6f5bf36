//! Rows of the roll-up, filtered, put together and laid into buckets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Cursor, Span};
use crate::billing::{Service, UsageRow};
use crate::domain::{Currency, KeyId};

/// A part of the buckets that were asked for.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names are OpenAI's")]
pub struct Page<R> {
    /// Always `page`.
    #[schema(example = "page")]
    object: &'static str,
    /// In order of time; those in which nothing was used too.
    data: Vec<Bucket<R>>,
    /// Whether there are more.
    has_more: bool,
    /// What to give as `page` to get them.
    #[schema(required = true)]
    next_page: Option<String>,
}

/// What was used in one stretch of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bucket<R> {
    /// Always `bucket`.
    #[schema(example = "bucket")]
    object: &'static str,
    /// Its first second since 1970, in UTC.
    #[schema(example = 1_790_812_800)]
    start_time: i64,
    /// The first second after it.
    #[schema(example = 1_790_899_200)]
    end_time: i64,
    /// One for each group that was used; none if nothing was.
    results: Vec<R>,
}

/// Which rows count. What is `None` is not filtered by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Kinds of work; all, where there are none.
    pub services: &'static [Service],
    /// Accounts.
    pub projects: Option<BTreeSet<String>>,
    /// Keys.
    pub keys: Option<BTreeSet<String>>,
    /// Models.
    pub models: Option<BTreeSet<String>>,
    /// Users. Nobody is known by such a name, so that any filter leaves nothing.
    pub users: Option<BTreeSet<String>>,
    /// Names of line items.
    pub line_items: Option<BTreeSet<String>>,
    /// Files of batches, or all else.
    pub batch: Option<bool>,
}

/// What is told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any combination can be asked for")]
pub struct GroupBy {
    /// Accounts.
    pub project: bool,
    /// Keys.
    pub key: bool,
    /// Models.
    pub model: bool,
    /// Batches and all else.
    pub batch: bool,
    /// What an invoice would have a line for.
    pub line_item: bool,
}

/// A group's sum. What it is not grouped by is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The account.
    pub project: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Whether it was a batch.
    pub batch: Option<bool>,
    /// The line item, and the kind of work that it is.
    pub line_item: Option<(String, Service)>,
    /// What `nanos` are of; amounts in different currencies are never added.
    pub currency: Currency,
    /// Requests.
    pub requests: i64,
    /// Milliseconds of audio.
    pub audio_ms: i64,
    /// Tokens read.
    pub input_tokens: i64,
    /// Those of them that were cached.
    pub cached_tokens: i64,
    /// Tokens written.
    pub output_tokens: i64,
    /// What it cost.
    pub nanos: i64,
}

/// The page of this span, with each sum as its route shows it.
pub fn buckets<R>(
    (span, next): (Span, Option<Cursor>),
    rows: &[UsageRow],
    filter: &Filter,
    group: GroupBy,
    show: impl Fn(&Sum) -> R,
) -> Page<R> {
    let mut by_start: BTreeMap<i64, Vec<&UsageRow>> = span.starts().map(|start| (start, Vec::new())).collect();
    for row in rows.iter().filter(|row| filter.counts(row)) {
        if let Some(bucket) = by_start.get_mut(&row.start.as_second()) {
            bucket.push(row);
        }
    }
    let lay = |(start, rows)| Bucket::of((start, span.width), rows, group, &show);
    Page {
        object: "page",
        data: by_start.into_iter().map(lay).collect(),
        has_more: next.is_some(),
        next_page: next.map(|next| next.to_string()),
    }
}

impl<R> Bucket<R> {
    /// The bucket of these rows: its first second, and how many it has.
    pub fn of<'a>(
        (start, width): (i64, i64),
        rows: impl IntoIterator<Item = &'a UsageRow>,
        group: GroupBy,
        show: impl Fn(&Sum) -> R,
    ) -> Self {
        let results = sums(rows, group).iter().map(show).collect();
        Self { object: "bucket", start_time: start, end_time: start + width, results }
    }

    /// How many groups it has.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.results.len()
    }
}

/// Sums of rows by group, in a fixed order.
fn sums<'a>(rows: impl IntoIterator<Item = &'a UsageRow>, group: GroupBy) -> Vec<Sum> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let empty = Sum {
            project: group.project.then(|| row.account.to_string()),
            key: row.key.as_ref().filter(|_| group.key).map(KeyId::to_string),
            model: group.model.then(|| row.model.clone()),
            batch: group.batch.then_some(row.batch),
            line_item: group.line_item.then(|| (line_item(row), row.service)),
            currency: row.currency,
            requests: 0,
            audio_ms: 0,
            input_tokens: 0,
            cached_tokens: 0,
            output_tokens: 0,
            nanos: 0,
        };
        let place = (
            empty.project.clone(),
            empty.key.clone(),
            empty.model.clone(),
            empty.batch,
            empty.line_item.clone(),
            empty.currency,
        );
        let sum: &mut Sum = sums.entry(place).or_insert(empty);
        sum.requests += row.requests;
        sum.audio_ms += row.audio_ms;
        sum.input_tokens += row.input_tokens;
        sum.cached_tokens += row.cached_tokens;
        sum.output_tokens += row.output_tokens;
        sum.nanos += row.nanos;
    }
    sums.into_values().collect()
}

/// The name of a row's line item: the model and the kind of work.
fn line_item(row: &UsageRow) -> String {
    let batch = if row.batch { ", batch" } else { "" };
    format!("{}, {}{batch}", row.model, row.service.as_str())
}

impl Filter {
    fn counts(&self, row: &UsageRow) -> bool {
        let among = |names: &Option<BTreeSet<String>>, name: &str| names.as_ref().is_none_or(|all| all.contains(name));
        (self.services.is_empty() || self.services.contains(&row.service))
            && among(&self.projects, row.account.as_str())
            && among(&self.keys, row.key.as_ref().map_or("", KeyId::as_str))
            && among(&self.models, &row.model)
            && self.users.is_none()
            && self.line_items.as_ref().is_none_or(|all| all.contains(&line_item(row)))
            && self.batch.is_none_or(|batch| batch == row.batch)
    }
}
