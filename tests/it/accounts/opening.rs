//! Open on loopback until there is a key.

use std::time::Duration;

use minuted::accounts::Opening;
use minuted::domain::{Clock, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, stores};

#[tokio::test]
async fn the_first_key_closes_the_door_and_its_end_does_not_open_it() {
    let wishes =
        Wishes { script: Some(Script::default()), keys: Some(Opening::until_first_key()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let nobody = app.anonymous();
    assert_eq!(nobody.get("/v1/models").await.status(), 200);
    assert_eq!(app.showing("unused").get("/v1/models").await.status(), 200, "what is shown is not looked at");

    let alice = app.caller("alice").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(nobody.get("/v1/models").await.status(), 401);
    assert_eq!(alice.get("/v1/models").await.status(), 200);

    app.registry.revoke(&alice.account().id, &alice.key().id).await.expect("it is revoked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(nobody.get("/v1/models").await.status(), 401);
}

#[tokio::test]
async fn how_it_opens_depends_on_keys_and_address() {
    let (stores, _database) = stores().await;
    let decide = async |insecure, loopback| {
        let any_key = stores.keys.any_key().await.expect("the store works");
        let opening = Opening::decide(any_key, insecure, loopback);
        opening.map(|opening| match opening {
            Opening::Open => "open",
            Opening::Closed => "closed",
            Opening::UntilFirstKey(_) => "until the first key",
        })
    };
    assert_eq!(decide(false, true).await, Some("until the first key"));
    assert_eq!(decide(false, false).await, None, "it does not start");
    assert_eq!(decide(true, false).await, Some("open"));

    let app = TestApp::keyed().await;
    let key = app.caller("alice").await;
    let (account, key) = key.has.expect("both");
    stores.keys.add_account(&account).await.expect("an account");
    stores.keys.add_key(&key).await.expect("a key");
    assert_eq!(decide(false, true).await, Some("closed"));
    assert_eq!(decide(false, false).await, Some("closed"));
    assert_eq!(decide(true, true).await, Some("open"));

    stores.keys.revoke_key(&account.id, &key.id, SystemClock.now()).await.expect("it is revoked");
    assert_eq!(decide(false, true).await, Some("closed"), "a start does not open what the first key has closed");
}

/// What an open service answers to a program that sends these headers with a recording, and to a question.
async fn answers(app: &TestApp, headers: &[(&str, &str)]) -> [u16; 2] {
    let with =
        |request: reqwest::RequestBuilder| headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
    let sent = with(app.client.post(app.url("/v1/audio/transcriptions"))).multipart(form(sentence()));
    let asked = with(app.client.get(app.url("/v1/models")));
    let answers = [sent.send().await, asked.send().await];
    answers.map(|answer| answer.expect("an answer").status().as_u16())
}

#[tokio::test]
async fn what_is_open_to_this_machine_is_open_to_no_page_of_another() {
    let until_first_key = || Some(Opening::until_first_key());
    let wishes = |keys| Wishes { script: Some(Script::default()), keys, ..Wishes::default() };
    let app = TestApp::with(wishes(until_first_key())).await;
    for headers in [
        &[][..],
        &[("host", "localhost:9000")],
        &[("host", "[::1]:9000"), ("origin", "http://localhost:3000")],
        &[("origin", "http://127.0.0.1:3000")],
    ] {
        assert_eq!(answers(&app, headers).await, [200, 200], "{headers:?}");
    }
    let foreign = [
        &[("host", "rebound.example")][..],
        &[("host", "rebound.example:8080"), ("origin", "http://rebound.example:8080")],
        &[("host", "localhost.rebound.example")],
        &[("origin", "https://page.example")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        assert_eq!(answers(&app, headers).await, [403, 403], "{headers:?}");
    }
    let get = async |path: &str| {
        let request = app.client.get(app.url(path)).header("host", "a.example");
        request.send().await.expect("an answer")
    };
    let (status, told) = error(get("/v1/models").await).await;
    assert_eq!((status, &told["code"]), (403, &"not_local".into()));
    let message = told["message"].as_str().expect("a message");
    assert!(message.contains("Host names `a.example`") && message.contains("minuted keys create"), "{message}");
    assert_eq!(get("/healthz").await.status(), 200, "what is free for all is free for pages");

    // A key says who asks, and where from is no matter; neither is it where whoever comes is let in.
    let alice = app.caller("alice").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for headers in foreign {
        let bearer = format!("Bearer {}", alice.secret);
        let headers = [headers, &[("authorization", &*bearer)]].concat();
        assert_eq!(answers(&app, &headers).await, [200, 200], "{headers:?}");
    }
    let open = TestApp::with(wishes(Some(Opening::Open))).await;
    assert_eq!(answers(&open, foreign[1]).await, [200, 200]);
}

#[tokio::test]
async fn a_program_that_names_no_host_is_no_browser() {
    let wishes =
        Wishes { script: Some(Script::default()), keys: Some(Opening::until_first_key()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let mut connection = TcpStream::connect(app.address).await.expect("it listens");
    connection.write_all(b"GET /v1/models HTTP/1.0\r\n\r\n").await.expect("it is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
}
