//! The blocking half of a run: file → samples → windows, on two threads of its own, pulled through a channel. Where only the
//! length is wanted, file → samples, on one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use metrics::{counter, histogram};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

use crate::audio::{self, AudioError, AudioSource, Damage, Pcm};
use crate::domain::Millis;
use crate::speech::{Planner, Window};

use super::Error;

/// Blocks of samples, of a second at most, that wait for the planner.
const BLOCKS_AHEAD: usize = 2;

/// A length for which there are fewer bytes than this for each second is a lie, or that of silence; Opus at its lowest rate
/// has 750.
const LEAST_PACE: u64 = 500;

/// A recording that is being decoded. Dropping it ends the thread at its next block of samples.
pub struct Decoder {
    /// The container's own word on the length, which may be wrong.
    pub declared: Option<Millis>,
    /// The same, or a guess.
    pub expected: Option<Millis>,
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
    /// How names of files in such a container usually end.
    pub ending: &'static str,
    /// What was wrong with the file.
    pub damage: Option<Damage>,
}

/// Probes the file and starts to decode it.
///
/// # Errors
/// [`AudioError`] if it has no audio that can be decoded, or says that it has too much.
pub async fn start(source: AudioSource, settings: audio::Settings) -> Result<Decoder, Error> {
    let pcm = spawn_blocking(move || open(source, &settings)).await??;
    let (declared, expected, channels) = (pcm.declared_duration(), pcm.expected_duration(), pcm.channels());
    // One window waits while the next is being planned: the thread is never more than that ahead of the engine.
    let (sender, windows) = mpsc::channel(1);
    let end = spawn_blocking(move || decode(pcm, &sender));
    Ok(Decoder { declared, expected, channels, windows, end })
}

/// Decodes the file to its end, without looking for speech in it, which would take about as long again; once it has one of
/// the `turns`, which it keeps until its thread has ended. Dropping it ends the thread at its next block of samples.
///
/// # Errors
/// [`AudioError`] if it has no audio that can be decoded, or too much.
pub async fn measure(source: AudioSource, settings: audio::Settings, turns: Arc<Semaphore>) -> Result<End, Error> {
    let turn = turns.acquire_owned().await.map_err(|_| Error::Stopping)?;
    let (caller, _stays) = oneshot::channel();
    let end = spawn_blocking(move || {
        let _turn = turn;
        let mut pcm = open(source, &settings)?;
        decode_all(&mut pcm, &caller)
    });
    Ok(end.await??)
}

/// Opens a recording, unless it says itself that it is too long and may be. What is decoded is counted too, but that would be
/// told when hours of it have been worked for.
fn open(source: AudioSource, settings: &audio::Settings) -> Result<Pcm, AudioError> {
    let (bytes, limit) = (source.len(), settings.max_audio);
    let pcm = audio::open(source, settings)?;
    match pcm.declared_duration() {
        Some(declared) if declared > limit && bytes >= declared.0 / 1000 * LEAST_PACE => {
            Err(AudioError::TooLong { limit })
        }
        _ => Ok(pcm),
    }
}

/// Decodes to the end, or until the caller has gone, who then hears of no end.
fn decode_all(pcm: &mut Pcm, caller: &oneshot::Sender<()>) -> Result<End, AudioError> {
    let started = Instant::now();
    while pcm.next_block()?.is_some() {
        if caller.is_closed() {
            return Ok(End::default());
        }
    }
    Ok(ended(pcm, started.elapsed()))
}

/// Decodes to the end, or until nobody wants the windows. To tell where somebody speaks takes about as long as to decode, so
/// that is done on a thread beside this one.
fn decode(mut pcm: Pcm, sender: &mpsc::Sender<Result<Window, AudioError>>) -> End {
    let mut busy = Duration::ZERO;
    let failed = thread::scope(|scope| {
        let (blocks, decoded) = sync_channel(BLOCKS_AHEAD);
        scope.spawn(move || plan(decoded, sender));
        loop {
            let started = Instant::now();
            let block = pcm.next_block().transpose();
            busy += started.elapsed();
            let Some(block) = block else { break false };
            let failed = block.is_err();
            // The planner has gone if nobody wants its windows.
            if blocks.send(block).is_err() || failed {
                break failed;
            }
        }
    });
    if failed { End::default() } else { ended(&pcm, busy) }
}

