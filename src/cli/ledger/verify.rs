//! `minuted ledger verify`: a line for each account, for what is kept of nobody who has rows, and for each export that is
//! compared.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::LedgerVerifyFlags;
use crate::billing::export::Trailer;
use crate::billing::verify::{Fault, Finding, Verified, Verifier, VerifyError, exports};
use crate::billing::{Ledger, PriceSheet};
use crate::cli::printable::printable;
use crate::cli::{Exit, block_on, stores};
use crate::domain::{AccountId, Timestamp, hex};
use crate::storage;

/// Checks all of it, or one account.
pub(in crate::cli) fn verify(flags: &LedgerVerifyFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let sheet = PriceSheet::load(config.billing.tariffs.as_deref()).map_err(|error| Exit::Usage(error.to_string()))?;
    let trailers = flags.trailers.iter().map(|path| trailer(path)).collect::<Result<Vec<_>, _>>()?;
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let only = match &flags.account {
            Some(named) => Some(stores::account(&stores, named).await?),
            None => None,
        };
        let mut page = Page { bar: bar(), all_well: true };
        match Verifier::new(&*stores.ledger, sheet.tariffs()).await {
            Ok(verifier) => page.chains(&verifier, &*stores.ledger, only.as_ref()).await?,
            Err(error) => page.fail("", error)?,
        }
        page.closed(stores.ledger.closed_until().await?)?;
        for (path, trailer) in flags.trailers.iter().zip(&trailers) {
            page.export(path, trailer, stores.ledger.clone(), &config.billing.provider).await?;
        }
        page.bar.finish_and_clear();
        if page.all_well { Ok(()) } else { Err(Exit::Told) }
    })
}

/// A trailer as `minuted export` wrote it. Of a period that was not closed it says nothing that would hold.
fn trailer(path: &Path) -> Result<Trailer, Exit> {
    let unfit = |why: String| Exit::Usage(format!("{}: {why}", path.display()));
    let text = fs::read(path).map_err(|error| unfit(error.to_string()))?;
    let trailer: Trailer =
        serde_json::from_slice(&text).map_err(|error| unfit(format!("it is no trailer: {error}")))?;
    if trailer.closed {
        return Ok(trailer);
    }
    Err(unfit("its period was not closed when it was written, so that the export may have grown since".to_owned()))
}

/// What is printed, below the bar.
struct Page {
    bar: ProgressBar,
    all_well: bool,
}

impl Page {
    async fn chains(
        &mut self,
        verifier: &Verifier<'_>,
        ledger: &dyn Ledger,
        only: Option<&AccountId>,
    ) -> Result<(), Exit> {
        let heads = ledger.chains().await?;
        let mut heads = heads.iter().filter(|head| only.is_none_or(|only| *only == head.account)).peekable();
        if heads.peek().is_none() {
            let whose = only.map(|only| format!("{only}: ")).unwrap_or_default();
            self.ok(&format!("{whose}no rows"))?;
        }
        for head in heads {
            let bar = self.bar.clone();
            let progress = |row| bar.set_message(format!("{}: {row} rows", head.account));
            match verifier.verify(head, progress).await {
                Ok(chain) => self.ok(&told(&chain))?,
                Err(error) => self.fail("", error)?,
            }
        }
        let meant = |finding: &Finding| match (&finding.fault, only) {
            (Fault::Stranger(stranger), Some(only)) => stranger.name == only.as_str(),
            _ => true,
        };
        for finding in verifier.strangers().await?.into_iter().filter(meant) {
            self.fail("", VerifyError::Finding(Box::new(finding)))?;
        }
        Ok(())
    }

    fn closed(&self, until: Timestamp) -> io::Result<()> {
        if until == Timestamp::MIN {
            return self.ok("no month is closed");
        }
        self.ok(&format!("closed: every month before {}", until.strftime("%Y-%m")))
    }

    async fn export(
        &mut self,
        path: &Path,
        trailer: &Trailer,
        ledger: Arc<dyn Ledger>,
        provider: &str,
    ) -> Result<(), Exit> {
        let name = format!("{}: ", path.display());
        self.bar.set_message(name.clone());
        match exports::repeat(ledger, trailer, provider).await {
            Ok(()) => Ok(self.ok(&format!("{name}{} rows, as they were", trailer.rows))?),
            Err(error) => self.fail(&name, error),
        }
    }

    fn ok(&self, line: &str) -> io::Result<()> {
        self.line("ok    ", line)
    }

    fn fail(&mut self, name: &str, error: VerifyError) -> Result<(), Exit> {
        match error {
            VerifyError::Finding(finding) => {
                self.all_well = false;
                Ok(self.line("FAIL  ", &format!("{name}{finding}"))?)
            }
            VerifyError::Ledger(error) => Err(error.into()),
        }
    }

    /// Whoever has changed a name in the database does not get to move the cursor.
    fn line(&self, verdict: &str, line: &str) -> io::Result<()> {
        self.bar.suspend(|| writeln!(io::stdout(), "{verdict}{}", printable(line)))
    }
}

fn told(verified: &Verified) -> String {
    let Verified { head, open, compared } = verified;
    let seal = hex(&head.hash[..16]);
    let open = if *open > 0 { format!(", {open} charges under way") } else { String::new() };
    let busy = if *compared { "" } else { ", sums not compared: it is written to without a pause" };
    format!("{}: {} rows, last seal {seal}{open}{busy}", head.account, head.seq)
}

/// How far it is, on a terminal.
fn bar() -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is a literal"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
