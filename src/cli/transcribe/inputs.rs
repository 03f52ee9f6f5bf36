//! Which recordings are meant: files, what lies in folders, what patterns match, standard input.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use glob::Pattern;

use super::Exit;
use crate::audio::{self, AudioError, AudioSource, Spool};
use crate::cli::printable::printable;

/// Endings of the files that are taken from a folder. A file that is named is taken whatever its name is.
const ENDINGS: [&str; 26] = [
    "3gp", "aac", "aif", "aifc", "aiff", "caf", "f4a", "flac", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp2", "mp3",
    "mp4", "mpeg", "mpga", "oga", "ogg", "ogv", "opus", "wav", "weba", "webm",
];

/// Bytes that are read at once of what is no file.
const CHUNK: usize = 64 << 10;

/// One recording to transcribe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recording {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Its path below the folder that was named, or else its file name: where its transcript goes, with an ending.
    pub relative: PathBuf,
}

/// What tells one content of a file from another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Its length.
    pub bytes: u64,
    /// When it was changed: seconds since 1970, and nanoseconds.
    pub changed: (i64, i64),
}

impl Recording {
    fn named(path: &Path) -> Self {
        let name = if path == Path::new("-") { "stdin".as_ref() } else { path.file_name().unwrap_or_default() };
        Self { path: path.to_owned(), relative: name.into() }
    }

    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// For messages.
    pub fn name(&self) -> String {
        if self.is_stdin() { "standard input".to_owned() } else { printable(&self.path.to_string_lossy()) }
    }

    /// Length in bytes, as far as it is known before it is read.
    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// Opens it. What cannot be read twice (standard input, a pipe) is copied into a temporary file without a name, as
    /// long as it is no larger than an upload may be: it might never end.
    pub fn open(&self, settings: &audio::Settings) -> Result<AudioSource, AudioError> {
        let from: Box<dyn Read> = if self.is_stdin() {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(&self.path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() {
                return Ok(AudioSource::from_file(file)?);
            }
            if metadata.is_dir() {
                fs::read_dir(&self.path)?; // says so if it may not be read
                return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
            }
            Box::new(file)
        };
        spool(from, settings)
    }

    /// Changes when somebody writes to it, or puts another in its place; `None` of what is no file.
    pub fn stamp(&self) -> Option<Stamp> {
        let found = fs::metadata(&self.path).ok().filter(fs::Metadata::is_file)?;
        Some(Stamp { bytes: found.len(), changed: (found.mtime(), found.mtime_nsec()) })
    }
}

fn spool(mut from: impl Read, settings: &audio::Settings) -> Result<AudioSource, AudioError> {
    let (mut spool, mut chunk, limit) = (Spool::new(settings), vec![0; CHUNK], settings.max_upload_bytes);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return spool.finish(),
            Ok(count) if spool.count() + count as u64 > limit => {
                let why = format!(
                    "it goes on after {limit} bytes, the most that is read of what is not a file \
                     (server.max_upload_bytes)"
                );
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, why).into());
            }
            Ok(count) => spool.push(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Finds everything that was named, in that order, each file once.
pub(super) fn find(named: &[PathBuf]) -> Result<Vec<Recording>, Exit> {
    let mut found = Vec::new();
    for name in named {
        let is_pattern = name.to_str().is_some_and(|name| name.contains(['*', '?', '[']));
        if name.is_dir() {
            in_folder(name, &mut found)?;
        } else if is_pattern && !name.exists() {
            matching(name, &mut found)?;
        } else {
            found.push(Recording::named(name));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|recording| seen.insert(recording.path.canonicalize().unwrap_or_else(|_| recording.path.clone())));
    Ok(found)
}

/// A folder in it that may not be read is taken for a recording, as in a folder that is searched.
fn matching(pattern: &Path, found: &mut Vec<Recording>) -> Result<(), Exit> {
    let text = pattern.to_string_lossy();
    let paths = glob::glob(&text).map_err(|error| Exit::Usage(format!("{text} is no pattern: {error}")))?;
    let before = found.len();
    for path in paths {
        let (path, failed) = path.map_or_else(|error| (error.path().to_owned(), true), |path| (path, false));
        if !is_asked_for(&path, pattern) {
            continue;
        }
        if failed || path.is_dir() && walk(&path, Path::new(""), found).is_err() {
            // Nothing is ever written there: a place that no other has.
            let relative = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            found.push(Recording { path, relative });
        } else if !path.is_dir() {
            found.push(Recording::named(&path));
        }
    }
    if found.len() == before { Err(Exit::Usage(format!("no file matches {text}"))) } else { Ok(()) }
}

/// Whether every hidden name on the way was meant: as in a shell, a wildcard does not stand for a dot in front. The option
/// that `glob` has for this also passes over `.a*`, and panics at a name that is not UTF-8.
fn is_asked_for(path: &Path, pattern: &Path) -> bool {
    let meant = |name: &str| {
        pattern
            .iter()
            .filter_map(OsStr::to_str)
            .any(|part| part.starts_with('.') && Pattern::new(part).is_ok_and(|part| part.matches(name)))
    };
    path.iter().all(|name| !is_hidden(name) || name.to_str().is_some_and(meant))
}

/// `.` and `..` only say where.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") && name != "." && name != ".."
}

fn in_folder(folder: &Path, found: &mut Vec<Recording>) -> Result<(), Exit> {
    let before = found.len();
    walk(folder, Path::new(""), found).map_err(|error| Exit::Failed(format!("{}: {error}", folder.display())))?;
    if found.len() == before {
        return Err(Exit::Usage(format!("{} holds no recordings ({})", folder.display(), ENDINGS.join(", "))));
    }
    Ok(())
}

/// In order of names; without hidden files and folders, and without following links to folders. A folder below that
/// may not be read is taken for a recording, so that it is told as one that failed; so is a link that leads nowhere.
fn walk(folder: &Path, below: &Path, found: &mut Vec<Recording>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        if is_hidden(&name) {
            continue;
        }
        let relative = below.join(&name);
        if entry.file_type()?.is_dir() {
            if walk(&path, &relative, found).is_err() {
                found.push(Recording { path, relative });
            }
        } else if has_known_ending(&path) && (path.is_file() || !path.exists()) {
            found.push(Recording { path, relative });
        }
    }
    Ok(())
}

