//! Lists in pages, as OpenAI's: `?limit=20&after=ID`.

use axum::extract::Query;
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Error;

/// Which part of a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many at most, 1 to 100; 20 if it is missing.
    #[serde(default = "twenty")]
    limit: u32,
    /// The id of the last one of the page before.
    after: Option<String>,
}

fn twenty() -> u32 {
    20
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Page<T> {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The part.
    data: Vec<T>,
    /// The id of the first in it.
    #[schema(required = true)]
    first_id: Option<String>,
    /// The id of the last in it: what to ask for next is `after` this one.
    #[schema(required = true)]
    last_id: Option<String>,
    /// Whether more come after it.
    has_more: bool,
}

impl PageQuery {
    pub(super) fn read(uri: &Uri) -> Result<Self, Error> {
        let wrong = |param, why: String| Error::InvalidValue { param, why };
        let Query(query) = Query::<Self>::try_from_uri(uri).map_err(|error| wrong("query", error.body_text()))?;
        let is_fit = (1..=100).contains(&query.limit);
        if is_fit { Ok(query) } else { Err(wrong("limit", "it is a number from 1 to 100".to_owned())) }
    }

    /// One more than is shown, to know whether there are more.
    pub(super) fn limit_and_one(&self) -> u32 {
        self.limit + 1
    }

    /// The id after which the part begins.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] if it is none of the list's kind.
    pub(super) fn after<T: std::str::FromStr<Err: std::fmt::Display>>(&self) -> Result<Option<T>, Error> {
        let wrong = |error: T::Err| Error::InvalidValue { param: "after", why: error.to_string() };
        self.after.as_deref().map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// The page of these, of which there may be more than are asked for.
    pub(super) fn page<T>(&self, items: Vec<T>, id: impl Fn(&T) -> String) -> Page<T> {
        let has_more = items.len() > self.limit as usize;
        let data: Vec<T> = items.into_iter().take(self.limit as usize).collect();
        let (first_id, last_id) = (data.first().map(&id), data.last().map(&id));
        Page { object: "list", data, first_id, last_id, has_more }
    }
}
