//! The query of these routes, checked: once it is a [`Question`], nothing in it is wrong any more.

use std::collections::BTreeSet;

use axum::extract::Query;
use axum::http::{Uri, request};

use crate::accounts::{Caller, Scope};
use crate::billing::organization::{Cursor, Filter, GroupBy, Page, Span, Sum, buckets};
use crate::billing::{Service, UsageQuery};
use crate::domain::AccountId;
use crate::http::Error;
use crate::http::middleware::door::caller;
use crate::http::service::Running;

/// The last moment that a question can be about, the end of the year 9998, in seconds since 1970.
const LAST: i64 = 253_370_764_800;

/// What a route takes.
pub(super) struct Kind {
    /// The kinds of work that it tells of; all, where there are none.
    pub services: &'static [Service],
    /// Widths of a bucket: name, seconds, buckets to a page, and at most; the last is the default.
    pub widths: &'static [(&'static str, i64, i64, i64)],
    /// What can be filtered by.
    pub filters: &'static [&'static str],
    /// What can be grouped by.
    pub groups: &'static [&'static str],
}

/// Usage by the minute, by the hour and by the day.
pub(super) const WIDTHS: &[(&str, i64, i64, i64)] =
    &[("1m", 60, 60, 1_440), ("1h", 3_600, 24, 168), ("1d", 86_400, 7, 31)];

/// What is asked.
pub(super) struct Question {
    account: Option<AccountId>,
    span: Span,
    limit: i64,
    filter: Filter,
    group: GroupBy,
}

impl Question {
    /// Of a request.
    pub(super) fn of(kind: &Kind, running: &Running, head: &request::Parts) -> Result<Self, Error> {
        let caller = caller(head)?;
        let now = running.service.desk.meter().now().as_second();
        let mut question = Self::read(kind, &head.uri, &caller, now)?;
        if let Some(models) = &mut question.filter.models {
            // The book has ids. What a name is that means none today, it may have been one when it was written down.
            let names = running.names();
            let ids: Vec<_> = models.iter().filter_map(|name| names.id(name)).map(str::to_owned).collect();
            models.extend(ids);
        }
        Ok(question)
    }

    fn read(kind: &Kind, uri: &Uri, caller: &Caller, now: i64) -> Result<Self, Error> {
        let mut given = Given::of(uri)?;
        let width_name = given.one("bucket_width")?;
        let default = kind.widths.last().copied().unwrap_or(WIDTHS[2]);
        let (_, width, usual, most) = match &width_name {
            None => default,
            Some(name) => *kind.widths.iter().find(|(known, ..)| known == name).ok_or_else(|| {
                let names: Vec<_> = kind.widths.iter().map(|(name, ..)| *name).collect();
                invalid("bucket_width", format!("it is {}", names.join(", ")))
            })?,
        };
        let start = given.second("start_time")?.ok_or(Error::MissingParameter("start_time"))?;
        let end = given.second("end_time")?.unwrap_or(now.max(start) + 1);
        if end <= start {
            return Err(invalid("end_time", "it comes after start_time".to_owned()));
        }
        let limit = given.number("limit", 1, most)?.unwrap_or(usual);
        let whole = Span::around(start, end, width);
        let wrong_page = || invalid("page", "it is the next_page of the answer before".to_owned());
        let cursor: Option<Cursor> =
            given.one("page")?.map(|page| page.parse().map_err(|_| wrong_page())).transpose()?;
        let span = cursor.map_or(Some(whole), |cursor| whole.from(cursor)).ok_or_else(wrong_page)?;
        let group = given.group(kind)?;
        let filter = given.filter(kind)?;
        given.nothing_left()?;
        let account = (!caller.may(Scope::Admin)).then(|| caller.rights().account.clone());
        Ok(Self { account, span, limit, filter, group })
    }

    /// Asks the ledger, and lays the answer out.
    pub(super) async fn answer<R>(self, running: &Running, show: impl Fn(&Sum) -> R) -> Result<Page<R>, Error> {
        let (page, next) = self.span.page(self.limit);
        let (from, to) = page.times();
        let query = UsageQuery { account: self.account, from, to, bucket_seconds: page.width };
        let rows = running.service.ledger.usage(&query).await?;
        Ok(buckets((page, next), &rows, &self.filter, self.group, show))
    }
}

/// What stands in the query, until it has been taken out.
struct Given(Vec<(String, String)>);

impl Given {
    fn of(uri: &Uri) -> Result<Self, Error> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Query(mut pairs) = pairs.map_err(|_| invalid("query", "it is not UTF-8".to_owned()))?;
        // Lists come as `models=a`, `models[]=a` and `models[0]=a`.
        for (name, _) in &mut pairs {
            if let Some(bracket) = name.find('[').filter(|_| name.ends_with(']')) {
                name.truncate(bracket);
            }
        }
        Ok(Self(pairs))
    }

    fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition(|(given, _)| given == name);
        self.0 = left;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    fn one(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        let mut values = self.all(name);
        if values.len() > 1 { Err(Error::DuplicateParameter(name)) } else { Ok(values.pop()) }
    }

    fn number(&mut self, name: &'static str, least: i64, most: i64) -> Result<Option<i64>, Error> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| invalid(name, format!("it is a whole number from {least} to {most}")))
    }

    fn second(&mut self, name: &'static str) -> Result<Option<i64>, Error> {
        self.number(name, 0, LAST).map_err(|error| match error {
            Error::InvalidValue { .. } => invalid(name, "it is a time in whole seconds since 1970".to_owned()),
            other => other,
        })
    }

    fn group(&mut self, kind: &Kind) -> Result<GroupBy, Error> {
        let mut group = GroupBy::default();
        for name in self.all("group_by") {
            if !kind.groups.contains(&name.as_str()) {
                return Err(invalid("group_by", format!("it can name {}", kind.groups.join(", "))));
            }
            match name.as_str() {
                "project_id" => group.project = true,
                "api_key_id" => group.key = true,
                "model" => group.model = true,
                "batch" => group.batch = true,
                "line_item" => group.line_item = true,
                // Always null here: what is grouped by it is one group.
                _ => {}
            }
        }
        Ok(group)
    }

    fn filter(&mut self, kind: &Kind) -> Result<Filter, Error> {
        let mut filter = Filter { services: kind.services, ..Filter::default() };
        for name in kind.filters {
            let values = self.all(name);
            if values.is_empty() {
                continue;
            }
            if *name == "batch" {
                filter.batch = Some(match values.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["true"] => true,
                    ["false"] => false,
                    _ => return Err(invalid("batch", "it is true or false".to_owned())),
                });
                continue;
            }
            let names = Some(BTreeSet::from_iter(values));
            match *name {
                "project_ids" => filter.projects = names,
                "api_key_ids" => filter.keys = names,
                "models" => filter.models = names,
                "line_items" => filter.line_items = names,
                _ => filter.users = names,
            }
        }
        Ok(filter)
    }

    fn nothing_left(&self) -> Result<(), Error> {
        let unknown = self.0.first().map(|(name, _)| name);
        unknown.map_or(Ok(()), |name| Err(invalid("query", format!("there is no parameter `{name:.100}` here"))))
    }
}

fn invalid(param: &'static str, why: String) -> Error {
    Error::InvalidValue { param, why }
}