fn has_known_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temp folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, file).expect("a file");
        }
        folder
    }

    fn relative(found: &[Recording]) -> Vec<&str> {
        found.iter().map(|recording| recording.relative.to_str().expect("UTF-8")).collect()
    }

    #[test]
    fn a_folder_is_searched_for_recordings() {
        let folder = folder(&["b.mp3", "a.WAV", "notes.txt", "2025/c.m4a", ".trash/d.wav", "2025/.e.wav"]);
        let found = find(&[folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&found), ["2025/c.m4a", "a.WAV", "b.mp3"]);
        let empty = tempfile::tempdir().expect("a temp folder");
        assert!(matches!(find(&[empty.path().to_owned()]), Err(Exit::Usage(_))));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_passed_over() {
        let folder = folder(&["a.wav"]);
        std::os::unix::fs::symlink("moved.wav", folder.path().join("b.wav")).expect("a link");
        std::os::unix::fs::symlink("moved.txt", folder.path().join("c.txt")).expect("a link");
        let found = find(&[folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&found), ["a.wav", "b.wav"]);
    }

    #[test]
    fn names_are_shown_without_control_characters() {
        assert_eq!(Recording::named(Path::new("a\x1b[2J\nb.wav")).name(), r"a\u{1b}[2J\nb.wav");
    }

    #[test]
    fn what_is_no_file_is_read_up_to_the_limit() {
        let settings = audio::Settings { max_upload_bytes: 1 << 20, ..audio::Settings::default() };
        let endless = Recording::named(Path::new("/dev/zero")).open(&settings);
        let Err(AudioError::Io(error)) = endless else { panic!("it never ends") };
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{error}");
        let whole = spool(io::repeat(0).take(1 << 20), &settings).expect("it ends in time");
        assert_eq!(whole.len(), 1 << 20);
    }

    #[test]
    fn patterns_files_and_standard_input_are_taken_as_named() {
        let folder = folder(&["a.wav", "b.wav", "c.dat"]);
        let path = |name: &str| folder.path().join(name);
        let found = find(&[path("[ab].wav"), path("c.dat"), path("b.wav"), "-".into(), "gone.wav".into()]);
        let found = found.expect("they match");
        assert_eq!(relative(&found), ["a.wav", "b.wav", "c.dat", "stdin", "gone.wav"], "b.wav only once");
        let Err(Exit::Usage(message)) = find(&[path("*.flac")]) else { panic!("nothing matches") };
        assert!(message.starts_with("no file matches "), "{message}");
    }

    #[test]
    fn a_pattern_finds_what_is_hidden_only_where_it_says_so() {
        let folder = folder(&["a.wav", "._a.wav", ".trash/b.wav", "below/.c.wav", "below/d.wav"]);
        fs::write(folder.path().join(OsStr::from_bytes(b"\xff.wav")), "").expect("a file");
        for (pattern, expected) in [
            ("*.wav", &["a.wav"][..]),
            ("**/*.wav", &["a.wav", "d.wav"]),
            ("*/*.wav", &["d.wav"]),
            ("._*.wav", &["._a.wav"]),
            (".t*/*.wav", &["b.wav"]),
            ("*/.*.wav", &[".c.wav"]),
        ] {
            let found = find(&[folder.path().join(pattern)]).expect("something matches");
            assert_eq!(relative(&found), expected, "{pattern}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_does_not_end_a_pattern() {
        let folder = folder(&["a.wav", "below/z.wav"]);
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        // Nobody can read a folder whose path is too long. It is put together of two that are not.
        let half = |top: &str| folder.path().join(top).join(vec!["d".repeat(250); 9].join("/"));
        fs::create_dir_all(half("half")).expect("folders");
        fs::create_dir_all(half("below")).expect("folders");
        fs::rename(folder.path().join("half"), half("below").join("half")).expect("they are joined");

        let found = find(&[folder.path().join("**/*.wav")]).expect("there are some");
        let names: Vec<_> = found.iter().map(|recording| recording.path.file_name().expect("a name")).collect();
        assert_eq!(names, ["a.wav", &*"d".repeat(250), "z.wav"]);
        assert!(found[1].open(&audio::Settings::default()).is_err());
        let found = find(&[folder.path().join("*")]).expect("there are some");
        assert_eq!(found.len(), 3, "the same, and nothing is said of a folder without recordings");
    }

    #[test]
    fn what_is_written_to_has_another_stamp() {
        let folder = folder(&["a.wav"]);
        let recording = Recording::named(&folder.path().join("a.wav"));
        let before = recording.stamp();
        assert_eq!(before, recording.stamp());
        fs::write(&recording.path, "more than before").expect("it grows");
        assert_ne!(before, recording.stamp());
    }
}
