//! What `docs/BILLING.md` says of events: its example is what is sent, and its program verifies what is signed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use minuted::billing::events::{Batch, SigningKeys};
use minuted::billing::{Amounts, Entry, Kind, Line, Service, Unit, Usage};
use minuted::domain::{Clock, Currency, SystemClock};
use serde_json::{Value, json};

use super::KEY;
use crate::stores::at;

/// What stands in the document's only block of this language.
fn block(language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/BILLING.md");
    let document = fs::read_to_string(path).expect("the document");
    let blocks: Vec<_> = document.split(&format!("```{language}\n")).skip(1).collect();
    let [only] = blocks[..] else { panic!("one block of {language}") };
    only.split("```").next().expect("its end").to_owned()
}

/// A started minute and a bit.
fn settled() -> Entry {
    let mut entry = Entry {
        account: "acc_0190f3a2b4c87d10a6e2f1b3c4d5e6f7".parse().expect("an id"),
        seq: 2,
        charge: "chg_019ac0de5f8b7c10a6e2f1b3c4d5e6f7".parse().expect("an id"),
        kind: Kind::Settle,
        step: 0,
        request: "req_019ac0de5f8a7b03b1d2c3e4f5a60718".parse().expect("an id"),
        key: Some("key_0123456789abcdef01".parse().expect("an id")),
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        at: at("2026-11-26T14:05:12.5Z"),
        admitted_at: at("2026-11-26T14:05:10Z"),
        currency: Currency::EUR,
        held: Amounts { nanos: -20_000_000, audio_ms: -61_250, output_tokens: 0 },
        used: Amounts { nanos: 20_000_000, audio_ms: 61_250, output_tokens: 0 },
        usage: Some(Usage { audio_ms: 61_250, channels: 1, ..Usage::default() }),
        lines: vec![Line {
            tariff: "audio-2026".parse().expect("an id"),
            unit: Unit::StartedMinute,
            quantity: 61_250,
            billed: 2,
            nanos: 20_000_000,
        }],
        previous: [0; 32],
        hash: [0; 32],
    };
    entry.hash = entry.seal();
    entry
}

#[test]
fn the_example_is_what_is_sent() {
    let batch = Batch::of(&[settled()], "/minuted");
    let sent: Value = serde_json::from_slice(&batch.body).expect("JSON");
    let example: Value = serde_json::from_str(&block("json")).expect("JSON");
    assert_eq!(example, sent);
}

#[test]
fn the_program_verifies_what_is_signed() {
    let batch = Batch::of(&[settled()], "/minuted");
    let now = SystemClock.now().as_second();
    let keys = SigningKeys::parse(&format!("{KEY} whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE=")).expect("keys");
    let verdict = |body: &[u8], timestamp: i64, signed_at: i64| {
        let headers = json!({
            "webhook-id": batch.id,
            "webhook-timestamp": timestamp.to_string(),
            "webhook-signature": keys.sign(&batch.id, signed_at, &batch.body),
        });
        let given = format!("\nimport sys\nprint(is_genuine({headers}, sys.stdin.buffer.read(), {KEY:?}))\n");
        let mut command = Command::new("python3");
        command.args(["-c", &(block("python") + &given)]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = command.spawn().ok()?;
        python.stdin.take().expect("it is piped").write_all(body).expect("it reads");
        Some(String::from_utf8(python.wait_with_output().expect("it ends").stdout).expect("a word").trim().to_owned())
    };
    let Some(genuine) = verdict(&batch.body, now, now) else {
        let test = "events::document::the_program_verifies_what_is_signed";
        let _ = writeln!(std::io::stderr(), "skipped: {test}: Python is not installed");
        return;
    };
    assert_eq!(genuine, "True");
    assert_eq!(verdict(b"[]", now, now).as_deref(), Some("False"), "another body");
    assert_eq!(verdict(&batch.body, now, now - 1).as_deref(), Some("False"), "another time");
    assert_eq!(verdict(&batch.body, now - 600, now - 600).as_deref(), Some("False"), "an old request, sent again");
}
