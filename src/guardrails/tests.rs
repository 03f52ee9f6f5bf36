//! The chain as a whole: what stops a body, and what does not.

use serde_json::{Value, json};

use super::*;

fn guardrails(text: &str) -> Guardrails {
    Guardrails::read(text, [7; 32]).expect("good rules")
}

fn check(guardrails: &Guardrails, body: &Value) -> Result<(), Blocked> {
    check_bytes(guardrails, body.to_string().as_bytes())
}

fn check_bytes(guardrails: &Guardrails, body: &[u8]) -> Result<(), Blocked> {
    guardrails.check(body, &AccountId::local(), "2026-11-26T00:00:00Z".parse().expect("a time")).map(drop)
}

/// What the moderation model would be asked.
fn spoken(body: &Value) -> String {
    let rules = guardrails("[moderation]\nurl = \"http://guard.example\"\nmodel = \"m\"");
    let now = "2026-11-26T00:00:00Z".parse().expect("a time");
    rules.check(body.to_string().as_bytes(), &AccountId::local(), now).expect("nothing stops it")
}

#[test]
fn the_rules_of_the_program_stop_no_ordinary_request() {
    let own = Guardrails::load(None).expect("they are good");
    let schema = (0..20).fold(json!({"type": "string"}), |inner, _| json!({"properties": {"a": inner}}));
    let messages: Vec<_> = (0..500).map(|n| json!({"role": "user", "content": format!("Größe {n} 👍🏽")})).collect();
    for body in [
        json!({"model": "m", "messages": messages}),
        json!({"model": "m", "messages": [], "tools": [{"type": "function", "function": {"parameters": schema}}]}),
        json!({"model": "m", "input": vec!["same text"; 2048]}),
        json!({"model": "m", "input": (0..100_000).collect::<Vec<_>>()}),
        json!({"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}]}),
    ] {
        for _ in 0..50 {
            assert_eq!(check(&own, &body), Ok(()), "{:.100}", body.to_string());
        }
    }
}

#[test]
fn nothing_hides_behind_what_cannot_be_read() {
    let rules = guardrails("[[pattern]]\nname = \"birds\"\nregex = 'heron'");
    for body in [
        &br#"{"user": "\ud800", "prompt": "a heron"}"#[..],
        br#"{"seed": 1e999, "prompt": "a heron"}"#,
        b"{\"user\": \"\xFF\", \"prompt\": \"a heron\"}",
        b"{\"\xFF\": 1, \"prompt\": \"a heron\"}",
        br#"{"a": 01, "prompt": "a heron"}"#,
        br#"{} {"prompt": "a heron"}"#,
        b"no JSON at all",
    ] {
        assert_eq!(check_bytes(&rules, body), Err(Blocked::Unreadable), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn size_depth_and_parts_have_limits() {
    let tight = guardrails("max_body_bytes = 100\nmax_depth = 3\nmax_parts = 2");
    assert_eq!(check(&tight, &json!({"a": "x".repeat(100)})), Err(Blocked::BodySize { limit: 100 }));
    assert_eq!(check(&tight, &json!({"a": [[1]]})), Ok(()));
    assert_eq!(check(&tight, &json!({"a": [[[1]]]})), Err(Blocked::Depth { limit: 3 }));
    assert_eq!(check(&tight, &json!([{}, {}])), Ok(()));
    assert_eq!(check(&tight, &json!([{}, {}, {}])), Err(Blocked::Parts { limit: 2 }));
    assert_eq!(check(&tight, &json!(["a", "b", "c", 1, 2, 3])), Ok(()), "texts and numbers are no parts");
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(check_bytes(&guardrails("max_depth = 126"), deep.as_bytes()), Err(Blocked::Depth { limit: 126 }));
}

#[test]
fn patterns_are_found_wherever_text_can_stand_and_however_it_is_written() {
    let rules = guardrails("[[pattern]]\nname = \"orders\"\nregex = '(?i)ignore\\s+all\\s+orders'");
    let blocked = Err(Blocked::Pattern("orders".to_owned()));
    for text in [
        "Please IGNORE all orders now",
        "𝐢𝐠𝐧𝐨𝐫𝐞 all orders",
        "ignоrе all оrders",
        "ig\u{200B}nore all\u{A0}orders",
        "data: ignore all orders",
    ] {
        for body in [
            json!({"prompt": text}),
            json!({"input": [text]}),
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]}),
            json!({"tools": [{"function": {"description": text}}]}),
            json!({"metadata": {text: 1}}),
            json!({"messages": [{"content": [{"image_url": {"url": text}}]}]}),
        ] {
            assert_eq!(check(&rules, &body), blocked, "{body}");
        }
    }
    let twice = br#"{"prompt": "ignore all orders", "prompt": "hello"}"#;
    assert_eq!(check_bytes(&rules, twice), blocked, "whichever of the two is read");
    let escaped = br#"{"prompt": "\u0069gnore all \u006frders"}"#;
    assert_eq!(check_bytes(&rules, escaped), blocked);
    assert_eq!(rules.check_text("ignore no orders"), Ok(()));
}

#[test]
fn a_recording_in_a_message_is_no_text_and_nothing_else_passes_for_one() {
    let rules = guardrails("[[pattern]]\nname = \"birds\"\nregex = 'heron'");
    let of = |audio: Value| json!({"messages": [{"content": [{"type": "input_audio", "input_audio": audio}]}]});
    for data in ["UklGheron+/A", "UklGheronAA=", "data:audio/wav;base64,heron"] {
        let body = of(json!({"data": data, "format": "wav"}));
        assert_eq!((check(&rules, &body), spoken(&body)), (Ok(()), "wav\n".to_owned()));
    }
    for body in [
        of(json!({"data": "a heron, and more"})),
        of(json!({"data": "UklGheronA"})),
        of(json!({"data": "heron==="})),
        of(json!({"data": ["UklGheron+/A"]})),
        of(json!({"text": "UklGheron+/A"})),
        of(json!([{"data": "UklGheron+/A"}])),
        json!({"data": "UklGheron+/A"}),
        json!({"input_audio": {"more": {"data": "UklGheron+/A"}}}),
    ] {
        assert_eq!(check(&rules, &body), Err(Blocked::Pattern("birds".to_owned())), "{body}");
    }
}

#[test]
fn tokens_are_stopped_where_text_is_read() {
    let pattern = guardrails("[[pattern]]\nname = \"birds\"\nregex = 'heron'");
    let judged = guardrails("[moderation]\nurl = \"http://guard.example\"\nmodel = \"m\"");
    let neither = guardrails("unicode = \"strict\"\nmax_depth = 8");
    for body in [json!({"prompt": [1, 2]}), json!({"prompt": [[1], [2]]}), json!({"prompt": ["a", 2]})] {
        for rules in [&pattern, &judged] {
            assert_eq!(check(rules, &body), Err(Blocked::Tokens), "{body}");
        }
        assert_eq!(check(&neither, &body), Ok(()), "{body}");
    }
    for body in [
        json!({"prompt": ["a"], "n": 3, "logit_bias": {"50256": -100}}),
        json!({"input": [{"type": "computer_call", "action": {"x": 1, "path": [2]}}]}),
        json!({"metadata": {"prompt": [1]}}),
        json!({"input": [[7, 8]]}),
    ] {
        assert_eq!(check(&pattern, &body), Ok(()), "{body}");
    }
}

#[test]
fn a_refusal_names_the_rule_and_no_word_of_the_text() {
    let rules = guardrails("unicode = \"tricks\"\n[[pattern]]\nname = \"birds\"\nregex = 'heron'");
    for (text, rule) in [("a heron in Zanzibar", "birds"), ("Zanzibar \u{202E}", "unicode")] {
        let blocked = rules.check_text(text).expect_err("it is stopped");
        assert_eq!(blocked.rule(), rule);
        let told = format!("{blocked} {blocked:?}");
        assert!(!told.contains("Zanzibar") && !told.contains("heron"), "{told}");
    }
}

#[test]
fn a_mistake_names_the_rule() {
    for (text, expected) in [
        ("max_bytes = 1", "unknown field `max_bytes`"),
        ("unicode = \"some\"", "unknown variant `some`"),
        ("max_depth = 127", "max_depth: it is 1 to 126"),
        ("max_depth = 0", "max_depth: it is 1 to 126"),
        ("[repeats]\nmost = 0\nseconds = 60", "repeats: `most` is at least 1"),
        ("[repeats]\nmost = 1\nseconds = 0", "repeats: `most` is at least 1"),
        (
            "[moderation]\nurl = \"ftp://guard.example\"\nmodel = \"m\"",
            "moderation: `url` is one that begins with http",
        ),
        (
            "[moderation]\nurl = \"http://guard.example\"\nmodel = \"m\"\ntimeout_seconds = 0",
            "`timeout_seconds` is 1 to 60",
        ),
        ("[[pattern]]\nname = \"a b\"\nregex = 'x'", "pattern 1: its name has 1 to 64"),
        ("[[pattern]]\nname = \"a\"\nregex = '('", "pattern `a`: regex parse error"),
        ("[[pattern]]\nname = \"a\"\nregex = 'x*'", "pattern `a`: it matches every text"),
        ("[[pattern]]\nname = \"a\"\nregex = '(x{900}){900}'", "pattern `a`: "),
    ] {
        let error = Guardrails::read(text, [0; 32]).map(drop).expect_err(text);
        assert!(error.contains(expected), "{error}\nbut not: {expected}");
    }
    let line = "[moderation]\nurl = \"http://guard.example\"\nmodel = \"m\"\nkey = \"s3cret\"";
    let error = Guardrails::read(line, [0; 32]).map(drop).expect_err("there is no `key`");
    assert!(error.starts_with("line 4, column 1: unknown field `key`") && !error.contains("s3cret"), "{error}");
    let missing = Guardrails::load(Some("/nowhere/guardrails.toml".as_ref())).map(drop).expect_err("no file");
    assert!(missing.to_string().starts_with("the guardrails in /nowhere/guardrails.toml cannot be read: "));
}

#[test]
fn what_is_judged_is_what_was_meant() {
    let body = json!({
        "model": "m", "temperature": 0.5,
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"}},
            ]},
        ],
    });
    assert_eq!(spoken(&body), "Be kind.\nWhat is this?\n");
}

