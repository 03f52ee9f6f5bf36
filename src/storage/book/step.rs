//! What somebody wants written, and which parts of the book bear on it.

use super::Tab;
use crate::billing::{Budget, Extension, Hold, Settlement, Tariff};
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
    /// What the charge is priced by.
    pub tariffs: &'a [Tariff],
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

    /// Whether it must be on the disk before anybody is told of it, where the store is on the same machine as the requests:
    /// when that loses power, a request that is only reserved is lost as well, so that its reservation may be.
    pub fn must_last(&self) -> bool {
        matches!(self, Self::Settle(..))
    }

    /// What is to be reserved, if it is that.
    pub fn hold(&self) -> Option<&Hold> {
        match self {
            Self::Hold(hold) => Some(hold),
            _ => None,
        }
    }

    /// Whose rows it bears on, given the charge as it stands, or the hold that is about to be made of it. `None`: there
    /// is no such charge, and nothing to load.
    pub fn ground<'a>(&'a self, tab: Option<&'a Tab>, hold: Option<&'a Hold>) -> Option<Ground<'a>> {
        let (budgets, tariffs): (&[Budget], &[Tariff]) = match self {
            Self::Hold(hold) => (&hold.budgets, &[]),
            Self::Extend(_, extension) => (&extension.budgets, &[]),
            Self::Settle(_, settlement, _) => (&[], &settlement.tariffs),
            Self::Void(..) | Self::Expire(..) => (&[], &[]),
        };
        let (account, key, admitted_at) = match (self.hold().or(hold.filter(|_| tab.is_none())), tab) {
            (Some(hold), _) => (&hold.account, &hold.key, hold.at),
            (None, Some(tab)) => (&tab.account, &tab.key, tab.admitted_at),
            (None, None) => return None,
        };
        Some(Ground { account, key: key.as_ref(), admitted_at, budgets, tariffs })
    }
}
