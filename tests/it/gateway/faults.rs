//! Backends that fail in every way: each ends as `docs/ERRORS.md` says, at once, and is charged once or not at all.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::before;
use super::stub::{Act, DONE, End, Stub, delta, message};
use crate::app::{TestApp, error, until};

async fn void(app: &TestApp) {
    assert!(app.settled().await.is_empty());
    assert!(app.books().steps().await.iter().all(|step| matches!(*step, "hold" | "void")));
}

/// The data of the event that ends a stream.
fn last_error(text: &str) -> Value {
    let (_, data) = text.rsplit_once("event: error\ndata: ").expect("an event of an error");
    serde_json::from_str(data.trim()).expect("JSON")
}

#[tokio::test]
async fn one_that_cannot_be_reached_is_a_502() {
    let stub = Stub::that(Act::Silence).await;
    let app = before(&stub).await;
    drop(stub);
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"]), (502, &"backend_failed".into()));
    void(&app).await;
}

#[tokio::test]
async fn one_that_is_silent_is_a_504() {
    let stub = Stub::that(Act::Silence).await;
    let app = before(&stub).await;
    let (status, told) = error(app.chat(&json!({"stream": true})).await).await;
    assert_eq!((status, &told["code"]), (504, &"backend_timeout".into()));
    void(&app).await;
    until(|| stub.open() == 0).await;
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_has_all_the_time_to_begin() {
    let stub = Stub::that(Act::Slow(std::time::Duration::from_millis(1_500), message("hi", 3, 1))).await;
    let app = before(&stub).await;
    assert_eq!(app.chat(&json!({})).await.status(), 200);
    let timeouts = "kind = \"vllm\"\ntimeouts = { first_byte_seconds = 60, total_seconds = 1 }";
    let app = super::behind(&stub.entry("one", timeouts, super::SMALL)).await;
    assert_eq!(error(app.chat(&json!({})).await).await.0, 504);
    void(&app).await;
}

#[tokio::test]
async fn one_that_begins_and_says_nothing_is_a_504_too() {
    let stub = Stub::that(Act::Stream(Vec::new(), End::Stall)).await;
    let app = before(&stub).await;
    assert_eq!(error(app.chat(&json!({"stream": true})).await).await.0, 504);
    void(&app).await;
}

#[tokio::test]
async fn one_that_breaks_off_between_events_ends_with_an_error_and_what_passed_is_charged() {
    for (end, code) in [(End::Cut, "backend_failed"), (End::Stall, "backend_timeout")] {
        let stub = Stub::that(Act::Stream(vec![delta("four"), delta("five")], end)).await;
        let app = before(&stub).await;
        let text = app.chat(&json!({"stream": true})).await.text().await.expect("it ends as it should");
        assert!(text.starts_with(&[delta("four"), delta("five")].concat()));
        assert_eq!(last_error(&text)["error"]["code"], code);
        let charges = app.settled().await;
        assert_eq!((charges.len(), charges[0].used.output_tokens), (1, 2));
    }
}

#[tokio::test]
async fn one_that_breaks_off_within_an_event_cuts_the_connection() {
    let stub = Stub::that(Act::Stream(vec![delta("four"), "data: {\"cho".to_owned()], End::Cut)).await;
    let app = before(&stub).await;
    let asks = json!({"stream": true, "stream_options": {"include_usage": true}});
    let chunks: Vec<_> = app.chat(&asks).await.bytes_stream().collect().await;
    assert!(chunks.last().expect("an end").is_err(), "nobody takes the part for the whole");
    assert_eq!(app.settled().await.len(), 1);
    // Where events are looked at as a whole, nothing of that one has gone on.
    let text = app.chat(&json!({"stream": true})).await.text().await.expect("it ends as it should");
    assert_eq!(last_error(&text)["error"]["code"], "backend_failed");
    assert!(text.starts_with(&delta("four")) && !text.contains("{\"cho\""), "{text}");
    assert_eq!(app.settled().await.len(), 2);
}

#[tokio::test]
async fn an_answer_of_json_that_breaks_off_costs_nothing() {
    let stub = Stub::that(Act::CutJson).await;
    let app = before(&stub).await;
    let answer = app.chat(&json!({})).await;
    assert!(answer.bytes().await.is_err());
    void(&app).await;
}

#[tokio::test]
async fn an_answer_without_a_byte_is_none() {
    for act in [Act::Status(204, vec![]), Act::Bytes("application/json", vec![])] {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        let (status, told) = error(app.chat(&json!({})).await).await;
        assert_eq!((status, &told["code"]), (502, &"backend_failed".into()));
        void(&app).await;
    }
}

#[tokio::test]
async fn an_error_in_place_of_an_answer_passes_and_costs_nothing() {
    let event = |code: i64| format!("data: {}\n\n", json!({"error": {"message": "no", "code": code}}));
    let cases = [
        (Act::Json(json!({"error": {"message": "the engine is dead", "code": 500}})), false),
        (Act::Stream(vec![event(500), DONE.to_owned()], End::Whole), true),
        (Act::Stream(vec![event(400), DONE.to_owned()], End::Whole), true),
        (Act::Stream(vec![delta(""), "event: error\ndata: {\"type\": \"error\"}\n\n".to_owned()], End::Whole), true),
    ];
    for (act, stream) in cases {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        let answer = app.chat(&json!({"stream": stream})).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.expect("whole").contains("error"));
        void(&app).await;
    }
    let stub = Stub::that(Act::Stream(vec![delta("four"), event(500)], End::Whole)).await;
    let app = before(&stub).await;
    app.chat(&json!({"stream": true})).await.bytes().await.expect("whole");
    assert_eq!(app.settled().await.len(), 1, "what came before it is charged");
}

