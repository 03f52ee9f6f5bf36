//! A language is detected once for a recording, and one that the model does not have is refused, as is a translation by one
//! that does not translate.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use minuted::audio::{self, AudioSource};
use minuted::domain::Language;
use minuted::speech::{Cancel, DecodeOptions, Engine, RecognizeError, Recognized, Recognizer};
use minuted::transcript::{Piece, Task};
use minuted::transcription::{Error, Options, Transcriber};

use crate::random_model;

/// Hears German, and remembers which language it was told for each window.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<Option<Language>>>>);

impl Recognizer for Ear {
    fn recognize(&mut self, _: &[f32], options: &DecodeOptions, _: &Cancel) -> Result<Recognized, RecognizeError> {
        self.0.lock().expect("the list").push(options.language);
        let language = options.language.or(Language::parse("de")).expect("German");
        Ok(Recognized { language, piece: Piece::default() })
    }
}

fn service(ear: &Ear) -> Transcriber {
    let ear = ear.clone();
    let engine = Engine::start(2, 1, move || Ok(ear.clone())).expect("an engine");
    Transcriber::new(engine, random_model::load(), audio::Settings::default(), 1)
}

/// The spoken sample, over and over: four windows.
fn recording() -> AudioSource {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mp3-no-xing.mpga");
    AudioSource::from_bytes(Bytes::from(std::fs::read(path).expect("a sample").repeat(20)))
}

#[tokio::test]
async fn a_language_is_detected_in_the_first_window_only() {
    let ear = Ear::default();
    let outcome = service(&ear).transcribe(recording(), Options::default()).await.expect("a transcript");
    let german = Language::parse("de");
    assert_eq!(Some(outcome.transcript.language), german);
    let told = ear.0.lock().expect("the list").clone();
    assert!(told.len() > 2, "{told:?}");
    assert_eq!(told[0], None);
    assert!(told[1..].iter().all(|&language| language == german), "{told:?}");
}

#[tokio::test]
async fn a_language_that_is_given_goes_to_every_window() {
    let ear = Ear::default();
    let french = Language::parse("fr");
    let options = Options { language: french, ..Options::default() };
    service(&ear).transcribe(recording(), options).await.expect("a transcript");
    assert!(ear.0.lock().expect("the list").iter().all(|&language| language == french));
}

#[tokio::test]
async fn a_language_that_the_model_does_not_have_is_refused_before_any_work() {
    let ear = Ear::default();
    let options = Options { language: Language::parse("yue"), ..Options::default() };
    let error = service(&ear).transcribe(recording(), options).await.expect_err("no Cantonese");
    assert!(matches!(error, Error::Language(_)), "{error}");
    assert!(ear.0.lock().expect("the list").is_empty());
}

#[tokio::test]
async fn a_translation_is_refused_before_any_work_by_a_model_that_does_not_translate() {
    let ear = Ear::default();
    let (service, options) = (service(&ear), Options { task: Task::Translate, ..Options::default() });
    service.transcribe(recording(), options.clone()).await.expect("a translation");
    ear.0.lock().expect("the list").clear();
    let service = service.without_translation();
    let error = service.transcribe(recording(), options).await.expect_err("it does not translate");
    assert!(matches!(error, Error::Translation), "{error}");
    assert!(ear.0.lock().expect("the list").is_empty());
    service.transcribe(recording(), Options::default()).await.expect("a transcript");
}
