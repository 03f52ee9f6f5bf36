//! Whether every transcript has a place, and one of its own: found out before anything is worked for.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::inputs::Recording;
use super::{Exit, whole};

/// Bytes that must fit where a transcript goes: what is said in an hour.
const ROOM: usize = 64 << 10;

/// Whether a file can be written here: the folder may be written to, or the one in which it would be made, there is some
/// room, and the file system takes the names. Nothing is made yet: the recording may come to nothing.
pub(super) fn check(path: &Path) -> io::Result<()> {
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder)?.write_all(&vec![0; ROOM])?;
    for name in path.strip_prefix(folder).unwrap_or(path) {
        let tried = folder.join(name);
        match fs::symlink_metadata(&tried) {
            Ok(found) if tried == path && found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if tried == path && !found.is_file() && !path.is_file() => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something that is no file"));
            }
            Ok(_) if tried != path && path.starts_with(&tried) => return Err(io::ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Whether names in a folder that differ in upper and lower case alone are one; fails if nothing can be written there.
pub(super) fn folds_case(folder: &Path) -> io::Result<bool> {
    let file = whole::unfinished(folder)?;
    let name = file.path().file_name().unwrap_or_default().to_string_lossy();
    Ok(fs::symlink_metadata(folder.join(name.to_uppercase())).is_ok())
}

/// Fails if two recordings would become one file.
pub(super) fn separate<'a>(
    places: impl Iterator<Item = (PathBuf, &'a Recording)>,
    folds_case: bool,
) -> Result<(), Exit> {
    let mut taken = HashMap::new();
    for (path, recording) in places {
        let path = if folds_case { path.to_string_lossy().to_lowercase().into() } else { path };
        if let Some(other) = taken.insert(path, recording) {
            let (one, other) = (recording.name(), other.name());
            return Err(Exit::Usage(format!("{other} and {one} would be written to the same file")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_without_a_place_is_known_before() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let out = folder.path().join("out");
        let check = |place: &str| check(&out.join(place)).map_err(|error| error.kind());
        fs::create_dir(&out).expect("a folder");
        let (fits, does_not) = ("d".repeat(255), "d".repeat(256));
        assert_eq!(check(&fits), Ok(()));
        assert_eq!(check(&format!("{fits}/{fits}")), Ok(()));
        for name in [does_not.clone(), format!("2026/{does_not}"), format!("2026/{does_not}/a.wav.txt")] {
            assert_eq!(check(&name), Err(io::ErrorKind::InvalidFilename), "{name}");
        }
        assert_eq!(fs::read_dir(&out).expect("a folder").count(), 0, "nothing is left there");

        fs::create_dir(out.join("a.wav.txt")).expect("a folder");
        assert_eq!(check("a.wav.txt"), Err(io::ErrorKind::IsADirectory));
        fs::write(out.join("2025"), "no folder").expect("a file");
        assert_eq!(check("2025/a.wav.txt"), Err(io::ErrorKind::NotADirectory));
        assert_eq!(check("2026/2025"), Ok(()), "another of that name");
        fs::write(out.join("b.wav.txt"), "text").expect("a file");
        assert_eq!(check("b.wav.txt"), Ok(()), "it will be written again");
    }

    #[test]
    fn names_that_differ_in_case_are_one_where_the_folder_says_so() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recordings = ["Call.wav", "call.wav"].map(|name| Recording { path: name.into(), relative: name.into() });
        let shared = |folds| {
            let places = recordings.iter().map(|recording| (folder.path().join(&recording.relative), recording));
            separate(places, folds)
        };
        assert!(shared(false).is_ok());
        let Err(Exit::Usage(message)) = shared(true) else { panic!("they would overwrite each other") };
        assert_eq!(message, "Call.wav and call.wav would be written to the same file");

        fs::write(folder.path().join("A"), "").expect("a file");
        let folds = folder.path().join("a").exists();
        assert_eq!(folds_case(folder.path()).expect("it may be written to"), folds);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left there");
        assert!(folds_case(&folder.path().join("gone")).is_err());
    }
}
