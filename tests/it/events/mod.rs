//! Charges that are told to a webhook: what is sent, how often, in which order, and what becomes of it when the receiver
//! or the sender fails.

mod document;
mod receiver;
mod relay;
mod served;

pub use receiver::{KEY, Reaction, Receiver, verify};
