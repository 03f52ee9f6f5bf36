//! `GET /v1/organization/…`: what was used and what it cost, in OpenAI's shapes and with its parameters.
//!
//! A key with the scope `usage` sees its own account; one with the scope `admin` sees all, as projects. What is summed up
//! is `billing::organization`'s business; here a query becomes a question, and the answer JSON.

pub(in crate::http) mod costs;
mod question;
pub(in crate::http) mod usage;
