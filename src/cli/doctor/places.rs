//! Files, folders and the port.

use std::env;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use super::Finding;
use crate::audio;
use crate::billing::events::{self, Webhook};
use crate::cli::quantity::size;
use crate::config::find_file;

pub(super) fn configuration(given: Option<&Path>) -> Finding {
    let detail = find_file(given)
        .map_or_else(|| "no file; defaults and variables".to_owned(), |path| path.display().to_string());
    Finding::ok("configuration", detail)
}

/// Nothing is sent.
pub(super) fn webhook(settings: &events::Settings) -> Option<Finding> {
    if settings.lacks_its_address() {
        let detail = "there is a secret and no billing.webhook_url: nobody is told of charges";
        return Some(Finding::warn("webhook", detail));
    }
    match Webhook::open(settings) {
        Ok(webhook) => webhook.map(|webhook| Finding::ok("webhook", webhook.endpoint().to_string())),
        Err(error) => Some(Finding::fail("webhook", error.to_string())),
    }
}

/// Only `minuted models pull` writes there.
pub(super) fn models(folder: &Path) -> Finding {
    let shown = folder.display();
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    match tempfile::tempfile_in(existing) {
        Ok(_) => Finding::ok("models folder", shown.to_string()),
        Err(error) => {
            Finding::warn("models folder", format!("{shown} cannot be written, so no model can be pulled: {error}"))
        }
    }
}

/// Where uploads wait that are too large for memory.
pub(super) fn spool(settings: &audio::Settings) -> Finding {
    let folder = settings.spool_dir.clone().unwrap_or_else(env::temp_dir);
    let shown = folder.display();
    if let Err(error) = tempfile::tempfile_in(&folder) {
        let detail = format!("{shown} cannot be written: {error}; another can be given as server.spool_dir");
        return Finding::fail("spool folder", detail);
    }
    let free = rustix::fs::statvfs(&folder).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    match free {
        Ok(free) if free < settings.max_upload_bytes => {
            let (free, largest) = (size(free), size(settings.max_upload_bytes));
            Finding::warn("spool folder", format!("{shown} has {free} free, and one upload may have {largest}"))
        }
        Ok(free) => Finding::ok("spool folder", format!("{shown}, {} free", size(free))),
        Err(error) => Finding::warn("spool folder", format!("{shown}: free space could not be read: {error}")),
    }
}

pub(super) fn listen(address: SocketAddr) -> Finding {
    let refused = |why: String| Finding::fail("port", format!("cannot listen on {address}: {why}"));
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok("port", format!("{address} is free")),
        Err(error) => match error.kind() {
            io::ErrorKind::AddrInUse => {
                let hint = "another program listens there; stop it, or choose another port with --listen";
                refused(hint.to_owned())
            }
            io::ErrorKind::PermissionDenied => {
                refused("ports below 1024 need a privilege; choose a higher one".to_owned())
            }
            io::ErrorKind::AddrNotAvailable => refused("this machine has no such address".to_owned()),
            _ => refused(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_port_is_free_or_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = taken.local_addr().expect("an address");
        let finding = listen(address);
        assert_eq!(finding.verdict, Verdict::Fail);
        assert!(finding.detail.contains("another program listens there"), "{}", finding.detail);
        assert_eq!(listen("127.0.0.1:0".parse().expect("an address")).verdict, Verdict::Ok);
    }

    #[test]
    fn a_secret_without_a_webhook_is_warned_of() {
        let settings = events::Settings::default();
        assert!(webhook(&settings).is_none());
        let finding = webhook(&events::Settings { keys_file: Some("secret".into()), ..settings }).expect("a finding");
        assert_eq!(finding.verdict, Verdict::Warn);
    }

    #[test]
    fn a_folder_must_be_there_and_large_enough() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let spool_in = |folder: &Path, max_upload_bytes| {
            let spool_dir = Some(folder.to_owned());
            spool(&audio::Settings { max_upload_bytes, spool_dir, ..audio::Settings::default() }).verdict
        };
        assert_eq!(spool_in(folder.path(), 1), Verdict::Ok);
        assert_eq!(spool_in(folder.path(), 1 << 60), Verdict::Warn);
        assert_eq!(spool_in(&folder.path().join("no"), 1), Verdict::Fail);
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        assert_eq!(models(&folder.path().join("to/be/made")).verdict, Verdict::Ok);
        assert_eq!(models(&file.join("models")).verdict, Verdict::Warn);
    }
}
