//! What goes into one request: a list of events, in the batched content mode of `CloudEvents`.
//!
//! Always a list, also of one: a receiver has one shape to read. With an event in each request, thousands of charges a
//! second would need many connections at once, on which they would arrive in any order. Lists, one after the other, need
//! a few requests a second, and keep the order.

use sha2::{Digest as _, Sha256};

use super::event::Event;
use crate::billing::Entry;
use crate::domain::{ChargeId, hex};

/// Events in a list at most: about half a megabyte.
pub(super) const MOST: u32 = 500;

/// Events that are sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Names the list: the same events have the same name, whoever sends them and however often.
    pub id: String,
    /// The list as JSON. These bytes are what is signed.
    pub body: Vec<u8>,
    /// The charges that it tells of, in order.
    pub charges: Vec<ChargeId>,
}

impl Batch {
    /// The media type of the body.
    pub const CONTENT_TYPE: &str = "application/cloudevents-batch+json";

    /// Of rows that settle. `source` tells events of one installation from those of another.
    #[must_use]
    pub fn of(entries: &[Entry], source: &str) -> Self {
        let charges: Vec<_> = entries.iter().map(|entry| entry.charge.clone()).collect();
        let events: Vec<_> = entries.iter().map(|entry| Event::of(entry, source)).collect();
        let mut name = Sha256::new();
        for charge in &charges {
            name.update(charge.as_str());
            name.update([0]);
        }
        let id = format!("msg_{}", &hex(&name.finalize())[..32]);
        // Only a map whose keys are no strings, or an error of a type's own, could not be written; there are none.
        Self { id, body: serde_json::to_vec(&events).unwrap_or_default(), charges }
    }
}
