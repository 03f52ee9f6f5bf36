//! Usage and costs in the shapes of OpenAI's organization API (`/v1/organization/usage/…` and `/costs` of its
//! reference). Pure: rows of the roll-up in, buckets out; the questions come in over `http`, and an export asks too.
//!
//! OpenAI's words, and what they are here: a project is an account, an API key a key, a model the model's id. Nobody is
//! told apart below a key, so that `user_id` is always null.

mod bucket;
mod costs;
mod span;
mod usage;

pub use bucket::{Bucket, Filter, GroupBy, Page, Sum, buckets};
pub use costs::{Amount, CostsResult};
pub use span::{Cursor, Span};
pub use usage::{CompletionsResult, EmbeddingsResult, TranscriptionsResult};
