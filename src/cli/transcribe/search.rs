//! Which recordings are meant: files, what lies in folders, what patterns match, standard input.
//!
//! Folders are walked in the same way for both, so that hidden names, links, and names that are not UTF-8 are treated
//! alike. One on the way that may not be read is taken for a recording, so that it is told as one that failed.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

use super::Exit;
use super::endings::{ENDINGS, is_recording};
use super::folders::{Folder, folders, here, is_hidden};
use super::inputs::Recording;
use crate::cli::printable::printable;

/// A wildcard does not stand for a dot in front of a name.
const AS_IN_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What makes a pattern of a name.
const WILDCARDS: [char; 3] = ['*', '?', '['];

/// In a pattern, a folder and all below it.
const ANY_FOLDER: &str = "**";

/// Finds everything that was named, in that order but for links, each file once. Folders with nothing in them are told, and
/// end it only if there is nothing else.
pub(super) fn find(named: &[PathBuf]) -> Result<Vec<Recording>, Exit> {
    let (mut found, mut empty) = (Vec::new(), Vec::new());
    for name in named {
        let before = found.len();
        let is_pattern = name.to_string_lossy().contains(WILDCARDS);
        if name.is_dir() {
            in_folder(name, &mut found).map_err(|error| Exit::Failed(format!("{}: {error}", name.display())))?;
            if found.len() == before {
                empty.push(format!("{} holds no recordings", name.display()));
            }
        } else if is_pattern && !name.exists() {
            let matched = matching(name, &mut found);
            matched.map_err(|error| Exit::Usage(format!("{} is no pattern: {error}", name.display())))?;
            if found.len() == before {
                return Err(Exit::Usage(format!("no file matches {}", name.display())));
            }
        } else {
            found.push(Recording::named(name));
        }
    }
    if found.is_empty() && !empty.is_empty() {
        return Err(Exit::Usage(format!("{} ({})", empty.join("; "), ENDINGS.join(", "))));
    }
    for message in empty {
        let _ = writeln!(io::stderr(), "minuted: {}", printable(&message));
    }
    // Where a file and a link to it are named, the file's own name counts.
    found.sort_by_key(|recording| recording.path.is_symlink());
    let mut seen = HashSet::new();
    found.retain(|recording| seen.insert(recording.path.canonicalize().unwrap_or_else(|_| recording.path.clone())));
    Ok(found)
}

/// All recordings in a folder, in order of their paths; fails if the folder itself may not be read.
fn in_folder(top: &Path, found: &mut Vec<Recording>) -> io::Result<()> {
    let before = found.len();
    for Folder { path, below, entries } in folders(top) {
        match entries {
            Ok(entries) => {
                let names = entries.into_iter().map(|(name, _)| name).filter(|name| !is_hidden(name));
                let files = names.map(|name| Recording { path: path.join(&name), relative: below.join(&name) });
                found.extend(files.filter(|file| is_recording(&file.path)));
            }
            Err(error) if below == Path::new("") => return Err(error),
            Err(_) => found.push(Recording { path, relative: below }),
        }
    }
    found[before..].sort_by(|one, other| one.path.cmp(&other.path));
    Ok(())
}

/// All that a pattern matches, in order of paths; of a folder, the recordings in it.
fn matching(pattern: &Path, found: &mut Vec<Recording>) -> Result<(), PatternError> {
    let before = found.len();
    let parts: Vec<_> = pattern.components().collect();
    let wild = |part: &Component| part.as_os_str().to_string_lossy().contains(WILDCARDS);
    let (fixed, parts) = parts.split_at(parts.iter().position(wild).unwrap_or(parts.len()));
    let parts = parts.iter().map(|part| Pattern::new(&part.as_os_str().to_string_lossy()));
    let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
    let mut only_folders = pattern.as_os_str().as_encoded_bytes().ends_with(b"/");
    while parts.pop_if(|part| part.as_str() == ANY_FOLDER).is_some() {
        only_folders = true;
    }
    let top: PathBuf = fixed.iter().collect();
    if here(&top).is_dir() {
        descend(Folder::open(top, PathBuf::new()), &parts, only_folders, found);
    }
    found[before..].sort_by(|one, other| one.path.cmp(&other.path));
    Ok(())
}

/// Follows the parts of a pattern from a folder on.
fn descend(folder: Folder, parts: &[Pattern], only_folders: bool, found: &mut Vec<Recording>) {
    let Some((part, rest)) = parts.split_first() else { return take(folder.path, found) };
    if part.as_str() == ANY_FOLDER {
        return folders(&folder.path).into_iter().for_each(|folder| descend(folder, rest, only_folders, found));
    }
    let mut enter = |path: PathBuf| {
        if rest.is_empty() {
            if !only_folders || path.is_dir() {
                take(path, found);
            }
        } else if path.is_dir() {
            descend(Folder::open(path, PathBuf::new()), rest, only_folders, found);
        }
    };
    // What is no pattern is asked for by its name: that may be `..`, and in a folder that can be entered and not read.
    if !part.as_str().contains(WILDCARDS) && !part.as_str().contains(char::REPLACEMENT_CHARACTER) {
        let path = folder.path.join(part.as_str());
        if path.symlink_metadata().is_ok() {
            enter(path);
        }
        return;
    }
    let Ok(entries) = folder.entries else { return found.push(unread(folder.path)) };
    let matches = |name: &OsString| part.matches_with(&name.to_string_lossy(), AS_IN_A_SHELL);
    entries.iter().filter(|(name, _)| matches(name)).for_each(|(name, _)| enter(folder.path.join(name)));
}

/// Takes what a pattern matches.
fn take(path: PathBuf, found: &mut Vec<Recording>) {
    if !here(&path).is_dir() {
        found.push(Recording::named(&path));
    } else if in_folder(&path, found).is_err() {
        found.push(unread(path));
    }
}

