//! Sets up the one subscriber of the process.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{Format, Level, Settings};

/// From now on lines go to standard error. A second call changes nothing.
pub fn start(settings: Settings) {
    let registry = tracing_subscriber::registry().with(filter(settings.level));
    // A subscriber that is already there, as in tests, is as good.
    let _ = match settings.format {
        Format::Text => {
            let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false);
            registry.with(lines).try_init()
        }
        Format::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init(),
    };
}

/// The libraries are quieter than we are. At `trace` they say everything but what they receive and send: some HTTP
/// libraries would log bodies.
fn filter(level: Level) -> Targets {
    let (own, others) = match level {
        Level::Error => (LevelFilter::ERROR, LevelFilter::ERROR),
        Level::Warn => (LevelFilter::WARN, LevelFilter::ERROR),
        Level::Info => (LevelFilter::INFO, LevelFilter::WARN),
        Level::Debug => (LevelFilter::DEBUG, LevelFilter::WARN),
        Level::Trace => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    // whisper.cpp prints tables of its memory at every start, and an error for every window that we cancel; symphonia
    // prints one for every scratch in a caller's file. What goes wrong in them comes back to us as an error too.
    let chatty = if level >= Level::Debug { LevelFilter::INFO } else { LevelFilter::OFF };
    Targets::new()
        .with_default(others)
        .with_target("minuted", own)
        .with_target("whisper_rs", chatty)
        .with_target("symphonia", chatty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_that_repeat_their_errors_are_quiet_until_debug() {
        let shown = |level, target: &str| filter(level).would_enable(target, &tracing::Level::INFO);
        let error = tracing::Level::ERROR;
        assert!(!filter(Level::Info).would_enable("whisper_rs::whisper_logging_hook", &error));
        assert!(!filter(Level::Info).would_enable("symphonia_codec_aac::aac", &error));
        assert!(shown(Level::Info, "minuted::app"));
        assert!(!shown(Level::Info, "whisper_rs::whisper_logging_hook"));
        assert!(shown(Level::Debug, "whisper_rs::whisper_logging_hook"));
        assert!(!shown(Level::Warn, "minuted::app"));
        assert!(!shown(Level::Debug, "hyper::proto"));
    }

    #[test]
    fn no_library_is_asked_for_what_it_receives_or_recognises() {
        assert!(!filter(Level::Trace).would_enable("whisper_rs::whisper_logging_hook", &tracing::Level::DEBUG));
        assert!(!filter(Level::Trace).would_enable("hyper::proto", &tracing::Level::TRACE));
    }
}
