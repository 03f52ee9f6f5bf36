//! Folders as they are walked: without what is hidden, through links, each once.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A folder that was opened.
pub(super) struct Folder {
    pub path: PathBuf,
    /// Its path below the one where a search began.
    pub below: PathBuf,
    /// What is in it, in order of names.
    pub entries: io::Result<Vec<(OsString, FileType)>>,
}

impl Folder {
    /// Reads a folder, which is reached by this path.
    pub fn open(path: PathBuf, below: PathBuf) -> Self {
        let entries = fs::read_dir(here(&path)).and_then(|entries| {
            let entries = entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))));
            let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Ok(entries)
        });
        Self { path, below, entries }
    }
}

/// A folder and those below it, but for hidden ones, and each once. Links are followed when all else has been seen, so
/// that a folder goes by its own name if it is among them.
pub(super) fn folders(top: &Path) -> Vec<Folder> {
    let (mut waiting, mut links) = (vec![(top.to_owned(), PathBuf::new())], VecDeque::new());
    let (mut seen, mut opened) = (HashSet::new(), Vec::new());
    while let Some((path, below)) = waiting.pop().or_else(|| links.pop_front()) {
        // What cannot be looked at cannot be opened either.
        if fs::metadata(here(&path)).is_ok_and(|found| !seen.insert((found.dev(), found.ino()))) {
            continue;
        }
        let folder = Folder::open(path, below);
        for (name, kind) in folder.entries.iter().flatten().filter(|(name, _)| !is_hidden(name)) {
            let (path, below) = (folder.path.join(name), folder.below.join(name));
            if kind.is_dir() {
                waiting.push((path, below));
            } else if kind.is_symlink() && path.is_dir() {
                links.push_back((path, below));
            }
        }
        opened.push(folder);
    }
    opened
}

/// The folder that we are in has no name before those of its files.
pub(super) fn here(path: &Path) -> &Path {
    if path == Path::new("") { Path::new(".") } else { path }
}

pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
