//! One file for each resource; the list of routes stands in the router.

pub(super) mod admin;
pub(super) mod answers;
pub(super) mod catalog;
pub(super) mod docs;
pub(super) mod health;
pub(super) mod metrics;
pub(super) mod models;
pub(super) mod openapi;
pub(super) mod organization;
pub(super) mod passed_on;
mod recordings;
pub(super) mod status;
pub(super) mod transcriptions;
pub(super) mod translations;