#[tokio::test]
async fn a_flood_without_a_line_passes_in_bounded_memory_and_is_charged_as_what_was_reserved() {
    const BYTES: usize = 100 << 20;
    let stub = Stub::that(Act::Stream(vec![delta("four"), "data: ".to_owned()], End::Flood(BYTES))).await;
    let app = before(&stub).await;
    let mut answer = app.chat(&json!({"stream": true, "max_tokens": 100})).await.bytes_stream();
    let mut length = 0;
    while let Some(chunk) = answer.next().await {
        length += chunk.expect("it goes on").len();
    }
    assert_eq!(length, delta("four").len() + 6 + BYTES);
    let charges = app.settled().await;
    assert_eq!((charges.len(), charges[0].used.output_tokens), (1, 100), "rubbish is no more than what was asked for");
}

#[tokio::test]
async fn refusals_that_are_the_callers_pass_and_cost_nothing() {
    let stub = Stub::that(Act::Status(422, vec![("x-internal", "gpu-7")])).await;
    let app = before(&stub).await;
    let answer = app.chat(&json!({})).await;
    assert!(!answer.headers().contains_key("x-internal") && !answer.headers().contains_key("x-minuted-charge-id"));
    let (status, told) = error(answer).await;
    assert_eq!((status, &told["code"]), (422, &"from_the_backend".into()));
    void(&app).await;
}

#[tokio::test]
async fn refusals_that_are_ours_do_not() {
    for (act, status, code, retry_after) in [
        (Act::Status(401, vec![("www-authenticate", "Basic")]), 502, "backend_failed", None),
        (Act::Status(302, vec![("location", "http://127.0.0.1:1/")]), 502, "backend_failed", None),
        (Act::Status(424, vec![]), 502, "backend_failed", None),
        (Act::Status(500, vec![]), 502, "backend_failed", None),
        (Act::Status(503, vec![("retry-after", "7")]), 502, "backend_failed", None),
        (Act::Status(429, vec![("retry-after", "7")]), 429, "backend_busy", Some("7")),
        (Act::Status(429, vec![("retry-after", "9999")]), 429, "backend_busy", Some("60")),
        (Act::Status(429, vec![]), 429, "backend_busy", Some("10")),
    ] {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        let answer = app.chat(&json!({})).await;
        let told = answer.headers().get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
        assert_eq!(told.as_deref(), retry_after);
        let (told, error) = error(answer).await;
        assert_eq!((told, &error["code"], stub.count()), (status, &code.into(), 1));
        void(&app).await;
    }
}