/// What is known of a recording that was decoded to its end.
fn ended(pcm: &Pcm, busy: Duration) -> End {
    histogram!("minuted_decode_seconds").record(busy.as_secs_f64());
    counter!("minuted_audio_decoded_samples_total").increment(pcm.produced().0);
    let (duration, damage) = (pcm.produced().to_millis(), pcm.damage().cloned());
    End { duration, channels: pcm.channels(), ending: pcm.ending(), damage }
}

/// Finds the windows in what is decoded, to the end of it, or until nobody wants them.
fn plan(decoded: Receiver<Result<Vec<f32>, AudioError>>, sender: &mpsc::Sender<Result<Window, AudioError>>) {
    let mut planner = Planner::new();
    let mut windows = Vec::new();
    for block in decoded {
        match block {
            Ok(samples) => planner.push(&samples, &mut windows),
            Err(error) => {
                let _ = sender.blocking_send(Err(error));
                return;
            }
        }
        send(&mut windows, sender);
        // Silence sends nothing, so it is the channel that tells whether anybody is left.
        if sender.is_closed() {
            return;
        }
    }
    planner.finish(&mut windows);
    send(&mut windows, sender);
}

/// Waits until each window is wanted.
fn send(windows: &mut Vec<Window>, sender: &mpsc::Sender<Result<Window, AudioError>>) {
    for window in windows.drain(..) {
        // A receiver that has gone is noticed before the next block.
        let _ = sender.blocking_send(Ok(window));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::timeout;

    use super::*;

    const MEETING: &[u8] = include_bytes!("../../samples/meeting.mp3");

    fn turns(count: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(count))
    }

    fn meeting() -> AudioSource {
        AudioSource::from_bytes(Bytes::from_static(MEETING))
    }

    #[tokio::test]
    async fn a_measure_is_the_length_of_a_run() {
        let mut run = start(meeting(), audio::Settings::default()).await.expect("a recording");
        while let Some(window) = run.windows.recv().await {
            window.expect("a window");
        }
        let run = run.end.await.expect("an end");
        let measured = measure(meeting(), audio::Settings::default(), turns(1)).await.expect("a recording");
        assert!(measured.duration > Millis(10_000));
        assert_eq!((measured.duration, measured.channels), (run.duration, run.channels));
    }

    #[tokio::test]
    async fn a_measure_fails_as_a_run_does() {
        let none = AudioSource::from_bytes(Bytes::from_static(b"no recording"));
        let none = measure(none, audio::Settings::default(), turns(1));
        assert!(matches!(none.await, Err(Error::Audio(AudioError::NotAudio { .. }))));
        let short = audio::Settings { max_audio: Millis(5_000), ..audio::Settings::default() };
        assert!(matches!(measure(meeting(), short, turns(1)).await, Err(Error::Audio(AudioError::TooLong { .. }))));
    }

    #[tokio::test]
    async fn what_says_that_it_is_too_long_is_not_decoded() {
        let mut flac = include_bytes!("../../samples/flac-16.flac").to_vec();
        flac[22..26].copy_from_slice(&(7 * 3600 * 16_000_u32).to_be_bytes()); // how many samples it says to have
        let told = |flac: &[u8]| AudioSource::from_bytes(Bytes::copy_from_slice(flac));
        assert!(start(told(&flac), audio::Settings::default()).await.is_ok(), "there are bytes for a few minutes");
        flac.resize(7 * 3600 * 500, 0);
        let refused = [
            start(told(&flac), audio::Settings::default()).await.err(),
            measure(told(&flac), audio::Settings::default(), turns(1)).await.err(),
        ];
        for error in refused {
            assert!(matches!(error, Some(Error::Audio(AudioError::TooLong { .. }))), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_measure_waits_for_its_turn_and_gives_it_back() {
        let turns = turns(0);
        let mut measured = Box::pin(measure(meeting(), audio::Settings::default(), turns.clone()));
        assert!(timeout(Duration::from_millis(20), &mut measured).await.is_err(), "there is no turn");
        turns.add_permits(1);
        measured.await.expect("a recording");
        assert_eq!(turns.available_permits(), 1);
    }

    #[test]
    fn nothing_more_is_measured_when_the_caller_has_gone() {
        let mut pcm = audio::open(meeting(), &audio::Settings::default()).expect("a recording");
        let (caller, stays) = oneshot::channel();
        drop(stays);
        decode_all(&mut pcm, &caller).expect("no error");
        assert!(pcm.produced().to_millis() <= Millis(1_000), "a block at most");
    }
}
