//! Where the store is.

use std::fmt;
use std::path::{Path, PathBuf};

/// What the configuration says of this room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the store is.
    pub location: Location,
}

/// A file, or a server.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in this file; it is made if it is not there.
    Sqlite(PathBuf),
    /// PostgreSQL, at this URL, which may have a password in it.
    Postgres(String),
}

impl Location {
    /// Reads `postgres://…`, `sqlite:PATH` or a path; one that is relative begins at `folder`.
    #[must_use]
    pub fn parse(text: &str, folder: &Path) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        let fit = !path.is_empty() && !path.contains("://") && !path.contains(['?', '\0']);
        fit.then(|| Self::Sqlite(folder.join(path)))
    }
}

impl fmt::Display for Location {
    /// Without anything that could be a secret: of a URL, only the server and the database.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                write!(f, "postgres://{rest}")
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_a_url() {
        let read = |text| Location::parse(text, Path::new("/etc"));
        for (text, path) in [
            ("book.db", "/etc/book.db"),
            ("/srv/book.db", "/srv/book.db"),
            ("sqlite:book.db", "/etc/book.db"),
            ("sqlite:///srv/book.db", "/srv/book.db"),
        ] {
            assert_eq!(read(text), Some(Location::Sqlite(path.into())), "{text}");
        }
        assert!(matches!(read("postgresql://db/minuted"), Some(Location::Postgres(_))));
        for text in ["", "sqlite:", "mysql://db/minuted", "book.db?mode=ro"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let url = "postgres://minuted:s3cr@t@db.example:5432/minuted?sslmode=require&password=s3cret";
        let location = Location::parse(url, Path::new("/")).expect("a URL");
        assert_eq!(format!("{location} {location:?}").matches("postgres://db.example:5432/minuted").count(), 2);
        assert!(!format!("{location} {location:?}").contains("s3cr"));
    }
}