#[tokio::test]
async fn one_that_is_rate_limited_is_left_alone_and_whoever_comes_next_is_told_so() {
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(50);
    let date: &str = httpdate::fmt_http_date(soon).leak();
    for (retry_after, least, most) in [("30", 20, 30), (date, 30, 50)] {
        let stub = Stub::that(Act::Status(429, vec![("retry-after", retry_after)])).await;
        let app = before(&stub).await;
        for _ in 0..3 {
            let answer = app.chat(&json!({})).await;
            let wait: u64 = answer.headers()["retry-after"].to_str().expect("ASCII").parse().expect("seconds");
            assert!((least..=most).contains(&wait), "{wait}");
            let (status, told) = error(answer).await;
            assert_eq!((status, &told["code"]), (429, &"backend_busy".into()));
            let message = told["message"].as_str().expect("a message");
            assert!(message.starts_with("The backends of the model `small` are rate limited; try again in "), "{told}");
        }
        assert_eq!(stub.count(), 1, "it is asked once");
        void(&app).await;
    }
}

#[tokio::test]
async fn one_that_fails_for_a_while_is_left_alone_and_then_tried_again() {
    let stub = Stub::that(Act::Status(500, vec![])).await;
    let entry = stub.entry("one", "kind = \"vllm\"", super::SMALL);
    let app = super::behind(&format!("breaker = {{ failures = 3, open_seconds = 1 }}\n{entry}")).await;
    for _ in 0..3 {
        assert_eq!(app.chat(&json!({})).await.status(), 502);
    }
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"], stub.count()), (503, &"backend_unavailable".into(), 3), "it is not asked");
    stub.now_does(Act::Json(message("hi", 3, 1)));
    crate::app::until_async(async || app.chat(&json!({})).await.status() == 200).await;
    assert_eq!(app.chat(&json!({})).await.status(), 200);
    assert_eq!(app.settled().await.len(), 2);
}

#[tokio::test]
async fn one_that_hangs_is_left_alone_though_its_clients_are_less_patient() {
    let stub = Stub::that(Act::Silence).await;
    let entry = stub.entry("one", "kind = \"vllm\"\ntimeouts = { first_byte_seconds = 4 }", super::SMALL);
    let app = super::behind(&format!("breaker = {{ failures = 2 }}\n{entry}")).await;
    let url = app.url("/v1/chat/completions");
    let leave = async |patience: u64, stream: bool| {
        let request = app.client.post(&url).json(&super::chat(&json!({"stream": stream})));
        let left = request.timeout(std::time::Duration::from_millis(patience)).send().await;
        assert!(left.expect_err("nobody answers").is_timeout());
        until(|| stub.open() == 0).await;
    };
    for (patience, stream) in [(100, true), (2_500, false), (2_500, true), (100, true), (2_500, true)] {
        leave(patience, stream).await;
    }
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"], stub.count()), (503, &"backend_unavailable".into(), 5));
    assert_eq!(app.settled().await.len(), 3, "who has waited long for a stream pays nothing");
}

#[tokio::test]
async fn one_that_lacks_a_route_is_not_left_alone_for_it() {
    for status in [404, 405, 501] {
        let stub = Stub::that(Act::Status(status, vec![])).await;
        let entry = stub.entry("one", "kind = \"tgi\"", super::SMALL);
        let app = super::behind(&format!("breaker = {{ failures = 1 }}\n{entry}")).await;
        for _ in 0..3 {
            let asked = app.ask("/v1/responses", &json!({"model": "small", "input": "x"})).await;
            let (status, told) = error(asked).await;
            assert_eq!((status, &told["code"]), (502, &"backend_failed".into()));
        }
        stub.now_does(Act::Json(message("hi", 3, 1)));
        assert_eq!(app.chat(&json!({})).await.status(), 200);
        assert_eq!(app.settled().await.len(), 1);
        // The route of chats is never lacking: its model has gone.
        stub.now_does(Act::Status(status, vec![]));
        assert_eq!(error(app.chat(&json!({})).await).await.0, 502);
        assert_eq!(error(app.chat(&json!({})).await).await.0, 503);
    }
}

