//! Keys at the door: who comes in, who does not, and what they are told.

mod admin;
mod keys;
mod limits;
mod opening;
mod pepper;
mod quotas;
mod registry;
mod strangers;
mod tenants;