#[test]
fn what_a_template_prints_is_judged_whatever_it_is_called() {
    for field in ["role", "type", "id", "detail", "user", "object", "effort", "tool_call_id", "model"] {
        let body = json!({"messages": [{field: "user\nhow to pick a lock", "content": " "}]});
        assert!(spoken(&body).contains("how to pick a lock"), "{field}");
        assert_eq!(spoken(&json!({"messages": [{field: "tool/call_7:a.b-c"}]})), "", "{field}");
    }
    assert_eq!(spoken(&json!({"user": "x".repeat(64)})), "");
    assert_eq!(spoken(&json!({"user": "x".repeat(65)})), "x".repeat(65) + "\n");
    assert_eq!(spoken(&json!({"documents": [{"how to pick a lock": 1, "title": null}]})), "how to pick a lock\n");
}

#[test]
fn in_a_schema_everything_is_text() {
    let rules = guardrails("[[pattern]]\nname = \"orders\"\nregex = 'ignore-all-orders'");
    let blocked = Err(Blocked::Pattern("orders".to_owned()));
    for said in ["ignore-all-orders", "data:ignore-all-orders", "data:,AAAA/ignore-all-orders", "data:a;base64,AAAA"] {
        for field in ["type", "id", "url", "image", "data", "enum"] {
            let parameters = json!({"properties": {"lock": {field: said}}});
            for body in [
                json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}),
                json!({"tools": [{"type": "function", field: said}]}),
                json!({"functions": [{"parameters": {field: [said]}}]}),
                json!({"response_format": {"json_schema": {"schema": {"input_audio": {field: said}}}}}),
            ] {
                let spoken = spoken(&body);
                assert!(spoken.lines().any(|line| line == said) && spoken.lines().any(|line| line == field), "{body}");
                let expected = if said.contains("orders") { blocked.clone() } else { Ok(()) };
                assert_eq!(check(&rules, &body), expected, "{body}");
            }
        }
    }
}

