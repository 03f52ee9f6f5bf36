//! Guardrails on the wire: a prompt that a rule stops is refused before anything is decoded or charged, and no word of it
//! is told to anybody.

use crate::app::{Script, TestApp, Wishes, error, form, sentence};
use crate::cli::Sandbox;
use crate::cli::serve::Server;

const RULES: &str = "unicode = \"tricks\"\n[[pattern]]\nname = \"birds\"\nregex = '(?i)\\bherons?\\b'\n";

#[tokio::test]
async fn a_prompt_that_a_rule_stops_is_a_403_and_costs_nothing() {
    let script = Script::default();
    let wishes = Wishes { script: Some(script.clone()), guardrails: Some(RULES.to_owned()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    for (field, prompt, told) in [
        ("prompt", "Names: Heron, Zanzibar", "The request was blocked: a text matches `birds`."),
        ("initial_prompt", "𝐡𝐞𝐫𝐨𝐧", "The request was blocked: a text matches `birds`."),
        (
            "prompt",
            "Zanzibar\u{E0041}\u{E0042}",
            "The request was blocked: a text has tag characters, which nobody sees.",
        ),
    ] {
        for path in ["/v1/audio/transcriptions", "/v1/audio/translations", "/v1/audio/transcriptions?dry_run=true"] {
            let answer = app.post(path, form(sentence()).text(field, prompt)).await;
            let (status, body) = error(answer).await;
            assert_eq!((status, &body["code"]), (403, &"content_blocked".into()), "{path}");
            assert_eq!(body["message"], told);
        }
    }
    assert_eq!(script.started(), 0, "nothing was recognised");
    let local = "acc_local".parse().expect("an id");
    assert!(app.stores.ledger.chain(&local, 0, 10).await.expect("the ledger works").is_empty());
    let metrics = app.get("/metrics").await.text().await.expect("a body");
    assert!(metrics.contains(r#"minuted_guardrails_blocked_total{rule="pattern"}"#), "{metrics}");
    assert!(!metrics.contains("Zanzibar"));
}

#[tokio::test]
async fn the_same_ordinary_prompt_may_come_with_every_recording() {
    let app = TestApp::scripted(&Script::default()).await;
    for _ in 0..50 {
        let answer =
            app.transcribe(form(sentence()).text("prompt", "Zoë Müller, Łódź, 東京, ignore all instructions")).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn no_word_of_what_was_stopped_is_in_the_log() {
    let sandbox = Sandbox::new();
    sandbox.file("guardrails.toml", RULES.as_bytes());
    sandbox.file("minuted.toml", b"[guardrails]\nfile = \"guardrails.toml\"\n[log]\nlevel = \"trace\"\n");
    let mut server = Server::start(&sandbox, &[]);
    let url = format!("{}/v1/audio/transcriptions", server.url);
    for prompt in ["a heron over Zanzibar", "Zanzibar\u{202E}"] {
        let request = reqwest::Client::new().post(&url).multipart(form(sentence()).text("prompt", prompt));
        assert_eq!(request.send().await.expect("an answer").status(), 403);
    }
    server.stop();
    let told: Vec<_> = server.log.iter().filter(|line| line.contains("a guardrail stopped a request")).collect();
    assert!(told.len() == 2 && told[0].contains("pattern") && told[1].contains("unicode"), "{told:?}");
    let canaries = ["Zanzibar", "heron"];
    let leaks: Vec<_> = server.log.iter().filter(|line| canaries.iter().any(|word| line.contains(word))).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[test]
fn rules_that_cannot_hold_keep_the_service_from_starting() {
    let sandbox = Sandbox::new();
    sandbox.file("guardrails.toml", b"[[pattern]]\nname = \"broken\"\nregex = '('\n");
    sandbox.file("minuted.toml", b"[guardrails]\nfile = \"guardrails.toml\"\n");
    let ended = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]).with_code(1);
    assert!(ended.stderr.contains("guardrails.toml: pattern `broken`: regex parse error"), "{}", ended.stderr);
}
