//! What stands on the page, and what does not.

use super::*;
use crate::domain::{NoticeId, Timestamp};
use crate::status::snapshot::Found;
use crate::status::{Fault, Impact, Outcome, Sample, Tallies, Tally, Update};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn what_others_wrote_stays_text() {
    let evil = "<script>alert(1)</script>\"onload='x'";
    let notice = Notice {
        id: NoticeId::new(),
        name: evil.to_owned(),
        models: vec![evil.to_owned()],
        impact: Impact::Minor,
        kind: Kind::Incident { by_rule: false },
        updates: vec![Update { stage: Stage::Investigating, body: evil.to_owned(), at: at("2026-11-26T04:00:00Z") }],
    };
    let found = Found { notices: vec![notice], ..Found::default() };
    let snapshot = found.snapshot(&[evil.to_owned()], at("2026-11-26T04:00:00Z"));
    let settings = Settings { name: evil.to_owned(), ..Settings::default() };
    let page = page(&snapshot, &settings);
    assert!(!page.contains("<script") && !page.contains("\"onload"), "{page}");
    assert!(page.matches("&lt;script&gt;").count() >= 6, "name, title, notice, model, update: {page}");
    for other in [
        crate::status::dialects::atom::feed(&snapshot, &settings),
        crate::status::dialects::badge::latency(&snapshot.models[0]),
    ] {
        assert!(!other.contains("<script") && other.contains("script"), "{other}");
    }
}

#[test]
fn what_is_told_by_colour_is_told_in_words_too() {
    let mut tally = Tally::default();
    for outcome in [Outcome::Reached, Outcome::Reached, Outcome::Failed(Fault::Model)] {
        tally.count(&Sample { model: "m".to_owned(), outcome, probe: false }, false);
    }
    let update = Update { stage: Stage::Resolved, body: "Over.".to_owned(), at: at("2026-11-24T04:00:00.123456Z") };
    let notice = Notice {
        id: NoticeId::new(),
        name: "m fails".to_owned(),
        models: Vec::new(),
        impact: Impact::Major,
        kind: Kind::Incident { by_rule: true },
        updates: vec![update],
    };
    let days = Tallies::from([((at("2026-11-24T00:00:00Z"), "m".to_owned()), tally)]);
    let found = Found { days, notices: vec![notice], ..Found::default() };
    let snapshot = found.snapshot(&["m".to_owned(), "well".to_owned()], at("2026-11-26T04:00:00Z"));
    let page = page(&snapshot, &Settings::default());
    let day = "<time datetime=\"2026-11-24\">24 Nov 2026</time></th><td>66.66 % of 3 requests, 1 failed</td>";
    assert!(page.contains(day) && page.contains("impact: major"), "{page}");
    assert_eq!(page.matches("<tr>").count(), 1, "other days are as they should be: {page}");
    assert!(page.contains("<time datetime=\"2026-11-24T04:00:00Z\">24 Nov 2026, 04:00 UTC</time>"), "{page}");
    assert!(!page.contains("<time>"), "a time has to be one that programs read: {page}");
}
