//! `minuted doctor`: looks at everything that the service needs, and says in words what is missing and what to do.

mod entrance;
mod files;
mod host;
mod model;
mod places;

use std::fmt;
use std::io::{self, Write};

use super::arguments::ServeFlags;
use super::{Exit, block_on};

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    detail: String,
}

/// Whether it will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// It works, but not as well as it could.
    Warn,
    /// The service will not start, or not work.
    Fail,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, detail: detail.into() }
    }

    fn warn(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warn, detail: detail.into() }
    }

    fn fail(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fail, detail: detail.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{verdict:<5} {:<14} {}", self.what, self.detail)
    }
}

/// Prints a line for each finding as soon as it is known; loading a model takes its time.
pub(super) fn run(flags: &ServeFlags) -> Result<(), Exit> {
    let mut worst = Verdict::Ok;
    let mut tell = |finding: Finding| {
        if finding.verdict == Verdict::Fail || worst == Verdict::Ok {
            worst = finding.verdict;
        }
        writeln!(io::stdout().lock(), "{finding}")
    };
    let cpu = host::processor();
    let can_compute = cpu.verdict != Verdict::Fail;
    tell(cpu)?;
    match flags.configure() {
        Err(error) => tell(Finding::fail("configuration", error.to_string()))?,
        Ok(config) => {
            tell(places::configuration(flags.common.config.as_deref()))?;
            tell(host::workers(config.speech.workers))?;
            if can_compute {
                tell(model::model(&config))?;
            }
            tell(files::catalogue(&config))?;
            tell(files::guardrails(&config))?;
            tell(files::tariffs(&config))?;
            tell(files::plans(&config))?;
            tell(files::backends(&config))?;
            for finding in block_on(async { Ok(entrance::findings(&config).await) })? {
                tell(finding)?;
            }
            tell(host::memory(&config))?;
            tell(places::models(&config.models_dir))?;
            tell(places::spool(&config.audio))?;
            tell(places::listen(config.listen))?;
            if let Some(finding) = places::webhook(&config.billing.events) {
                tell(finding)?;
            }
        }
    }
    let verdict = match worst {
        Verdict::Ok => "all is well",
        Verdict::Warn => "it will work, though not as well as it could",
        Verdict::Fail => "something is missing",
    };
    writeln!(io::stdout().lock(), "\n{verdict}")?;
    if worst == Verdict::Fail { Err(Exit::Told) } else { Ok(()) }
}
