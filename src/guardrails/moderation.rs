//! A model that judges texts, on a backend that speaks OpenAI's `/v1/moderations`. It is asked last, over a connection
//! of its own, and nobody is billed for it.
//!
//! What it cannot be asked about is not passed on, unless the operator says otherwise.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Blocked;
use crate::domain::FileError;

/// The most bytes of an answer: a verdict with its scores has a few thousand.
const MAX_ANSWER: usize = 1 << 20;

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    url: String,
    model: String,
    /// Has the key that the backend is shown.
    key_file: Option<PathBuf>,
    #[serde(default = "five")]
    timeout_seconds: u64,
    #[serde(default)]
    pass_when_unreachable: bool,
}

fn five() -> u64 {
    5
}

/// Asks the model.
pub(super) struct Moderator {
    client: Client,
    url: Url,
    model: String,
    authorization: Option<HeaderValue>,
    pass_when_unreachable: bool,
}

/// The part of an answer that counts.
#[derive(Deserialize)]
struct Answer {
    results: Vec<Judgement>,
}

#[derive(Deserialize)]
struct Judgement {
    flagged: bool,
    /// An object, as a rule; but what is flagged is so whatever stands here.
    #[serde(default)]
    categories: Value,
}

/// Why there is no verdict.
enum Silence {
    /// It does not take the request, with this status: who sends a text that is too long for it is not to get by unjudged.
    Refused(StatusCode),
    /// It does not answer, or not as it should; why, in words.
    Unreachable(&'static str),
}

impl From<&'static str> for Silence {
    fn from(why: &'static str) -> Self {
        Self::Unreachable(why)
    }
}

impl Moderator {
    pub(super) fn open(written: Written) -> Result<Self, FileError> {
        let unfit = |why: &str| FileError::Unfit { file: "moderation".to_owned(), why: why.to_owned() };
        let url: Option<Url> = written.url.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| unfit("`url` is one that begins with http:// or https://"))?;
        if !(1..=60).contains(&written.timeout_seconds) {
            return Err(unfit("`timeout_seconds` is 1 to 60"));
        }
        let authorization = written.key_file.map(|path| {
            let key = fs::read_to_string(&path).map_err(|source| FileError::Unreadable {
                what: "the guardrails",
                path,
                source,
            })?;
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
                .map_err(|_| unfit("the key of `key_file` cannot stand in a header"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        // What callers wrote goes where the operator said: proxies of the environment are not used.
        let client = Client::builder()
            .no_proxy()
            .user_agent(concat!("minuted/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(Duration::from_secs(written.timeout_seconds))
            .build()
            .map_err(|_| unfit("no client can be made (is the package ca-certificates installed?)"))?;
        Ok(Self {
            client,
            url,
            model: written.model,
            authorization: authorization.transpose()?,
            pass_when_unreachable: written.pass_when_unreachable,
        })
    }

    /// Has a text judged.
    ///
    /// # Errors
    /// [`Blocked::Moderation`], [`Blocked::Refused`], [`Blocked::Unjudged`].
    pub(super) async fn check(&self, text: &str) -> Result<(), Blocked> {
        match self.ask(text).await {
            Ok(results) => match results.into_iter().find(|result| result.flagged) {
                Some(flagged) => Err(Blocked::Moderation(category(&flagged))),
                None => Ok(()),
            },
            Err(Silence::Refused(status)) => {
                tracing::warn!(status = status.as_u16(), "the moderation model refuses to judge");
                // With these it refuses us, whatever the text is.
                let is_ours = matches!(
                    status,
                    StatusCode::UNAUTHORIZED
                        | StatusCode::PAYMENT_REQUIRED
                        | StatusCode::FORBIDDEN
                        | StatusCode::NOT_FOUND
                        | StatusCode::METHOD_NOT_ALLOWED
                );
                Err(if is_ours { Blocked::Unjudged } else { Blocked::Refused })
            }
            Err(Silence::Unreachable(why)) => {
                tracing::warn!(why, "the moderation model does not answer");
                if self.pass_when_unreachable { Ok(()) } else { Err(Blocked::Unjudged) }
            }
        }
    }

    /// The verdicts, or in a word what is wrong: neither the address nor anything of the text.
    async fn ask(&self, text: &str) -> Result<Vec<Judgement>, Silence> {
        let body = json!({"model": self.model, "input": text}).to_string();
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(key) = &self.authorization {
            request = request.header(AUTHORIZATION, key);
        }
        let mut response = request
            .send()
            .await
            .map_err(|error| if error.is_timeout() { "it took too long" } else { "it cannot be reached" })?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => return Err("it has too much to do".into()),
            status if status.is_client_error() => return Err(Silence::Refused(status)),
            _ => return Err("it answered with an error".into()),
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "its answer broke off")? {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_ANSWER {
                return Err("its answer is too long".into());
            }
        }
        let Answer { results } = serde_json::from_slice(&answer).map_err(|_| "its answer is no verdict")?;
        if results.is_empty() { Err("its answer has no verdict".into()) } else { Ok(results) }
    }
}

/// The first category that holds, if its name is one that can be shown.
fn category(judgement: &Judgement) -> String {
    let fit = |name: &str| {
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte);
        (1..=64).contains(&name.len()) && name.bytes().all(fit)
    };
    let mut categories = judgement.categories.as_object().into_iter().flatten();
    let holds = categories.find(|(name, holds)| **holds == true && fit(name));
    holds.map_or_else(|| "unnamed".to_owned(), |(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_flagged_is_so_whatever_its_categories_are() {
        for (verdict, named) in [
            (r#"{"flagged":true,"categories":{"fish":false,"birds/large":true}}"#, "birds/large"),
            (r#"{"flagged":true,"categories":{"a b":true}}"#, "unnamed"),
            (r#"{"flagged":true,"categories":null}"#, "unnamed"),
            (r#"{"flagged":true,"categories":["S1"]}"#, "unnamed"),
            (r#"{"flagged":true}"#, "unnamed"),
        ] {
            let judgement: Judgement = serde_json::from_str(verdict).expect(verdict);
            assert_eq!((judgement.flagged, category(&judgement).as_str()), (true, named), "{verdict}");
        }
    }
}
