//! Signals: the first asks for an end, a second one does not wait for it; a hang-up asks that files be read again.

use std::io;
use std::process;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The code that a shell reports of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// A token that SIGTERM or SIGINT cancels. A second signal ends the process at once. To be called on a tokio runtime.
///
/// # Errors
/// If the system lets us handle no signals.
pub fn stop_on_signal() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = stop.clone();
    tokio::spawn(async move {
        either(&mut signals).await;
        tracing::info!("told to stop; a second signal does not wait for what is under way");
        told.cancel();
        either(&mut signals).await;
        process::exit(INTERRUPTED);
    });
    Ok(stop)
}

async fn either((terminate, interrupt): &mut (Signal, Signal)) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Told at every SIGHUP from now on, the wish that files be read again; before, one ends the process. A wish that comes
/// before anybody listens waits. To be called on a tokio runtime.
///
/// # Errors
/// If the system lets us handle no signals.
pub fn heed_hang_ups() -> io::Result<Arc<Notify>> {
    let told = Arc::new(Notify::new());
    let (mut signals, tell) = (signal(SignalKind::hangup())?, told.clone());
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            tell.notify_one();
        }
    });
    Ok(told)
}
