//! A language is detected once for a recording, and one that the model does not have is refused, as is a translation by one
//! that does not translate.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use minuted::audio::{self, AudioSource};
use minuted::domain::{Language, Millis};
use minuted::speech::{Cancel, DecodeOptions, Engine, RecognizeError, Recognized, Recognizer};
use minuted::transcript::{Piece, Segment, Task, Warning, WarningKind};
use minuted::transcription::{Error, Options, Transcriber};

use crate::random_model;

/// Hears German, and remembers which language it was told for each window.
#[derive(Clone, Default)]
struct Ear {
    told: Arc<Mutex<Vec<Option<Language>>>>,
    /// So many windows at first are music, which it takes for Welsh.
    music: usize,
    /// Whether there are words in it, which it doubts.
    sings: bool,
}

impl Ear {
    fn told(&self) -> Vec<Option<Language>> {
        self.told.lock().expect("the list").clone()
    }
}

impl Recognizer for Ear {
    fn recognize(&mut self, _: &[f32], options: &DecodeOptions, _: &Cancel) -> Result<Recognized, RecognizeError> {
        let mut told = self.told.lock().expect("the list");
        let is_music = told.len() < self.music;
        told.push(options.language);
        let guess = Language::parse(if is_music { "cy" } else { "de" }).expect("a language");
        let segments = if is_music && !self.sings { Vec::new() } else { vec![sentence()] };
        let doubt = Warning { kind: WarningKind::LowConfidence, start: Millis(0), end: Millis(1000) };
        let warnings = if is_music && self.sings { vec![doubt] } else { Vec::new() };
        let piece = Piece { segments, warnings, ..Piece::default() };
        Ok(Recognized { language: options.language.unwrap_or(guess), piece })
    }
}

fn sentence() -> Segment {
    Segment {
        start: Millis(0),
        end: Millis(1000),
        text: " Guten Tag.".to_owned(),
        tokens: Vec::new(),
        temperature: 0.0,
        avg_logprob: -0.1,
        compression_ratio: 1.0,
        no_speech_prob: 0.0,
        seek: Millis(0),
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
    let told = ear.told();
    assert!(told.len() > 2, "{told:?}");
    assert_eq!(told[0], None);
    assert!(told[1..].iter().all(|&language| language == german), "{told:?}");
}

#[tokio::test]
async fn a_language_is_not_taken_from_windows_without_words_or_with_doubtful_ones() {
    for sings in [false, true] {
        let ear = Ear { music: 2, sings, ..Ear::default() };
        let outcome = service(&ear).transcribe(recording(), Options::default()).await.expect("a transcript");
        let german = Language::parse("de");
        assert_eq!(Some(outcome.transcript.language), german);
        let told = ear.told();
        assert!(told.len() > 3, "{told:?}");
        assert_eq!(told[..3], [None; 3]);
        assert!(told[3..].iter().all(|&language| language == german), "{told:?}");
    }
}

#[tokio::test]
async fn a_recording_of_nothing_but_doubtful_words_is_in_the_language_that_was_guessed() {
    let ear = Ear { music: usize::MAX, sings: true, ..Ear::default() };
    let outcome = service(&ear).transcribe(recording(), Options::default()).await.expect("a transcript");
    let welsh = Language::parse("cy");
    assert_eq!(Some(outcome.transcript.language), welsh);
    assert_eq!(ear.told()[..4], [None, None, None, welsh], "windows do not wait for each other to the end");
}

#[tokio::test]
async fn a_recording_without_a_word_is_in_no_language_that_was_guessed() {
    let ear = Ear { music: usize::MAX, ..Ear::default() };
    let outcome = service(&ear).transcribe(recording(), Options::default()).await.expect("a transcript");
    assert_eq!(outcome.transcript.language, Language::ENGLISH);
}

#[tokio::test]
async fn a_language_that_is_given_goes_to_every_window() {
    let ear = Ear::default();
    let french = Language::parse("fr");
    let options = Options { language: french, ..Options::default() };
    service(&ear).transcribe(recording(), options).await.expect("a transcript");
    assert!(ear.told().iter().all(|&language| language == french));
}

#[tokio::test]
async fn a_language_that_the_model_does_not_have_is_refused_before_any_work() {
    let ear = Ear::default();
    let options = Options { language: Language::parse("yue"), ..Options::default() };
    let error = service(&ear).transcribe(recording(), options).await.expect_err("no Cantonese");
    assert!(matches!(error, Error::Language(_)), "{error}");
    assert!(ear.told().is_empty());
}

#[tokio::test]
async fn a_translation_is_refused_before_any_work_by_a_model_that_does_not_translate() {
    let ear = Ear::default();
    let (service, options) = (service(&ear), Options { task: Task::Translate, ..Options::default() });
    service.transcribe(recording(), options.clone()).await.expect("a translation");
    ear.told.lock().expect("the list").clear();
    let service = service.without_translation();
    let error = service.transcribe(recording(), options).await.expect_err("it does not translate");
    assert!(matches!(error, Error::Translation), "{error}");
    assert!(ear.told().is_empty());
    service.transcribe(recording(), Options::default()).await.expect("a transcript");
}