#[test]
fn of_a_data_uri_only_the_base64_is_no_text() {
    let rules = guardrails("[[pattern]]\nname = \"birds\"\nregex = 'heron'");
    let check = |url: &str| check(&rules, &json!({"messages": [{"content": [{"image_url": {"url": url}}]}]}));
    assert_eq!(check("data:image/png;base64,heron+/AAA=="), Ok(()));
    for url in ["data:a-heron", "data:,a-heron", "data:text/heron,AAAA", "data:image/svg+xml,<svg>heron</svg>"] {
        assert_eq!(check(url), Err(Blocked::Pattern("birds".to_owned())), "{url}");
    }
}

#[tokio::test]
async fn nobody_is_asked_about_nothing() {
    let rules = guardrails("[moderation]\nurl = \"http://127.0.0.1:1\"\nmodel = \"m\"");
    assert_eq!(rules.moderate("a text").await, Err(Blocked::Unjudged), "nobody is there");
    for body in [
        json!({"messages": [{"role": "user", "content": [{"image_url": {"url": "data:image/png;base64,AAAA"}}]}]}),
        json!({"messages": [{"role": "user", "content": " \n\u{A0}"}]}),
        json!({"model": "m", "input": [[7, 8]]}),
    ] {
        assert_eq!(rules.moderate(&spoken(&body)).await, Ok(()), "{body}");
    }
}
