//! A full house.

use minuted::http;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, until, until_async};

#[tokio::test]
async fn one_request_too_many_is_a_429_that_says_when_to_come_back() {
    let script = Script::held();
    let settings = http::Settings { max_requests: 2, ..Default::default() };
    let app = TestApp::with(Wishes { http: settings, script: Some(script.clone()), ..Wishes::default() }).await;
    let inside: Vec<_> = (0..2)
        .map(|_| {
            let request = app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence()));
            tokio::spawn(request.send())
        })
        .collect();
    until(|| script.started() == 2).await;

    let refused = app.transcribe(form(sentence())).await;
    let wait: u64 = refused.headers()["retry-after"].to_str().expect("ASCII").parse().expect("a number");
    assert!((1..=60).contains(&wait), "{wait}");
    let (status, told) = error(refused).await;
    assert_eq!((status, &told["code"]), (429, &"queue_full".into()));

    // What is not a transcription is answered as ever.
    assert_eq!(app.get("/readyz").await.status(), 200);
    script.release();
    for request in inside {
        assert_eq!(request.await.expect("no panic").expect("an answer").status(), 200);
    }
    until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
}
