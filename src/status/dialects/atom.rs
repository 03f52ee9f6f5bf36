//! The feed of notices, as Atom (RFC 4287): an entry for each notice, which changes as the notice does.

use std::fmt::Write as _;

use super::markup::{escaped, moment};
use crate::status::{Kind, Notice, Settings, Snapshot};

/// Notices in the feed.
const LATEST: usize = 50;

/// The feed.
#[must_use]
pub fn feed(snapshot: &Snapshot, settings: &Settings) -> String {
    let page = escaped(settings.url.as_deref().unwrap_or("/status"));
    let name = escaped(&settings.name);
    let notices = || snapshot.notices.iter().take(LATEST);
    // A feed that changes with each look would be fetched and told for nothing.
    let updated = notices().map(Notice::updated_at).max().unwrap_or(crate::domain::Timestamp::UNIX_EPOCH);
    let mut feed = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:minuted:status</id>
<title>{name}: incidents and maintenance</title>
<updated>{updated}</updated>
<author><name>{name}</name></author>
<link rel="alternate" type="text/html" href="{page}"/>
<link rel="self" type="application/atom+xml" href="{page}/feed.atom"/>
"#
    );
    for notice in notices() {
        feed.push_str(&entry(notice, &page));
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry(notice: &Notice, page: &str) -> String {
    let mut told = String::new();
    if let Kind::Maintenance { from, until } = notice.kind {
        let _ = write!(told, "<p>{} to {}</p>", moment(from), moment(until));
    }
    for update in notice.updates.iter().rev() {
        let body = escaped(&update.body).replace('\n', "<br/>");
        let _ = write!(told, "<p><b>{}</b> ({}): {body}</p>", update.stage, moment(update.at));
    }
    let (title, stage) = (escaped(&notice.name), notice.stage());
    let uuid = notice.id.as_str().trim_start_matches("note_");
    format!(
        r#"<entry>
<id>urn:minuted:notice:{uuid}</id>
<title>{title}</title>
<published>{}</published>
<updated>{}</updated>
<category term="{stage}"/>
<link rel="alternate" type="text/html" href="{page}#{}"/>
<content type="html">{}</content>
</entry>
"#,
        notice.opened_at(),
        notice.updated_at(),
        notice.id,
        escaped(&told),
    )
}