/// A folder that may not be read. Nothing is ever written there: its place is one that no other has.
fn unread(path: PathBuf) -> Recording {
    let relative = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    Recording { path, relative }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::audio;

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
        let folder = folder(&["b.mp3", "a.WAV", "c.amr", "notes.txt", "2025/c.m4a", ".trash/d.wav", "2025/.e.wav"]);
        let found = find(&[folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&found), ["2025/c.m4a", "a.WAV", "b.mp3", "c.amr"]);
        let empty = tempfile::tempdir().expect("a temp folder");
        assert!(matches!(find(&[empty.path().to_owned()]), Err(Exit::Usage(_))));
        let both = find(&[empty.path().to_owned(), folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&both), relative(&found), "the other folder has them");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_passed_over() {
        let folder = folder(&["a.wav"]);
        symlink("moved.wav", folder.path().join("b.wav")).expect("a link");
        symlink("moved.txt", folder.path().join("c.txt")).expect("a link");
        symlink("/nowhere/2024", folder.path().join("d")).expect("a link");
        let found = find(&[folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&found), ["a.wav", "b.wav", "d"], "recordings, or a disk of them that is not there");
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
    fn a_part_without_wildcards_is_looked_for_by_its_name() {
        let folder = folder(&["a.wav", "one/b.wav", "one/audio/c.wav", "two/audio/d.wav"]);
        for (pattern, expected) in [("o*/../*.wav", &["a.wav"][..]), ("*/audio/*.wav", &["c.wav", "d.wav"])] {
            let found = find(&[folder.path().join(pattern)]).expect(pattern);
            assert_eq!(relative(&found), expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_finds_what_is_hidden_only_where_it_says_so() {
        let folder = folder(&["a.wav", "._a.wav", ".trash/b.wav", "below/.c.wav", "below/d.wav"]);
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
    fn links_to_folders_are_followed_and_loops_of_them_end() {
        let archive = folder(&["b.wav", "11/c.wav"]);
        let folder = folder(&["2025/a.wav"]);
        let link = |to: &Path, name: &str| symlink(to, folder.path().join(name)).expect("a link");
        link(archive.path(), "2024");
        link(Path::new("2025"), "2023");
        link(Path::new(".."), "2025/up");
        link(folder.path(), "2025/top");
        link(&folder.path().join("2025"), "2025/self");
        link(&folder.path().join("2025/a.wav"), "0.wav");
        symlink(folder.path(), archive.path().join("back")).expect("a link");

        let found = find(&[folder.path().to_owned()]).expect("there are some");
        assert_eq!(relative(&found), ["2024/11/c.wav", "2024/b.wav", "2025/a.wav"], "each by its own name, and once");
        let below = |pattern: &str| {
            let found = find(&[folder.path().join(pattern)]).expect("something matches");
            let below = |recording: &Recording| recording.path.strip_prefix(folder.path()).expect("below").to_owned();
            found.iter().map(below).collect::<Vec<_>>()
        };
        assert_eq!(below("**/*.wav"), ["2024/11/c.wav", "2024/b.wav", "2025/a.wav"].map(PathBuf::from));
        assert_eq!(below("2024/*.wav"), [PathBuf::from("2024/b.wav")]);
        assert_eq!(below("202[34]/*.wav"), ["2023/a.wav", "2024/b.wav"].map(PathBuf::from));
        assert_eq!(below("*/11"), [PathBuf::from("2024/11/c.wav")]);
    }

    #[test]
    fn names_that_are_not_utf_8_are_matched() {
        let folder = folder(&["calls/a.wav", "calls/b.mp3"]);
        let latin = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
        fs::create_dir(latin(b"caf\xe9")).expect("a folder");
        fs::write(latin(b"caf\xe9/\xfc.wav"), "").expect("a file");
        fs::write(latin(b"calls/\xfc.wav"), "").expect("a file");
        for (pattern, expected) in [
            (latin(b"*/*.wav"), &[&b"\xfc.wav"[..], b"a.wav", b"\xfc.wav"][..]),
            (latin(b"calls/?.wav"), &[b"a.wav", b"\xfc.wav"]),
            (latin(b"caf\xe9/*.wav"), &[b"\xfc.wav"]),
            (latin(b"caf?"), &[b"\xfc.wav"]),
        ] {
            let found = find(std::slice::from_ref(&pattern)).expect("something matches");
            let names: Vec<_> = found.iter().map(|recording| recording.relative.as_os_str().as_bytes()).collect();
            assert_eq!(names, expected, "{}", pattern.display());
        }
    }

    #[test]
    fn patterns_of_folders_bring_what_is_in_them() {
        let folder = folder(&["a.wav", "one/b.wav", "one/notes.txt", "two/below/c.wav"]);
        for (pattern, expected) in [
            ("*", &["a.wav", "b.wav", "below/c.wav"][..]),
            ("*/", &["b.wav", "below/c.wav"]),
            ("**", &["a.wav", "one/b.wav", "two/below/c.wav"]),
            ("t*/**", &["below/c.wav"]),
            ("**/below/*", &["c.wav"]),
            ("./**/**/c.*", &["c.wav"]),
        ] {
            let found = find(&[folder.path().join(pattern)]).expect("something matches");
            assert_eq!(relative(&found), expected, "{pattern}");
        }
        for (pattern, told) in
            [("*.flac", "no file matches "), ("gone/*.wav", "no file matches "), ("a**", "no pattern")]
        {
            let Err(Exit::Usage(message)) = find(&[folder.path().join(pattern)]) else { panic!("{pattern}") };
            assert!(message.contains(told), "{message}");
        }
    }
}
