//! One line of the table: so many workers, window after window, for some seconds.
//!
//! A worker is what it is in the service: a thread that owns a recogniser. No queue stands before it, and nobody decodes or
//! plans: windows of noise are at hand.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use minuted::domain::Language;
use minuted::speech::whisper::{Model, ModelSource, Padding, check_cpu};
use minuted::speech::{Cancel, DecodeOptions, Device, MAX_WINDOW, Recognizer};
use serde::{Deserialize, Serialize};

use super::gpu;
use super::model::chain;

/// Makes whisper.cpp compute without CUDA graphs, whatever its value.
pub const WITHOUT_GRAPHS: &str = "GGML_CUDA_DISABLE_GRAPHS";

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// `CPU`, or whisper.cpp's name of the GPU.
    pub computes_on: String,
    /// The GPU's name and driver, where it computes on one and NVIDIA's tool is there to ask.
    pub gpu: Option<String>,
    /// Whether CUDA graphs were on.
    pub graphs: bool,
    /// Threads, each with a recogniser.
    pub workers: usize,
    /// Of all workers together.
    pub windows_a_second: f64,
    /// Cores that were busy, this process's threads together.
    pub cores: f64,
    /// On the GPU.
    pub memory: Option<Memory>,
}

/// GPU memory in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Of the process once the model is loaded.
    pub model: u64,
    /// What the workers have added once they have worked.
    pub workers: u64,
}

/// Lets `workers` recognise windows for `time`, each at least one; on a GPU after one that does not count.
///
/// # Errors
/// When the model cannot be loaded there, or a window is not recognised as this model would.
pub fn measure(model: &Path, device: Device, workers: usize, time: Duration) -> Result<Line, Box<dyn Error>> {
    check_cpu()?;
    let empty = gpu::taken_mib();
    let model = Model::load(&ModelSource::File(model.to_owned()), device, Padding::Whole)?;
    let loaded = gpu::taken_mib();
    let recognizers = (0..workers).map(|_| model.recognizer()).collect::<Result<Vec<_>, _>>()?;
    let samples: Arc<[f32]> = noise().into();
    let (busy, begun) = (processor_time(), Instant::now());
    let threads: Vec<_> = recognizers
        .into_iter()
        .map(|mut recognizer| {
            let (samples, warm) = (Arc::clone(&samples), model.on_gpu());
            thread::spawn(move || pace(&mut recognizer, &samples, warm, time).map(|pace| (pace, recognizer)))
        })
        .collect();
    let paces: Vec<_> = threads.into_iter().map(|thread| thread.join().map_err(|_| "a worker crashed")).collect();
    let paces = paces.into_iter().collect::<Result<Result<Vec<_>, String>, _>>()??;
    let cores = processor_time().saturating_sub(busy).as_secs_f64() / begun.elapsed().as_secs_f64();
    // The recognisers are still there.
    let memory = empty.zip(loaded).zip(gpu::taken_mib()).filter(|_| model.on_gpu()).map(|((empty, loaded), all)| {
        Memory { model: loaded.saturating_sub(empty), workers: all.saturating_sub(loaded) }
    });
    Ok(Line {
        computes_on: model.computes_on().to_owned(),
        gpu: gpu::name().filter(|_| model.on_gpu()),
        graphs: model.on_gpu() && env::var_os(WITHOUT_GRAPHS).is_none(),
        workers,
        windows_a_second: paces.iter().map(|(pace, _)| pace).sum(),
        cores,
        memory,
    })
}

/// Windows a second of one worker, over its own time: nobody waits for the last one of another.
fn pace(recognizer: &mut impl Recognizer, samples: &[f32], warm: bool, time: Duration) -> Result<f64, String> {
    let options = DecodeOptions { language: Some(Language::ENGLISH), beam_size: 1, ..DecodeOptions::default() };
    let mut window = || {
        let heard = recognizer.recognize(samples, &options, &Cancel::default()).map_err(|error| error.to_string())?;
        let said: Vec<u32> = heard.piece.segments.into_iter().flat_map(|segment| segment.tokens).collect();
        if said == chain::tokens() { Ok(()) } else { Err(format!("the model said something else: {said:?}")) }
    };
    if warm {
        window()?;
    }
    let begun = Instant::now();
    let mut windows = 0_u32;
    loop {
        window()?;
        windows += 1;
        if begun.elapsed() >= time {
            return Ok(f64::from(windows) / begun.elapsed().as_secs_f64());
        }
    }
}

/// The longest window, of noise.
fn noise() -> Vec<f32> {
    let mut state = 1_u32;
    let mut sample = || {
        // A linear congruential generator (Numerical Recipes).
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from((state >> 24).to_le_bytes()[0]) / 1280.0 - 0.1
    };
    (0..MAX_WINDOW.0).map(|_| sample()).collect()
}

/// Of this process: user and system time are the 12th and 13th field after the name; a tick is a hundredth of a second.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2)).into_iter().flatten();
    Duration::from_millis(fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10)
}
