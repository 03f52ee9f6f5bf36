//! A run that is dropped leaves no work behind.

use std::path::Path;

use bytes::Bytes;
use minuted::audio::{self, AudioSource};
use minuted::domain::Millis;
use minuted::speech::Engine;
use minuted::transcription::{Options, Transcriber};

use crate::app::IN_VAIN;
use crate::random_model;

/// Silence makes no window, so nothing is sent to whoever waits: the thread must look for itself.
#[test]
fn the_decoder_of_a_silent_recording_ends_with_its_run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime with one blocking thread");
    runtime.block_on(async {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/broken/silence.flac");
        let days = AudioSource::from_bytes(Bytes::from(std::fs::read(path).expect("a sample")));
        let model = random_model::load();
        let recognizers = random_model::load();
        let engine = Engine::start(1, 0, move || recognizers.recognizer()).expect("an engine");
        let settings = audio::Settings { max_audio: Millis(u64::MAX / 1_000_000), ..audio::Settings::default() };
        let run = Transcriber::new(engine, model, settings, 1).start(days, Options::default()).await.expect("a run");
        drop(run);
        let free = tokio::task::spawn_blocking(|| ());
        tokio::time::timeout(IN_VAIN, free).await.expect("the thread is free again").expect("no panic");
    });
}
