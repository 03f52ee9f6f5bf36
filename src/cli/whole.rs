//! Files that are either whole or not there.
//!
//! A file is written under another name first. A process that is killed meanwhile leaves that behind, with what was said in
//! it, so the next run takes it away. A writer holds a lock for as long as its file is unfinished: what nobody holds has
//! lost its process, whoever else writes into the same folder. Where a file system has no locks, nothing is taken away.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

/// What stands around the letters and digits of an unfinished file's name.
const UNFINISHED: (&str, &str) = (".minuted-", ".part");

/// How often another name is tried: a run that tidies up may take a file away before its writer has locked it.
const ATTEMPTS: usize = 8;

/// Writes a file that is at least as new as `not_before`.
pub(super) fn write(path: &Path, body: &str, not_before: SystemTime) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    let mut file = begin(path)?;
    file.write_all(body.as_bytes())?;
    if not_before > SystemTime::now() {
        // Where the file system does not take it, the transcript is worth more.
        let _ = file.as_file().set_modified(not_before);
    }
    finish(file, path)
}

/// A file that will be at this place, or where a link there leads to. Dropped before it is finished, it goes.
///
/// # Errors
/// If there is something else than a file, which would be lost.
pub(super) fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let path = end_of_links(path);
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something that is no file"));
    }
    unfinished(folder_of(&path))
}

/// Gives it its name, now that its last byte is on the disk. Who may read the file that was there may read this one.
pub(super) fn finish(file: NamedTempFile, path: &Path) -> io::Result<()> {
    let path = end_of_links(path);
    if let Ok(found) = fs::metadata(&path) {
        file.as_file().set_permissions(found.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Where a file of this name is, if it is there.
fn end_of_links(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Takes away what killed processes have left in the folders of these files. What cannot be taken away stays.
pub(super) fn tidy<'a>(paths: impl Iterator<Item = &'a Path>) {
    let mut folders: Vec<_> = paths.map(folder_of).collect();
    folders.sort_unstable();
    folders.dedup();
    for entry in folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_unfinished);
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = take_away(&entry.path());
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file that nobody takes away.
pub(super) fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..ATTEMPTS {
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED.0)
            .suffix(UNFINISHED.1)
            .permissions(Permissions::from_mode(0o666)) // less the user's umask
            .tempfile_in(folder)?;
        if is_kept(file.as_file())? {
            return Ok(file);
        }
    }
    Err(io::Error::from(io::ErrorKind::ResourceBusy))
}

/// Locks it, and says whether it still has its name.
fn is_kept(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(false),
        // Without locks nobody takes anything away.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file.metadata()?.nlink() > 0),
    }
}

fn is_unfinished(name: &str) -> bool {
    let inner = name.strip_prefix(UNFINISHED.0).and_then(|rest| rest.strip_suffix(UNFINISHED.1));
    inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn take_away(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => fs::remove_file(path),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("a name").file_name()).collect();
        names.sort();
        names.into_iter().map(|name| name.into_string().expect("UTF-8")).collect()
    }

    #[test]
    fn a_file_is_as_new_as_it_must_be() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (path, now) = (folder.path().join("below/a.txt"), SystemTime::now());
        let written = || fs::metadata(&path).and_then(|found| found.modified()).expect("it is there");
        write(&path, "text", now + Duration::from_hours(2)).expect("it is written");
        assert!(written() >= now + Duration::from_hours(2));
        write(&path, "text", now - Duration::from_hours(2)).expect("it is written again");
        assert!(written() < now + Duration::from_hours(1));
        assert_eq!(names(&folder.path().join("below")), ["a.txt"]);
    }

    #[test]
    fn links_are_followed_and_who_may_read_it_stays() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (file, link) = (folder.path().join("below/a.txt"), folder.path().join("link.txt"));
        write(&file, "old", SystemTime::UNIX_EPOCH).expect("it is written");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it is mine");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, "new", SystemTime::UNIX_EPOCH).expect("it is written");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        assert_eq!(fs::metadata(&file).expect("a file").mode() & 0o777, 0o600);
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        assert!(write(&socket, "text", SystemTime::UNIX_EPOCH).is_err());
        assert!(!fs::metadata(&socket).expect("it is there").is_file());
    }

    #[test]
    fn what_a_killed_process_left_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = |name: &str| folder.path().join(name);
        let left = unfinished(folder.path()).expect("a file").path().to_owned();
        fs::write(&left, "what was said").expect("a file");
        let under_way = unfinished(folder.path()).expect("a file");
        for name in [".minuted-config", ".minuted-a.b.part", ".minuted-.part", "a.txt", "b.part"] {
            fs::write(path(name), "mine").expect("a file");
        }
        fs::create_dir(path(".minuted-folder.part")).expect("a folder");
        std::os::unix::fs::symlink(path("a.txt"), path(".minuted-link.part")).expect("a link");
        let before = names(folder.path());

        tidy([path("a.txt"), path("a.srt"), path("gone/a.txt")].iter().map(|path| &**path));
        assert!(!left.exists());
        let mut after = names(folder.path());
        after.push(left.file_name().expect("a name").to_str().expect("UTF-8").to_owned());
        after.sort();
        assert_eq!(after, before);

        under_way.persist(path("c.txt")).expect("it was not taken away");
    }

    #[test]
    fn a_file_that_was_taken_away_at_once_is_not_written_to() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("a");
        let file = File::create(&path).expect("a file");
        let other = File::options().write(true).open(&path).expect("the same file");
        other.try_lock().expect("nobody holds it");
        assert!(!is_kept(&file).expect("it is looked at"), "somebody is about to take it away");
        drop(other);
        assert!(is_kept(&file).expect("it is looked at"));
        fs::remove_file(&path).expect("it was there");
        assert!(!is_kept(&file).expect("it is looked at"), "it has no name");
    }
}
