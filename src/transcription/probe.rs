//! Whether the model still hears: a second and a half of speech, recognised when nobody else is in the house. It bills
//! nobody, and whoever comes meanwhile is served before it.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use super::{Error, Options, Transcriber};
use crate::audio::AudioSource;
use crate::domain::Language;
use crate::speech::{Claim, Class};
use crate::status::{Fault, Outcome, Probe, Work};

/// The start of a sentence of `samples/`, by telephone.
const SPEECH: &[u8] = include_bytes!("probe.wav");

/// Asks a transcriber.
pub struct SpokenProbe {
    /// The id of its model.
    model: String,
    transcriber: Transcriber,
}

impl SpokenProbe {
    /// One that asks this transcriber, whose model has this id.
    #[must_use]
    pub fn new(model: &str, transcriber: Transcriber) -> Self {
        Self { model: model.to_owned(), transcriber }
    }
}

#[async_trait]
impl Probe for SpokenProbe {
    fn models(&self) -> Vec<String> {
        vec![self.model.clone()]
    }

    async fn ask(&self, _: &str) -> Option<Outcome> {
        let health = self.transcriber.health();
        if !health.moving {
            return Some(Outcome::Failed(Fault::TimedOut));
        }
        if health.queued + health.busy > 0 {
            return None;
        }
        let claim = Claim { class: Class::Batch, ..Claim::default() };
        let options = Options { claim, language: Some(Language::ENGLISH), ..Options::default() };
        let began = Instant::now();
        let recognised =
            self.transcriber.transcribe(AudioSource::from_bytes(Bytes::from_static(SPEECH)), options).await;
        let took = began.elapsed();
        match recognised {
            Ok(outcome) => {
                Some(Outcome::Served { first_byte: took, took, work: Work::Audio(outcome.transcript.duration) })
            }
            Err(Error::Stopping) => None,
            Err(_) => Some(Outcome::Failed(Fault::Model)),
        }
    }
}
