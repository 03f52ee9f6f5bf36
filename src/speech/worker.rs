//! A thread that owns a recogniser and takes window after window from the queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use metrics::{counter, histogram};

use super::engine::Shared;
use super::queue::{Seat, Task};
use super::{RecognizeError, Recognized, Recognizer};
use crate::domain::SampleCount;

/// Makes a recogniser: one for each worker, and another if it ever panics.
pub type Factory = dyn Fn() -> Result<Box<dyn Recognizer>, RecognizeError> + Send + Sync;

/// How many workers an engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workers {
    /// Those that take whatever is next.
    pub count: usize,
    /// Whether there is one more, for short windows that need not wait for one of them.
    pub express: bool,
}

impl From<usize> for Workers {
    fn from(count: usize) -> Self {
        Self { count, express: false }
    }
}

/// Starts a thread that makes its recogniser and works until the queue is closed; returns once the recogniser is made.
///
/// # Errors
/// What kept the recogniser from being made, or the system from starting a thread.
pub fn spawn(seat: Seat, shared: Arc<Shared>, make: Arc<Factory>) -> Result<(), RecognizeError> {
    let (ready, outcome) = mpsc::channel();
    let body = move || match make() {
        Ok(recognizer) => {
            let _ = ready.send(Ok(()));
            run(seat, &shared, make.as_ref(), Some(recognizer));
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    };
    std::thread::Builder::new()
        .name(if seat == Seat::Express { "express" } else { "recognizer" }.to_owned())
        .spawn(body)
        .map_err(|error| RecognizeError::Model(format!("no thread for a worker: {error}")))?;
    outcome.recv().unwrap_or(Err(RecognizeError::Crashed))
}

/// Recognises window after window. A recogniser that has crashed is not trusted again: the next window gets a new one,
/// or the reason why there is none.
fn run(seat: Seat, shared: &Shared, make: &Factory, mut recognizer: Option<Box<dyn Recognizer>>) {
    while let Some((turn, task)) = shared.queue.pop(seat) {
        let started = Instant::now();
        histogram!("minuted_queue_wait_seconds").record(task.queued.elapsed().as_secs_f64());

        if seat == Seat::Express {
            counter!("minuted_windows_overtaking_total").increment(1);
        }
        shared.started();
        // Until it tells the language, no other window of its recording is begun.
        let alone = task.options.language.is_none().then_some(turn.lane);
        let helpers = shared.borrow_cores(alone);
        let result = recognizer.take().map_or_else(make, Ok).and_then(|mut ready| {
            ready.use_threads(1 + helpers);
            let result = recognize(ready.as_mut(), &task);
            if result != Err(RecognizeError::Crashed) {
                recognizer = Some(ready);
            }
            result
        });
        let took = started.elapsed();
        shared.give_back_cores(helpers);
        shared.queue.finish(&turn, took, result.is_ok());
        shared.finished(took, result.is_ok());

        match &result {
            Ok(_) => measure(&task, took),
            Err(RecognizeError::Cancelled) => {}
            Err(error) => tracing::error!(%error, "a window was not recognised"),
        }
        drop(task.spare);
        // The receiver may have gone meanwhile; then nobody wants this.
        let _ = task.reply.send(result);
    }
}

fn measure(task: &Task, took: Duration) {
    let audio = SampleCount::of(&task.samples);
    counter!("minuted_audio_recognised_samples_total").increment(audio.0);
    histogram!("minuted_inference_seconds").record(took.as_secs_f64());
    histogram!("minuted_real_time_factor").record(took.as_secs_f64() / audio.as_secs_f64().max(0.001));
}

fn recognize(recognizer: &mut dyn Recognizer, task: &Task) -> Result<Recognized, RecognizeError> {
    let call = || recognizer.recognize(&task.samples, &task.options, &task.cancel);
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(RecognizeError::Crashed))
}

/// Workers on a GPU, where none are configured: on an H200 they do four fifths of what sixteen do (`make bench-gpu`). Each
/// keeps a core busy, waiting for the GPU, and takes GPU memory of its own.
const ON_GPU: usize = 4;

/// Cores that this process may use, a container's quota included.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many workers there are if `wanted` are configured, 0 for as many as make sense.
///
/// On the CPU never more than the cores that this process may use, a container's quota included: more would only take
/// time and memory from each other. On a GPU four, or one for each core if there are fewer, unless others are wanted.
#[must_use]
pub fn count(wanted: usize, on_gpu: bool) -> usize {
    let cores = cores();
    match (wanted, on_gpu) {
        (0, true) => ON_GPU.min(cores),
        (0, false) => cores,
        (wanted, false) if wanted > cores => {
            tracing::warn!("{wanted} workers were asked for, but there are only {cores} cores to use: {cores} it is");
            cores
        }
        (wanted, _) => wanted,
    }
}
