//! The list of holds and the sums of months, as the store keeps them, compared with what the rows come to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chain, Fault};
use crate::billing::Kept;

/// The first difference; `None` where all is the same.
pub(super) fn difference(chain: &Chain, kept: &Kept) -> Option<Fault> {
    holds(chain, kept).or_else(|| months(chain, kept))
}

fn holds(chain: &Chain, kept: &Kept) -> Option<Fault> {
    let open: BTreeMap<_, _> = chain.held.iter().map(|(charge, held)| (charge, held.hold.admitted_at)).collect();
    if let Some(charge) = open.keys().find(|charge| !kept.holds.contains_key(**charge)) {
        return Some(Fault::Unlisted((*charge).clone()));
    }
    let other = kept.holds.iter().find(|(charge, admitted_at)| open.get(charge) != Some(*admitted_at));
    other.map(|(charge, _)| match open.get(charge) {
        Some(_) => Fault::Misdated(charge.clone()),
        None => Fault::Stray(charge.clone()),
    })
}

/// A sum of nothing may be written or not.
fn months(chain: &Chain, kept: &Kept) -> Option<Fault> {
    let places: BTreeSet<_> = chain.months.keys().chain(kept.months.keys()).collect();
    places.into_iter().find_map(|place| {
        let sum = |of: &BTreeMap<_, i64>| of.get(place).copied().unwrap_or_default();
        let (expected, found) = (sum(&chain.months), sum(&kept.months));
        let (tariff, month) = (place.0.clone(), place.1.strftime("%Y-%m").to_string());
        (expected != found).then_some(Fault::Month { tariff, month, expected, found })
    })
}