#[tokio::test]
async fn a_template_that_refuses_a_chat_is_the_callers_with_llama_cpp_alone() {
    let why =
        json!({"error": {"code": 500, "message": "Jinja Exception: roles must alternate", "type": "server_error"}});
    for (kind, passes) in [("llama.cpp", true), ("vllm", false)] {
        let stub = Stub::that(Act::Failure(500, why.to_string())).await;
        let entry = stub.entry("one", &format!("kind = \"{kind}\""), super::SMALL);
        let app = super::behind(&format!("breaker = {{ failures = 1 }}\n{entry}")).await;
        let answer = app.chat(&json!({})).await;
        if passes {
            assert_eq!(answer.status(), 400);
            assert_eq!(answer.json::<Value>().await.expect("JSON"), why);
            stub.now_does(Act::Json(message("hi", 3, 1)));
            assert_eq!(app.chat(&json!({})).await.status(), 200, "it is not left alone");
        } else {
            assert_eq!(error(answer).await.0, 502);
            assert_eq!(error(app.chat(&json!({})).await).await.0, 503);
        }
        assert_eq!(app.settled().await.len(), usize::from(passes));
    }
}

#[tokio::test]
async fn one_whose_answers_begin_and_break_off_is_left_alone_too() {
    let stub = Stub::that(Act::Stream(vec![delta("four")], End::Cut)).await;
    let entry = stub.entry("one", "kind = \"vllm\"", super::SMALL);
    let app = super::behind(&format!("breaker = {{ failures = 3, open_seconds = 60 }}\n{entry}")).await;
    for _ in 0..3 {
        let text = app.chat(&json!({"stream": true})).await.text().await.expect("it ends as it should");
        assert_eq!(last_error(&text)["error"]["code"], "backend_failed");
    }
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"], stub.count()), (503, &"backend_unavailable".into(), 3));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_in_all_ends_and_nobody_is_to_blame() {
    let stub = Stub::that(Act::Stream(vec![delta("four")], End::Endless)).await;
    let entry = stub.entry("one", "kind = \"vllm\"\ntimeouts = { total_seconds = 1 }", super::SMALL);
    let app = super::behind(&format!("breaker = {{ failures = 1 }}\n{entry}")).await;
    let text = app.chat(&json!({"stream": true})).await.text().await.expect("it ends as it should");
    assert_eq!(last_error(&text)["error"]["code"], "backend_timeout");
    stub.now_does(Act::Json(message("hi", 3, 1)));
    assert_eq!(app.chat(&json!({})).await.status(), 200, "it is not left alone");
    assert_eq!(app.settled().await.len(), 2);
}

#[tokio::test]
async fn a_service_that_stops_ends_a_stream_with_an_error() {
    let stub = Stub::that(Act::Stream(vec![delta("four")], End::Endless)).await;
    let http = minuted::http::Settings { drain_timeout: std::time::Duration::from_millis(200), ..Default::default() };
    let wishes = crate::app::Wishes {
        http,
        script: Some(crate::app::Script::default()),
        backends: Some(stub.entry("one", "kind = \"vllm\"", super::SMALL)),
        ..Default::default()
    };
    let mut app = TestApp::with(wishes).await;
    let answer = app.chat(&json!({"stream": true})).await;
    app.tell_to_stop();
    let text = answer.text().await.expect("it ends as it should");
    assert_eq!(last_error(&text)["error"]["code"], "shutting_down");
    app.ended().await;
    assert_eq!(app.settled().await.len(), 1);
    assert!(!text.contains(DONE));
}
