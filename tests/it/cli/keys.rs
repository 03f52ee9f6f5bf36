//! `minuted accounts` and `minuted keys`, before a server runs and beside one; and a server that will not run open.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use super::Sandbox;
use super::serve::Server;

async fn models(server: &Server, key: &str) -> StatusCode {
    let request = reqwest::Client::new().get(format!("{}/v1/models", server.url)).bearer_auth(key);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_key_made_beside_a_running_server_works_and_closes_it() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox, &[]);
    assert!(server.log.iter().any(|line| line.contains("it asks for no key until there is one")), "{:?}", server.log);
    assert_eq!(models(&server, "unused").await, 200);

    let made =
        sandbox.run(&["accounts", "create", "acme", "--plan", "tier-1", "--concurrent-requests", "8"]).with_code(0);
    assert!(made.stdout.contains("acme  acc_") && made.stdout.contains("8 concurrent requests"), "{}", made.stdout);
    let key = sandbox.run(&["keys", "create", "--account", "acme", "--quiet"]).with_code(0);
    assert!(key.stderr.is_empty() && key.stdout.lines().count() == 1, "{}{}", key.stdout, key.stderr);
    let key = key.stdout.trim();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(models(&server, "unused").await, 401);
    assert_eq!(models(&server, key).await, 200);

    let new = sandbox.run(&["keys", "rotate", key, "--overlap", "1h"]).with_code(0);
    assert!(new.stderr.contains(", which works until 2"), "{}", new.stderr);
    let new = new.stdout.trim();
    assert_eq!((models(&server, key).await, models(&server, new).await), (StatusCode::OK, StatusCode::OK));
    sandbox.run(&["keys", "revoke", new]).with_code(0);
    sandbox.run(&["accounts", "suspend", "acme"]).with_code(0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        (models(&server, key).await, models(&server, new).await),
        (StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED)
    );
    sandbox.run(&["accounts", "resume", "acme"]).with_code(0);

    let list = sandbox.run(&["keys", "list"]).with_code(0).stdout;
    assert!(list.lines().nth(1).unwrap().starts_with("acme     mnt_"), "{list}");
    assert!(list.contains("all but admin") && list.contains("revoked 2"), "{list}");
    assert!(!list.contains(key.splitn(3, '_').nth(2).unwrap()), "no secret is listed");
    let json = sandbox.run(&["keys", "list", "--account", "acme", "--json"]).with_code(0).stdout;
    let keys: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((keys.len(), &keys[1]["status"], &keys[1]["replaces"]), (2, &"revoked".into(), &keys[0]["id"]));
}

