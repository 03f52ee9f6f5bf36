//! Requests that are passed on, through the running service to backends that do as the test says.

mod crowded;
mod drained;
mod faults;
mod money;
mod passing;
mod recordings;
mod several;
pub mod stub;
mod vision;

use minuted::billing::{Charge, State};
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, until_async};
use stub::Stub;

/// A chat with a word or two in it.
pub fn chat(more: &Value) -> Value {
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "Say hello."}]});
    let fields = more.as_object().expect("fields");
    body.as_object_mut().expect("an object").extend(fields.clone());
    body
}

/// A service before one backend, which has the model `small`.
pub async fn before(stub: &Stub) -> TestApp {
    let timeouts = "timeouts = { first_byte_seconds = 1, idle_seconds = 1 }";
    behind(&stub.entry("one", &format!("kind = \"vllm\"\n{timeouts}"), SMALL)).await
}

pub const SMALL: &str = r#"{ id = "small", upstream = "org/small", capabilities = ["text", "tools", "embeddings"] }"#;

/// A service before the backends of this file.
pub async fn behind(backends: &str) -> TestApp {
    let wishes = Wishes { script: Some(Script::default()), backends: Some(backends.to_owned()), ..Wishes::default() };
    TestApp::with(wishes).await
}

impl TestApp {
    /// Asks a route that is passed on.
    pub async fn ask(&self, path: &str, body: &Value) -> reqwest::Response {
        self.client.post(self.url(path)).json(body).send().await.expect("an answer")
    }

    pub async fn chat(&self, more: &Value) -> reqwest::Response {
        self.ask("/v1/chat/completions", &chat(more)).await
    }

    /// The charges, once none is open any more.
    pub async fn settled(&self) -> Vec<Charge> {
        until_async(async || self.books().open().await == 0).await;
        self.books().charges().await.into_iter().filter(|charge| charge.state == State::Settled).collect()
    }
}
