//! Several backends of one model: who is chosen, who stands in when one fails, and how they come and go.

use futures_util::StreamExt;
use serde_json::json;

use super::behind;
use super::stub::{Act, End, Stub, delta, message};
use crate::app::{TestApp, error, until, until_async};

async fn good() -> Stub {
    Stub::that(Act::Json(message("hi", 3, 1))).await
}

fn entries(stubs: &[(&Stub, &str)]) -> String {
    let entry = |(at, (stub, lines)): (usize, &(&Stub, &str))| {
        stub.entry(&format!("b{at}"), &format!("kind = \"vllm\"\n{lines}"), super::SMALL)
    };
    stubs.iter().enumerate().map(entry).collect()
}

async fn ask(app: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = app.chat(&json!({})).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a body");
    }
}

#[tokio::test]
async fn requests_go_round_among_equals() {
    let (one, two) = (good().await, good().await);
    let app = behind(&entries(&[(&one, ""), (&two, "")])).await;
    ask(&app, 10).await;
    assert_eq!((one.count(), two.count()), (5, 5));
}

#[tokio::test]
async fn the_one_with_fewer_requests_for_its_weight_is_next() {
    let endless = || Stub::that(Act::Stream(vec![delta("x")], End::Endless));
    let (one, three) = (endless().await, endless().await);
    let app = behind(&entries(&[(&one, ""), (&three, "weight = 3\nmax_concurrency = 6")])).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
        answer.next().await.expect("a chunk").expect("whole");
        open.push(answer);
    }
    assert_eq!((one.count(), three.count()), (2, 6));
    drop(open);
    until(|| one.open() + three.open() == 0).await;
}

#[tokio::test]
async fn when_all_are_full_the_answer_is_a_429() {
    let one = Stub::that(Act::Stream(vec![delta("x")], End::Endless)).await;
    let app = behind(&entries(&[(&one, "max_concurrency = 1")])).await;
    let first = app.chat(&json!({"stream": true})).await;
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"]), (429, &"backend_busy".into()));
    drop(first);
    one.now_does(Act::Json(message("hi", 3, 1)));
    until_async(async || app.chat(&json!({})).await.status() == 200).await;
}

#[tokio::test]
async fn another_stands_in_before_the_first_byte_and_it_is_charged_once() {
    for fault in [Act::Status(500, vec![]), Act::Status(429, vec![]), Act::Status(401, vec![]), Act::Silence] {
        let (bad, two) = (Stub::that(fault).await, good().await);
        let timeouts = "timeouts = { total_seconds = 1 }";
        let app = behind(&entries(&[(&bad, timeouts), (&two, "")])).await;
        ask(&app, 2).await;
        assert_eq!(two.count(), 2);
        assert!(bad.count() >= 1, "it was tried");
        assert_eq!(app.settled().await.len(), 2);
        assert_eq!(app.books().entries().await.len(), 4, "a hold and a settle each");
    }
}

#[tokio::test]
async fn nobody_stands_in_once_a_byte_has_gone_to_the_client() {
    let cut = || Stub::that(Act::Stream(vec![delta("four")], End::Cut));
    let (one, two) = (cut().await, cut().await);
    let app = behind(&entries(&[(&one, ""), (&two, "")])).await;
    let text = app.chat(&json!({"stream": true})).await.text().await.expect("it ends as it should");
    assert!(text.starts_with(&delta("four")) && text.contains("backend_failed"));
    assert_eq!(one.count() + two.count(), 1);
}

#[tokio::test]
async fn retries_end_where_the_file_says() {
    let fails = || Stub::that(Act::Status(500, vec![]));
    let (one, two, three) = (fails().await, fails().await, fails().await);
    let all = [(&one, ""), (&two, ""), (&three, "")];
    for (retries, tries) in [(0, 1), (1, 2), (2, 3), (9, 3)] {
        let app = behind(&format!("retries = {retries}\n{}", entries(&all))).await;
        let before = one.count() + two.count() + three.count();
        assert_eq!(app.chat(&json!({})).await.status(), 502);
        assert_eq!(one.count() + two.count() + three.count() - before, tries);
    }
}

#[tokio::test]
async fn a_model_at_one_backend_takes_nothing_from_the_retries_of_others() {
    let (bad, two) = (Stub::that(Act::Status(500, vec![])).await, good().await);
    let lone = bad.entry("b0", "kind = \"vllm\"", &format!("{}, {{ id = \"lone\" }}", super::SMALL));
    let others = two.entry("b1", "kind = \"vllm\"", super::SMALL);
    let app = behind(&format!("breaker = {{ failures = 1000 }}\n{lone}{others}")).await;
    for _ in 0..130 {
        assert_eq!(app.chat(&json!({"model": "lone"})).await.status(), 502);
    }
    ask(&app, 6).await;
    assert_eq!((bad.count(), two.count()), (133, 6), "every other one was tried again");
}

#[tokio::test]
async fn one_that_lacks_a_route_takes_no_retries_from_others() {
    let (without, with) = (Stub::that(Act::Status(404, vec![])).await, good().await);
    let asked = async |app: &TestApp| app.ask("/v1/responses", &json!({"model": "small", "input": "x"})).await;
    let app = behind(&format!("retries = 0\n{}", entries(&[(&without, ""), (&with, "")]))).await;
    for at in 0..120 {
        assert_eq!(asked(&app).await.status(), 200, "{at}");
    }
    assert_eq!((without.count() >= 30, with.count()), (true, 120));

    // Where who has the route is not free, that is what the caller hears.
    let lone = Stub::that(Act::Stream(vec![delta("x")], End::Endless)).await;
    let app = behind(&entries(&[(&without, ""), (&lone, "max_concurrency = 1")])).await;
    let mut open = app.chat(&json!({"stream": true})).await;
    while open.status() != 200 {
        open = app.chat(&json!({"stream": true})).await;
    }
    let (status, told) = error(asked(&app).await).await;
    assert_eq!((status, &told["code"]), (429, &"backend_busy".into()));
    drop(open);
    until(|| lone.open() == 0).await;
}

#[tokio::test]
async fn a_prompt_sticks_to_its_backend() {
    let (one, two) = (good().await, good().await);
    let app = behind(&format!("sticky = true\n{}", entries(&[(&one, ""), (&two, "")]))).await;
    for round in 0..8 {
        let before = (one.count(), two.count());
        let question = json!({"messages": [{"role": "system", "content": format!("You are number {round}.")}]});
        for _ in 0..3 {
            app.chat(&question).await.bytes().await.expect("a body");
        }
        let after = (one.count() - before.0, two.count() - before.1);
        assert!(after == (3, 0) || after == (0, 3), "{after:?}");
    }
}

#[tokio::test]
async fn backends_come_and_go_without_losing_a_request() {
    let (old, new) = (Stub::that(Act::Stream(vec![delta("x")], End::Endless)).await, good().await);
    let app = behind(&entries(&[(&old, "")])).await;
    let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
    answer.next().await.expect("a chunk").expect("whole");

    app.rewrite_backends(&entries(&[(&new, "")]));
    app.gateway.reload().expect("a good file");
    ask(&app, 3).await;
    assert_eq!((old.count(), new.count()), (1, 3));
    for _ in 0..20 {
        answer.next().await.expect("it goes on").expect("whole");
    }

    app.rewrite_backends("[[backend]]\nname = ");
    assert!(app.gateway.reload().is_err());
    ask(&app, 1).await;
    drop(answer);
    assert_eq!(app.settled().await.len(), 5);
}
