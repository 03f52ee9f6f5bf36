//! Named points at which a test kills the process, as a power cut would: nothing is flushed, dropped or told.
//!
//! A program that was built for release has none of them.

/// A point in the life of a charge at which a crash must neither lose nor double anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The money is reserved, and no window has been recognised.
    AfterHold,
    /// The last window has been recognised.
    AfterInference,
    /// The charge is about to be written.
    BeforeSettle,
    /// The charge has been written, and nobody has been told.
    AfterSettle,
    /// Some rows of an export have been written.
    MidExport,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::AfterHold, Self::AfterInference, Self::BeforeSettle, Self::AfterSettle, Self::MidExport];

    /// Its name, as the variable [`VARIABLE`] has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AfterHold => "after_hold",
            Self::AfterInference => "after_inference",
            Self::BeforeSettle => "before_settle",
            Self::AfterSettle => "after_settle",
            Self::MidExport => "mid_export",
        }
    }
}

/// The environment variable that names a point. Nobody reads it in a release.
pub const VARIABLE: &str = "CRASH_POINT";

/// Goes past a point; does not return where a test has chosen it.
#[cfg(debug_assertions)]
pub fn pass(point: Point) {
    use std::sync::LazyLock;
    static CHOSEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());
    if CHOSEN.as_deref() == Some(point.name()) {
        let us = std::process::id().to_string();
        let _ = std::process::Command::new("kill").args(["-9", &us]).status();
    }
}

/// Goes past a point.
#[cfg(not(debug_assertions))]
pub fn pass(_: Point) {}
