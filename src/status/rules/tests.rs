//! Minutes as a table, and where they take an incident.

use std::time::Duration;

use super::super::{Kind, Outcome, Sample, Settings, Work};
use super::*;
use crate::domain::{Millis, NoticeId};

const BAD: Minute = Minute::Bad(Impact::Major, Cause::Errors(50, Some(Fault::Model)));
const DARK: Minute = Minute::Bad(Impact::Critical, Cause::Errors(100, None));
const VAGUE: Minute = Minute::Bad(Impact::Minor, Cause::Errors(20, None));
const SLOW: Minute = Minute::Bad(Impact::Minor, Cause::Slow);
use Minute::{Good, Silent};

fn tally(served: u64, failed: u64, first_byte_ms: u64, audio_ms: u64) -> Tally {
    let mut tally = Tally::default();
    let first_byte = Duration::from_millis(first_byte_ms);
    let work = if audio_ms == 0 { Work::Tokens(10) } else { Work::Audio(Millis(audio_ms)) };
    for _ in 0..served {
        let outcome = Outcome::Served { first_byte, took: first_byte, work };
        tally.count(&Sample { model: "m".to_owned(), outcome, probe: false }, false);
    }
    for _ in 0..failed {
        let outcome = Outcome::Failed(Fault::Model);
        tally.count(&Sample { model: "m".to_owned(), outcome, probe: false }, false);
    }
    tally
}

#[test]
fn a_minute_is_judged_by_its_failures_and_then_by_its_speed() {
    let bad = |impact, percent| Minute::Bad(impact, Cause::Errors(percent, Some(Fault::Model)));
    for (served, failed, first_byte_ms, audio_ms, expected) in [
        (0, 0, 0, 0, Silent),
        (95, 5, 100, 1_000, Good),
        (94, 6, 100, 1_000, bad(Impact::Minor, 6)),
        (75, 25, 100, 1_000, bad(Impact::Major, 25)),
        (1, 9, 100, 1_000, bad(Impact::Critical, 90)),
        (0, 1, 0, 0, bad(Impact::Critical, 100)),
        (10, 0, 9_000, 1_000, Good),      // slower than real time, but nobody waits long
        (10, 0, 60_000, 3_600_000, Good), // a minute's wait for an hour of audio
        (10, 0, 30_000, 10_000, SLOW),
        (10, 0, 30_000, 0, SLOW), // text has no length
    ] {
        let told = judge(&tally(served, failed, first_byte_ms, audio_ms), &Settings::default().thresholds);
        assert_eq!(told, expected, "{served} {failed} {first_byte_ms} {audio_ms}");
    }
}

#[test]
fn a_minute_in_which_backends_were_only_looked_at_is_a_good_one() {
    let mut tally = Tally::default();
    tally.count(&Sample { model: "m".to_owned(), outcome: Outcome::Reached, probe: true }, false);
    assert_eq!(judge(&tally, &Settings::default().thresholds), Good);
}

fn incident(stage: Stage) -> Notice {
    let update = Update { stage, body: String::new(), at: Timestamp::UNIX_EPOCH };
    Notice {
        id: NoticeId::new(),
        name: "m".to_owned(),
        models: vec!["m".to_owned()],
        impact: Impact::Minor,
        kind: Kind::Incident { by_rule: true },
        updates: vec![update],
    }
}

/// Where minutes take an incident: whether it is opened, the impact, the stage.
fn goes(stage: Option<Stage>, minutes: &[Minute]) -> Option<(bool, Impact, Stage)> {
    let open = stage.map(incident);
    next(open.as_ref(), minutes, Timestamp::UNIX_EPOCH).map(|step| match step {
        Step::Open(impact, update) => (true, impact, update.stage),
        Step::Move(impact, update) => (false, impact, update.stage),
    })
}

#[test]
fn two_bad_minutes_open_an_incident() {
    let opened = |impact| Some((true, impact, Stage::Investigating));
    for (minutes, expected) in [
        (vec![], None),
        (vec![Silent, Silent], None),
        (vec![BAD], None),
        (vec![BAD, Good, BAD, Good, BAD], None), // flapping is not two minutes
        (vec![BAD, BAD, Good], None),            // over already
        (vec![Good, BAD, BAD], opened(Impact::Major)),
        (vec![BAD, Silent, DARK], opened(Impact::Critical)),
        (vec![SLOW, SLOW], opened(Impact::Minor)),
    ] {
        assert_eq!(goes(None, &minutes), expected, "{minutes:?}");
    }
}

#[test]
fn an_incident_goes_its_way() {
    use Stage::{Identified, Investigating, Monitoring, Resolved};
    let moved = |impact, stage| Some((false, impact, stage));
    for (stage, minutes, expected) in [
        (Investigating, vec![BAD, BAD], None),
        (Investigating, vec![BAD, BAD, BAD], moved(Impact::Major, Identified)),
        (Investigating, vec![DARK, DARK, DARK], moved(Impact::Critical, Investigating)), // nobody knows why
        (Investigating, vec![VAGUE, VAGUE, VAGUE], None),                                // nor why, but no worse
        (Investigating, vec![SLOW, SLOW, SLOW], moved(Impact::Minor, Identified)),
        (Investigating, vec![BAD, Good], None),
        (Investigating, vec![BAD, Good, Silent, Good], moved(Impact::Minor, Monitoring)),
        (Investigating, vec![BAD, BAD, Silent, Silent, Silent], None),
        (Identified, vec![BAD, BAD, DARK], moved(Impact::Critical, Identified)),
        (Identified, vec![SLOW, SLOW, SLOW], None),
        (Identified, vec![Good, Good], moved(Impact::Minor, Monitoring)),
        (Monitoring, vec![Good, Good, Good], None),
        (Monitoring, vec![Good, Good, BAD], None),
        (Monitoring, vec![Good, Good, BAD, BAD], moved(Impact::Major, Investigating)),
        (Monitoring, vec![BAD, Good, Good, Good, Good, Good], moved(Impact::Minor, Resolved)),
    ] {
        assert_eq!(goes(Some(stage), &minutes), expected, "{stage} {minutes:?}");
    }
}

#[test]
fn one_that_comes_and_goes_all_day_ends_before_it_is_too_long() {
    use Stage::{Identified, Investigating, Monitoring, Resolved};
    let mut open = incident(Investigating);
    open.updates = vec![open.updates[0].clone(); LONG - 1];
    let (mut minutes, mut stages) = (Vec::new(), Vec::new());
    for minute in [Good, Good, BAD, BAD, BAD, DARK, DARK, Good, Good] {
        minutes.push(minute);
        if let Some(Step::Move(impact, update)) = next(Some(&open), &minutes, Timestamp::UNIX_EPOCH) {
            stages.push(update.stage);
            open.impact = impact;
            open.updates.push(update);
        }
    }
    assert_eq!(stages, [Monitoring, Investigating, Identified, Identified, Resolved]);
    assert!(open.updates.len() <= MAX_UPDATES);
}
