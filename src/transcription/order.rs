//! A request for a transcript that somebody pays for, and what makes two of them the same.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::Options;
use crate::accounts::Caller;
use crate::audio::AudioSource;
use crate::billing::{IdempotencyClaim, Service, Work};
use crate::domain::{AccountId, RequestId};
use crate::speech::Class;
use crate::transcript::Task;

/// A request for a transcript.
#[derive(Clone)]
pub struct Order {
    /// Who pays.
    pub caller: Caller,
    /// The request, as its caller and the log know it.
    pub request: RequestId,
    /// The model's id.
    pub model: String,
    /// The recording.
    pub source: AudioSource,
    /// What is asked of the recogniser.
    pub options: Options,
    /// What is asked of the answer, in any words: another answer is another request.
    pub answer: String,
    /// Whether its caller hears each piece as it comes. What it has heard by then is charged if it goes before the end.
    pub streamed: bool,
    /// The caller's own name for the request, under which it is done once.
    pub key: Option<IdempotencyKey>,
}

/// An `Idempotency-Key`: 1 to 255 printable characters of ASCII. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Why a text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 printable characters of ASCII")]
pub struct UnfitIdempotencyKey;

impl FromStr for IdempotencyKey {
    type Err = UnfitIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, UnfitIdempotencyKey> {
        let fit = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if fit { Ok(Self(text.to_owned())) } else { Err(UnfitIdempotencyKey) }
    }
}

impl IdempotencyKey {
    /// The claim to it of a request whose content has this SHA-256.
    #[must_use]
    pub fn claim(&self, body: [u8; 32]) -> IdempotencyClaim {
        IdempotencyClaim { key: Sha256::digest(self.0.as_bytes()).into(), body }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// What two requests have in common that are the same one, sent twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    account: AccountId,
    /// SHA-256 of the caller's own name for it; or else of all that was sent.
    digest: [u8; 32],
    keyed: bool,
}

impl Order {
    /// What it is known by while it runs.
    pub(super) fn name(&self) -> Option<Name> {
        let account = self.caller.rights().account.clone();
        let claim = self.claim();
        let digest = claim.as_ref().map_or_else(|| self.body(), |claim| Some(claim.key))?;
        Some(Name { account, digest, keyed: claim.is_some() })
    }

    /// The claim to its idempotency key.
    pub(super) fn claim(&self) -> Option<IdempotencyClaim> {
        Some(self.key.as_ref()?.claim(self.body()?))
    }

    /// SHA-256 of the recording and of all that was asked; `None` if the recording's digest is not known.
    pub(super) fn body(&self) -> Option<[u8; 32]> {
        let Options { claim, task, language, prompt, temperature, words, logprobs } = &self.options;
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        };
        add(&self.source.digest()?);
        add(self.model.as_bytes());
        add(task.as_str().as_bytes());
        add(language.map_or("", |language| language.code()).as_bytes());
        add(&[u8::from(prompt.is_some())]);
        add(prompt.as_deref().unwrap_or_default().as_bytes());
        add(&temperature.to_bits().to_be_bytes());
        add(&[u8::from(*words), u8::from(*logprobs)]);
        add(self.answer.as_bytes());
        if claim.class == Class::Batch {
            add(b"batch");
        }
        Some(digest.finalize().into())
    }

    /// What it is in the ledger.
    pub(super) fn work(&self) -> Work {
        let service = match self.options.task {
            Task::Transcribe => Service::Transcription,
            Task::Translate => Service::Translation,
        };
        Work { request: self.request.clone(), service, model: self.model.clone(), claim: self.claim() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Settings, Spool};
    use crate::domain::Language;
    use crate::speech::Claim;

    fn order(file: &[u8], account: &str, options: Options) -> Order {
        let mut spool = Spool::new(&Settings::default());
        spool.push(file).expect("memory");
        Order {
            caller: Caller::open(account.parse().expect("an account")),
            request: RequestId::new(),
            model: "m".to_owned(),
            source: spool.finish().expect("memory"),
            options,
            answer: "json".to_owned(),
            streamed: false,
            key: None,
        }
    }

    #[test]
    fn twins_are_alike_in_account_recording_and_every_parameter() {
        let plain = || order(b"audio", "acc_a", Options::default());
        let streamed = Order { streamed: true, ..plain() };
        assert_eq!(plain().name(), streamed.name(), "two requests, two request ids");
        let with = |options: Options| order(b"audio", "acc_a", options);
        let others = [
            order(b"other", "acc_a", Options::default()),
            order(b"audio", "acc_b", Options::default()),
            with(Options { claim: Claim { class: Class::Batch, ..Claim::default() }, ..Options::default() }),
            with(Options { task: Task::Translate, ..Options::default() }),
            with(Options { language: Some(Language::ENGLISH), ..Options::default() }),
            with(Options { prompt: Some(String::new()), ..Options::default() }),
            with(Options { prompt: Some("p".to_owned()), ..Options::default() }),
            with(Options { temperature: 0.5, ..Options::default() }),
            with(Options { words: true, ..Options::default() }),
            with(Options { logprobs: true, ..Options::default() }),
            Order { model: "n".to_owned(), ..plain() },
            Order { answer: "srt".to_owned(), ..plain() },
            Order { key: "k".parse().ok(), ..plain() },
        ];
        let mut names: Vec<_> = others.iter().chain([&plain()]).map(|order| format!("{:?}", order.name())).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), others.len() + 1, "each differs from all others");
    }

    #[test]
    fn a_key_names_a_request_whatever_was_sent_with_it() {
        let first = Order { key: "k".parse().ok(), ..order(b"audio", "acc_a", Options::default()) };
        let second = Order { key: "k".parse().ok(), ..order(b"other", "acc_a", Options::default()) };
        assert_eq!(first.name(), second.name());
        assert_ne!(first.claim(), second.claim());
        assert!("".parse::<IdempotencyKey>().is_err() && "a\nb".parse::<IdempotencyKey>().is_err());
        assert!("x".repeat(256).parse::<IdempotencyKey>().is_err() && "größe".parse::<IdempotencyKey>().is_err());
    }
}
