//! Those who ask a [`TestApp`] that wants keys: with none, with a key of an account, with an admin's.

use std::sync::Mutex;

use minuted::accounts::Limits;
use minuted::accounts::{Account, Key, NewAccount, NewKey, RegistryError, Scope, Scopes};
use minuted::domain::{Clock, Currency, Timestamp};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::app::TestApp;

/// Somebody with a key, or without.
pub struct TestCaller {
    base: String,
    client: reqwest::Client,
    /// Whose key, and which; none if there is none.
    pub has: Option<(Account, Key)>,
    /// The key as a whole.
    pub secret: String,
}

impl TestCaller {
    fn new(app: &TestApp, secret: String, has: Option<(Account, Key)>) -> Self {
        let mut headers = HeaderMap::new();
        if !secret.is_empty() {
            let value = HeaderValue::from_str(&format!("Bearer {secret}")).expect("ASCII");
            headers.insert(AUTHORIZATION, value);
        }
        let client = reqwest::Client::builder().default_headers(headers).build().expect("a client");
        Self { base: app.url(""), client, has, secret }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.expect("an answer")
    }

    pub async fn transcribe(&self, form: Form) -> Response {
        self.request(Method::POST, "/v1/audio/transcriptions").multipart(form).send().await.expect("an answer")
    }

    pub fn account(&self) -> &Account {
        &self.has.as_ref().expect("it has an account").0
    }

    pub fn key(&self) -> &Key {
        &self.has.as_ref().expect("it has a key").1
    }
}

/// A key that may do everything but administer.
pub fn plain_key() -> NewKey {
    NewKey {
        name: "test".to_owned(),
        scopes: Scopes::ordinary(),
        models: None,
        limits: Limits::default(),
        lifetime: None,
    }
}

impl TestApp {
    /// Nobody: no key.
    pub fn anonymous(&self) -> TestCaller {
        TestCaller::new(self, String::new(), None)
    }

    /// Somebody who shows this in place of a key.
    pub fn showing(&self, secret: &str) -> TestCaller {
        TestCaller::new(self, secret.to_owned(), None)
    }

    /// A new key of the account of this name, which is made if it is not there.
    pub async fn caller(&self, account: &str) -> TestCaller {
        self.caller_with(account, plain_key()).await
    }

    pub async fn admin(&self) -> TestCaller {
        let scopes = [Scope::Admin].into_iter().collect();
        self.caller_with("operator", NewKey { scopes, ..plain_key() }).await
    }

    pub async fn caller_with(&self, account: &str, key: NewKey) -> TestCaller {
        let account = match self.registry.account(account).await {
            Err(RegistryError::Unknown(_)) => self.account(account, Limits::default()).await,
            found => found.expect("the store works"),
        };
        let issued = self.registry.issue(&account.id, key).await.expect("a key");
        TestCaller::new(self, issued.secret.reveal(), Some((account, issued.key)))
    }

    /// A new account.
    pub async fn account(&self, name: &str, limits: Limits) -> Account {
        let wish = NewAccount { name: name.to_owned(), currency: Currency::EUR, plan: None, limits };
        self.registry.open_account(wish).await.expect("an account")
    }
}

/// A clock that stands where a test puts it.
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub fn at(text: &str) -> Self {
        Self(Mutex::new(text.parse().expect("a time")))
    }

    pub fn set(&self, text: &str) {
        *self.0.lock().expect("no holder panics") = text.parse().expect("a time");
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder panics")
    }
}
