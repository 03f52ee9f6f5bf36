//! How much is logged, and how it looks.

/// What the configuration says of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Lines of at least this weight are shown.
    pub level: Level,
    /// How a line looks.
    pub format: Format,
}

/// How much a line matters, the most important first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something that was asked for could not be done.
    Error,
    /// Somebody should look at it.
    Warn,
    /// What the service is doing.
    #[default]
    Info,
    /// What whisper.cpp says too.
    Debug,
    /// Everything, of the libraries too.
    Trace,
}

impl Level {
    /// All, the most important first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// As it is written in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people; coloured on a terminal.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}
