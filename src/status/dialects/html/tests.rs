//! What stands on the page, and what does not.

use super::*;
use crate::domain::{NoticeId, Timestamp};
use crate::status::snapshot::Found;
use crate::status::{Impact, Update};

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
