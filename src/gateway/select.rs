//! Which backend is next: a pure function over how they stand.
//!
//! The one with the fewest requests for its weight; among equals each in turn. Where requests stick, the one that a
//! rendezvous hash (Thaler and Ravishankar, 1998) of the prompt's beginning points to, unless it has much more to do
//! than the others: then a cold cache is quicker than a queue.

use std::hash::{DefaultHasher, Hash, Hasher};

/// How a backend stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub name: &'a str,
    pub in_flight: u32,
    pub weight: u32,
    pub max_concurrency: u32,
    /// Whether its breaker lets a request through.
    pub admitted: bool,
}

/// What the request wants of the choice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish<'a> {
    /// Places in the list that were tried already.
    pub tried: &'a [usize],
    /// A hash of how the prompt begins, where requests stick.
    pub prefix: Option<u64>,
    /// Counts up with every request: whose turn it is among equals.
    pub turn: usize,
}

/// What came of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// This one.
    Backend(usize),
    /// All that are in service have as much as they take.
    Busy,
    /// None is in service, or all were tried.
    None,
}

/// Requests that the backend of a prefix may have beyond the fewest, for each unit of its weight.
const PATIENCE: u64 = 4;

/// The next one.
pub(super) fn choose(candidates: &[Candidate<'_>], wish: &Wish<'_>) -> Choice {
    let left = |at: &usize| !wish.tried.contains(at) && candidates[*at].admitted;
    let in_service: Vec<usize> = (0..candidates.len()).filter(left).collect();
    if in_service.is_empty() {
        return Choice::None;
    }
    let free = |at: &usize| candidates[*at].in_flight < candidates[*at].max_concurrency;
    let count = candidates.len();
    // From whose turn it is on, so that the first of the least loaded is another one each time.
    let least = (0..count)
        .map(|step| (wish.turn + step) % count)
        .filter(|at| in_service.contains(at) && free(at))
        .min_by(|one, two| load(&candidates[*one], &candidates[*two]));
    let Some(least) = least else { return Choice::Busy };
    if let Some(prefix) = wish.prefix {
        let favourite = in_service.iter().copied().filter(free).max_by_key(|at| rank(prefix, &candidates[*at]));
        if let Some(favourite) = favourite.filter(|at| !overrun(&candidates[*at], &candidates[least])) {
            return Choice::Backend(favourite);
        }
    }
    Choice::Backend(least)
}

/// Requests for each unit of weight, compared without a division.
fn load(one: &Candidate<'_>, two: &Candidate<'_>) -> std::cmp::Ordering {
    let scaled = |of: &Candidate<'_>, other: &Candidate<'_>| u64::from(of.in_flight) * u64::from(other.weight);
    scaled(one, two).cmp(&scaled(two, one))
}

fn rank(prefix: u64, candidate: &Candidate<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (prefix, candidate.name).hash(&mut hasher);
    hasher.finish()
}

fn overrun(favourite: &Candidate<'_>, least: &Candidate<'_>) -> bool {
    let (own, other) = (u64::from(favourite.weight), u64::from(least.weight));
    let allowance = PATIENCE * own * other;
    u64::from(favourite.in_flight) * other > u64::from(least.in_flight) * own + allowance
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter, requests in flight, weight, the most at once, and whether the breaker admits.
    fn candidates<'a>(rows: &[(&'a str, u32, u32, u32, bool)]) -> Vec<Candidate<'a>> {
        let candidate = |&(name, in_flight, weight, max_concurrency, admitted)| Candidate {
            name,
            in_flight,
            weight,
            max_concurrency,
            admitted,
        };
        rows.iter().map(candidate).collect()
    }

    #[test]
    fn the_least_loaded_for_its_weight_is_next() {
        for (rows, tried, expected) in [
            (&[("a", 0, 1, 9, true), ("b", 0, 1, 9, true)][..], &[][..], Choice::Backend(0)),
            (&[("a", 1, 1, 9, true), ("b", 0, 1, 9, true)], &[], Choice::Backend(1)),
            (&[("a", 3, 4, 9, true), ("b", 1, 1, 9, true)], &[], Choice::Backend(0)),
            (&[("a", 5, 4, 9, true), ("b", 1, 1, 9, true)], &[], Choice::Backend(1)),
            (&[("a", 0, 1, 9, false), ("b", 7, 1, 9, true)], &[], Choice::Backend(1)),
            (&[("a", 0, 1, 9, true), ("b", 7, 1, 9, true)], &[0], Choice::Backend(1)),
            (&[("a", 2, 1, 2, true), ("b", 7, 1, 9, true)], &[], Choice::Backend(1)),
            (&[("a", 2, 1, 2, true), ("b", 9, 1, 9, true)], &[], Choice::Busy),
            (&[("a", 2, 1, 2, true), ("b", 9, 1, 9, false)], &[0], Choice::None),
            (&[("a", 0, 1, 2, false)], &[], Choice::None),
            (&[], &[], Choice::None),
        ] {
            let wish = Wish { tried, ..Wish::default() };
            assert_eq!(choose(&candidates(rows), &wish), expected, "{rows:?} {tried:?}");
        }
    }

    #[test]
    fn among_equals_each_has_its_turn() {
        let equals = candidates(&[("a", 1, 1, 9, true), ("b", 2, 2, 9, true), ("c", 1, 1, 9, true)]);
        let chosen: Vec<_> = (0..6).map(|turn| choose(&equals, &Wish { turn, ..Wish::default() })).collect();
        assert_eq!(chosen, [0, 1, 2, 0, 1, 2].map(Choice::Backend));
    }

    #[test]
    fn a_prefix_sticks_to_its_backend_until_that_has_much_more_to_do() {
        let mut all = candidates(&[("a", 0, 1, 99, true), ("b", 0, 1, 99, true), ("c", 0, 1, 99, true)]);
        let at = |all: &[Candidate<'_>], prefix| match choose(
            all,
            &Wish { prefix: Some(prefix), turn: 1, ..Wish::default() },
        ) {
            Choice::Backend(at) => at,
            other => panic!("{other:?}"),
        };
        let homes: Vec<usize> = (0..300).map(|prefix| at(&all, prefix)).collect();
        assert!((0..3).all(|backend| homes.iter().filter(|home| **home == backend).count() > 60), "they are spread");
        let home = homes[7];
        all[home].in_flight = 4;
        assert_eq!(at(&all, 7), home);
        all[home].in_flight = 5;
        assert_ne!(at(&all, 7), home);
        all[home].in_flight = 0;
        all[home].admitted = false;
        for (prefix, before) in (0..).zip(homes) {
            let now = at(&all, prefix);
            assert!(now != home && (before == home || now == before), "only those move whose backend is gone");
        }
    }
}
