//! The sender: one request for each batch, signed, without following anybody elsewhere.
//!
//! What the status of an answer means is from "HTTP 1.1 Web Hooks for Event Delivery" of `CloudEvents` 1.0, and from
//! Standard Webhooks 1.0.0: 2xx is delivered, 410 is wanted no more, all else is tried again, and `Retry-After` heeded.

use std::fs;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use secrecy::zeroize::Zeroizing;

use super::{Batch, Endpoint, EventsError, Settings, SigningKeys};
use crate::domain::{Timestamp, innermost, retry_after};

/// So much of an answer is read, to use its connection again. Nobody looks at it.
const ANSWER: usize = 64 * 1024;

/// Sends batches to one endpoint.
pub struct Webhook {
    client: Client,
    endpoint: Endpoint,
    keys: SigningKeys,
}

/// How a batch was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has arrived.
    Delivered,
    /// The receiver wants no more events, ever.
    Gone,
    /// It has too much to read in one request.
    TooLarge,
    /// It has not arrived.
    Failed {
        /// Why, without anything of the receiver's own words.
        why: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
}

impl Webhook {
    /// As the settings say; `None` where they name no endpoint.
    ///
    /// # Errors
    /// Any of [`EventsError`].
    pub fn open(settings: &Settings) -> Result<Option<Self>, EventsError> {
        let Some(endpoint) = settings.endpoint.clone() else { return Ok(None) };
        if !endpoint.is_encrypted() && !endpoint.is_here() && !settings.plain_http {
            return Err(EventsError::Unencrypted(endpoint));
        }
        let keys = keys(settings)?;
        if keys.is_empty() {
            return Err(EventsError::NoKey(endpoint));
        }
        let client = Client::builder()
            .user_agent(concat!("minuted/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(settings.timeout);
        // What is on this machine is not asked for through a proxy.
        let client = if endpoint.is_here() { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| EventsError::Client(innermost(&error)))?;
        Ok(Some(Self { client, endpoint, keys }))
    }

    /// Where it sends.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a batch, at this time.
    pub async fn send(&self, batch: &Batch, now: Timestamp) -> Answer {
        let timestamp = now.as_second();
        let request = self
            .client
            .post(self.endpoint.url().clone())
            .header(CONTENT_TYPE, Batch::CONTENT_TYPE)
            .header("webhook-id", &batch.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.keys.sign(&batch.id, timestamp, &batch.body))
            .body(batch.body.clone());
        match request.send().await {
            Ok(response) => answer(response, now).await,
            Err(error) if error.is_timeout() => failed("it did not answer in time".to_owned()),
            Err(error) => failed(innermost(&error)),
        }
    }
}

/// The keys that are configured, and those of the file.
fn keys(settings: &Settings) -> Result<SigningKeys, EventsError> {
    let Some(path) = &settings.keys_file else { return Ok(settings.keys.clone()) };
    let text = fs::read_to_string(path).map_err(|source| EventsError::Unreadable { path: path.clone(), source })?;
    let more = SigningKeys::parse(&Zeroizing::new(text)).ok_or_else(|| EventsError::UnfitKeys(path.clone()))?;
    Ok(settings.keys.clone().and(more))
}

async fn answer(mut response: Response, now: Timestamp) -> Answer {
    let (status, retry_after) = (response.status(), asked_wait(response.headers(), now));
    let mut read = 0;
    while let (true, Ok(Some(chunk))) = (read < ANSWER, response.chunk().await) {
        read += chunk.len();
    }
    match status {
        status if status.is_success() => Answer::Delivered,
        StatusCode::GONE => Answer::Gone,
        StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge,
        status => Answer::Failed { why: format!("it answered {}", status.as_u16()), retry_after },
    }
}

fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now.try_into().ok()?)
}

fn failed(why: String) -> Answer {
    Answer::Failed { why, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_date() {
        let now = "2026-11-26T12:00:00Z".parse().expect("a time");
        let ask = |value: &str| {
            let headers = [(RETRY_AFTER, value.parse().expect("a header"))].into_iter().collect();
            asked_wait(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!((ask("120"), ask("Thu, 26 Nov 2026 12:01:30 GMT")), (Some(120), Some(90)));
        assert_eq!((ask("Thu, 26 Nov 2026 11:00:00 GMT"), ask("soon"), ask("-1")), (Some(0), None, None));
    }

    #[test]
    fn what_would_be_sent_unsigned_or_unencrypted_is_not_sent() {
        let open = |url, keys: &str, plain_http| {
            let keys = SigningKeys::parse(keys).unwrap_or_default();
            let settings = Settings { endpoint: Endpoint::parse(url), keys, plain_http, ..Settings::default() };
            Webhook::open(&settings).map(|webhook| webhook.is_some()).map_err(|error| error.to_string())
        };
        let key = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
        assert_eq!(open("", key, false), Ok(false));
        assert_eq!(open("https://receiver.example/s3cret", key, false), Ok(true));
        assert_eq!(open("http://127.0.0.1/", key, false), Ok(true));
        assert_eq!(open("http://receiver.example/", key, true), Ok(true));
        let told = open("http://receiver.example/s3cret", key, false).expect_err("it is not encrypted");
        assert!(told.starts_with("http://receiver.example would be sent events unencrypted: "), "{told}");
        let told = open("https://receiver.example/s3cret", "", false).expect_err("there is no key");
        assert!(told.starts_with("events for https://receiver.example cannot be signed: "), "{told}");
    }
}
