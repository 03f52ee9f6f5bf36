//! `minuted export`: a file that is either whole, with its trailer beside it, or not there.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::arguments::ExportFlags;
use super::{Exit, block_on, stores};
use crate::billing::Period;
use crate::billing::export::{Export, Selection, Trailer};
use crate::storage;

pub(super) fn run(flags: &ExportFlags) -> Result<(), Exit> {
    let config = flags.common.configure([])?;
    let period = Period::between(&flags.from, &flags.to).map_err(|error| Exit::Usage(error.to_string()))?;
    block_on(async {
        let stores = storage::open_existing(&config.storage).await?;
        let account = match &flags.account {
            Some(named) => Some(stores::account(&stores, named).await?),
            None => None,
        };
        let selection = Selection { account, period };
        let export = Export::begin(stores.ledger, selection, flags.format, &config.billing.provider).await?;
        if let Some(path) = &flags.output {
            return to_file(export, path).await;
        }
        let trailer = write(export, io::stdout()).await?;
        Ok(writeln!(io::stderr(), "{}", json(&trailer))?)
    })
}

/// Writes beside the place, and moves the file there when it is whole and on the disk.
async fn to_file(export: Export, path: &Path) -> Result<(), Exit> {
    let cannot = |path: &Path, error: &io::Error| Exit::Failed(format!("cannot write {}: {error}", path.display()));
    let part = beside(path, ".part");
    let file = File::create(&part).map_err(|error| cannot(&part, &error))?;
    let trailer = write(export, &file).await?;
    file.sync_all().map_err(|error| cannot(&part, &error))?;
    let beside_it = beside(path, ".trailer.json");
    std::fs::write(&beside_it, json(&trailer) + "\n").map_err(|error| cannot(&beside_it, &error))?;
    std::fs::rename(&part, path).map_err(|error| cannot(path, &error))?;
    let Trailer { rows, closed, .. } = trailer;
    let open = if closed { "" } else { "; the period is not closed, so that it may still grow" };
    Ok(writeln!(io::stderr(), "{rows} rows in {}{open}", path.display())?)
}

async fn write(mut export: Export, to: impl Write) -> Result<Trailer, Exit> {
    let mut to = BufWriter::new(to);
    while let Some(piece) = export.next().await? {
        to.write_all(&piece)?;
    }
    to.flush()?;
    Ok(export.trailer())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn json(trailer: &Trailer) -> String {
    serde_json::to_string_pretty(trailer).unwrap_or_default()
}
