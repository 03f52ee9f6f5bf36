//! The binary before a backend: what it reads again, and what its log has.

use serde_json::{Value, json};

use super::serve::Server;
use super::{Sandbox, signal};
use crate::app::until_async;
use crate::gateway::stub::{Act, DONE, End, Stub, delta, message};

async fn models(server: &Server) -> Vec<String> {
    let list: Value = server.get("/v1/models").await.json().await.unwrap();
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_backends_are_read_again_when_their_file_changes_and_when_told() {
    let stub = Stub::that(Act::Json(message("hi", 3, 1))).await;
    let entry = |model: &str| stub.entry("one", "kind = \"vllm\"", &format!("{{ id = \"{model}\" }}"));
    let sandbox = Sandbox::new();
    sandbox.file("backends.toml", entry("first").as_bytes());
    sandbox.file("minuted.toml", b"gateway.backends = \"backends.toml\"\n");
    let server = Server::start(&sandbox, &[]);
    assert_eq!(models(&server).await, ["minuted-nano.en", "first"]);
    sandbox.file("backends.toml", entry("second-one").as_bytes());
    until_async(async || models(&server).await == ["minuted-nano.en", "second-one"]).await;
    sandbox.file("backends.toml", b"[[backend]]\nname = 1\n");
    signal(&server.process, "HUP");
    sandbox.file("backends.toml", entry("third").as_bytes());
    signal(&server.process, "HUP");
    until_async(async || models(&server).await == ["minuted-nano.en", "third"]).await;
}

#[tokio::test]
async fn the_catalogue_and_the_guardrails_are_read_again_when_told() {
    let stub = Stub::that(Act::Json(message("hi", 3, 1))).await;
    let sandbox = Sandbox::new();
    sandbox.file("backends.toml", stub.entry("one", "kind = \"vllm\"", "{ id = \"small\" }").as_bytes());
    let card = |vendor: &str| {
        let text =
            format!("[[model]]\nid = \"small\"\nvendor = \"{vendor}\"\nlicence = \"MIT\"\nphase = \"production\"\n");
        sandbox.file("catalog.toml", text.as_bytes());
    };
    let rule = |regex: &str| {
        let text = format!("[[pattern]]\nname = \"birds\"\nregex = '{regex}'\n");
        sandbox.file("guardrails.toml", text.as_bytes());
    };
    card("acme");
    rule("heron");
    let files = b"gateway.backends = \"backends.toml\"\nmodels.catalog = \"catalog.toml\"\nguardrails.file = \"guardrails.toml\"\n";
    sandbox.file("minuted.toml", files);
    let mut server = Server::start(&sandbox, &[]);
    let vendor = async || -> Value {
        let model: Value = server.get("/v1/models/small").await.json().await.unwrap();
        model["minuted"]["vendor"].clone()
    };
    let says = async |text: &str| {
        let body = json!({"model": "small", "messages": [{"role": "user", "content": text}]});
        let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", server.url)).json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((vendor().await, says("a heron").await, says("an osprey").await), ("acme".into(), 403, 200));
    card("another");
    rule("osprey");
    signal(&server.process, "HUP");
    until_async(async || vendor().await == "another" && says("an osprey").await == 403).await;
    assert_eq!(says("a heron").await, 200);
    // Of two files, one that is broken keeps what it said, and the other is read.
    sandbox.file("catalog.toml", b"[[model]]\nid = 1\n");
    rule("egret");
    signal(&server.process, "HUP");
    until_async(async || says("an egret").await == 403).await;
    assert_eq!(vendor().await, "another");
    server.stop();
    let told = server.log.iter().filter(|line| line.contains("the file of the catalogue cannot be used"));
    assert!(told.clone().count() == 1 && told.clone().all(|line| line.contains("catalog.toml")), "{:?}", server.log);
}

#[tokio::test]
async fn a_service_that_has_time_to_be_found_stopping_goes_on_reading_its_files() {
    let sandbox = Sandbox::new();
    let card = |vendor: &str| {
        let text = format!(
            "[[model]]\nid = \"minuted-nano.en\"\nvendor = \"{vendor}\"\nlicence = \"MIT\"\nphase = \"evaluation\"\n"
        );
        sandbox.file("catalog.toml", text.as_bytes());
    };
    card("acme");
    sandbox.file("minuted.toml", b"models.catalog = \"catalog.toml\"\nserver.lame_duck_seconds = 600\n");
    let server = Server::start(&sandbox, &[]);
    let shows = async |vendor: &str| server.get("/catalog").await.text().await.unwrap().contains(vendor);
    assert!(shows("acme").await);
    signal(&server.process, "TERM");
    until_async(async || server.get("/readyz").await.status() == 503).await;
    card("another");
    signal(&server.process, "HUP");
    until_async(async || shows("another").await).await;
}

#[tokio::test]
async fn the_log_has_nothing_of_what_passes_and_no_credential() {
    let stub = Stub::that(Act::Stream(vec![delta("Samarkand"), DONE.to_owned()], End::Whole)).await;
    let sandbox = Sandbox::new();
    sandbox.file("one.key", b"Ouagadougou");
    let entry = stub.entry("one", "kind = \"vllm\"\ncredential_file = \"one.key\"", "{ id = \"small\" }");
    sandbox.file("backends.toml", entry.as_bytes());
    sandbox.file("minuted.toml", b"gateway.backends = \"backends.toml\"\n");
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Server::with(command.env("MINUTED_LOG_LEVEL", "trace"));
    let ask = async |act: Act, body: Value| {
        stub.now_does(act);
        let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", server.url)).json(&body);
        let answer = request.bearer_auth("Timbuktu").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap_or_default())
    };
    let question = json!({"model": "small", "messages": [{"role": "user", "content": "Zanzibar"}], "stream": true});
    let streamed = Act::Stream(vec![delta("Samarkand"), DONE.to_owned()], End::Whole);
    assert!(ask(streamed, question.clone()).await.1.contains("Samarkand"));
    assert_eq!(ask(Act::Json(message("Lhasa", 3, 1)), question.clone()).await.0, 200);
    assert_eq!(ask(Act::Status(500, vec![]), question.clone()).await.0, 502);
    assert!(ask(Act::Stream(vec![delta("Lhasa")], End::Cut), question).await.1.contains("backend_failed"));
    assert_eq!(ask(Act::Json(json!({})), json!({"model": "small", "max_tokens": "Zanzibar"})).await.0, 400);
    assert_eq!(stub.received()[0].headers["authorization"], "Bearer Ouagadougou");
    server.stop();
    for secret in ["Zanzibar", "Samarkand", "Lhasa", "Ouagadougou", "Timbuktu"] {
        let told: Vec<&String> = server.log.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret} is in the log: {told:?}");
    }
}
