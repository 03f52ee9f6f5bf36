//! The pepper's file: 32 random bytes as hexadecimal digits, apart from the store, readable by its owner alone. It is
//! made once and never written again, since a key can only be checked with the pepper that it was made with.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::Pepper;
use crate::domain::{hex, unhex};

/// Why there is no pepper.
#[derive(Debug, thiserror::Error)]
pub enum PepperError {
    /// The file cannot be made or read.
    #[error("the pepper of the API keys, {}, cannot be read or made: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is gone, and there are keys that were made with it.
    #[error(
        "the pepper of the API keys, {}, is gone, and without it none of them works: put it back from where it was copied to, \
         or name another place as accounts.pepper_file",
        .0.display()
    )]
    Lost(PathBuf),
    /// Keys are made with another one.
    #[error(
        "the keys of this database are made with another pepper than {} holds: copy there the file of a server whose keys \
         work, or name another place as accounts.pepper_file",
        .0.display()
    )]
    Other(PathBuf),
    /// Something else is in the file.
    #[error("{} is no pepper: it must hold 64 hexadecimal digits; no key works without the one it was made with", .0.display())]
    Unfit(PathBuf),
}

impl Pepper {
    /// Reads the pepper that the keys of a store are made with, whose mark this is; `None` if there are no keys and no file.
    ///
    /// # Errors
    /// [`PepperError`].
    pub fn of_keys(path: &Path, any_key: bool, mark: Option<[u8; 32]>) -> Result<Option<Self>, PepperError> {
        let failed = |source| PepperError::File { path: path.to_owned(), source };
        if !path.try_exists().map_err(failed)? {
            let is_used = any_key || mark.is_some();
            return if is_used { Err(PepperError::Lost(path.to_owned())) } else { Ok(None) };
        }
        let pepper = Self::open(path)?;
        let is_other = mark.is_some_and(|mark| mark != pepper.mark());
        if is_other { Err(PepperError::Other(path.to_owned())) } else { Ok(Some(pepper)) }
    }

    /// Reads the pepper, after it has been made if there is none. Processes that start at once end up with the same one.
    ///
    /// # Errors
    /// [`PepperError`]; a file that is there is left as it is.
    pub fn open(path: &Path) -> Result<Self, PepperError> {
        let failed = |source| PepperError::File { path: path.to_owned(), source };
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(failed)?;
                fs::read_to_string(path)
            }
            read => read,
        };
        let text = Zeroizing::new(text.map_err(failed)?);
        unhex(text.trim()).map(Self::new).ok_or_else(|| PepperError::Unfit(path.to_owned()))
    }
}

/// Puts a whole new file in place, unless somebody else has been faster.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut random = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *random).map_err(io::Error::other)?;
    let digits: Zeroizing<String> = Zeroizing::new(hex(&*random));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
    writeln!(file, "{}", *digits)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Secret;

    #[test]
    fn it_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("data/pepper");
        let first = Pepper::open(&path).expect("a new one");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let secret = Secret::generate().expect("random bytes");
        let again = Pepper::open(&path).expect("the same one");
        assert!(secret.matches(&secret.digest(&first), &again));
        let other = Pepper::open(&folder.path().join("other")).expect("another one");
        assert!(!secret.matches(&secret.digest(&first), &other));
    }

    #[test]
    fn another_one_is_told_by_its_mark() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("pepper");
        let of_keys = |any_key, mark| Pepper::of_keys(&path, any_key, mark);
        assert!(matches!(of_keys(false, None), Ok(None)));
        assert!(matches!(of_keys(true, None), Err(PepperError::Lost(_))));
        assert!(matches!(of_keys(false, Some([7; 32])), Err(PepperError::Lost(_))));
        let mark = Pepper::open(&path).expect("a new one").mark();
        assert!(matches!(of_keys(true, Some(mark)), Ok(Some(_))));
        assert!(matches!(of_keys(true, None), Ok(Some(_))), "the keys are older than marks");
        assert!(matches!(of_keys(true, Some([7; 32])), Err(PepperError::Other(_))));
    }

    #[test]
    fn what_is_no_pepper_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("pepper");
        for text in ["", "short", &"x".repeat(64), &"é".repeat(32)] {
            fs::write(&path, text).expect("a file");
            assert!(matches!(Pepper::open(&path), Err(PepperError::Unfit(_))), "{text}");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
        }
    }
}
