//! A recording of speech and a model that was trained: does a GPU hear what the CPU hears?
//!
//! Models of random weights show how fast a GPU is, not that it is right.

use std::error::Error;

use bytes::Bytes;
use minuted::audio::{self, AudioSource};
use minuted::catalog::bundled;
use minuted::speech::whisper::{Model, ModelSource, Padding, check_cpu};
use minuted::speech::{Cancel, DecodeOptions, Device, Planner, Recognizer};

/// A meeting of half a minute.
static RECORDING: &[u8] = include_bytes!("../../samples/meeting.mp3");

/// What the program's own model hears on this device.
///
/// # Errors
/// When the model cannot be loaded there.
pub fn hear(device: Device) -> Result<String, Box<dyn Error>> {
    check_cpu()?;
    let model = Model::load(&ModelSource::Embedded(bundled::WEIGHTS), device, Padding::Whole)?;
    let mut recognizer = model.recognizer()?;
    let mut pcm = audio::open(AudioSource::from_bytes(Bytes::from_static(RECORDING)), &audio::Settings::default())?;
    let (mut planner, mut windows) = (Planner::new(), Vec::new());
    while let Some(block) = pcm.next_block()? {
        planner.push(&block, &mut windows);
    }
    planner.finish(&mut windows);
    let mut text = String::new();
    for window in windows {
        let options = DecodeOptions { beam_size: 1, ..DecodeOptions::default() };
        text += &recognizer.recognize(&window.samples, &options, &Cancel::default())?.piece.text();
    }
    Ok(text.trim().to_owned())
}
