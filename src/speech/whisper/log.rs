//! whisper.cpp's log: silent unless asked for, and read for the one fact that it tells nowhere else, which device it
//! took.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

/// Runs `load`, and tells what whisper.cpp logged meanwhile on this thread.
pub fn captured<T>(load: impl FnOnce() -> T) -> (T, Vec<String>) {
    whisper_rs::install_logging_hooks();
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let result = tracing::subscriber::with_default(Capture(Arc::clone(&lines)), load);
    let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
    for line in &lines {
        tracing::debug!(target: "minuted::whisper_cpp", "{line}");
    }
    (result, lines)
}

/// The device of a line like `whisper_backend_init_gpu: using CUDA0 backend`, if one of them is.
pub fn device(lines: &[String]) -> Option<String> {
    lines
        .iter()
        .filter(|line| line.contains("whisper_backend_init_gpu"))
        .find_map(|line| line.split_once(": using ")?.1.strip_suffix(" backend").map(str::to_owned))
}

/// Collects messages instead of writing them.
struct Capture(Arc<Mutex<Vec<String>>>);

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_read_from_the_log() {
        let line = |text: &str| text.to_owned();
        let gpu = [
            line("whisper_backend_init_gpu: device 0: CUDA0 (type: 1)"),
            line("whisper_backend_init_gpu: using CUDA0 backend"),
        ];
        assert_eq!(device(&gpu), Some("CUDA0".to_owned()));
        assert_eq!(device(&[line("whisper_backend_init_gpu: no GPU found")]), None);
        assert_eq!(device(&[line("whisper_backend_init: using BLAS backend")]), None);
    }

    #[test]
    fn messages_are_captured_on_this_thread() {
        let (answer, lines) = captured(|| {
            tracing::info!("using {} things", 2);
            7
        });
        assert_eq!((answer, lines), (7, vec!["using 2 things".to_owned()]));
    }
}
