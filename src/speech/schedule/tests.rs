//! The decision, case by case.

use super::*;

/// A recording of this number whose party and itself have had this many seconds; a second is expected of its window.
fn standing(lanes: &[LaneId], number: usize, class: Class, party: u64, recording: u64) -> Standing {
    let place = |seconds: u64| Place { had: seconds * 1_000_000_000, last_turn: seconds };
    Standing {
        lane: lanes[number],
        class,
        party: place(party),
        recording: place(recording),
        expected: Duration::from_secs(1),
        left: SampleCount(u64::MAX),
    }
}

fn lanes() -> Vec<LaneId> {
    let mut waiting: Waiting<()> = Waiting::new();
    (0..3).map(|_| waiting.open(Claim::default())).collect()
}

#[test]
fn the_next_is_who_has_had_least() {
    use Class::{Batch, Interactive};
    let (ids, nothing, second) = (lanes(), Duration::ZERO, Duration::from_secs(1));
    let lane = |number, class, party, recording| standing(&ids, number, class, party, recording);
    let cases = [
        ("none waits", vec![], nothing, None),
        ("the party with less", vec![lane(0, Interactive, 5, 1), lane(1, Interactive, 4, 9)], nothing, Some(1)),
        (
            "the party's recording with less",
            vec![lane(0, Interactive, 5, 3), lane(1, Interactive, 5, 2)],
            second,
            Some(1),
        ),
        ("alike: who came first", vec![lane(2, Interactive, 5, 3), lane(1, Interactive, 5, 3)], nothing, Some(1)),
        ("interactive before batch", vec![lane(0, Batch, 0, 0), lane(1, Interactive, 9, 9)], second / 2, Some(1)),
        ("batch, when it is owed a window", vec![lane(0, Batch, 9, 9), lane(1, Interactive, 0, 0)], second, Some(0)),
        ("batch, when it is alone", vec![lane(0, Batch, 9, 9), lane(2, Batch, 8, 9)], nothing, Some(2)),
    ];
    for (case, lanes, owed_to_batch, expected) in cases {
        let snapshot = Snapshot { lanes, owed_to_batch, order: Order::Fair };
        assert_eq!(next(&snapshot), expected.map(|number: usize| ids[number]), "{case}");
    }
}

#[test]
fn of_equals_the_one_whose_turn_is_longer_ago() {
    let ids = lanes();
    let turn = |number, last_turn| Standing {
        party: Place { had: 7, last_turn },
        ..standing(&ids, number, Class::Interactive, 0, 0)
    };
    let snapshot = Snapshot { lanes: vec![turn(0, 12), turn(1, 3)], owed_to_batch: Duration::ZERO, order: Order::Fair };
    assert_eq!(next(&snapshot), Some(ids[1]));
}

#[test]
fn told_to_finish_it_takes_the_nearest_to_its_end() {
    let ids = lanes();
    let left = |number, class, left| Standing { left: SampleCount(left), ..standing(&ids, number, class, 0, 0) };
    let cases = [
        ("less is left", vec![(0, Class::Interactive, 900), (1, Class::Interactive, 300)], 1),
        ("an end that nobody knows is far", vec![(0, Class::Interactive, u64::MAX), (1, Class::Interactive, 300)], 1),
        ("alike: who came first", vec![(2, Class::Interactive, 300), (1, Class::Interactive, 300)], 1),
        ("interactive first", vec![(0, Class::Batch, 1), (1, Class::Interactive, 900)], 1),
    ];
    for (case, lanes, expected) in cases {
        let lanes = lanes.into_iter().map(|(number, class, rest)| left(number, class, rest)).collect();
        let snapshot = Snapshot { lanes, owed_to_batch: Duration::ZERO, order: Order::NearestEnd };
        assert_eq!(next(&snapshot), Some(ids[expected]), "{case}");
    }
}

const SECOND: u64 = 16_000;

