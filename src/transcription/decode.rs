//! The blocking half of a run: file → samples → windows, on a thread of its own, pulled through a channel.

use std::time::Duration;

use metrics::{counter, histogram};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

use crate::audio::{self, AudioError, AudioSource, Damage, Pcm};
use crate::domain::Millis;
use crate::speech::{Planner, Window};

use super::Error;

/// A recording that is being decoded. Dropping it ends the thread at its next block of samples.
pub struct Decoder {
    /// The container's own word on the length, which may be wrong.
    pub declared: Option<Millis>,
    /// Channels, before they are mixed down, as far as was decoded to begin with.
    pub channels: u16,
    /// Windows in order, and the error that ends them, if one does.
    pub windows: mpsc::Receiver<Result<Window, AudioError>>,
    /// Ends after the last window.
    pub end: JoinHandle<End>,
}

/// What is known at the end of a recording.
#[derive(Debug, Default)]
pub struct End {
    /// All decoded audio, silence included.
    pub duration: Millis,
    /// Its channels, before they were mixed down.
    pub channels: u16,
    /// What was wrong with the file.
    pub damage: Option<Damage>,
}

/// Probes the file and starts to decode it.
///
/// # Errors
/// [`AudioError`] if it has no audio that can be decoded.
pub async fn start(source: AudioSource, settings: audio::Settings) -> Result<Decoder, Error> {
    let pcm = spawn_blocking(move || audio::open(source, &settings)).await??;
    let (declared, channels) = (pcm.declared_duration(), pcm.channels());
    // One window waits while the next is being planned: the thread is never more than that ahead of the engine.
    let (sender, windows) = mpsc::channel(1);
    Ok(Decoder { declared, channels, windows, end: spawn_blocking(move || decode(pcm, &sender)) })
}

/// Decodes to the end, or until nobody wants the windows.
fn decode(mut pcm: Pcm, sender: &mpsc::Sender<Result<Window, AudioError>>) -> End {
    let mut planner = Planner::new();
    let mut windows = Vec::new();
    let mut busy = Duration::ZERO;
    // Silence sends nothing, so it is the channel that tells whether anybody is left.
    while !sender.is_closed() {
        let started = Instant::now();
        match pcm.next_block() {
            Ok(Some(samples)) => planner.push(&samples, &mut windows),
            Ok(None) => break,
            Err(error) => {
                let _ = sender.blocking_send(Err(error));
                return End::default();
            }
        }
        busy += started.elapsed();
        send(&mut windows, sender);
    }
    planner.finish(&mut windows);
    send(&mut windows, sender);
    histogram!("minuted_decode_seconds").record(busy.as_secs_f64());
    counter!("minuted_audio_decoded_samples_total").increment(pcm.produced().0);
    End { duration: pcm.produced().to_millis(), channels: pcm.channels(), damage: pcm.damage().cloned() }
}

/// Waits until each window is wanted.
fn send(windows: &mut Vec<Window>, sender: &mpsc::Sender<Result<Window, AudioError>>) {
    for window in windows.drain(..) {
        // A receiver that has gone is noticed before the next block.
        let _ = sender.blocking_send(Ok(window));
    }
}
