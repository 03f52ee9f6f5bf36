//! What the book tells: usage and costs, exports, and whether it holds. All of it of one October, written down here.

mod exports;
mod kept;
mod organization;
mod tampered;
mod verified;

use minuted::billing::{Amounts, Extension, Hold, Ledger, Scope, Service, Settlement, Tariff, Unit, Usage};
use minuted::domain::{ChargeId, Timestamp};

use crate::stores::{CENT, account, at, by_the_minute, hold_of, key};

/// A cent a started minute; the same over a month's sum; and tokens by the million, input, cached and output.
pub fn tariffs() -> Vec<Tariff> {
    let tokens = |id: &str, unit, price| Tariff {
        id: id.parse().expect("an id"),
        models: vec!["chat-*".to_owned()],
        unit,
        price,
        per: 1_000_000,
        ..by_the_minute()
    };
    vec![
        by_the_minute(),
        Tariff {
            id: "summed".parse().expect("an id"),
            models: vec!["summed-*".to_owned()],
            scope: Scope::Period,
            ..by_the_minute()
        },
        tokens("input", Unit::InputToken, 180 * CENT),
        tokens("cached", Unit::CachedToken, 90 * CENT),
        tokens("output", Unit::OutputToken, 800 * CENT),
    ]
}

/// One request, from its hold to its end.
struct Story {
    charge: &'static str,
    request: &'static str,
    account: &'static str,
    key: Option<&'static str>,
    service: Service,
    model: &'static str,
    at: &'static str,
    /// `None`: it failed.
    usage: Option<Usage>,
}

fn audio(seconds_thousandths: i64) -> Usage {
    Usage { audio_ms: seconds_thousandths, channels: 1, ..Usage::default() }
}

fn stories() -> Vec<Story> {
    let story = |charge, at, usage| Story {
        charge,
        request: charge,
        account: "alice",
        key: Some("a"),
        service: Service::Transcription,
        model: "minuted-nano.en",
        at,
        usage,
    };
    let tokens = Usage { input_tokens: 1_000, cached_tokens: 200, output_tokens: 300, ..Usage::default() };
    vec![
        story("chg_01", "2026-10-01T00:00:00Z", Some(audio(8_470))),
        Story { request: "-1_cmd", ..story("chg_02", "2026-10-14T12:00:00Z", Some(audio(61_000))) },
        Story { key: Some("b"), ..story("chg_03", "2026-10-14T12:30:00Z", None) },
        Story { key: None, model: "summed-1", ..story("chg_04", "2026-10-14T13:00:00Z", Some(audio(10_000))) },
        Story { key: None, model: "summed-1", ..story("chg_05", "2026-10-14T13:00:01Z", Some(audio(55_000))) },
        Story {
            account: "bob",
            key: Some("c"),
            service: Service::Completion,
            model: "chat-1",
            ..story("chg_06", "2026-10-15T00:00:00Z", Some(tokens))
        },
        Story {
            account: "bob",
            key: Some("c"),
            service: Service::Translation,
            ..story("chg_07", "2026-10-31T23:59:59.999999Z", Some(Usage { batch: true, ..audio(120_000) }))
        },
        story("chg_08", "2026-11-01T00:00:00Z", Some(audio(30_000))),
    ]
}

fn later(moment: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond() + seconds * 1_000_000).expect("a time")
}

/// Writes the month down, and a bit of the next; alice has one request under way at the end if `open` says so.
pub async fn october(ledger: &dyn Ledger, open: bool) {
    ledger.publish(&tariffs()).await.expect("new tariffs");
    for story in stories() {
        tell(ledger, &story).await;
    }
    if open {
        let hold = Hold { charge: "chg_09".parse().expect("an id"), at: at("2026-11-02T00:00:00Z"), ..hold_of(1) };
        ledger.hold(&hold).await.expect("there is no budget");
    }
}

async fn tell(ledger: &dyn Ledger, story: &Story) {
    let charge: ChargeId = story.charge.parse().expect("an id");
    let enough = Amounts { nanos: 10 * CENT, audio_ms: 600_000, output_tokens: 1_000 };
    let (start, end) = (at(story.at), later(at(story.at), 5));
    let expires_at = later(start, 60);
    let hold = Hold {
        charge: charge.clone(),
        request: story.request.parse().expect("an id"),
        account: account(story.account),
        key: story.key.map(key),
        service: story.service,
        model: story.model.to_owned(),
        amounts: Amounts { nanos: CENT, audio_ms: 60_000, output_tokens: 0 },
        at: start,
        expires_at,
        ..hold_of(1)
    };
    ledger.hold(&hold).await.expect("there is no budget");
    let extension = Extension { step: 1, amounts: enough, budgets: Vec::new(), at: later(start, 1), expires_at };
    ledger.extend(&charge, &extension).await.expect("there is no budget");
    let Some(usage) = story.usage else {
        ledger.void(&charge, end).await.expect("it is held");
        return;
    };
    let fits = |tariff: &Tariff| match story.model.split('-').next() {
        Some("summed") => tariff.id.as_str() == "summed",
        Some("chat") => tariff.models == ["chat-*"],
        _ => tariff.id.as_str() == "audio",
    };
    let tariffs = tariffs().into_iter().filter(fits).collect();
    ledger.settle(&charge, &Settlement { usage, tariffs, at: end }).await.expect("enough is held");
}