#[test]
fn what_overtakes_is_much_shorter_than_one_that_comes_after_it() {
    use Class::{Batch, Interactive};
    let (ids, second) = (lanes(), Duration::from_secs(1));
    let lane = |number, class, party, seconds: u32| Standing {
        expected: second * seconds,
        ..standing(&ids, number, class, party, 5)
    };
    // A second is expected of what waits, and its party has had three.
    let cases = [
        ("they are much longer", Interactive, 0, vec![lane(0, Interactive, 9, 2), lane(1, Interactive, 9, 9)], true),
        ("one is", Interactive, 0, vec![lane(0, Interactive, 9, 1), lane(1, Interactive, 9, 2)], true),
        ("none is", Interactive, 0, vec![lane(0, Interactive, 9, 1), lane(1, Interactive, 9, 1)], false),
        ("nothing is under way", Interactive, 0, vec![], false),
        ("its party has had more", Interactive, 0, vec![lane(0, Interactive, 2, 9)], false),
        ("a short one alone", Interactive, 0, vec![lane(0, Interactive, 9, 1), lane(1, Interactive, 2, 9)], false),
        ("batch for interactive", Interactive, 0, vec![lane(0, Batch, 2, 9)], true),
        ("not when batch is owed its window", Interactive, 9, vec![lane(0, Batch, 2, 9)], false),
        ("not interactive for batch", Batch, 0, vec![lane(0, Interactive, 9, 9)], false),
        ("its own recording", Interactive, 0, vec![lane(0, Interactive, 9, 9), lane(2, Interactive, 9, 9)], false),
    ];
    for (case, class, owed, under_way, expected) in cases {
        let waiting = standing(&ids, 2, class, 3, 0);
        assert_eq!(overtakes(&waiting, &under_way, second * owed), expected, "{case}");
    }
}

#[test]
fn the_short_one_that_is_next_overtakes_and_the_long_ones_wait() {
    let mut waiting = Waiting::new();
    let mut push = |party: &str, seconds, names: &[&'static str]| {
        let lane = waiting.open(Claim { party: party.into(), class: Class::Interactive });
        for &name in names {
            waiting.push(lane, SampleCount(seconds * SECOND), name).expect("open");
        }
    };
    push("alice", 29, &["first", "second", "third"]);
    push("bob", 29, &["as long"]);
    push("carol", 5, &["short"]);
    push("dora", 5, &["short, later"]);
    let (turn, _) = waiting.take().expect("a window");
    let mut overtaking = || waiting.take_overtaking().map(|(turn, window)| (window, turn));
    let (window, short) = overtaking().expect("one overtakes");
    assert_eq!((window, overtaking().map(|next| next.0)), ("short", Some("short, later")));
    assert!(overtaking().is_none());
    waiting.finish(&turn, Duration::from_secs(3), true);
    waiting.finish(&short, Duration::from_millis(500), true);
    assert_eq!(waiting.take().map(|(_, window)| window), Some("as long"));
}

#[test]
fn workers_are_needed_for_what_waits_what_is_under_way_and_what_comes_of_the_same() {
    let mut waiting = Waiting::new();
    let (lane, absent) = (waiting.open(Claim::default()), waiting.open(Claim::default()));
    waiting.set_rest(absent, SampleCount(600 * SECOND));
    assert_eq!(waiting.needed(None), 0, "nothing of either is there");
    waiting.push(lane, SampleCount(SECOND), ()).expect("open");
    assert!(waiting.needed(None) > 1_000_000, "nobody knows how long it is");
    for (rest, to_come) in [(0, 0), (SECOND / 2, 0), (SECOND, 1), (60 * SECOND, 3)] {
        waiting.set_rest(lane, SampleCount(rest));
        assert_eq!(waiting.needed(None), 1 + to_come, "{rest} samples come after it");
    }
    let (turn, ()) = waiting.take().expect("a window");
    assert_eq!(waiting.needed(None), 4, "under way instead of waiting");
    assert_eq!(waiting.needed(Some(lane)), 1, "alone");
    waiting.finish(&turn, Duration::from_secs(1), true);
    assert_eq!(waiting.needed(None), 0, "a recording that stands still brings nothing");
}
