//! The blocking half of a run: file → samples → windows, on two threads of its own, pulled through a channel.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use metrics::{counter, histogram};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

use crate::audio::{self, AudioError, AudioSource, Block, Damage, Decoding, Resampling};
use crate::domain::{Millis, SampleCount};
use crate::speech::{Planner, Window};

use super::Error;

/// Blocks of samples, of a second and a quarter at most, that wait for the planner.
const BLOCKS_AHEAD: usize = 2;

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
    let (decoding, resampling) = pcm.halves();
    let (declared, channels) = (decoding.declared_duration(), decoding.channels());
    // One window waits while the next is being planned: the thread is never more than that ahead of the engine.
    let (sender, windows) = mpsc::channel(1);
    let end = spawn_blocking(move || decode(decoding, resampling, &sender));
    Ok(Decoder { declared, channels, windows, end })
}

/// Decodes to the end, or until nobody wants the windows. To resample and to tell where somebody speaks takes about as long
/// as to decode, so that is done on a thread beside this one.
fn decode(mut decoding: Decoding, resampling: Resampling, sender: &mpsc::Sender<Result<Window, AudioError>>) -> End {
    let mut busy = Duration::ZERO;
    let mut planned = None;
    thread::scope(|scope| {
        let (blocks, decoded) = sync_channel(BLOCKS_AHEAD);
        scope.spawn(|| match plan(decoded, resampling, sender) {
            Ok(samples) => planned = Some(samples),
            // Nobody may be left to hear it.
            Err(error) => drop(sender.blocking_send(Err(error))),
        });
        loop {
            let started = Instant::now();
            let block = decoding.next_block().transpose();
            busy += started.elapsed();
            let Some(block) = block else { break };
            // The planner has gone if nobody wants its windows.
            if blocks.send(block).is_err() {
                break;
            }
        }
    });
    let Some(samples) = planned else { return End::default() };
    histogram!("minuted_decode_seconds").record(busy.as_secs_f64());
    counter!("minuted_audio_decoded_samples_total").increment(samples.0);
    End { duration: samples.to_millis(), channels: decoding.channels(), damage: decoding.damage().cloned() }
}

/// Sends the windows that are in what is decoded, to the end of it, or until nobody wants them. Gives the number of samples
/// that they were found in.
fn plan(
    decoded: Receiver<Result<Block, AudioError>>,
    mut resampling: Resampling,
    sender: &mpsc::Sender<Result<Window, AudioError>>,
) -> Result<SampleCount, AudioError> {
    let mut planner = Planner::new();
    let (mut samples, mut windows) = (Vec::new(), Vec::new());
    for block in decoded {
        resampling.push(&block?, &mut samples)?;
        planner.push(&samples, &mut windows);
        samples.clear();
        send(&mut windows, sender);
        // Silence sends nothing, so it is the channel that tells whether anybody is left.
        if sender.is_closed() {
            return Ok(resampling.produced());
        }
    }
    resampling.finish(&mut samples)?;
    planner.push(&samples, &mut windows);
    planner.finish(&mut windows);
    send(&mut windows, sender);
    Ok(resampling.produced())
}

/// Waits until each window is wanted.
fn send(windows: &mut Vec<Window>, sender: &mpsc::Sender<Result<Window, AudioError>>) {
    for window in windows.drain(..) {
        // A receiver that has gone is noticed before the next block.
        let _ = sender.blocking_send(Ok(window));
    }
}