#[test]
fn accounts_are_changed_and_mistakes_are_told() {
    let sandbox = Sandbox::new();
    sandbox.run(&["accounts", "create", "acme", "--spend-per-month", "99.50"]).with_code(0);
    let account =
        |arguments: &[&str]| -> Value { serde_json::from_str(&sandbox.run(arguments).with_code(0).stdout).unwrap() };
    assert_eq!(account(&["accounts", "show", "acme", "--json"])["limits"]["spend_per_month"], "99.5");
    let more = account(&["accounts", "change", "acme", "--requests-per-minute", "60", "--plan", "tier-2", "--json"]);
    assert_eq!(more["limits"], serde_json::json!({"requests_per_minute": 60, "spend_per_month": "99.5"}));
    assert_eq!(more["plan"], "tier-2");
    let none = account(&["accounts", "change", "acme", "--unlimited", "--plan", "none", "--json"]);
    assert_eq!((&none["limits"], &none["plan"]), (&serde_json::json!({}), &Value::Null));

    for (arguments, code, told) in [
        (&["accounts", "create", "acme"][..], 2, "there is an account named `acme` already"),
        (&["accounts", "create", "other", "--plan", "gold"], 2, "there is no `gold`; there are tier-1, "),
        (&["accounts", "create", "other", "--spend-per-month", "much"], 2, "spend_per_month: it is a decimal number"),
        (&["accounts", "show", "nobody"], 1, "there is no account `nobody`"),
        (&["keys", "create", "--account", "nobody"], 1, "there is no account `nobody`"),
        (&["keys", "create", "--account", "acme", "--scopes", "root"], 2, "`root` is no scope"),
        (&["keys", "create", "--account", "acme", "--name", "a\u{202E}b"], 2, "name: it has the character U+202E"),
        (&["keys", "create", "--account", "acme", "--models", "whisper-1,wisper-2"], 2, "did you mean `whisper-1`?"),
        (&["keys", "create", "--account", "acme", "--expires-in", "0s"], 2, "a key works for a second at least"),
        (&["accounts", "create", "ac\u{200B}me"], 2, "name: it has the character U+200B"),
        (&["keys", "create", "--account", "acme", "--expires-in", "soon"], 2, "such as 90s, 15m, 24h or 30d"),
        (&["keys", "revoke", "key_00"], 1, "there is no key `key_00`"),
        (&["keys", "revoke", "sk-123"], 2, "a key is named by its id"),
    ] {
        let ended = sandbox.run(arguments).with_code(code);
        assert!(ended.stderr.contains(told) && ended.stdout.is_empty(), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_key_keeps_the_ids_of_the_models_that_were_named() {
    let sandbox = Sandbox::new();
    sandbox.run(&["accounts", "create", "acme"]).with_code(0);
    sandbox.file(
        "backends.toml",
        b"[[backend]]\nname = \"gpu\"\nurl = \"http://127.0.0.1:1\"\nkind = \"vllm\"\n\
          [[backend.model]]\nid = \"acme/Large:8b\"\ncapabilities = [\"text\"]\n",
    );
    sandbox.file("minuted.toml", b"[gateway]\nbackends = \"backends.toml\"\n[speech]\naliases = [\"house\"]\n");
    let create = ["keys", "create", "--account", "acme", "--config", "minuted.toml", "--models"];
    let made = sandbox.run(&[&create[..], &["house,acme/large:8B,tiny.en"]].concat()).with_code(0);
    assert!(made.stderr.contains(" with acme/Large:8b,minuted-nano.en,whisper-tiny.en. "), "{}", made.stderr);
    assert!(
        sandbox
            .run(&["keys", "list"])
            .with_code(0)
            .stdout
            .contains("  acme/Large:8b,minuted-nano.en,whisper-tiny.en  ")
    );
    let list = sandbox.run(&["keys", "list", "--json"]).with_code(0).stdout;
    let key: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(key["models"], serde_json::json!(["acme/Large:8b", "minuted-nano.en", "whisper-tiny.en"]));
}

#[tokio::test]
async fn on_any_other_address_it_wants_a_key_or_a_word() {
    let sandbox = Sandbox::new();
    let everywhere = ["serve", "--listen", "0.0.0.0:0"];
    let ended = sandbox.run(&everywhere).with_code(1);
    assert!(
        ended.stderr.contains("minuted keys create") && ended.stderr.contains("--insecure-open"),
        "{}",
        ended.stderr
    );

    let mut open = sandbox.command(&everywhere);
    let open = Server::with(open.arg("--insecure-open"));
    assert!(open.log.iter().any(|line| line.contains("WARN") && line.contains("asks for no key")), "{:?}", open.log);
    assert_eq!(models(&open, "unused").await, 200);
    drop(open);

    sandbox.run(&["accounts", "create", "acme"]).with_code(0);
    let key = sandbox.run(&["keys", "create", "--account", "acme", "--quiet"]).with_code(0).stdout;
    let closed = Server::with(&mut sandbox.command(&everywhere));
    assert_eq!(models(&closed, "unused").await, 401);
    assert_eq!(models(&closed, key.trim()).await, 200);
    let pepper = sandbox.path("home/.local/share/minuted/pepper");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(pepper).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_pepper_that_is_lost_or_another_is_told_and_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.run(&["accounts", "create", "acme", "--data-dir", "data"]).with_code(0);
    sandbox.run(&["keys", "create", "--account", "acme", "--data-dir", "data"]).with_code(0);
    let pepper = sandbox.path("data/pepper");
    std::fs::remove_file(&pepper).unwrap();
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "create", "--account", "acme"]] {
        let ended = sandbox.run(&[arguments, &["--data-dir", "data"]].concat()).with_code(1);
        assert!(ended.stderr.contains("is gone, and without it none of them works"), "{}", ended.stderr);
    }
    assert!(!pepper.exists());
    // What makes no key needs none.
    for arguments in [&["keys", "list"][..], &["accounts", "suspend", "acme"], &["accounts", "create", "other"]] {
        sandbox.run(&[arguments, &["--data-dir", "data"]].concat()).with_code(0);
    }
    assert!(!pepper.exists());

    sandbox.file("data/pepper", "42".repeat(32).as_bytes());
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "create", "--account", "acme"]] {
        let ended = sandbox.run(&[arguments, &["--data-dir", "data"]].concat()).with_code(1);
        let told = ended.stderr.contains("made with another pepper than data/pepper holds");
        assert!(told && ended.stderr.contains("accounts.pepper_file"), "{}", ended.stderr);
    }
}
