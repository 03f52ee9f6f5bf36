//! What somebody wants written, and which parts of the book bear on it.

use super::Tab;
use crate::billing::{Budget, Extension, Hold, Settlement};
use crate::domain::{AccountId, ChargeId, KeyId, Timestamp};

/// A step in the life of a charge.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reserve.
    Hold(Box<Hold>),
    /// Reserve more.
    Extend(ChargeId, Extension),
    /// Charge, and leave an event of it if that is wanted.
    Settle(ChargeId, Box<Settlement>, bool),
    /// Give back.
    Void(ChargeId, Timestamp),
    /// Give back, if the hold has expired.
    Expire(ChargeId, Timestamp),
}

/// Whose rows a step reads and writes.
pub struct Ground<'a> {
    /// Who pays.
    pub account: &'a AccountId,
    /// With which key.
    pub key: Option<&'a KeyId>,
    /// The time that says in which windows the charge is counted.
    pub admitted_at: Timestamp,
    /// The ceilings to heed.
    pub budgets: &'a [Budget],
}

impl Step {
    /// The charge that it is a step of.
    pub fn charge(&self) -> &ChargeId {
        match self {
            Self::Hold(hold) => &hold.charge,
            Self::Extend(charge, _) | Self::Settle(charge, ..) | Self::Void(charge, _) | Self::Expire(charge, _) => {
                charge
            }
        }
    }

    /// Whose rows it bears on, given the charge as it stands. `None`: there is no such charge, and nothing to load.
    pub fn ground<'a>(&'a self, tab: Option<&'a Tab>) -> Option<Ground<'a>> {
        match (self, tab) {
            (Self::Hold(hold), _) => Some(Ground {
                account: &hold.account,
                key: hold.key.as_ref(),
                admitted_at: hold.at,
                budgets: &hold.budgets,
            }),
            (_, None) => None,
            (step, Some(tab)) => Some(Ground {
                account: &tab.account,
                key: tab.key.as_ref(),
                admitted_at: tab.admitted_at,
                budgets: match step {
                    Self::Extend(_, extension) => &extension.budgets,
                    _ => &[],
                },
            }),
        }
    }
}
