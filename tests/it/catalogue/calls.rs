//! Who still calls what ends: counted by account, kept, and read by the operator alone.

use std::fs;

use serde_json::{Value, json};

use super::{app_at, follower};
use crate::app::{error, form, sentence};
use crate::cli::Sandbox;

#[tokio::test]
async fn calls_of_what_ends_are_counted_by_account() {
    let (app, clock) = app_at("2026-09-30T12:00:00Z").await;
    let (alice, bob, admin) = (app.caller("alice").await, follower(&app, "bob").await, app.admin().await);
    alice.transcribe(form(sentence())).await;
    clock.set("2026-10-01T12:00:00Z");
    for _ in 0..3 {
        alice.transcribe(form(sentence())).await;
    }
    alice.transcribe(form(sentence()).text("model", "before")).await;
    alice.transcribe(form(sentence()).text("model", "name-of-nothing")).await;
    clock.set("2026-10-02T12:00:00Z");
    alice.transcribe(form(sentence()).text("temperature", "hot")).await;
    bob.transcribe(form(sentence()).text("model", "before-q8")).await;
    app.calls.write().await.expect("the store works");

    let list: Value = admin.get("/admin/v1/deprecated-calls").await.json().await.expect("JSON");
    let row = |model: &str, account: &str, calls: i64, first: i64, last: i64| {
        json!({"object": "deprecated_calls", "model": model, "account_id": account, "calls": calls,
               "first_called_at": first, "last_called_at": last})
    };
    let (first, second) = (1_790_856_000, 1_790_942_400);
    let mut expected = [
        row("before", alice.account().id.as_str(), 1, first, first),
        row("before", bob.account().id.as_str(), 1, second, second),
        row("minuted-nano.en", alice.account().id.as_str(), 4, first, second),
    ];
    expected[..2].sort_by_key(|row| row["account_id"].to_string());
    assert_eq!(list["data"], json!(expected), "the successor that bob got is no call of his");
    assert_eq!(list["has_more"], false);

    let path = format!("after_model=before&after_account={}", expected[0]["account_id"].as_str().expect("an id"));
    let rest: Value = admin.get(&format!("/admin/v1/deprecated-calls?{path}")).await.json().await.expect("JSON");
    assert_eq!(rest["data"], json!(expected[1..]));
    let of_one: Value = admin.get("/admin/v1/deprecated-calls?model=minuted-nano.en").await.json().await.expect("JSON");
    assert_eq!(of_one["data"], json!(expected[2..]));
    for (wrong, param) in [
        ("after_model=before", "after_model"),
        ("after_account=acc_x", "after_account"),
        ("after_model=a&after_account=b", "after_account"),
        ("limit=1", "query"),
    ] {
        let (status, told) = error(admin.get(&format!("/admin/v1/deprecated-calls?{wrong}")).await).await;
        assert_eq!((status, &told["param"]), (400, &param.into()), "{wrong}");
    }
    assert_eq!(alice.get("/admin/v1/deprecated-calls").await.status(), 403);
}

#[tokio::test]
async fn an_account_asks_for_successors_through_the_admin_api() {
    let (app, _) = app_at("2026-08-01T00:00:00Z").await;
    let (alice, admin) = (app.caller("alice").await, app.admin().await);
    let path = format!("/admin/v1/accounts/{}", alice.account().id);
    let ask = async || alice.transcribe(form(sentence()).text("model", "before")).await.status().as_u16();
    assert_eq!(ask().await, 410);
    for (wish, status) in [(true, 200), (false, 410)] {
        let changed = admin.post_json(&path, &json!({"follows_successors": wish})).await;
        assert_eq!(changed.json::<Value>().await.expect("JSON")["follows_successors"], wish);
        assert_eq!(ask().await, status);
    }
}

#[test]
fn the_command_line_sets_the_wish_and_shows_who_calls() {
    let sandbox = Sandbox::new();
    sandbox.run(&["accounts", "create", "acme"]).with_code(0);
    let changed = sandbox.run(&["accounts", "change", "acme", "--follows-successors", "true"]).with_code(0);
    assert!(changed.stdout.contains("a retired model: answered by its successor"), "{}", changed.stdout);
    let shown = sandbox.run(&["accounts", "change", "acme", "--requests-per-minute", "5", "--json"]).with_code(0);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(shown["follows_successors"], true, "another change leaves it as it is");
    let callers = sandbox.run(&["models", "callers"]).with_code(0);
    assert_eq!(callers.stdout, "MODEL  ACCOUNT  ID  CALLS  FIRST  LAST\n");
}

#[test]
fn a_service_whose_catalogue_promises_too_little_does_not_start() {
    let sandbox = Sandbox::new();
    let catalogue = "[[model]]\nid = \"old\"\nvendor = \"acme\"\nlicence = \"MIT\"\nphase = \"deprecated\"\n\
                     announced_on = \"2026-10-01\"\nends_on = \"2026-12-31\"\n";
    let path = sandbox.file("catalog.toml", catalogue.as_bytes());
    sandbox.file("minuted.toml", b"[models]\ncatalog = \"catalog.toml\"\n");
    let ended = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]).with_code(1);
    assert!(
        ended.stderr.contains("model `old`: its end on 2026-12-31 was announced on 2026-10-01"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("it may end on 2027-01-01 at the earliest"), "{}", ended.stderr);
    fs::remove_file(path).expect("it is there");
    let ended = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]).with_code(1);
    assert!(ended.stderr.contains("the catalogue in catalog.toml cannot be read"), "{}", ended.stderr);
}
