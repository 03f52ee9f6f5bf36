//! `minuted export`: a file that is either whole, and then its trailer comes beside it, or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::arguments::ExportFlags;
use super::{Exit, block_on, stores, whole};
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
        match &flags.output {
            Some(path) if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) => {
                // A pipe or a device: what is written there has no name that it could get in the end.
                let cannot = |error: io::Error| cannot_write(path, &error);
                let pipe = File::options().write(true).open(path).map_err(cannot)?;
                to_stream(export, pipe, cannot).await
            }
            Some(path) => to_file(export, path).await,
            None => to_stream(export, io::stdout(), Exit::from).await,
        }
    })
}

/// Writes what nobody can take back, and its trailer beside it where messages go.
async fn to_stream(export: Export, to: impl Write, cannot: impl Fn(io::Error) -> Exit) -> Result<(), Exit> {
    let trailer = write(export, to, cannot).await?;
    Ok(writeln!(io::stderr(), "{}", json(&trailer))?)
}

/// Writes a file and its trailer, which get their names once both are there as a whole.
async fn to_file(export: Export, path: &Path) -> Result<(), Exit> {
    let beside_it = trailer_of(path);
    let cannot = |error: io::Error| cannot_write(path, &error);
    let cannot_beside = |error: io::Error| cannot_write(&beside_it, &error);
    whole::tidy(std::iter::once(path));
    let mut file = whole::begin(path).map_err(cannot)?;
    let trailer = write(export, &mut file, cannot).await?;
    let mut last = whole::begin(&beside_it).map_err(cannot_beside)?;
    writeln!(last, "{}", json(&trailer)).map_err(cannot_beside)?;
    whole::finish(file, path).map_err(cannot)?;
    whole::finish(last, &beside_it).map_err(cannot_beside)?;
    let Trailer { rows, closed, .. } = trailer;
    let open = if closed { "" } else { "; the period is not closed, so that it may still grow" };
    Ok(writeln!(io::stderr(), "{rows} rows in {}{open}", path.display())?)
}

async fn write(mut export: Export, to: impl Write, cannot: impl Fn(io::Error) -> Exit) -> Result<Trailer, Exit> {
    let mut to = BufWriter::new(to);
    while let Some(piece) = export.next().await? {
        to.write_all(&piece).map_err(&cannot)?;
    }
    to.flush().map_err(cannot)?;
    Ok(export.trailer())
}

fn cannot_write(path: &Path, error: &io::Error) -> Exit {
    Exit::Failed(format!("cannot write {}: {error}", path.display()))
}

fn trailer_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".trailer.json");
    name.into()
}

fn json(trailer: &Trailer) -> String {
    serde_json::to_string_pretty(trailer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::export::Format;
    use crate::storage::{Location, Settings};

    /// A disk on which there is no space.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_by_the_name_of_the_file() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let location = Location::Sqlite(folder.path().join("minuted.db"));
        let ledger = storage::open(&Settings { location }).await.expect("a new database").ledger;
        let period = Period::between("2026-10", "2026-11").expect("a period");
        let export = Export::begin(ledger, Selection { account: None, period }, Format::Csv, "us").await;
        let failed =
            write(export.expect("it begins"), Full, |error| cannot_write(Path::new("october.csv"), &error)).await;
        let exit = failed.expect_err("there is no space");
        assert!(exit.message().is_some_and(|told| told.starts_with("cannot write october.csv: ")), "{exit:?}");
    }
}
